"""The overhead bench: it walks what it says, and its figures are counts and positive rates; no figure is a test."""

from scenarios.benches.overhead import measure_overhead


def test_every_figure_is_there_and_steps_are_counted() -> None:
    result = measure_overhead(sessions=2, steps=8, users=60, rounds=1)
    assert result["agent_steps"] == 16
    assert result["choice_steps"] > 60
    assert {"cpu_ms_per_step", "steps_per_s", "choice_steps_per_s"} <= set(result)
    assert all(value > 0 for value in result.values())
    assert result["graph_cpu_ms_per_step"] < result["cpu_ms_per_step"]
