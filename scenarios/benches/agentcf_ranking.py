"""Puts the truth of each case in its place with trained memories; knows no training, no metric and no table.

A language model writes an order (`order`), says of each candidate alone whether it suits the user (`judged`, by
the log-odds of yes), or its log-probabilities of the titles decide: what the memories add to them alone (`pmi`), or
that and how likely each title is anyway, weighed (`likelihood`). The extractive stand-in's evidence is weighed.
Weights are fitted on validation cases. What was said is kept in a journal, so that a finished ranking is read back
without a server.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from json import dumps
from pathlib import Path
from typing import Literal

import numpy as np

from agents.agentcf.evidence import Floats, fit_logit
from agents.agentcf.extractive import ExtractiveWriter
from agents.agentcf.journal import Journal
from agents.agentcf.outlook import Variant
from agents.agentcf.plan import owner_name
from agents.agentcf.ranking import outlook_on
from agents.agentcf.seams import Mind, Outlook, Writer
from agents.agentcf.served import ServedWriter
from sandbox.dialogue import Usage
from sandbox.errors import DataError, ReplyError
from scenarios.benches.cohort import Case, Cohort

Ranking = Literal["order", "pmi", "likelihood", "judged"]
PMI = np.array([1.0, 0.0])
AT_ONCE = 60  # cases asked for together, and written down together
Evidence = Floats | None  # (candidates, pieces) of a case; None where no valid answer could be had


@dataclass(frozen=True)
class Trained:
    """A mind at the end of its log, whom it knows, and how it is to look at candidates."""

    mind: Mind
    cohort: Cohort
    now: float
    variant: Variant

    async def look(self, case: Case) -> Outlook:
        """Return what the case's user sees before it ranks."""
        history = self.cohort.split.train.of_user(case.user).item.tolist()
        return await outlook_on(
            self.mind, owner_name(case.user), case.domain, case.items, self.now, history, self.variant
        )


@dataclass
class Ranked:
    """Ranks of the truth, counted from 0, what they cost, and how many cases were left in the order shown."""

    ranks: list[int] = field(default_factory=list)
    unranked: int = 0
    spent: Usage = field(default_factory=Usage)


async def rank_cases(
    trained: Trained, tests: Sequence[Case], valid: Sequence[Case], ranking: Ranking, journal: Path | None
) -> Ranked:
    """Rank the tests' candidates.

    Args:
        trained: the memories.
        tests: what is measured.
        valid: cases on which weights of evidence are fitted, where there are any.
        ranking: how a language model ranks; the stand-in has one way.
        journal: where what was said is kept; `pmi` and `likelihood` share one.

    Raises:
        DataError: weights are to be fitted, and there is nothing to fit them on.
    """
    writer = trained.mind.writer
    if isinstance(writer, ServedWriter) and ranking in ("order", "judged"):
        say = writer.judge if ranking == "judged" else _ordered(writer)
        return _placed(await gather(trained, tests, say, journal), tests, np.ones(1))
    ask = writer.weigh if isinstance(writer, ServedWriter) else _weighed(writer)
    everything = await gather(trained, [*valid, *tests], ask, journal)
    known, asked = everything.evidence[: len(valid)], everything.evidence[len(valid) :]
    fitted = isinstance(writer, ExtractiveWriter) or ranking == "likelihood"
    return _placed(Gathered(asked, everything.spent), tests, _fit(known, valid) if fitted else PMI)


def _weighed(writer: Writer) -> Callable[[Outlook], Awaitable[Floats]]:
    assert isinstance(writer, ExtractiveWriter)  # there are two

    async def weigh(outlook: Outlook) -> Floats:
        return writer.evidence(outlook)

    return weigh


def _ordered(writer: ServedWriter) -> Callable[[Outlook], Awaitable[Floats]]:
    async def order(outlook: Outlook) -> Floats:
        return -np.argsort(await writer.rank(outlook)).astype(np.float64)[:, None]

    return order


def _fit(evidence: Sequence[Evidence], cases: Sequence[Case]) -> Floats:
    known = [(one, case.place) for one, case in zip(evidence, cases, strict=True) if one is not None]
    if not known:
        raise DataError("no validation case is there to fit the weights of evidence on; sample more users")
    return fit_logit([one for one, _ in known], [place for _, place in known])


def _placed(gathered: "Gathered", cases: Sequence[Case], weights: Floats) -> Ranked:
    """Turn evidence into ranks; ties, and cases without evidence, stay in the order shown."""
    ranks = [
        case.place if one is None else int(np.argsort(-(one @ weights), kind="stable").tolist().index(case.place))
        for one, case in zip(gathered.evidence, cases, strict=True)
    ]
    return Ranked(ranks, sum(one is None for one in gathered.evidence), gathered.spent)


@dataclass
class Gathered:
    """Each case's evidence, and what it cost."""

    evidence: list[Evidence] = field(default_factory=list)
    spent: Usage = field(default_factory=Usage)


async def gather(
    trained: Trained, cases: Sequence[Case], ask: Callable[[Outlook], Awaitable[Floats]], journal: Path | None
) -> Gathered:
    """Ask for every case's evidence, many at once, in runs that the journal holds wholly or not at all."""

    async def attempt(case: Case) -> Evidence:
        try:
            return (await ask(await trained.look(case))).round(6)  # as the journal holds it
        except ReplyError:
            return None

    gathered, writer = Gathered(), trained.mind.writer
    diary = Journal(journal, _name(trained, cases)) if journal else None
    for entry in diary.replay() if diary else ():
        gathered.evidence += [None if one is None else np.array(one) for one in entry["evidence"]]
        gathered.spent += Usage(**entry["spent"])
    for start in range(len(gathered.evidence), len(cases), AT_ONCE):
        before = writer.spent
        told = await asyncio.gather(*map(attempt, cases[start : start + AT_ONCE]))
        spent = difference(writer.spent, before)
        gathered.evidence += told
        gathered.spent += spent
        if diary:
            listed = [None if one is None else one.tolist() for one in told]
            diary.append({"evidence": listed, "spent": asdict(spent)})
    return gathered


def _name(trained: Trained, cases: Sequence[Case]) -> str:
    """Name exactly this ranking: its cases, its settings and who writes."""
    mind = trained.mind
    parts = [[asdict(case) for case in cases], mind.settings.model_dump(), mind.writer.name, trained.variant]
    return blake2b(dumps(parts, separators=(",", ":")).encode(), digest_size=12).hexdigest()


def difference(after: Usage, before: Usage) -> Usage:
    """Return what was spent in between."""
    old = asdict(before)
    return Usage(**{name: count - old[name] for name, count in asdict(after).items()})
