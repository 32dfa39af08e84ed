"""The bench of the served path counts what reached the server."""

from typing import Any

import pytest

from scenarios.benches.served import served


def test_it_counts_steps_tokens_and_useless_replies(model_server: Any) -> None:
    told = served([model_server.url], "fake", users=8, steps=4, concurrency=4)
    assert 8 <= told["steps"] <= 32
    assert told["steps_per_s"] == pytest.approx(told["steps"] / told["wall_s"])
    assert told["tokens_out_per_step"] >= 9
    calls = model_server.asked.total()
    assert told["invalid_share"] == pytest.approx((calls - told["steps"]) / calls)
    assert (told["failed_share"], told["first_failure"]) == (0.0, "")


def test_a_server_that_is_gone_beside_one_that_answers_costs_attempts_and_no_session(model_server: Any) -> None:
    told = served([model_server.url, "http://127.0.0.1:9/v1"], "fake", users=8, steps=2, concurrency=4)
    assert (told["servers"], told["failed_share"], told["first_failure"]) == (2, 0.0, "")


def test_a_server_that_is_not_there_is_told_of_and_not_hidden() -> None:
    told = served(["http://127.0.0.1:9/v1"], "nobody", mode="generate", users=1, steps=1, concurrency=1)
    assert told["failed_share"] == 1.0
    assert "connection failed" in told["first_failure"]
    assert told["steps"] == 0
