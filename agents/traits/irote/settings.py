"""What one optimisation is asked to do and what it will cost; knows no model."""

from pydantic import Field

from agents.traits.levels import Pole
from sandbox.values import Frozen

ASKS = 2  # how often a reflection is asked for at most, where a reply cannot be used


class Settings(Frozen):
    """The knobs of one run; the defaults are IROTE's: T = 5, K = 10, M1 = 3, M2 = 6, 50 words, beta = 1.

    IROTE weighs every task alike (`deeds` 1). What is said is easier to move than what is done, so that search ends
    with reflections that are more superficial than adjectives; at 10 it does not (README, Traits of language models).
    """

    trait: str
    pole: Pole
    definition: str = Field(min_length=1)
    opposite: str = ""  # what the other pole means
    rounds: int = Field(default=5, ge=1)  # T
    candidates: int = Field(default=10, ge=2)  # K
    behaviours: int = Field(default=3, ge=1)  # M1, for each candidate
    responses: int = Field(default=6, ge=1)  # M2, for each open task
    syntheses: int = Field(default=4, ge=1)  # new candidates from the E-step's pairs
    mixtures: int = Field(default=20, ge=0)  # new candidates a round from lines of the pool's best
    beta: float = Field(default=1.0, ge=0, le=1000)
    deeds: float = Field(default=10.0, gt=0, le=1000)  # weight of choices and of open situations, statements weighing 1
    temperature: float = Field(default=0.8, gt=0, le=2)  # of the writer; at 1.0 a small model writes broken words
    words: int = Field(default=50, ge=5)
    orders: int = Field(default=2, ge=2)  # line orders scored
    cosine: float = Field(default=0.8, gt=0, le=1)  # from here on two reflections are the same
    seed: int = 0


def expected_calls(
    settings: Settings, statements: int, open_tasks: int, answers: int = 2, choices: int = 0
) -> dict[str, int]:
    """Return the requests of a whole run at most, `actor` and `judge`: a scored text or a reply is one request.

    `statements`, `choices` and `open_tasks` are those to train on; validation has as many. A log-probability of one
    continuation is one request, so a statement (yes or no) costs two and a choice between two deeds four.
    """
    s, pairs = settings, settings.candidates * settings.behaviours
    tried = s.orders * (statements * answers + choices * 4 + open_tasks * s.responses)
    judged = s.orders * open_tasks * s.responses * 4
    compact = 2 * pairs + ASKS * s.syntheses + (s.syntheses + 1) * (2 * pairs + 1)
    new = s.syntheses + s.candidates + s.mixtures
    final = s.candidates * (tried + 2 * pairs + 1) + 2 * pairs
    written = ASKS * s.candidates
    actor = written + s.rounds * (compact + written + new * tried) + s.candidates * tried
    judge = (s.rounds * new + 2 * s.candidates) * judged
    return {"actor": actor + final, "judge": judge}
