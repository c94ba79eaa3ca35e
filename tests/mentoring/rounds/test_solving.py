"""Solving is claimed with a lease and a fence: whoever dies loses nothing, whoever comes too late changes nothing."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psutil
import pytest
from sqlalchemy import func, select, update

from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.journal import JournalEntry
from mentoring.programmes.models import Programme
from mentoring.programmes.rules import MatchingWeights
from mentoring.rounds import queries, service
from mentoring.rounds.contracts import Failure, OverridePair, Propose, RoundSummary
from mentoring.rounds.models import Override, ProposedPair, Round, RoundInputs, Unmatched
from mentoring.rounds.rules import MOST_ATTEMPTS, SOLVE_LEASE, OverrideKind, RoundState
from tests.builders import NOW
from tests.mentoring.rounds.worlds import World, a_world, kill_solvers, pairs, proposed

STUCK = """
import asyncio, sys, uuid
from mentoring.db import database
from mentoring.rounds.service import solve_now

def stop_here(stage, share):
    print(stage, flush=True)
    sys.stdin.read()

async def main():
    async with database(sys.argv[1]) as opened:
        await solve_now(opened, uuid.UUID(sys.argv[2]), stop_here)

asyncio.run(main())
"""
"""A command line that stops dead at the first word from its solver, until somebody kills it."""


async def asked(database: Database, leaders: dict[str, int] | None = None) -> tuple[World, UUID]:
    """A round that waits for a solver."""
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1} if leaders is None else leaders, {"J1": 3, "J2": 2})
        round_ = await service.propose_round(db, MACHINE, str(world.programme.id), Propose(2026), NOW)
    return world, round_.round


async def summary(database: Database, round_id: UUID) -> RoundSummary:
    async with database.reading() as db:
        return await queries.read_summary(db, MACHINE, str(round_id))


async def change(database: Database, round_id: UUID, **values: object) -> None:
    async with database.sessions.begin() as db:
        await db.execute(update(Round).where(Round.id == round_id).values(**values))


async def test_the_clock_solves_what_was_asked_for_and_then_nothing(database: Database) -> None:
    world, round_id = await asked(database)

    first = await service.solve_next(database, NOW)
    second = await service.solve_next(database, NOW)

    found = await summary(database, round_id)
    assert (first, second) == (True, False)
    assert (found.state, found.matched, found.progress, found.stage) == (RoundState.PROPOSED, 1, 1.0, None)
    assert await pairs(database, world, round_id) == {"L1": "J1"}
    async with database.reading() as db:
        inputs = await db.get_one(RoundInputs, round_id)
        assert (inputs.leaders, inputs.vocabulary.skills) == ([str(world["L1"].id)], ["2.6"])
        assert "RoundProposed" in list(await db.scalars(select(JournalEntry.event)))


@pytest.mark.parametrize("passed, taken", [(timedelta(0), False), (SOLVE_LEASE + timedelta(seconds=1), True)])
async def test_a_round_in_other_hands_is_taken_once_the_lease_has_passed(
    database: Database, passed: timedelta, taken: bool
) -> None:
    _, round_id = await asked(database)
    await change(database, round_id, lease_until=NOW + SOLVE_LEASE, fence=1)

    assert await service.solve_next(database, NOW + passed) is taken


async def test_a_solver_that_comes_too_late_changes_nothing(database: Database) -> None:
    """While the first one waits for its answer, its lease passes and a second one solves the round."""
    world, round_id = await asked(database)
    second: list[asyncio.Task[bool]] = []

    def overtake(_stage: str, _share: float) -> None:
        if not second:
            second.append(asyncio.create_task(service.solve_next(database, datetime.now(UTC) + 2 * SOLVE_LEASE)))

    await service.solve_now(database, round_id, overtake)

    assert await second[0] is True
    assert await pairs(database, world, round_id) == {"L1": "J1"}
    async with database.reading() as db:
        events = list(await db.scalars(select(JournalEntry.event)))
        assert (events.count("RoundProposed"), (await db.get_one(Round, round_id)).fence) == (1, 2)


async def test_whoever_dies_while_solving_gives_the_round_back(database: Database, database_url: str) -> None:
    """kill -9 in the middle; nothing is lost, nothing is doubled, and the orphaned solver ends."""
    world, round_id = await asked(database)
    victim = subprocess.Popen(
        [sys.executable, "-c", STUCK, database_url, str(round_id)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert victim.stdout is not None
    assert victim.stdout.readline() == b"scoring\n"
    orphans = psutil.Process(victim.pid).children()
    held = await service.solve_next(database, datetime.now(UTC))

    victim.kill()
    victim.communicate()

    assert psutil.wait_procs(orphans, timeout=20)[1] == []
    assert (held, (await summary(database, round_id)).state) == (False, RoundState.SOLVING)
    assert await service.solve_next(database, datetime.now(UTC) + SOLVE_LEASE * 2) is True
    assert await pairs(database, world, round_id) == {"L1": "J1"}
    async with database.reading() as db:
        counts = [await db.scalar(select(func.count()).select_from(table)) for table in (ProposedPair, Unmatched)]
        assert (counts, (await db.get_one(Round, round_id)).fence) == ([1, 1], 2)


async def test_a_killed_solver_is_started_again(database: Database) -> None:
    world, round_id = await asked(database)

    await asyncio.gather(service.solve_now(database, round_id), kill_solvers(1))

    assert await pairs(database, world, round_id) == {"L1": "J1"}
    async with database.reading() as db:
        assert (await db.get_one(Round, round_id)).attempts == 2


async def test_a_solver_that_always_dies_is_not_started_for_ever(database: Database) -> None:
    _, round_id = await asked(database)

    await asyncio.gather(service.solve_now(database, round_id), kill_solvers(MOST_ATTEMPTS))

    found = await summary(database, round_id)
    assert (found.state, found.failure) == (RoundState.FAILED, Failure("SolverDied", {"status": -9}))


async def test_with_nobody_to_match_the_round_fails_and_can_be_asked_for_again(database: Database) -> None:
    world, round_id = await asked(database, leaders={})

    await service.solve_next(database, NOW)

    failure = Failure("NobodyToMatch", {"leaders": 0, "juniors": 2})
    found = await summary(database, round_id)
    assert (found.state, found.failure) == (RoundState.FAILED, failure)
    async with database.sessions.begin() as db:
        again = await service.propose_round(db, MACHINE, str(world.programme.id), Propose(), NOW)
    assert (again.round, again.state, again.failure) == (round_id, RoundState.SOLVING, None)


async def test_pins_that_have_become_impossible_say_so(database: Database) -> None:
    world, round_id = await asked(database)
    async with database.sessions.begin() as db:
        for junior in ("J1", "J2"):
            db.add(
                Override(
                    round_id=round_id,
                    leader_enrolment_id=world["L1"].id,
                    junior_enrolment_id=world[junior].id,
                    kind=OverrideKind.PIN,
                    reason="because",
                    at=NOW,
                )
            )

    await service.solve_next(database, NOW)

    failure = (await summary(database, round_id)).failure
    assert failure is not None
    assert (failure.code, failure.details["cause"]) == ("PinsImpossible", "leader_capacity")


async def test_weights_that_are_all_zero_are_named(database: Database) -> None:
    world, round_id = await asked(database)
    nothing = MatchingWeights(need=0, time=0, wishes=0, tools=0, language=0, across=0)
    async with database.sessions.begin() as db:
        await db.execute(update(Programme).where(Programme.id == world.programme.id).values(weights=nothing))

    await service.solve_next(database, NOW)

    failure = Failure("ProblemRefused", {"field": "weights", "why": "range"})
    assert (await summary(database, round_id)).failure == failure


async def test_a_failed_round_offers_nothing_of_its_earlier_proposal(database: Database) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1}, {"J1": 3})
    round_id = await proposed(database, world)
    async with database.sessions.begin() as db:
        await service.forbid_pair(db, MACHINE, str(round_id), OverridePair("L1", "J1", "because"), NOW)
        world["J1"].prepared_at = None
        await db.merge(world["J1"])

    await service.solve_next(database, NOW)

    assert (await summary(database, round_id)).state is RoundState.FAILED
    assert await pairs(database, world, round_id) == {}
