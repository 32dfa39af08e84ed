"""A journal never asks twice, keeps to its budget, and survives a torn last line."""

import asyncio
from pathlib import Path

import pytest

from agents.traits.irote.journal import Journal, read_journal
from sandbox.dialogue import Prompt
from sandbox.errors import BudgetError, RunError
from sandbox.testing import ScriptedModel

HELLO = Prompt((("user", "hello"),))


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
