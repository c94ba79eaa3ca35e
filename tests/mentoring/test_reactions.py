"""What follows from what happens in its own transaction; what fails waits alone and is tried again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal
from mentoring.checkins.models import CheckIn
from mentoring.db import Database
from mentoring.journal import Event, JournalEntry
from mentoring.messages.models import Message
from mentoring.pairings.contracts import PairingBegan
from mentoring.pairings.models import PairSession
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Person
from mentoring.reactions import Reactions, deliver_next, pass_over_unanswered
from tests.builders import NOW, a_pairing, a_person


class Rained(Event, frozen=True):
    """An event of this test."""

    number: int


async def record(database: Database, *numbers: int) -> None:
    async with database.sessions.begin() as db:
        for number in numbers:
            journal.record(db, Rained(number), by=None, at=NOW)


async def entries(database: Database) -> list[JournalEntry]:
    async with database.reading() as db:
        return list(await db.scalars(select(JournalEntry).order_by(JournalEntry.number)))


async def add_somebody(db: AsyncSession, events: Sequence[Rained], _now: datetime) -> None:
    for event in events:
        await a_person(db, staff_no=f"R{event.number}")


async def fail_for_two(_: AsyncSession, events: Sequence[Rained], _now: datetime) -> None:
    if any(event.number == 2 for event in events):
        raise RuntimeError("no umbrella")


REACTIONS: Reactions = {Rained: (add_somebody, fail_for_two)}


async def test_a_failed_reaction_leaves_nothing_behind_and_the_others_go_on(database: Database) -> None:
    await record(database, 1, 2, 3)

    delivered = [await deliver_next(database, NOW, REACTIONS) for _ in range(2)]

    one, two, three = await entries(database)
    async with database.reading() as db:
        assert list(await db.scalars(select(Person.staff_no).order_by(Person.staff_no))) == ["R1", "R3"]
    assert delivered == [3, 0]
    assert (one.delivered_at, two.delivered_at, three.delivered_at) == (NOW, None, NOW)
    assert (two.attempts, two.error, two.wake_at) == (1, "RuntimeError", NOW + timedelta(seconds=10))


async def test_what_failed_is_tried_again_later_each_time_and_then_done(database: Database) -> None:
    await record(database, 2)
    for at in (0, 9, 10, 29, 30):
        await deliver_next(database, NOW + timedelta(seconds=at), REACTIONS)

    [entry] = await entries(database)
    assert (entry.attempts, entry.wake_at) == (3, NOW + timedelta(seconds=70))
    await deliver_next(database, NOW + timedelta(seconds=70), {Rained: (add_somebody,)})
    [entry] = await entries(database)
    assert (entry.wake_at, entry.error) == (None, None)


async def test_an_event_that_nothing_follows_from_is_passed_over(database: Database) -> None:
    await record(database, 1, 2)

    assert await pass_over_unanswered(database, NOW, {}) == 2
    assert await deliver_next(database, NOW, {}) == 0


async def test_delivering_a_beginning_twice_is_delivering_it_once(database: Database) -> None:
    async with database.sessions.begin() as db:
        pairing = await a_pairing(db, PairingState.ACTIVE)
        for _ in range(2):
            journal.record(db, PairingBegan(pairing.id), by=None, at=NOW)

    while await deliver_next(database, NOW):
        pass

    async with database.reading() as db:
        counts = [await db.scalar(select(func.count()).select_from(table)) for table in (PairSession, CheckIn, Message)]
    assert counts == [7, 22, 2]
