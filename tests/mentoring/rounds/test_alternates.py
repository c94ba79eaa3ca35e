"""A proposal falls through: the best alternate is offered, and nobody else is touched."""

from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal
from mentoring.db import Database
from mentoring.directory.models import LineKind, ReportingLine
from mentoring.identity import MACHINE
from mentoring.pairings.contracts import PairingFellThrough
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import OPEN, PairingState
from mentoring.people.models import Person
from mentoring.programmes.contracts import PersonWithdrew
from mentoring.programmes.models import Enrolment, Exclusion
from mentoring.programmes.rules import EnrolmentState
from mentoring.reactions import deliver_next
from mentoring.rounds import service
from mentoring.rounds.alternates import offer_alternates
from mentoring.rounds.models import ProposedPair
from tests.builders import NOW
from tests.mentoring.rounds.worlds import LATER, World, a_world, proposed, published, waited

Open = dict[str, str]


async def a_published(database: Database, leaders: dict[str, int], juniors: dict[str, int]) -> tuple[World, UUID]:
    async with database.sessions.begin() as db:
        world = await a_world(db, leaders, juniors)
    round_id = await proposed(database, world)
    await published(database, round_id)
    return world, round_id


async def open_pairings(database: Database, world: World) -> Open:
    names = {enrolment.id: staff_no for staff_no, enrolment in world.enrolled.items()}
    async with database.reading() as db:
        rows = await db.scalars(select(Pairing).where(Pairing.state.in_(OPEN)))
        return {names[row.leader_enrolment_id]: names[row.junior_enrolment_id] for row in rows}


async def fallen(
    database: Database, world: World, leader: str, by: str, *, expired: bool = False
) -> PairingFellThrough:
    """The leader's open pairing falls through because of ``by``, and the reaction runs."""
    who = world[by].person_id
    async with database.sessions.begin() as db:
        pairing = await _open(db, world, leader)
        pairing.state = PairingState.EXPIRED if expired else PairingState.DECLINED
        pairing.declined_by_id, pairing.wake_at = who, None
        event = PairingFellThrough(pairing.id, who, expired)
    await react(database, event)
    return event


async def _open(db: AsyncSession, world: World, leader: str) -> Pairing:
    found = await db.scalar(
        select(Pairing).where(Pairing.leader_enrolment_id == world[leader].id, Pairing.state.in_(OPEN))
    )
    assert found is not None
    return found


async def react(database: Database, event: PairingFellThrough) -> None:
    async with database.sessions.begin() as db:
        await offer_alternates(db, [event], LATER)


@pytest.mark.parametrize("expired", [False, True])
async def test_a_leader_whose_junior_does_not_want_gets_the_next_best(database: Database, expired: bool) -> None:
    world, round_id = await a_published(database, {"L1": 1, "L2": 1}, {"J1": 3, "J2": 3, "J3": 2, "J4": 2})
    before = await open_pairings(database, world)

    await fallen(database, world, "L1", before["L1"], expired=expired)

    after = await open_pairings(database, world)
    assert (before["L1"] in ("J1", "J2"), after["L1"] in ("J3", "J4"), after["L2"]) == (True, True, before["L2"])
    async with database.reading() as db:
        alternate = await db.get_one(ProposedPair, (round_id, world["L1"].id, world[after["L1"]].id))
        pairing = await _open(db, world, "L1")
    assert (alternate.alternate, alternate.pairing_id, alternate.reasons) == (True, pairing.id, pairing.reasons)
    assert pairing.fit == pytest.approx(alternate.fit)
    assert alternate.reasons.needs[0].offered == 2
    assert (await waited(database, world))["L1"] == 0


async def test_of_two_who_fit_alike_the_one_who_waited_longer_comes_first(database: Database) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1}, {"J1": 4, "J2": 2, "J3": 2})
        await db.execute(update(Enrolment).where(Enrolment.id == world["J3"].id).values(waited_rounds=1))
    await published(database, await proposed(database, world))
    await fallen(database, world, "L1", "J1")

    assert await open_pairings(database, world) == {"L1": "J3"}


async def test_running_it_twice_is_running_it_once(database: Database) -> None:
    world, _ = await a_published(database, {"L1": 1}, {"J1": 3, "J2": 2, "J3": 2})
    event = await fallen(database, world, "L1", "J1")
    once = await open_pairings(database, world), await waited(database, world)

    await react(database, event)

    assert (await open_pairings(database, world), await waited(database, world)) == once


async def test_a_leader_who_declines_gets_another_and_the_junior_another_leader(database: Database) -> None:
    world, _ = await a_published(database, {"L1": 1, "L2": 1}, {"J1": 3})
    before = await open_pairings(database, world)
    [(matched, junior)] = before.items()
    [alone] = {"L1", "L2"} - {matched}

    await fallen(database, world, matched, matched)

    assert await open_pairings(database, world) == {alone: junior}
    assert (await waited(database, world))[alone] == 0


