"""A clock stops and asks where the time cannot be right, or where very many people would be written to at once."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from mentoring import heartbeat
from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInState
from mentoring.db import Database
from mentoring.heartbeat import FLOOD_LEAST, FLOOD_SHARE, LEAP, PAUSE, Hold, HoldReason, flooded
from mentoring.identity import MACHINE
from mentoring.journal import JournalEntry
from mentoring.pairings.rules import PairingState
from mentoring.settings import Settings
from mentoring.upkeep.rules import ClockNotHeld
from mentoring.upkeep.service import people_due, resume_clock
from scheduler.brake import Brake
from scheduler.jobs import Clock
from scheduler.metronome import Metronome
from tests.builders import NOW, a_check_in, a_pairing

SECOND = timedelta(seconds=1)


async def ticked(database: Database, at: datetime = NOW) -> None:
    async with database.sessions.begin() as db:
        await heartbeat.note_run(db, heartbeat.TICK, 1, None, at)


async def holds(database: Database) -> list[HoldReason]:
    async with database.reading() as db:
        return list(await db.scalars(select(Hold.reason).where(Hold.resumed_at.is_(None))))


async def resumed(database: Database, now: datetime) -> None:
    async with database.sessions.begin() as db:
        await resume_clock(db, MACHINE, now)


async def questions(database: Database, count: int) -> None:
    """Pairings of two people each, one of whom is to be asked."""
    async with database.sessions.begin() as db:
        for _ in range(count):
            pairing = await a_pairing(db, PairingState.ACTIVE)
            await a_check_in(db, pairing=pairing, state=CheckInState.SCHEDULED, wake_at=NOW)


@pytest.mark.parametrize(
    ("way", "goes_on"),
    [
        (SECOND, True), (LEAP, True), (LEAP + SECOND, False), (timedelta(days=400), False),
        (-timedelta(hours=1), True), (-LEAP, True), (-LEAP - SECOND, False),
    ],
)  # fmt: skip
async def test_a_leap_of_the_wall_clock_stops_it(database: Database, way: timedelta, goes_on: bool) -> None:
    await ticked(database)

    assert await Brake(database).lets_go_on(NOW + way) is goes_on
    assert await holds(database) == ([] if goes_on else [HoldReason.LEAP])


async def test_a_first_tick_has_nothing_to_compare_with(database: Database) -> None:
    assert await Brake(database).lets_go_on(NOW)


async def test_a_clock_that_leaps_while_it_runs_stops_at_once(database: Database) -> None:
    brake = Brake(database)
    before = await brake.lets_go_on(NOW)

    after = await brake.lets_go_on(NOW + timedelta(days=2))

    assert (before, after) == (True, False)


async def test_one_that_is_held_holds_the_others_and_goes_on_when_somebody_says_so(database: Database) -> None:
    await ticked(database)
    wrong, right = Brake(database), Brake(database)
    later = NOW + timedelta(days=30)
    assert await right.lets_go_on(NOW)

    held = [await wrong.lets_go_on(later), await wrong.lets_go_on(later + SECOND)]
    others = await right.lets_go_on(NOW + 10 * SECOND)
    await resumed(database, later)
    after = await wrong.lets_go_on(later + 2 * SECOND)

    assert (held, others, after) == ([False, False], False, True)
    async with database.reading() as db:
        events = list(await db.scalars(select(JournalEntry.event).order_by(JournalEntry.number)))
    assert events == ["ClockHeld", "ClockResumed"]


async def test_after_a_pause_very_many_people_at_once_stop_it(database: Database) -> None:
    await questions(database, FLOOD_LEAST)
    await ticked(database)
    async with database.reading() as db:
        assert await people_due(db, NOW) == (FLOOD_LEAST, 2 * FLOOD_LEAST)

    short = await Brake(database).lets_go_on(NOW + PAUSE)
    long = await Brake(database).lets_go_on(NOW + PAUSE + SECOND)

    assert (short, long) == (True, False)
    async with database.reading() as db:
        [hold] = await db.scalars(select(Hold))
    assert (hold.reason, hold.people, hold.last_tick_at) == (HoldReason.FLOOD, FLOOD_LEAST, NOW)


async def test_after_a_pause_few_people_do_not(database: Database) -> None:
    await questions(database, 2)
    await ticked(database)

    assert await Brake(database).lets_go_on(NOW + 5 * PAUSE)


@pytest.mark.parametrize(
    ("due", "population", "too_many"),
    [(19, 20, False), (20, 100, False), (20, 99, True), (200, 1000, False), (201, 1000, True), (0, 0, False)],
)
def test_many_is_a_share_of_the_people_and_more_than_a_few(due: int, population: int, too_many: bool) -> None:
    assert (FLOOD_SHARE, FLOOD_LEAST) == (0.2, 20)
    assert flooded(due, population) is too_many


async def test_nobody_can_let_a_clock_go_on_that_is_not_held(database: Database) -> None:
    with pytest.raises(ClockNotHeld):
        await resumed(database, NOW)


class Later(Clock):
    """A clock on a machine whose wall clock is wrong."""

    def now(self) -> datetime:
        return NOW + timedelta(days=400)


async def test_while_it_is_held_nothing_is_woken(database: Database, tmp_path: Path) -> None:
    await questions(database, 1)
    await ticked(database)
    metronome = Metronome(database, Settings(secret_file=tmp_path / "secret"))
    metronome.clock = Later(*metronome.clock)

    for _ in range(3):
        await metronome.tick()

    async with database.reading() as db:
        assert list(await db.scalars(select(CheckIn.state))) == [CheckInState.SCHEDULED]
        assert await heartbeat.last_tick(db) == NOW
