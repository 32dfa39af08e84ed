"""Yes or No as a number: the words that a model is scored on and what they are read as; knows no question."""

from sandbox.dialogue import Scores

YES_NO = ("Yes", "No")


def yes_over_no(scores: Scores) -> float:
    """Return the log-odds, in nats, of Yes rather than No from the scores of `YES_NO`."""
    return float(scores.logprobs[0] - scores.logprobs[1])
