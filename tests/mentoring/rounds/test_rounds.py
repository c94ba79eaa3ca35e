"""A coordinator proposes a round, looks at it and decides on single pairs."""

import asyncio
from uuid import UUID

import pytest
from msgspec.structs import astuple
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.directory.contracts import StaffUpload
from mentoring.directory.service import import_staff
from mentoring.i18n import Words
from mentoring.identity import MACHINE, Actor
from mentoring.journal import JournalEntry
from mentoring.people.models import Person
from mentoring.programmes.contracts import MatchingChange, SignUpsUpload
from mentoring.programmes.imports import import_sign_ups
from mentoring.programmes.rules import MatchingWeights, PolicyName, ProgrammeNotFound
from mentoring.rounds import queries, rules, service
from mentoring.rounds.contracts import NamedPair, OverridePair, Propose, RoundSummary
from mentoring.rounds.models import Override, Round
from mentoring.rounds.rules import OverrideKind, RoundNotFound, RoundState
from mentoring.skills.service import ensure_catalogue
from tests.builders import NOW, a_pairing, a_person, a_programme, as_actor
from tests.matching.cabinet import DATA
from tests.mentoring.rounds.worlds import World, a_junior, a_leader, a_world, pairs, proposed, published, solve, state

PAIR = ("L1", "J1")


async def decided(database: Database, round_id: UUID, leader: str, junior: str, *, pin: bool) -> RoundSummary:
    """Pin or forbid, and solve again."""
    decide = service.pin_pair if pin else service.forbid_pair
    async with database.sessions.begin() as db:
        asked = await decide(db, MACHINE, str(round_id), OverridePair(leader, junior, "because"), NOW)
    await solve(database, round_id)
    return asked


async def made(database: Database, leaders: dict[str, int], juniors: dict[str, int]) -> World:
    async with database.sessions.begin() as db:
        return await a_world(db, leaders, juniors)


async def test_the_cabinet_round(database: Database) -> None:
    """427 leaders and 329 juniors, computed apart from this project: 408 matched, 219.160, 8 with nobody."""
    async with database.sessions.begin() as db:
        await ensure_catalogue(db)
        programme = await a_programme(db, name="Cabinet")
    staff = StaffUpload((DATA / "cabinet-staff.csv").read_bytes(), "staff.csv", {}, apply=True)
    await import_staff(database, MACHINE, staff, Words("en"), NOW)
    signups = SignUpsUpload((DATA / "cabinet-signups.csv").read_bytes(), "signups.csv", {}, apply=True)
    await import_sign_ups(database, MACHINE, "Cabinet", signups, Words("en"), NOW)
    async with database.sessions.begin() as db:
        first = Propose(2026, MatchingChange(policy=PolicyName.COVERAGE_FIRST))
        asked = await service.propose_round(db, MACHINE, "Cabinet", first, NOW)
    told: list[str] = []

    await service.solve_now(database, asked.round, lambda stage, _share: told.append(stage))

    async with database.reading() as db:
        shown = await queries.show_round(db, MACHINE, "Cabinet 1")
        ready = await queries.read_readiness(database, MACHINE, str(programme.id), NOW)
    found = shown.summary
    assert (found.state, found.leaders, found.matched, round(found.total_fit, 3)) == ("proposed", 427, 408, 219.160)
    assert found.seconds > 0
    assert told[-1] == "storing"
    assert (shown.pair_count, shown.unmatched_leaders, ready.places) == (408, 19, 412)
    assert [pair.fit for pair in shown.pairs] == sorted(pair.fit for pair in shown.pairs)
    weights = astuple(MatchingWeights())
    for pair in shown.pairs:
        by_hand = sum(weight * part for weight, part in zip(weights, astuple(pair.reasons.parts), strict=True))
        assert pair.fit == pytest.approx(by_hand)
    lonely = [one for one in shown.unmatched if one.role == "leader" and not one.eligible]
    assert len(lonely) == len(ready.leaders_with_nobody) == 8
    for one in shown.unmatched:
        assert one.candidates == sum(one.taken_away.values()) + one.eligible
        assert (one.relaxation is None) == (one.relaxation_gain == 0)

    replay = await service.replay_round(database, MACHINE, "Cabinet 1")

    assert (replay.same, replay.matched, round(replay.total_fit, 3)) == (True, 408, 219.160)


async def test_a_programme_has_one_unpublished_round(database: Database) -> None:
    world = await made(database, {"L1": 1}, {"J1": 3})

    first = await proposed(database, world)
    again = await proposed(database, world)
    async with database.reading() as db:
        [only] = await queries.list_rounds(db, MACHINE, str(world.programme.id))

    assert (first, again) == (only.round, only.round)
    assert (only.revision, only.name) == (2, f"{world.programme.name} 1")


