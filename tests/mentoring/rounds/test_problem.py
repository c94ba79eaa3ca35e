"""From the tables to the problem: who is in a round, and what stands between two people."""

from datetime import date

import numpy as np
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from matching import RULES, Problem, Rule, refusals
from mentoring.directory.contracts import PersonLeft
from mentoring.directory.models import LineKind, ReportingLine
from mentoring.pairings.rules import PairingState
from mentoring.pairings.service import let_go_of_leavers
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment, Exclusion, Wish
from mentoring.programmes.rules import EnrolmentState, MatchingRules, Role
from mentoring.rounds.problem import Snapshot, build, engine_rules, weekly_quarters, weeks
from mentoring.rounds.snapshot import Enrolled, read_rows
from tests.builders import NOW, a_pairing, a_person
from tests.mentoring.rounds.worlds import World, a_junior, a_leader, a_world

LOT_OF_L1, LOT_OF_L2 = 7487110901086341384, 6833596380512389107
"""Written down, so that a change that gives the same people other pairs does not go unseen."""


async def snapshot(db: AsyncSession, world: World) -> Snapshot:
    return build(await read_rows(db, world.programme, 2026))


def broken(problem: Problem) -> Rule:
    """The rules that refuse the first leader and the first junior."""
    return Rule(int(refusals(problem, slice(None), slice(None))[0, 0]))


async def two(db: AsyncSession) -> tuple[World, Person, Person]:
    world = await a_world(db, {"L1": 1}, {"J1": 3})
    return world, await db.get_one(Person, world["L1"].person_id), await db.get_one(Person, world["J1"].person_id)


@pytest.mark.parametrize("zone", ["UTC", "", "Asia/Kathmandu", "America/New_York", "Pacific/Apia", "Europe/Paris"])
def test_hours_of_many_are_laid_like_those_of_one(zone: str) -> None:
    stated = [
        [(0, 540, 1020), (6, 1200, 1440)],
        [(0, 0, 1440), (0, 60, 120), (3, 607, 743)],
        [(2, 601, 610)],
        [],
    ]
    people = [Enrolled("", "", Role.LEADER, 1, 0, [], hours, None, "", 1, "", "", zone, {}) for hours in stated]

    laid = weeks(people, 2026)

    for row, hours in enumerate(stated):
        assert np.array_equal(laid[:, row], weekly_quarters(hours, zone or "UTC", 2026))


async def test_two_strangers_who_fit_may_be_paired(db: AsyncSession) -> None:
    world, _, _ = await two(db)

    assert broken((await snapshot(db, world)).problem) == Rule(0)


@pytest.mark.parametrize("state", list(PairingState))
@pytest.mark.parametrize("swapped", [False, True])
async def test_an_earlier_pairing_keeps_two_apart_unless_nobody_said_no(
    db: AsyncSession, state: PairingState, swapped: bool
) -> None:
    world, leader, junior = await two(db)
    one, other = (junior, leader) if swapped else (leader, junior)
    await a_pairing(db, state, leader=one, junior=other)

    bits = broken((await snapshot(db, world)).problem)

    apart = state not in (PairingState.WITHDRAWN, PairingState.EXPIRED)
    assert bits == (Rule.CONSENT if apart else Rule(0))


@pytest.mark.parametrize("by_leader", [True, False])
async def test_a_private_exclusion_by_either_keeps_two_apart(db: AsyncSession, by_leader: bool) -> None:
    world, leader, junior = await two(db)
    mine, theirs = (world["L1"], junior) if by_leader else (world["J1"], leader)
    db.add(Exclusion(enrolment_id=mine.id, person_id=theirs.id))
    await db.flush()

    assert broken((await snapshot(db, world)).problem) == Rule.CONSENT


async def test_nobody_is_paired_with_oneself(db: AsyncSession) -> None:
    world, leader, _ = await two(db)
    db.add(
        Enrolment(
            programme_id=world.programme.id,
            person_id=leader.id,
            role=Role.JUNIOR,
            enrolled_at=world["J1"].enrolled_at,
            prepared_at=world["J1"].prepared_at,
            hours=world["L1"].hours,
        )
    )
    await db.flush()

    problem = (await snapshot(db, world)).problem

    assert problem.barred.tolist() == [[0, 1]]


@pytest.mark.parametrize("kind", [LineKind.SOLID, LineKind.DOTTED])
@pytest.mark.parametrize("leader_above", [True, False])
async def test_the_whole_line_keeps_two_apart(db: AsyncSession, kind: LineKind, leader_above: bool) -> None:
    world, leader, junior = await two(db)
    middle = await a_person(db)
    above, below = (leader, junior) if leader_above else (junior, leader)
    db.add(ReportingLine(person_id=below.id, manager_id=middle.id, kind=LineKind.SOLID))
    db.add(ReportingLine(person_id=middle.id, manager_id=above.id, kind=kind))
    await db.flush()

    assert broken((await snapshot(db, world)).problem) == Rule.REPORTING_LINE


async def test_a_loop_in_old_rows_is_borne(db: AsyncSession) -> None:
    world, leader, junior = await two(db)
    for one, other in ((leader, junior), (junior, leader)):
        db.add(ReportingLine(person_id=one.id, manager_id=other.id, kind=LineKind.SOLID))
    await db.flush()

    assert broken((await snapshot(db, world)).problem) == Rule.REPORTING_LINE