async def test_a_leader_who_lets_it_expire_gets_no_other(database: Database) -> None:
    world, _ = await a_published(database, {"L1": 1}, {"J1": 3, "J2": 3})
    [junior] = (await open_pairings(database, world)).values()

    await fallen(database, world, "L1", "L1", expired=True)

    assert await open_pairings(database, world) == {}
    assert (await waited(database, world))[junior] == 1


async def test_a_leader_who_declines_twice_is_asked_no_more(database: Database) -> None:
    world, _ = await a_published(database, {"L1": 1}, {"J1": 3, "J2": 3, "J3": 3})
    await fallen(database, world, "L1", "L1")
    second = await open_pairings(database, world)

    await fallen(database, world, "L1", "L1")

    assert (len(second), await open_pairings(database, world)) == (1, {})
    assert (await waited(database, world))["L1"] == 0


async def test_who_withdraws_makes_room_for_the_alternate(database: Database) -> None:
    world, _ = await a_published(database, {"L1": 1}, {"J1": 3, "J2": 2})
    before = await open_pairings(database, world)
    async with database.sessions.begin() as db:
        (await db.get_one(Enrolment, world["J1"].id)).state = EnrolmentState.WITHDRAWN
        journal.record(db, PersonWithdrew(world["J1"].id), by=world["J1"].person_id, at=LATER)

    while await deliver_next(database, LATER):
        pass

    assert (before, await open_pairings(database, world)) == ({"L1": "J1"}, {"L1": "J2"})


async def test_where_nobody_is_free_the_one_left_over_has_waited(database: Database) -> None:
    world, _ = await a_published(database, {"L1": 1}, {"J1": 3})

    await fallen(database, world, "L1", "J1")

    assert await open_pairings(database, world) == {}
    assert await waited(database, world) == {"L1": 1, "J1": 0}


async def test_whom_one_must_not_meet_is_no_alternate(database: Database) -> None:
    world, _ = await a_published(database, {"L1": 1}, {"J1": 4, "J2": 3, "J3": 3, "J4": 2})
    [first] = (await open_pairings(database, world)).values()
    others = [name for name in ("J1", "J2", "J3") if name != first]
    async with database.sessions.begin() as db:
        db.add(Exclusion(enrolment_id=world["L1"].id, person_id=world[others[0]].person_id))
        gone = update(Enrolment).where(Enrolment.id == world[others[1]].id).values(state=EnrolmentState.WITHDRAWN)
        await db.execute(gone)

    await fallen(database, world, "L1", first)

    assert await open_pairings(database, world) == {"L1": "J4"}


async def test_whom_the_rules_of_today_refuse_is_no_alternate(database: Database) -> None:
    """The staff file was changed after the round was published: one is below the leader now, one in the same unit."""
    world, _ = await a_published(database, {"L1": 1}, {"J1": 4, "J2": 3, "J3": 3, "J4": 2})
    [first] = (await open_pairings(database, world)).values()
    below, beside = (world[name].person_id for name in ("J1", "J2", "J3") if name != first)
    leader = world["L1"].person_id
    async with database.sessions.begin() as db:
        db.add(ReportingLine(person_id=below, manager_id=leader, kind=LineKind.SOLID))
        await db.execute(update(Person).where(Person.id.in_((leader, beside))).values(unit="Treasury"))

    await fallen(database, world, "L1", first)

    assert await open_pairings(database, world) == {"L1": "J4"}


async def test_undoing_takes_alternates_back_too(database: Database) -> None:
    world, round_id = await a_published(database, {"L1": 1, "L2": 1}, {"J1": 3})
    [(matched, _)] = (await open_pairings(database, world)).items()
    await fallen(database, world, matched, matched)

    async with database.sessions.begin() as db:
        result = await service.undo_round(db, MACHINE, str(round_id), NOW)

    assert (result.withdrawn, await open_pairings(database, world)) == (1, {})
    assert await waited(database, world) == {"L1": 0, "L2": 0, "J1": 0}


async def test_nothing_is_offered_for_a_round_that_was_undone(database: Database) -> None:
    world, round_id = await a_published(database, {"L1": 1}, {"J1": 3, "J2": 3})
    async with database.sessions.begin() as db:
        pairing = await _open(db, world, "L1")
        await service.undo_round(db, MACHINE, str(round_id), NOW)

    await react(database, PairingFellThrough(pairing.id, pairing.junior_id, expired=False))

    assert await open_pairings(database, world) == {}


async def test_a_pairing_that_no_round_made_has_no_alternate(database: Database) -> None:
    world, _ = await a_published(database, {"L1": 1}, {"J1": 3, "J2": 3})
    before = await open_pairings(database, world)

    await react(database, PairingFellThrough(UUID(int=0), world["J1"].person_id, expired=False))

    assert await open_pairings(database, world) == before
