"""What the served path does in a second, and how often its replies are of no use; knows no server by name.

Real agents on real pages of a synthetic world ask a real server; what is counted is what reached it.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sandbox.dialogue import Usage
from sandbox.runner import Unit, run_units
from sandbox.step import ExitReason, Trajectory
from scenarios.load import load_scenario
from scenarios.setup import Setup
from scenarios.visitors import Visitor


def served(
    urls: Sequence[str], name: str, mode: str = "generate", users: int = 16, steps: int = 6, concurrency: int = 16
) -> dict[str, Any]:
    """Send users on one visit each, in one arm, and count.

    Args:
        urls: the API's root of each server of the model.
        name: the name under which the server knows the model.
        mode: `generate` or `score`.
        users: how many users browse.
        steps: steps of a visit at most.
        concurrency: sessions in flight, and so requests.

    Returns:
        `steps_per_s`, tokens per second in and out, tokens a step, `invalid_share` of all calls, and
        `failed_share` of all sessions.
    """
    with TemporaryDirectory() as folder:
        setup = Setup(load_scenario("quickstart", _settings(urls, name, mode, users, steps, concurrency)), Path(folder))
        world = setup.world(setup.scenario.arms[0], 0)
        told: list[Trajectory] = []

        async def work(unit: Unit) -> list[Trajectory]:
            return [await Visitor(setup, world, setup.personas[unit.user]).visit(0)]

        units = [Unit(world.arm.name, 0, persona.user) for persona in setup.personas]
        began = time.perf_counter()
        run_units(units, work, told.extend, concurrency=concurrency)
        wall_s = time.perf_counter() - began
    asked = {"model": name, "mode": mode, "servers": len(urls), "users": users, "concurrency": concurrency}
    return {**asked, **_figures(told, wall_s)}


def _settings(urls: Sequence[str], name: str, mode: str, users: int, steps: int, concurrency: int) -> list[str]:
    server = f"name: '{name}', url: {json.dumps(list(urls))}, mode: {mode}, timeout_s: 600, concurrency: {concurrency}"
    return [
        f"catalogue={{kind: synthetic, n_users: {max(30, users)}}}",
        f"brain={{kind: served, {server}}}",
        f"population.n_users={users}",
        f"session.max_steps={steps}",
        "embedder=hash",
    ]


def _figures(told: list[Trajectory], wall_s: float) -> dict[str, Any]:
    steps = [step for trajectory in told for step in trajectory.steps]
    usage = sum((step.decision.usage for step in steps), Usage())
    failed = [trajectory.error for trajectory in told if trajectory.exit is ExitReason.FAILED]
    return {
        "wall_s": wall_s,
        "steps": len(steps),
        "steps_per_s": len(steps) / wall_s,
        "tokens_in_per_s": usage.tokens_in / wall_s,
        "tokens_out_per_s": usage.tokens_out / wall_s,
        "tokens_in_per_step": usage.tokens_in / max(1, len(steps)),
        "tokens_out_per_step": usage.tokens_out / max(1, len(steps)),
        "invalid_share": usage.invalid / max(1, usage.calls),
        "failed_share": len(failed) / len(told),
        "first_failure": failed[0] if failed else "",
    }