async def test_two_who_ask_at_once_get_one_round(database: Database) -> None:
    world = await made(database, {"L1": 1}, {"J1": 3})

    async def ask() -> RoundSummary:
        async with database.sessions.begin() as db:
            return await service.propose_round(db, MACHINE, str(world.programme.id), Propose(), NOW)

    answers = await asyncio.gather(ask(), ask(), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["RoundSolving", "RoundSummary"]
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Round)) == 1


async def test_a_round_that_is_being_solved_is_left_alone(db: AsyncSession) -> None:
    world = await a_world(db, {"L1": 1}, {"J1": 3})
    asked = await service.propose_round(db, MACHINE, str(world.programme.id), Propose(), NOW)

    with pytest.raises(rules.RoundSolving):
        await service.propose_round(db, MACHINE, str(world.programme.id), Propose(), NOW)
    with pytest.raises(rules.RoundSolving):
        await service.pin_pair(db, MACHINE, str(asked.round), OverridePair(*PAIR, "because"), NOW)


async def test_a_stranger_does_not_learn_that_programme_or_round_exist(database: Database) -> None:
    world = await made(database, {"L1": 1}, {"J1": 3})
    round_id = str(await proposed(database, world))
    async with database.sessions() as db:
        other = await a_programme(db)
        for stranger in (as_actor(await a_person(db)), as_actor(await a_person(db), coordinates=(other,))):
            with pytest.raises(ProgrammeNotFound):
                await service.propose_round(db, stranger, str(world.programme.id), Propose(), NOW)
            with pytest.raises(ProgrammeNotFound):
                await queries.read_readiness(database, stranger, str(world.programme.id), NOW)
            with pytest.raises(RoundNotFound):
                await queries.show_round(db, stranger, round_id)
            with pytest.raises(RoundNotFound):
                await service.undo_round(db, stranger, round_id, NOW)
        with pytest.raises(RoundNotFound):
            await queries.show_round(db, Actor(), round_id)


async def test_its_coordinator_sees_a_round_by_its_name(database: Database) -> None:
    world = await made(database, {"L1": 1, "L2": 0}, {"J1": 3})
    await proposed(database, world)
    async with database.reading() as db:
        coordinator = as_actor(world["L1"].person_id, coordinates=(world.programme,))
        shown = await queries.show_round(db, coordinator, f"{world.programme.name} 1")

    [pair] = shown.pairs
    [alone] = shown.unmatched
    assert (pair.junior_staff_no, pair.reasons.needs[0].skill, pair.reasons.shared_hours) == ("J1", "2.6", 40)
    assert (alone.role, alone.eligible, alone.taken_away, alone.relaxation) == ("leader", 1, {}, None)


async def test_lists_come_in_pages(database: Database) -> None:
    world = await made(database, {"L1": 1, "L2": 1, "L3": 1}, {"J1": 3, "J2": 3, "J3": 2, "J4": 2})
    round_id = await proposed(database, world)
    async with database.reading() as db:
        first = await queries.show_round(db, MACHINE, str(round_id), limit=2)
        second = await queries.show_round(db, MACHINE, str(round_id), limit=2, offset=2)

    assert (len(first.pairs), len(second.pairs), first.pair_count) == (2, 1, 3)
    assert (len(first.unmatched), first.unmatched_juniors) == (1, 1)


async def test_a_readiness_report_bears_an_empty_side(database: Database) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 1}, {})
        junior = await a_junior(db, world, "J1")
        junior.prepared_at = None

    report = await queries.read_readiness(database, MACHINE, str(world.programme.id), NOW)

    assert (report.leaders, report.juniors, report.juniors_unprepared, report.places) == (2, 0, 1, 0)


async def test_a_readiness_report_counts_supply_and_demand(database: Database) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 0}, {"J1": 3})
        await a_leader(db, world, "L3", {"5.4": 0})
        await a_junior(db, world, "J2", {"5.4": 1, "2.6": 2}, capacity=2)

    report = await queries.read_readiness(database, MACHINE, str(world.programme.id), NOW)

    scarce, plenty = report.competences
    assert (scarce.code, scarce.leaders, scarce.juniors, scarce.places) == ("5.4", 1, 0, 0)
    assert (plenty.code, plenty.leaders, plenty.juniors, plenty.places) == ("2.6", 2, 2, 3)
    [lonely] = report.leaders_with_nobody
    assert (lonely.staff_no, lonely.taken_away, lonely.relaxation) == ("L3", {"skill": 2}, "skill")
    assert report.juniors_with_nobody == 0
    assert report.rule_shares["skill"] == pytest.approx(2 / 6)


async def test_a_pinned_pair_is_kept_and_told_what_it_costs(database: Database) -> None:
    world = await made(database, {"L1": 1, "L2": 0}, {"J1": 2, "J2": 3})
    round_id = await proposed(database, world)
    before = await pairs(database, world, round_id)

    await decided(database, round_id, "L1", "J1", pin=True)

    assert (before["L1"], (await pairs(database, world, round_id))["L1"]) == ("J2", "J1")
    async with database.reading() as db:
        shown = await queries.show_round(db, MACHINE, str(round_id))
        events = list(await db.scalars(select(JournalEntry.event).where(JournalEntry.event == "PairOverridden")))
    assert [pair.leader_staff_no for pair in shown.pairs if pair.pinned] == ["L1"]
    assert [(one.kind, one.reason) for one in shown.overrides] == [(OverrideKind.PIN, "because")]
    assert (shown.summary.revision, events) == (2, ["PairOverridden"])


