"""Lets a model that is not the actor say which end of a trait a piece of writing shows; knows no actor and no search.

The judge is asked about either end on its own and its liking for yes cancels out. Whether a judge is any good is
measured on writing whose end is known: `judge_accuracy`.
"""

import asyncio
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import rankdata

from agents.fence import fence
from agents.prompting import load_prompt
from agents.traits.agreement import log_odds, preference
from sandbox.errors import ScenarioError
from sandbox.protocols import Model

MOST = 1000  # letters of writing that are judged


def check_judge(actor: str, judge: str) -> None:
    """Refuse a judge who is the actor.

    Raises:
        ScenarioError: both are one model.
    """
    if judge == actor:
        raise ScenarioError(f"the judge must be another model than the actor, and both are {actor!r}")


async def judged_high(judge: Model, writing: str, situation: str, ends: Mapping[str, str]) -> float:
    """Return the judge's chance that the writer is at the high end; `ends` holds what `high` and `low` mean."""
    file, told = load_prompt("judge_ends"), fence("answer", writing, MOST)
    asked = [file.prompt(max_tokens=4, task=situation, response=told, end=ends[end]) for end in ("high", "low")]
    return preference(*await asyncio.gather(*(log_odds(judge, prompt) for prompt in asked)))


def judge_accuracy(of_high: Sequence[float], of_low: Sequence[float]) -> dict[str, float]:
    """Return how well chances tell writing of the high end from writing of the low one.

    `share_right` counts chances on the right side of one half; `auc` is the chance that writing of the high end is
    ranked above writing of the low one, .5 for a judge who knows nothing.
    """
    ranks = rankdata([*of_high, *of_low])[: len(of_high)]
    auc = (ranks.sum() - len(of_high) * (len(of_high) + 1) / 2) / (len(of_high) * len(of_low))
    right = np.concatenate([np.asarray(of_high) > 0.5, np.asarray(of_low) < 0.5])
    return {"share_right": float(right.mean()), "auc": float(auc), "texts": float(len(right))}
