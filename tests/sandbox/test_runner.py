"""The runner: everything is run once, within the bound, and a stop keeps what was done."""

import asyncio

import pytest

from sandbox.runner import Unit, run_units
from sandbox.step import ExitReason, Trajectory


def done(unit: Unit) -> Trajectory:
    return Trajectory(unit.arm, unit.world, unit.user, 0, (), ExitReason.LEFT)


UNITS = [Unit("a", 0, user) for user in range(20)]


def test_every_unit_is_run_once_and_within_the_bound() -> None:
    running, most, kept = 0, 0, []

    async def work(unit: Unit) -> list[Trajectory]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001 * (unit.user % 3))
        running -= 1
        return [done(unit)]

    run_units(UNITS, work, lambda told: kept.append(told[0].user), concurrency=4)
    assert sorted(kept) == list(range(20))
    assert most == 4


def test_a_slow_unit_holds_up_nobody() -> None:
    kept: list[int] = []

    async def work(unit: Unit) -> list[Trajectory]:
        await asyncio.sleep(0.05 if unit.user == 0 else 0)
        return [done(unit)]

    run_units(UNITS, work, lambda told: kept.append(told[0].user), concurrency=2)
    assert kept[-1] == 0


def test_a_fault_ends_the_run_and_keeps_what_was_done() -> None:
    kept: list[int] = []

    async def work(unit: Unit) -> list[Trajectory]:
        await asyncio.sleep(0)
        if unit.user == 5:
            raise RuntimeError("broken")
        return [done(unit)]

    with pytest.raises(RuntimeError, match="broken"):
        run_units(UNITS, work, lambda told: kept.append(told[0].user), concurrency=1)
    assert kept == [0, 1, 2, 3, 4]
