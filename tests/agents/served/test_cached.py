"""Kept answers: each exact request is asked for once, by whoever, and a killed run's answers are still there."""

import asyncio
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.served.cached import Answers, Cached
from sandbox.dialogue import Picture, Prompt, Reply, Schema, Scores
from sandbox.errors import ModelError, StoreError
from sandbox.testing import ScriptedModel

HI, HO = Prompt((("user", "hi"),)), Prompt((("user", "ho"),))


class Slow:
    """Answers after a moment, a different text each time, and keeps what it was asked."""

    name = "slow"

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        self.asked.append(prompt)
        text = f"answer {len(self.asked)}"
        await asyncio.sleep(0.02)
        return Reply(text, 3, 2, self.name)

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        self.asked.append(tuple(continuations))
        await asyncio.sleep(0.02)
        counts = tuple(len(text) for text in continuations)
        return Scores(tuple(-float(n) for n in counts), counts, 10 * len(counts) + sum(counts), self.name)


def test_the_same_request_is_asked_once_and_costs_the_same_on_paper() -> None:
    async def run() -> tuple[Reply, Reply, int]:
        inner = Slow()
        model = Cached(inner, Answers())
        first, second = await model.reply(HI), await model.reply(HI)
        await model.aclose()
        return first, second, len(inner.asked)

    first, second, n_asked = asyncio.run(run())
    assert n_asked == 1
    assert (first.text, first.tokens_in, first.tokens_out) == (second.text, second.tokens_in, second.tokens_out)
    assert (first.cached, second.cached) == (False, True)


@pytest.mark.parametrize(
    "other",
    [
        (HO, (), None),
        (Prompt(HI.messages, temperature=0.1), (), None),
        (Prompt(HI.messages, seed=1), (), None),
        (HI, (Picture(b"x"),), None),
        (HI, (), {"type": "object"}),
    ],
)
def test_anything_that_differs_is_another_request(other: Any) -> None:
    async def run() -> int:
        inner = Slow()
        model = Cached(inner, Answers())
        await model.reply(HI)
        await model.reply(*other)
        await model.aclose()
        return len(inner.asked)

    assert asyncio.run(run()) == 2


def test_equal_requests_at_the_same_moment_are_sent_once() -> None:
    async def run() -> tuple[set[str], int]:
        inner = Slow()
        model = Cached(inner, Answers())
        replies = await asyncio.gather(*(model.reply(HI) for _ in range(20)), model.reply(HO))
        await model.aclose()
        return {reply.text for reply in replies}, len(inner.asked)

    texts, n_asked = asyncio.run(run())
    assert (len(texts), n_asked) == (2, 2)


def test_only_missing_continuations_are_scored_and_overlapping_calls_share() -> None:
    async def run() -> tuple[list[Scores], list[Any]]:
        inner = Slow()
        model = Cached(inner, Answers())
        one = await model.score(HI, ["a", "bb"])
        rest = await asyncio.gather(model.score(HI, ["bb", "ccc"]), model.score(HI, ["ccc", "a", "a"]))
        await model.aclose()
        return [one, *rest], inner.asked

    scores, asked = asyncio.run(run())
    assert asked == [("a", "bb"), ("ccc",)]
    assert [s.logprobs for s in scores] == [(-1, -2), (-2, -3), (-3, -1, -1)]
    assert [s.tokens_in for s in scores] == [23, 25, 35]
    assert [s.cached for s in scores] == [False, False, True]


def test_a_failure_is_told_to_all_who_wait_and_kept_for_nobody() -> None:
    async def run() -> tuple[list[Any], str]:
        model = Cached(ScriptedModel([ModelError("down"), "up"]), Answers())
        told = await asyncio.gather(*(model.reply(HI) for _ in range(3)), return_exceptions=True)
        after = await model.reply(HI)
        await model.aclose()
        return told, after.text

    told, after = asyncio.run(run())
    assert [str(error) for error in told] == ["down"] * 3
    assert after == "up"


def test_one_who_leaves_does_not_stop_the_others() -> None:
    async def run() -> tuple[str, int]:
        inner = Slow()
        model = Cached(inner, Answers())
        leaving = asyncio.create_task(model.reply(HI))
        staying = asyncio.create_task(model.reply(HI))
        await asyncio.sleep(0)
        leaving.cancel()
        reply = await staying
        await model.aclose()
        return reply.text, len(inner.asked)

    assert asyncio.run(run()) == ("answer 1", 1)


def test_closing_stops_what_is_being_asked() -> None:
    async def run() -> bool:
        model = Cached(Slow(), Answers())
        asking = asyncio.create_task(model.reply(HI))
        await asyncio.sleep(0)
        await model.aclose()
        (told,) = await asyncio.gather(asking, return_exceptions=True)
        return isinstance(told, asyncio.CancelledError)

    assert asyncio.run(run())


def test_a_killed_process_leaves_its_answers(tmp_path: Path) -> None:
    file = tmp_path / "answers.sqlite"
    script = f"""
        import asyncio, os, signal
        from agents.served.cached import Answers, Cached
        from sandbox.dialogue import Prompt
        from sandbox.testing import ScriptedModel

        async def run():
            await Cached(ScriptedModel(["before the end"]), Answers({str(file)!r})).reply(Prompt((("user", "hi"),)))
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(run())
    """
    root = Path(__file__).parents[3]
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=root, check=False)
    assert killed.returncode == -9

    async def replay() -> Reply:
        model = Cached(ScriptedModel([], name="scripted"), Answers(file))
        reply = await model.reply(HI)
        await model.aclose()
        return reply

    reply = asyncio.run(replay())
    assert (reply.text, reply.cached) == ("before the end", True)


def test_two_files_open_at_once_agree_on_the_first_answer(tmp_path: Path) -> None:
    one, two = Answers(tmp_path / "a.sqlite"), Answers(tmp_path / "a.sqlite")
    one.keep({"r": {"text": "first"}})
    two.keep({"r": {"text": "second"}, "s": {"text": "other"}})
    assert (two["r"], one["s"], len(one)) == ({"text": "first"}, {"text": "other"}, 2)
    with pytest.raises(KeyError):
        one["t"]
    one.close()
    two.close()


def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "answers.sqlite"
    file.write_text("this is no database" * 100)
    with pytest.raises(StoreError, match=r"answers\.sqlite.*move it away"):
        Answers(file)
