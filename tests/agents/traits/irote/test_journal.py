"""A journal never asks twice, keeps to its budget, and survives a torn last line."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from agents.traits.irote.journal import Journal, read_journal
from sandbox.dialogue import Picture, Prompt, Reply, Schema, Scores
from sandbox.errors import BudgetError, ModelError, RunError
from sandbox.testing import ScriptedModel

HELLO = Prompt((("user", "hello"),))
NINE = [Prompt(HELLO.messages, seed=seed) for seed in range(9)]


@dataclass
class Slow(ScriptedModel):
    """Takes its time, as a server does."""

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        await asyncio.sleep(0.01)
        return await super().reply(prompt, images, schema)

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        await asyncio.sleep(0.01)
        return await super().score(prompt, continuations)


def _together(*asked: Awaitable[object]) -> None:
    """Ask at once and stop at the first error, as a search does; a second later it hangs."""

    async def gathered() -> None:
        async with asyncio.timeout(1):
            await asyncio.gather(*asked)

    asyncio.run(gathered())


def test_an_answer_in_the_file_is_not_asked_for_again(tmp_path: Path):
    path = tmp_path / "deep" / "j.jsonl"
    with Journal(ScriptedModel(["hi"]), path) as first:
        reply = asyncio.run(first.reply(HELLO))
        scores = asyncio.run(first.score(HELLO, ["hello", "you"]))
    with Journal(ScriptedModel([]), path) as again:
        assert asyncio.run(again.reply(HELLO)) == reply
        assert asyncio.run(again.score(HELLO, ["hello", "you"])) == scores
    assert (first.asked, first.replayed, again.asked, again.replayed) == (3, 0, 0, 3)


def test_other_seeds_schemas_and_models_are_other_requests(tmp_path: Path):
    with Journal(ScriptedModel(["a", "b", "c"]), tmp_path / "j.jsonl") as journal:
        seeded = Prompt(HELLO.messages, seed=1)
        texts = [asyncio.run(journal.reply(HELLO)), asyncio.run(journal.reply(seeded))]
        texts.append(asyncio.run(journal.reply(HELLO, schema={"type": "object"})))
    assert [t.text for t in texts] == ["a", "b", "c"]
    with Journal(ScriptedModel(["d"], name="other"), tmp_path / "j.jsonl") as other:
        assert asyncio.run(other.reply(HELLO)).text == "d"


def test_the_budget_counts_new_requests_and_each_continuation(tmp_path: Path):
    with Journal(ScriptedModel(lambda _: "a"), tmp_path / "j.jsonl", max_calls=3) as journal:
        asyncio.run(journal.score(HELLO, ["x", "y"]))
        asyncio.run(journal.score(HELLO, ["x", "y"]))
        asyncio.run(journal.reply(HELLO))
        with pytest.raises(BudgetError, match="3 of 3"):
            asyncio.run(journal.reply(Prompt(HELLO.messages, seed=2)))
        assert asyncio.run(journal.reply(HELLO)).text == "a"


def test_what_the_budget_let_through_is_kept_before_it_stops(tmp_path: Path):
    path = tmp_path / "j.jsonl"
    for kept in (3, 6):
        with Journal(Slow(lambda _: "a"), path, max_calls=3) as journal, pytest.raises(BudgetError, match="3 of 3"):
            _together(*map(journal.reply, NINE))
        assert len(read_journal(path)) == kept
    with Journal(Slow(lambda _: "a"), path, max_calls=3) as last:
        _together(*map(last.reply, NINE))
    assert (last.asked, last.replayed, len(read_journal(path))) == (3, 6, 9)


def test_scores_that_the_budget_let_through_are_kept_too(tmp_path: Path):
    path = tmp_path / "j.jsonl"
    with Journal(Slow([]), path, max_calls=5) as journal, pytest.raises(BudgetError, match="4 of 5"):
        _together(*(journal.score(prompt, ["x", "y"]) for prompt in NINE))
    assert len(read_journal(path)) == 2


def test_a_request_beyond_the_budget_waits_for_what_is_let_through_meanwhile(tmp_path: Path):
    path = tmp_path / "j.jsonl"
    with Journal(Slow(lambda _: "a"), path, max_calls=3) as journal, pytest.raises(BudgetError, match="3 of 3"):

        async def one_after_the_other() -> None:
            for prompt in NINE[:3]:
                await journal.reply(prompt)

        _together(one_after_the_other(), journal.score(HELLO, ["x", "y", "z"]))
    assert len(read_journal(path)) == 3


def test_requests_that_never_fit_the_budget_are_not_promised_another_time(tmp_path: Path):
    with Journal(Slow([]), tmp_path / "j.jsonl", max_calls=1) as journal:
        with pytest.raises(BudgetError, match="allow at least 2"):
            _together(journal.score(HELLO, ["x", "y"]))
        assert journal.asked == 0


@pytest.mark.parametrize("cancelled", [False, True])
def test_failed_and_cancelled_requests_let_those_beyond_the_budget_go(tmp_path: Path, cancelled: bool):
    async def ask() -> list[object]:
        tasks = [asyncio.create_task(journal.reply(prompt)) for prompt in NINE[:4]]
        await asyncio.sleep(0)
        if cancelled:
            for task in tasks[:2]:
                task.cancel()
        async with asyncio.timeout(1):
            return list(await asyncio.gather(*tasks, return_exceptions=True))

    with Journal(Slow([ModelError("down"), ModelError("down")]), tmp_path / "j.jsonl", max_calls=2) as journal:
        kinds = [type(outcome) for outcome in asyncio.run(ask())]
        failure = asyncio.CancelledError if cancelled else ModelError
        assert kinds == [failure, failure, BudgetError, BudgetError]
        assert journal.asked == 2
    assert read_journal(tmp_path / "j.jsonl") == {}


def test_a_torn_last_line_is_asked_for_again(tmp_path: Path):
    path = tmp_path / "j.jsonl"
    with Journal(ScriptedModel(["a", "b"]), path) as journal:
        asyncio.run(journal.reply(HELLO))
        asyncio.run(journal.reply(Prompt(HELLO.messages, seed=2)))
    path.write_bytes(path.read_bytes()[:-7])
    with Journal(ScriptedModel(["b"]), path) as again:
        assert asyncio.run(again.reply(Prompt(HELLO.messages, seed=2))).text == "b"
    assert again.asked == 1
    assert len(read_journal(path)) == 2


def test_a_foreign_file_is_refused_by_line(tmp_path: Path):
    path = tmp_path / "j.jsonl"
    path.write_text('{"request": "x", "answer": {}}\nnot json\n')
    with pytest.raises(RunError, match="line 2"):
        Journal(ScriptedModel([]), path)


def test_progress_hears_of_every_request(tmp_path: Path):
    heard: list[int] = []
    with Journal(ScriptedModel(["a"]), tmp_path / "j.jsonl", told=heard.append) as journal:
        asyncio.run(journal.reply(HELLO))
        asyncio.run(journal.score(HELLO, ["x", "y", "z"]))
        asyncio.run(journal.reply(HELLO))
    assert heard == [1, 3, 1]
