"""What stands around agents' memories: folders in which they outlive a run, and models that word questions anew.

Knows no way of recalling. A folder is one open store with one place for each agent of each run. A run begins with
empty memories, whatever else lies in the folder: its places are named after the run, so runs lie side by side and none
reads or overwrites another's. The run that goes on after a stop has the same names; a user whose visits were cut off
starts over, so their place is emptied first.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agents.rewording import RewordingMemory
from memory.chroma import ChromaStore, Place
from sandbox.errors import ScenarioError
from sandbox.protocols import Brain, Embedder, Memory, Model

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


def thinking_twice(memory: Memory, brain: Brain, model_of: Callable[[Mapping[str, Any]], Model]) -> Memory:
    """Let a model word questions anew where the memory asks for it by its `rewrite`.

    Args:
        memory: whose `rewrite` is false, true for the brain's own model, or the description of another.
        brain: of the agent that gets the memory.
        model_of: makes a model from its description.

    Raises:
        ScenarioError: the brain's model is wanted, and it has none.
    """
    wish = getattr(memory, "rewrite", False)
    if not wish:
        return memory
    model = model_of(wish) if isinstance(wish, Mapping) else getattr(brain, "model", None)
    if not hasattr(model, "reply"):
        raise ScenarioError(
            "a memory has `rewrite: true`, but its agent's brain has no language model; "
            "name one, such as `rewrite: {kind: served, url: URL, name: MODEL}`"
        )
    return RewordingMemory(memory, model, getattr(memory, "unsure", 0.4))  # type: ignore[arg-type]
