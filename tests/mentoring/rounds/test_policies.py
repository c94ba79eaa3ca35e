"""A round is proposed under a named policy: the programme's, or one of its own."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import select

import matching
from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.programmes.changes import change_of
from mentoring.programmes.rules import Matching, PolicyName
from mentoring.programmes.service import change_programme
from mentoring.rounds import service
from mentoring.rounds.contracts import Propose
from mentoring.rounds.models import Round, RoundInputs
from mentoring.rounds.rules import Aim, RoundState
from mentoring.rounds.solver import Refused, Request, Solved, answer
from mentoring.rounds.verifying import verify_round
from tests.builders import NOW
from tests.matching.cabinet import cabinet
from tests.mentoring.rounds.worlds import World, a_world, pairs, proposed, published

AimOf = Callable[[Database, UUID], Awaitable[Aim]]


async def aim_of(database: Database, round_id: UUID) -> Aim:
    async with database.reading() as db:
        return (await db.get_one(RoundInputs, round_id)).aim


async def a_small_world(database: Database) -> World:
    async with database.sessions.begin() as db:
        return await a_world(db, {"L1": 1, "L2": 0}, {"J1": 2, "J2": 3})


def test_every_policy_of_the_engine_can_be_chosen() -> None:
    assert set(PolicyName) == set(matching.POLICIES)


def test_the_terms_are_those_of_the_engine() -> None:
    ours, theirs = Matching(), matching.Terms()

    assert (ours.quota, round(ours.change_cost * matching.POINTS)) == (theirs.quota, theirs.change_cost)
    assert (ours.cap, ours.seed) == (float(theirs.cap), theirs.seed)


def solved_cabinet(policy: PolicyName) -> Solved:
    request = Request("solve", cabinet().to_bytes(), 45, Aim(policy=policy.value))
    solved = answer(request, lambda _stage, _share: None)
    assert isinstance(solved, Solved)
    return solved


@pytest.mark.parametrize(
    "policy, matched, total",
    [(PolicyName.COVERAGE_FIRST, 408, 219.160), (PolicyName.STANDARD, 408, 217.629)],
)
def test_the_cabinet_round_under_two_policies(policy: PolicyName, matched: int, total: float) -> None:
    solved = solved_cabinet(policy)

    assert (solved.matched, round(solved.total_fit, 3)) == (matched, total)


async def test_a_round_is_the_programmes_unless_it_says_otherwise(database: Database) -> None:
    world = await a_small_world(database)
    first = await proposed(database, world)
    standard = await aim_of(database, first)
    async with database.sessions.begin() as db:
        await change_programme(db, MACHINE, str(world.programme.id), change_of(["matching.policy=stable"]), NOW)
    again = await proposed(database, world)
    of_the_programme = await aim_of(database, again)
    await proposed(database, world, policy="lottery", cap=0.25, seed=7)
    own = await aim_of(database, again)

    assert first == again
    assert (standard.policy, of_the_programme.policy) == ("standard", "stable")
    assert (own.policy, own.cap, own.seed) == ("lottery", (1, 4), 7)


@pytest.mark.parametrize("policy", list(PolicyName))
async def test_what_a_policy_promises_is_verified_and_no_more(database: Database, policy: PolicyName) -> None:
    round_id = await proposed(database, await a_small_world(database), policy=policy.value)

    found = await verify_round(database, MACHINE, str(round_id))

    promises = policy not in (PolicyName.STABLE, PolicyName.QUOTA, PolicyName.LOTTERY)
    assert (found.holds, found.policy, bool(found.aims)) == (True, policy.value, promises)


async def test_what_was_published_is_what_changes_are_counted_against(database: Database) -> None:
    world = await a_small_world(database)
    first = await proposed(database, world, policy="coverage_first")
    told = await pairs(database, world, first)
    await published(database, first)
    async with database.sessions.begin() as db:
        await service.undo_round(db, MACHINE, str(first), NOW)

    second = await proposed(database, world, policy="fewest_changes")

    aim = await aim_of(database, second)
    assert len(aim.published) == len(told) == 2
    assert await pairs(database, world, second) == told


async def test_a_quota_that_cannot_be_had_is_refused_with_what_can(database: Database) -> None:
    world = await a_small_world(database)
    async with database.sessions.begin() as db:
        asked = Propose(2026, matching=change_of(["matching.policy=quota", "matching.quota=2"]).matching)
        round_ = await service.propose_round(db, MACHINE, str(world.programme.id), asked, NOW)

    await service.solve_next(database, NOW)

    async with database.reading() as db:
        found = await db.scalar(select(Round).where(Round.id == round_.round))
        assert found is not None
        assert (found.state, found.failure) == (
            RoundState.FAILED,
            {"code": "QuotaOutOfReach", "details": {"asked": 2, "most": 0}},
        )


def test_a_quota_out_of_reach_is_told_by_the_solver() -> None:
    request = Request("solve", cabinet().to_bytes(), 45, Aim(policy="quota", quota=10_000))

    refused = answer(request, lambda _stage, _share: None)

    assert isinstance(refused, Refused)
    assert (refused.code, refused.asked) == ("quota", 10_000)
