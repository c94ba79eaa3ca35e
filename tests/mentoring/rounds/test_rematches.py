"""Who lost a partner and asks for another is offered the best that is free; nobody else is touched."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.messages.models import Message
from mentoring.pairings.endings import end_pairing, request_rematch
from mentoring.pairings.life import EndPairing
from mentoring.pairings.models import Pairing, Rematch
from mentoring.pairings.rules import OPEN, PairingState
from mentoring.reactions import deliver_next
from tests.builders import as_actor
from tests.mentoring.rounds.worlds import LATER, World, a_world, proposed, published, waited


async def meeting(database: Database, leaders: dict[str, int], juniors: dict[str, int]) -> World:
    """A published round in which everybody has said yes."""
    async with database.sessions.begin() as db:
        world = await a_world(db, leaders, juniors)
    await published(database, await proposed(database, world))
    async with database.sessions.begin() as db:
        for pairing in await db.scalars(select(Pairing).where(Pairing.programme_id == world.programme.id)):
            pairing.state, pairing.began_at, pairing.wake_at = PairingState.ACTIVE, LATER, None
            pairing.junior_asked_at = LATER
    return world


async def open_pairings(database: Database, world: World) -> dict[str, str]:
    names = {enrolment.id: staff_no for staff_no, enrolment in world.enrolled.items()}
    async with database.reading() as db:
        rows = await db.scalars(select(Pairing).where(Pairing.state.in_(OPEN)))
        return {names[row.leader_enrolment_id]: names[row.junior_enrolment_id] for row in rows}


async def pairing_of(db: AsyncSession, world: World, leader: str) -> Pairing:
    return (await db.scalars(select(Pairing).where(Pairing.leader_enrolment_id == world[leader].id))).one()


async def ended(database: Database, world: World, leader: str, by: str, *, rematch: bool) -> UUID:
    async with database.sessions.begin() as db:
        pairing = await pairing_of(db, world, leader)
        who = as_actor(world[by].person_id)
        await end_pairing(db, who, pairing.id, EndPairing(rematch=rematch), LATER)
    await delivered(database)
    return pairing.id


async def delivered(database: Database) -> None:
    while await deliver_next(database, LATER + timedelta(hours=1)):
        pass


async def test_a_leader_is_offered_the_best_who_is_free_and_the_others_stay(database: Database) -> None:
    world = await meeting(database, {"L1": 1, "L2": 1}, {"J1": 3, "J2": 3, "J3": 2})
    before = await open_pairings(database, world)

    ended_id = await ended(database, world, "L1", "L1", rematch=True)
    await delivered(database)

    after = await open_pairings(database, world)
    assert after == {"L1": "J3", "L2": before["L2"]}
    async with database.reading() as db:
        asked = (await db.scalars(select(Rematch))).one()
        offered = await db.get_one(Pairing, asked.offered_id)
        mails = set(await db.scalars(select(Message.kind).where(Message.recipient_id == world["L1"].person_id)))
    assert (asked.pairing_id, offered.state) == (ended_id, PairingState.ASKING_LEADER)
    assert "consent_leader" in mails
    assert (await waited(database, world))["L1"] == 0


async def test_where_nobody_is_free_one_comes_first_in_the_next_round(database: Database) -> None:
    world = await meeting(database, {"L1": 1}, {"J1": 3})

    await ended(database, world, "L1", "L1", rematch=True)

    async with database.reading() as db:
        told = list(await db.scalars(select(Message.recipient_id).where(Message.kind == "rematch_waits")))
    assert await open_pairings(database, world) == {}
    assert told == [world["L1"].person_id]
    assert await waited(database, world) == {"L1": 1, "J1": 0}


async def test_the_one_who_was_left_asks_for_somebody_too_and_running_it_twice_is_running_it_once(
    database: Database,
) -> None:
    world = await meeting(database, {"L1": 1, "L2": 0}, {"J1": 3})
    before = await open_pairings(database, world)
    [(matched, junior)] = before.items()
    [alone] = {"L1", "L2"} - {matched}
    pairing_id = await ended(database, world, matched, matched, rematch=False)
    nothing_yet = await open_pairings(database, world)

    async with database.sessions.begin() as db:
        await request_rematch(db, as_actor(world[junior].person_id), pairing_id, LATER)
    for _ in range(2):
        await delivered(database)

    assert nothing_yet == {}
    assert await open_pairings(database, world) == {alone: junior}
