"""The switches of AgentCF and AgentCF++ and the published methods as settings; knows no machinery."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from sandbox.values import Frozen

EVERYTHING = "everything"  # the one domain of a single-memory agent


class Settings(Frozen):
    """How an agent learns; the defaults are AgentCF++ with group memory in training, as the paper tells it."""

    dual: bool = True  # separated and fused memories; off: AgentCF's one memory for all domains
    fusion: Literal["two_step", "one_call"] = "two_step"  # one_call: as the paper's code does
    refresh: bool = True  # fuse again before ranking, with what other domains taught since; off: the paper's way
    shared: Literal["off", "test", "always"] = (
        "always"  # test: group memory is read when ranking only, as its code does
    )
    # crowd: one group of all, plain popularity; alike: everybody, weighed by how much their choices are mine
    grouping: Literal["interest", "history", "crowd", "alike"] = "interest"
    order: Literal["counterbalanced", "negative_first"] = "counterbalanced"  # negative_first: as both originals
    both_items: bool = True  # off: only the chosen item's memory is rewritten, as AgentCF does
    clusters: int = Field(default=60, ge=1)
    groups: int = Field(default=20, ge=1)
    regroup: float = Field(default=0.1, gt=0.0, le=1.0)  # share of the log after which groups are formed anew
    batch: int = Field(default=50, ge=1)
    seed: int = 0

    @property
    def forms_groups(self) -> bool:
        """Say whether groups are formed anew as the log goes on."""
        return self.grouping in ("interest", "history")

    def home(self, domain: str) -> str:
        """Return the domain under which a memory is kept."""
        return domain if self.dual else EVERYTHING


METHODS: Mapping[str, Settings] = {
    "agentcf": Settings(dual=False, shared="off", both_items=False),
    "agentcf_dual": Settings(shared="off"),
    "agentcf_shared": Settings(dual=False, both_items=False),
    "agentcf_crowd": Settings(dual=False, both_items=False, grouping="crowd"),
    "agentcf_pp": Settings(),
    "agentcf_pp_history": Settings(grouping="history"),
    "agentcf_pp_crowd": Settings(grouping="crowd"),
    "agentcf_pp_alike": Settings(grouping="alike"),
    "agentcf_alike": Settings(dual=False, both_items=False, grouping="alike"),
    "agentcf_pp_test_only": Settings(shared="test"),
    "agentcf_pp_one_call": Settings(fusion="one_call"),
    "agentcf_pp_stale": Settings(refresh=False),
    "agentcf_pp_negative_first": Settings(order="negative_first"),
}
