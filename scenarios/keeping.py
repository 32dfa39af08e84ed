"""Folders in which agents' memories outlive a run: one open store a folder, one place in it for each agent of each run.

Knows the store and nothing of what is remembered. A run begins with empty memories, whatever else lies in the folder:
its places are named after the run, so runs lie side by side and none reads or overwrites another's. The run that goes
on after a stop has the same names; a user whose visits were cut off starts over, so their place is emptied first.
"""

from pathlib import Path

from memory.chroma import ChromaStore, Place
from sandbox.protocols import Embedder

FOLDER = "folder"


class MemoryFolders:
    """Opens each folder once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._stores: dict[Path, ChromaStore] = {}

    def place(self, folder: Path, name: str, owner: str) -> Place:
        """Return an empty place for one owner's records.

        Raises:
            StoreError: the folder is foreign or corrupt, in use by another process, or was filled by another embedder.
        """
        path = folder.resolve()
        if path not in self._stores:
            self._stores[path] = ChromaStore(path, self._embedder)
        place = Place(self._stores[path], name)
        place.drop(owner, [record.id for record in place.load(owner)[0]])
        return place

    def close(self) -> None:
        """Move what waits to Chroma and let other processes have the folders."""
        for store in self._stores.values():
            store.close()
        self._stores = {}
