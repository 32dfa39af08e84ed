"""What every kind that keeps vectors stands: hard texts on disk, a kill, many writers, wrong folders, and size."""

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from memory.action import ActionMemory
from memory.dense import BM25Memory, DenseMemory
from memory.hybrid import TwinfeedMemory
from memory.library import LibraryMemory
from memory.mem_gas import MemGAS
from memory.rf_mem import POOL, RFMemory
from sandbox.errors import StoreError
from sandbox.luck import generator
from sandbox.record import MemoryRecord, Probe, Recall
from sandbox.testing import HashEmbedder
from scenarios.benches.memory_scale import KeyedEmbedder

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
KINDS = (DenseMemory, BM25Memory, RFMemory, MemGAS, ActionMemory, TwinfeedMemory)
HARD = ("", " ", "映画を見た", "ein Film über Züge", "🎬🎬", "\ud800", "the same", "the same", "long " * 10_000)
each_kind = pytest.mark.parametrize("kind", KINDS)


def notes(owner: str = "ann", count: int = 30) -> list[MemoryRecord]:
    texts = [*HARD, *(f"note {i} about trains and bread {i % 4}" for i in range(count - len(HARD)))]
    return [MemoryRecord(f"r{i}", owner, text, 0.1 * i, i // 4, i % 4, item=i) for i, text in enumerate(texts)]


def answers(memory: LibraryMemory, owner: str = "ann") -> list[list[Recall]]:
    return [memory.recall(owner, Probe(text), 7) for text in ("note 20 about bread", "the same", "映画", "")]


def close(memory: LibraryMemory) -> None:
    memory.library.store.close()  # type: ignore[union-attr]


@each_kind
def test_a_folder_gives_the_answers_of_a_memory_never_closed(kind: type[LibraryMemory], tmp_path: Path) -> None:
    kept, loose = kind(KeyedEmbedder(), folder=tmp_path), kind(KeyedEmbedder())  # type: ignore[arg-type]
    assert answers(kept) == [[]] * 4
    for memory in (kept, loose):
        memory.write(notes()[6])
        memory.write(*notes())
        memory.write(*notes()[3:5])
    assert answers(kept) == answers(loose)
    for _ in range(2):
        close(kept)
        kept = kind(KeyedEmbedder(), folder=tmp_path)  # type: ignore[arg-type]
        assert answers(kept) == answers(loose)
        assert kept.state() == loose.state()
    close(kept)


@each_kind
def test_a_folder_that_is_not_ours_is_refused(kind: type[LibraryMemory], tmp_path: Path) -> None:
    close(kind(HashEmbedder(), folder=tmp_path / "memory"))  # type: ignore[arg-type]
    with pytest.raises(StoreError, match=r"'hash'.*'keyed'"):
        kind(KeyedEmbedder(), folder=tmp_path / "memory")  # type: ignore[arg-type]
    (tmp_path / "memory" / "journal.jsonl").write_text('{"no": "record"}\n')
    with pytest.raises(StoreError, match=r"journal\.jsonl, line 1"):
        kind(HashEmbedder(), folder=tmp_path / "memory")  # type: ignore[arg-type]
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear reader")
    with pytest.raises(StoreError, match="not a memory of twinfeed"):
        kind(HashEmbedder(), folder=tmp_path / "letters")  # type: ignore[arg-type]


@each_kind
def test_writers_of_different_owners_do_not_disturb_each_other(kind: type[LibraryMemory]) -> None:
    together, alone = kind(KeyedEmbedder()), kind(KeyedEmbedder())  # type: ignore[arg-type]
    owners = [f"user-{i}" for i in range(6)]

    def live(memory: LibraryMemory, owner: str) -> list[list[Recall]]:
        told = []
        for note in notes(owner):
            memory.write(note)
            told.append(memory.recall(owner, Probe("bread"), 3))
        return told + answers(memory, owner)

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda owner: live(together, owner), owners))
    assert told == [live(alone, owner) for owner in owners]


def test_no_kind_loses_what_it_acknowledged_when_the_process_is_killed(tmp_path: Path) -> None:
    names = [f"{kind.__module__}:{kind.__name__}" for kind in KINDS]
    script = f"""
        import os, signal
        from importlib import import_module
        from pathlib import Path
        from sandbox.record import MemoryRecord
        from sandbox.testing import HashEmbedder
        made = {{}}
        for name in {names!r}:
            module, _, kind = name.partition(":")
            made[kind] = getattr(import_module(module), kind)(HashEmbedder(), folder=Path({str(tmp_path)!r}) / kind)
        for i in range(20):
            for kind, memory in made.items():
                memory.write(MemoryRecord(f"r{{i}}", "ann", f"note {{i}}", float(i)))
                print(kind, i, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=300, check=False
    )
    assert killed.returncode == -9
    acknowledged = [line.split() for line in killed.stdout.splitlines()]
    assert len(acknowledged) == 20 * len(KINDS)
    for kind in KINDS:
        memory = kind(HashEmbedder(), folder=tmp_path / kind.__name__)
        held = {recall.record.id for recall in memory.recall("ann", Probe("note"), 50)}
        assert held == {f"r{number}" for name, number in acknowledged if name == kind.__name__}
        close(memory)


def test_recollection_among_the_nearest_is_that_among_all(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, luck = RFMemory(KeyedEmbedder(), theta_low=1.0), generator(8, "pool")
    words = luck.integers(5000, size=(2 * POOL, 8)).tolist()
    memory.write(*(MemoryRecord(f"r{i}", "ann", " ".join(f"w{w}" for w in row)) for i, row in enumerate(words)))
    asked = [Probe(" ".join(f"w{word}" for word in row)) for row in luck.integers(5000, size=(20, 6)).tolist()]
    near = [memory.recall("ann", probe, 10) for probe in asked]
    assert all(found[0].parts["recollection"] for found in near)
    monkeypatch.setattr("memory.rf_mem.POOL", 2 * POOL)
    assert [memory.recall("ann", probe, 10) for probe in asked] == near


@pytest.mark.slow
@each_kind
def test_a_hundred_thousand_records_of_one_owner(kind: type[LibraryMemory]) -> None:
    memory, luck = kind(KeyedEmbedder()), generator(9, "many")  # type: ignore[arg-type]
    words = luck.integers(1, 20_000, size=(100_000, 8)).tolist()
    records = [
        MemoryRecord(f"r{i}", "ann", " ".join(f"w{w}" for w in row), float(i), i // 20, i % 20)
        for i, row in enumerate(words)
    ]
    memory.write(*records, MemoryRecord("b", "bob", records[-5].text))
    k = 60 if kind is MemGAS else 20  # MemGAS ranks whole sessions, by all of their nodes: sixty turns are three
    found = memory.recall("ann", Probe(records[-5].text), k)
    assert records[-5] in [recall.record for recall in found]
    assert {recall.record.owner for recall in found} == {"ann"}
    assert memory.recall("ann", Probe(records[-5].text), k) == found
