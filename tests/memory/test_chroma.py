"""Records in Chroma: what survives, what is refused, and that nothing acknowledged is lost."""

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from memory.chroma import ChromaStore
from memory.dense import DenseMemory
from memory.journal import Journal
from sandbox.errors import StoreError
from sandbox.record import MemoryRecord, Probe
from sandbox.testing import HashEmbedder

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def note(number: int, owner: str = "ann", text: str = "") -> MemoryRecord:
    return MemoryRecord(f"r{number}", owner, text or f"note {number}", float(number), item=number, outcome="liked")


def put(store: ChromaStore, *records: MemoryRecord) -> None:
    store.put(records, HashEmbedder().embed([record.text for record in records]))


def loaded(store: ChromaStore, owner: str) -> list[MemoryRecord]:
    return store.load(owner)[0]


def test_records_outlive_the_process(tmp_path: Path) -> None:
    given = [note(0), note(1, "bob"), MemoryRecord("odd", "ann", "\ud800 \x00 映画", importance=0.25, image="ab")]
    store = ChromaStore(tmp_path, HashEmbedder(), batch=2)
    put(store, *given)
    put(store, note(2))
    store.close()
    later = ChromaStore(tmp_path, HashEmbedder())
    assert sorted(r.id for r in loaded(later, "ann")) == ["odd", "r0", "r2"]
    assert given[2] in loaded(later, "ann")
    assert loaded(later, "bob") == [note(1, "bob")]
    assert sorted(later.owners()) == ["ann", "bob"]
    later.close()


def test_a_rewritten_record_is_replaced_in_journal_and_in_chroma(tmp_path: Path) -> None:
    memory = DenseMemory(HashEmbedder(), folder=tmp_path)
    store = memory.library.store
    assert isinstance(store, ChromaStore)
    memory.write(note(0), note(1))
    store.flush()
    memory.write(note(0, text="rewritten"))
    store.close()
    again = DenseMemory(HashEmbedder(), folder=tmp_path)
    assert sorted(r.record.text for r in again.recall("ann", Probe("note"), 5)) == ["note 1", "rewritten"]
    again.library.store.close()  # type: ignore[union-attr]


def test_dropping_and_clearing_reach_the_disk(tmp_path: Path) -> None:
    store = ChromaStore(tmp_path, HashEmbedder())
    put(store, note(0), note(1), note(2, "bob"))
    store.flush()
    put(store, note(3), note(4))
    store.drop("ann", ["r0", "r3", "never there"])
    assert [r.id for r in loaded(store, "ann")] == ["r1", "r4"]
    store._release()  # as if the process had been killed: the journal tells the next one
    store._journal.close()
    store = ChromaStore(tmp_path, HashEmbedder())
    assert [r.id for r in loaded(store, "ann")] == ["r1", "r4"]
    store.flush()
    assert [r.id for r in loaded(store, "ann")] == ["r1", "r4"]
    store.drop("bob", ["r2"])
    put(store, note(0))  # one that was forgotten may come again
    assert [r.id for r in loaded(store, "ann")] == ["r1", "r4", "r0"]
    assert loaded(store, "bob") == []
    store.clear()
    assert store.owners() == []
    store.close()


def test_vectors_and_order_come_back_as_they_went(tmp_path: Path) -> None:
    store = ChromaStore(tmp_path, HashEmbedder(), batch=3)
    put(store, *(note(i) for i in range(7)))
    put(store, note(2, text="rewritten after it reached Chroma"), note(7), note(6, text="rewritten while it waits"))
    records, vectors = store.load("ann")
    assert [record.id for record in records] == [f"r{i}" for i in range(8)]
    assert records[2].text == "rewritten after it reached Chroma"
    assert vectors.tolist() == HashEmbedder().embed([record.text for record in records]).tolist()
    store.close()
    later = ChromaStore(tmp_path, HashEmbedder())
    again, rows = later.load("ann")
    assert again == records
    assert rows.tolist() == vectors.tolist()
    assert later.load("eve")[1].shape == (0, 64)
    later.close()


