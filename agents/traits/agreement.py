"""Whether a person would say yes, by a served model: the one question behind statements, deeds and judgements.

Small models tie the numbers of a five-point scale to little: on statements that reflections are optimised on,
Qwen2.5-Coder-1.5B (four bits) answers *either* key higher for "curious, imaginative and artistic" than for its
opposite (keyed shift .08 of 4 points by numbers, 1.1 by Yes or No about a third person). Of eleven ways to ask, the
one in which adjectives move it most was taken, so that no reflection gains by the choice.
"""

import numpy as np
from scipy.special import expit

from agents.served.yes_no import YES_NO, yes_over_no
from sandbox.dialogue import Prompt
from sandbox.protocols import Model


async def log_odds(model: Model, prompt: Prompt) -> float:
    """Return the model's log-odds of answering Yes rather than No."""
    return yes_over_no(await model.score(prompt, YES_NO))


async def chance_of_yes(model: Model, prompt: Prompt) -> float:
    """Return the model's chance of answering Yes rather than No."""
    return float(expit(await log_odds(model, prompt)))


def preference(one: float, other: float) -> float:
    """Return the chance of one of two things from the log-odds of yes to either; a liking for yes cancels out."""
    return float(expit(np.clip(one - other, -50.0, 50.0)))
