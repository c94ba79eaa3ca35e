"""Zone rules that change between two looks: the wall time stays, the moment moves, calendars are told once."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo, reset_tzpath

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.journal import JournalEntry
from mentoring.pairings import zones
from mentoring.pairings.models import PairSession
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.upkeep.invariants import wall_times_are_those_agreed
from tests.builders import NOW, a_pairing, a_session

HOUR = timedelta(hours=1)
WALL = {"time_zone": "Europe/Zurich", "local_start": (NOW + timedelta(days=7, hours=1)).replace(tzinfo=None)}
"""A session of the builder, said as clocks in Zurich show it in winter."""


def other_rules(folder: Path) -> Path:
    """A zone database in which Zurich goes by the clocks of Istanbul, two hours ahead of its own in winter."""
    place = folder / "Europe" / "Zurich"
    place.parent.mkdir()
    place.write_bytes(resources.files("tzdata.zoneinfo").joinpath("Europe", "Istanbul").read_bytes())
    return folder


@contextmanager
def going_by(folder: Path) -> Iterator[None]:
    reset_tzpath([str(folder)])
    ZoneInfo.clear_cache()
    yield
    reset_tzpath(())
    ZoneInfo.clear_cache()


async def told(db: AsyncSession) -> list[tuple[str, object]]:
    rows = await db.scalars(select(JournalEntry).order_by(JournalEntry.number))
    return [(one.event, one.details.get("sequence")) for one in rows]


async def test_what_was_agreed_on_the_wall_stays_when_the_rules_of_its_zone_change(
    db: AsyncSession, tmp_path: Path
) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE)
    invited = await a_session(db, pairing, 1, state=SessionState.INVITED, **WALL)
    planned = await a_session(
        db, pairing, 2, wake_at=NOW + timedelta(days=5), **WALL | {"starts_at": invited.starts_at}
    )
    elsewhere = await a_session(db, pairing, 3)
    held = await a_session(db, pairing, 4, state=SessionState.HELD, **WALL | {"starts_at": invited.starts_at})
    before = invited.starts_at
    was_right = await wall_times_are_those_agreed(db, NOW)

    with going_by(other_rules(tmp_path)):
        went_wrong = await wall_times_are_those_agreed(db, NOW)
        more = [await zones.renew_some(db, NOW, "newer") for _ in range(2)]
        is_right = await wall_times_are_those_agreed(db, NOW)

    assert (was_right, len(went_wrong), is_right, more) == ([], 2, [], [False, False])
    assert [one.starts_at - before for one in (invited, planned, held)] == [-2 * HOUR, -2 * HOUR, 0 * HOUR]
    assert planned.wake_at == NOW + timedelta(days=5) - 2 * HOUR
    assert [one.sequence for one in (invited, planned, elsewhere)] == [1, 0, 0]
    assert await told(db) == [("SessionBooked", 1), ("SessionsShifted", None)]


async def test_a_clock_goes_on_where_another_died(
    db: AsyncSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zones, "AT_ONCE", 2)
    pairing = await a_pairing(db, PairingState.ACTIVE)
    for number in range(1, 6):
        await a_session(db, pairing, number, state=SessionState.INVITED, **WALL | {"starts_at": NOW + 7 * 24 * HOUR})

    with going_by(other_rules(tmp_path)):
        more = [await zones.renew_some(db, NOW, "newer") for _ in range(4)]

    assert more == [True, True, False, False]
    assert [one.sequence for one in await db.scalars(select(PairSession))] == [1] * 5


async def test_the_same_rules_move_nothing(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE)
    await a_session(db, pairing, 1, state=SessionState.INVITED, **WALL)

    assert not await zones.renew_some(db, NOW)
    assert await told(db) == []


def test_the_service_goes_by_its_own_rules_whatever_the_machine_has(tmp_path: Path) -> None:
    asked = "import mentoring; from zoneinfo import ZoneInfo; from datetime import datetime; " \
        "print(datetime(2026, 1, 15, tzinfo=ZoneInfo('Europe/Zurich')).utcoffset())"  # fmt: skip

    done = subprocess.run(
        [sys.executable, "-c", asked],
        env={"PYTHONTZPATH": str(other_rules(tmp_path))}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.strip() == "1:00:00"