async def test_the_same_direct_manager_keeps_two_apart(db: AsyncSession) -> None:
    world, leader, junior = await two(db)
    manager = await a_person(db)
    for one in (leader, junior):
        db.add(ReportingLine(person_id=one.id, manager_id=manager.id, kind=LineKind.SOLID))
    await db.flush()

    assert broken((await snapshot(db, world)).problem) == Rule.REPORTING_LINE


async def test_an_appraiser_counts_directly_and_no_further(db: AsyncSession) -> None:
    world, leader, junior = await two(db)
    middle = await a_person(db)
    db.add(ReportingLine(person_id=junior.id, manager_id=middle.id, kind=LineKind.APPRAISER))
    db.add(ReportingLine(person_id=middle.id, manager_id=leader.id, kind=LineKind.SOLID))
    await db.flush()
    before = broken((await snapshot(db, world)).problem)
    db.add(ReportingLine(person_id=junior.id, manager_id=leader.id, kind=LineKind.APPRAISER))
    await db.flush()

    assert (before, broken((await snapshot(db, world)).problem)) == (Rule(0), Rule.REPORTING_LINE)


@pytest.mark.parametrize("who", ["L1", "J1"])
async def test_whose_grade_is_unknown_is_not_taken_for_far_enough(db: AsyncSession, who: str) -> None:
    world, _, _ = await two(db)
    (await db.get_one(Person, world[who].person_id)).grade_level = None
    await db.flush()

    assert broken((await snapshot(db, world)).problem) == Rule.SENIORITY


async def test_the_place_beside_a_leader_who_left_is_free_again(db: AsyncSession) -> None:
    world = await a_world(db, {"L1": 1}, {"J1": 3, "J2": 3})
    begun = await a_pairing(db, PairingState.ACTIVE, programme=world.programme, junior_enrolment=world["J1"])
    before = await snapshot(db, world)
    (await db.get_one(Person, begun.leader_id)).left_on = date(2026, 3, 1)

    await let_go_of_leavers(db, [PersonLeft(begun.leader_id)], NOW)

    await db.flush()
    after = await snapshot(db, world)
    assert (before.juniors, after.juniors) == ([world["J2"].id], [world["J1"].id, world["J2"].id])


async def test_who_cannot_be_matched_is_not_in_the_round(db: AsyncSession) -> None:
    world = await a_world(db, {f"L{n}": 1 for n in range(1, 5)}, {f"J{n}": 3 for n in range(1, 6)})
    world["L2"].state = EnrolmentState.WITHDRAWN
    (await db.get_one(Person, world["L3"].person_id)).left_on = date(2026, 1, 1)
    world["J2"].prepared_at = None
    await a_junior(db, world, "J6", capacity=2)
    await a_pairing(db, PairingState.ACTIVE, leader=None, programme=world.programme, junior_enrolment=world["J3"])
    await a_pairing(db, PairingState.ASKING_LEADER, programme=world.programme, junior_enrolment=world["J6"])

    found = await snapshot(db, world)

    assert found.leaders == [world["L1"].id, world["L4"].id]
    assert found.juniors == [world[name].id for name in ("J1", "J4", "J5", "J6")]
    assert found.problem.junior_capacity.tolist() == [1, 1, 1, 1]


async def test_wishes_and_waiting_are_passed_on(db: AsyncSession) -> None:
    world = await a_world(db, {"L1": 1, "L2": 1}, {"J1": 3, "J2": 3})
    db.add(Wish(enrolment_id=world["L1"].id, person_id=world["J2"].person_id))
    db.add(Wish(enrolment_id=world["J1"].id, person_id=world["L2"].person_id))
    world["L2"].waited_rounds, world["J1"].waited_rounds = 2, 9
    await db.flush()

    problem = (await snapshot(db, world)).problem

    assert (problem.leader_wishes.tolist(), problem.junior_wishes.tolist()) == ([[0, 1]], [[1, 0]])
    assert (problem.leader_waiting.tolist(), problem.junior_waiting.tolist()) == ([0, 0.1], pytest.approx([0.15, 0]))


async def test_lots_are_drawn_from_what_names_people_on_any_machine(db: AsyncSession) -> None:
    world = await a_world(db, {"L2": 1, "L1": 1}, {"J1": 3})

    problem = (await snapshot(db, world)).problem

    assert problem.leader_lot.tolist() == [LOT_OF_L1, LOT_OF_L2]


async def test_needs_keep_their_order_and_tools_their_meaning(db: AsyncSession) -> None:
    world = await a_world(db, {}, {"J1": 3})
    leader = await a_leader(db, world, "L1", {"5.4": 2, "1.1": 0})
    leader.tools, world["J1"].tools = ["viva engage", "LinkedIn"], ["Viva Engage"]
    await db.flush()

    found = await snapshot(db, world)

    codes = [found.vocabulary.skills[skill] for skill in found.problem.need_skill[0] if skill >= 0]
    assert (codes, found.problem.need_level[0].tolist()) == (["5.4", "1.1"], [2, 0, 0])
    assert (found.problem.wanted_tools & found.problem.offered_tools).sum() == 1
    assert found.vocabulary.tools == ["LinkedIn", "viva engage"]


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in (Rule.CONSENT, Rule.FORBIDDEN)])
def test_each_rule_can_be_switched_off_and_consent_cannot(rule: Rule) -> None:
    off = engine_rules(MatchingRules(**{str(rule.name).lower(): False}))

    assert engine_rules(MatchingRules()).on & ~off.on == rule
    assert off.on & Rule.CONSENT
    assert off.on & Rule.FORBIDDEN