async def test_a_forbidden_pair_is_not_there_any_more_even_if_it_was_pinned(database: Database) -> None:
    world = await made(database, {"L1": 1, "L2": 0}, {"J1": 2, "J2": 3})
    round_id = await proposed(database, world)
    await decided(database, round_id, "L1", "J1", pin=True)

    await decided(database, round_id, "L1", "J1", pin=False)

    assert await pairs(database, world, round_id) == {"L1": "J2", "L2": "J1"}
    async with database.reading() as db:
        assert list(await db.scalars(select(Override.kind))) == [OverrideKind.FORBID]


async def test_a_decision_can_be_taken_back(database: Database) -> None:
    world = await made(database, {"L1": 1, "L2": 0}, {"J1": 2, "J2": 3})
    round_id = await proposed(database, world)
    await decided(database, round_id, "L1", "J1", pin=True)
    async with database.sessions.begin() as db:
        await service.clear_override(db, MACHINE, str(round_id), NamedPair(*PAIR), NOW)
        assert await db.scalar(select(func.count()).select_from(Override)) == 0

    await solve(database, round_id)

    assert (await pairs(database, world, round_id))["L1"] == "J2"
    async with database.sessions() as db:
        with pytest.raises(rules.OverrideNotFound):
            await service.clear_override(db, MACHINE, str(round_id), NamedPair(*PAIR), NOW)


async def test_a_pair_that_breaks_rules_is_not_pinned(database: Database) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1}, {})
        leads = await db.get_one(Person, world["L1"].person_id)
        await a_junior(db, world, "J1", unit=leads.unit, languages={"ru": 3})
        await a_junior(db, world, "J2")
    round_id = await proposed(database, world)

    async with database.sessions() as db:
        with pytest.raises(rules.PairRefused) as refusal:
            await service.pin_pair(db, MACHINE, str(round_id), OverridePair("L1", "J1", "because"), NOW)

    assert refusal.value.details == {"rules": "unit, language"}
    assert await state(database, round_id) is RoundState.PROPOSED


@pytest.mark.parametrize("second", [("L1", "J2"), ("L2", "J1")])
async def test_nobody_is_pinned_beyond_their_capacity(database: Database, second: tuple[str, str]) -> None:
    world = await made(database, {"L1": 1, "L2": 1}, {"J1": 3, "J2": 3})
    round_id = await proposed(database, world)
    await decided(database, round_id, *PAIR, pin=True)

    async with database.sessions() as db:
        with pytest.raises(rules.PinTaken):
            await service.pin_pair(db, MACHINE, str(round_id), OverridePair(*second, "because"), NOW)


async def test_who_is_paired_already_is_not_pinned(database: Database) -> None:
    world = await made(database, {"L1": 1}, {"J1": 3, "J2": 3})
    round_id = await proposed(database, world)
    async with database.sessions() as db:
        await a_pairing(db, programme=world.programme, junior_enrolment=world["J1"])
        with pytest.raises(rules.PinTaken) as refusal:
            await service.pin_pair(db, MACHINE, str(round_id), OverridePair(*PAIR, "because"), NOW)

    assert refusal.value.details == {"who": "J1"}


@pytest.mark.parametrize(
    "leader, junior, missing", [("J1", "J1", "J1"), ("L1", "L1", "L1"), ("L1", "nobody", "nobody")]
)
async def test_only_the_enrolled_are_paired(database: Database, leader: str, junior: str, missing: str) -> None:
    world = await made(database, {"L1": 1}, {"J1": 3})
    round_id = await proposed(database, world)

    async with database.sessions() as db:
        with pytest.raises(rules.NotEnrolled) as refusal:
            await service.forbid_pair(db, MACHINE, str(round_id), OverridePair(leader, junior, "because"), NOW)

    assert refusal.value.details["who"] == missing


async def test_people_are_named_by_address_or_id_too(database: Database) -> None:
    world = await made(database, {"L1": 1}, {"J1": 3})
    round_id = await proposed(database, world)
    async with database.reading() as db:
        leads = await db.get_one(Person, world["L1"].person_id)

    await decided(database, round_id, leads.email.upper(), str(world["J1"].person_id), pin=True)

    assert await pairs(database, world, round_id) == {"L1": "J1"}


async def test_a_published_round_is_decided(database: Database) -> None:
    world = await made(database, {"L1": 1}, {"J1": 3})
    round_id = await proposed(database, world)
    await published(database, round_id)

    async with database.sessions() as db:
        with pytest.raises(rules.RoundIsPublished):
            await service.forbid_pair(db, MACHINE, str(round_id), OverridePair(*PAIR, "because"), NOW)