def test_another_embedder_is_refused_with_both_names(tmp_path: Path) -> None:
    ChromaStore(tmp_path, HashEmbedder()).close()
    with pytest.raises(StoreError, match=r"'hash' \(64 dimensions\).*'other' \(64\)"):
        ChromaStore(tmp_path, HashEmbedder(name="other"))
    with pytest.raises(StoreError, match=r"\(32\)"):
        ChromaStore(tmp_path, HashEmbedder(32))


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(StoreError, match="not empty and not a memory"):
        ChromaStore(tmp_path, HashEmbedder())
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize("broken", ["twinfeed.json", "journal.jsonl"])
def test_a_corrupt_file_is_named(tmp_path: Path, broken: str) -> None:
    ChromaStore(tmp_path, HashEmbedder()).close()
    (tmp_path / broken).write_text("{broken\n")
    with pytest.raises(StoreError, match=broken):
        ChromaStore(tmp_path, HashEmbedder())


def test_a_corrupt_database_is_refused(tmp_path: Path) -> None:
    ChromaStore(tmp_path, HashEmbedder()).close()
    script = f"""
        from pathlib import Path
        from memory.chroma import ChromaStore
        from sandbox.errors import StoreError
        from sandbox.testing import HashEmbedder
        try:
            ChromaStore(Path({str(tmp_path)!r}), HashEmbedder())
        except StoreError as error:
            print(error)
    """
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"no database " * 1000)
    for extra in (tmp_path / "chroma").glob("chroma.sqlite3-*"):
        extra.unlink()
    assert "corrupt or not a Chroma folder" in _run(script).stdout


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    store = ChromaStore(tmp_path, HashEmbedder())
    with pytest.raises(StoreError, match="in use"):
        ChromaStore(tmp_path, HashEmbedder())
    store.close()


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    script = f"""
        import os, signal
        from pathlib import Path
        from memory.chroma import ChromaStore
        from sandbox.record import MemoryRecord
        from sandbox.testing import HashEmbedder
        store = ChromaStore(Path({str(tmp_path)!r}), HashEmbedder(), batch=10)
        for i in range(25):
            text = f"note {{i}}"
            store.put([MemoryRecord(f"r{{i}}", "ann", text)], HashEmbedder().embed([text]))
            print(i, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = _run(script)
    assert killed.returncode == -9
    acknowledged = {f"r{line}" for line in killed.stdout.split()}
    assert len(acknowledged) == 25
    store = ChromaStore(tmp_path, HashEmbedder())
    assert {r.id for r in loaded(store, "ann")} == acknowledged
    store.close()


def test_a_torn_line_was_never_acknowledged(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append([note(0), note(1)])
    journal.close()
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write('{"id": "r2", "own')
    again = Journal(tmp_path / "journal.jsonl", durable=True)
    assert again.pending == [("ann", "r0", note(0)), ("ann", "r1", note(1))]
    again.append([note(3)])
    again.close()
    last = Journal(tmp_path / "journal.jsonl")
    assert [record for _, _, record in last.pending] == [note(0), note(1), note(3)]
    last.close()


def test_writers_of_different_owners_do_not_disturb_each_other(tmp_path: Path) -> None:
    memory = DenseMemory(HashEmbedder(), folder=tmp_path)

    def write(owner: str) -> None:
        for i in range(15):
            memory.write(note(i, owner))

    owners = [f"user-{i}" for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, owners))
    memory.library.store.close()  # type: ignore[union-attr]
    store = ChromaStore(tmp_path, HashEmbedder())
    assert all(sorted(r.id for r in loaded(store, owner)) == sorted(f"r{i}" for i in range(15)) for owner in owners)
    store.close()


def _run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=300, check=False
    )
