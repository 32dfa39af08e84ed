"""The room that shelves share: what is put out of memory comes back bit for bit, and changes no answer."""

import gc

import numpy as np
import pytest

from memory.action import ActionMemory
from memory.attic import Attic
from memory.dense import BM25Memory, DenseMemory
from memory.hybrid import TwinfeedMemory
from memory.library import Library, LibraryMemory
from memory.mem_gas import MemGAS
from memory.rf_mem import RFMemory
from memory.room import SHARED, Room
from memory.shelf import Shelf
from sandbox.protocols import Embedder
from sandbox.record import MemoryRecord, Probe
from sandbox.testing import HashEmbedder
from scenarios.benches.memory_scale import KeyedEmbedder

KINDS = (DenseMemory, BM25Memory, RFMemory, MemGAS, ActionMemory, TwinfeedMemory)
OWNERS = ("ann", "bob", "\ud800", "")


def note(number: int, owner: str, **changes: object) -> MemoryRecord:
    text = f"w{number} saw w{number * 7 % 50} and w{number * 3 % 20} {owner}"
    given = {"text": text, "time": 0.1 * number, "session": number // 5, "turn": number % 5, "item": number, **changes}
    return MemoryRecord(f"r{number}", owner, **given)  # type: ignore[arg-type]


def live(memory: LibraryMemory) -> list[object]:
    """Write and ask, owner by owner in turn, with a replaced record and a view among them."""
    told: list[object] = []
    for number in range(40):
        for owner in OWNERS:
            memory.write(note(number, owner))
            if number == 20:
                memory.write(note(3, owner, outcome="again"), note(90, owner, kind="summary", session=2))
            if number % 7 == 0:
                told.append(memory.recall(owner, Probe(f"w{number} w5 w6"), 5))
    return [*told, memory.state()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("embedder", [HashEmbedder(), KeyedEmbedder()])
def test_no_answer_depends_on_what_was_put_out_of_memory(
    kind: type[LibraryMemory], embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    roomy = live(kind(embedder))  # type: ignore[arg-type]
    monkeypatch.setattr(SHARED, "limit", 1)
    assert live(kind(embedder)) == roomy  # type: ignore[arg-type]


def test_memory_is_bounded_whoever_uses_it_and_nothing_is_lost() -> None:
    room = Room(limit=200_000)
    libraries = [Library(KeyedEmbedder(), room=room) for _ in range(5)]
    for library in libraries:
        for owner in ("ann", "bob"):
            library.write([note(i, owner) for i in range(60)])
            held = sum(owned.weight for owned in room._owned.values())
            assert held == room._weight <= max(room.limit, max(owned.weight for owned in room._owned.values()))
    assert len(room._owned) < 10
    assert [len(library.shelf(owner)) for library in libraries for owner in ("ann", "bob")] == [60] * 10


def test_an_owner_larger_than_the_room_stays_while_in_use() -> None:
    library = Library(HashEmbedder(), room=Room(limit=1))
    library.write([note(i, "ann") for i in range(5)])
    assert library.shelf("ann") is library.shelf("ann")


def test_what_did_not_change_is_not_set_down_again(monkeypatch: pytest.MonkeyPatch) -> None:
    puts: list[object] = []
    kept = Attic.put
    monkeypatch.setattr(Attic, "put", lambda self, key, shelf: (puts.append(key), kept(self, key, shelf)))
    library = Library(HashEmbedder(), room=Room(limit=1))
    for owner in ("ann", "bob"):
        library.write([note(1, owner)])
    for owner in ("ann", "bob") * 3:
        assert library.shelf(owner).record(0).owner == owner
    assert len(puts) == 4  # both shelves of each, once
    library.write([note(2, "bob")])
    library.shelf("ann")
    assert len(puts) == 6


def test_a_library_takes_its_shelves_along_when_it_goes() -> None:
    room = Room(limit=1)
    library, other = Library(HashEmbedder(), room=room), Library(HashEmbedder(), room=room)
    for owner in ("ann", "bob"):
        library.write([note(1, owner)])
    other.write([note(2, "ann")])
    del library
    gc.collect()
    assert len(other.shelf("ann")) == 1
    assert set(room._away) <= {1}
    assert [key for key in room._owned if key[0] == 0] == []


def test_the_attic_keeps_a_shelf_bit_for_bit() -> None:
    embedder, shelf, attic = KeyedEmbedder(), Shelf(384), Attic()
    records = [note(i, "ann", text=text) for i, text in enumerate(("w1 w2", "\ud800 \x00", "", "w3 " * 300))]
    rows, tokens = embedder.embed_tokens([record.text for record in records])
    for i, (record, row, told) in enumerate(zip(records, rows, tokens, strict=True)):
        shelf.put(record, row, None if i == 1 else told)
    for _ in range(2):  # the second replaces the first
        attic.put((0, "ann", False), shelf)
    back = attic.take((0, "ann", False), 384)
    assert [entry.record for entry in back.entries] == records
    assert back.vectors.tobytes() == shelf.vectors.tobytes()
    assert back.entries[1].tokens is None
    for place in (0, 2, 3):
        one, other = shelf.entries[place].tokens, back.entries[place].tokens
        assert one is not None
        assert other is not None
        assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("ids", "codes", "scales"))
    attic.drop((0, "ann", False))
    assert len(attic.take((0, "ann", False), 384)) == 0
