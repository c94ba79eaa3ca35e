"""A large organisation is copied while it lives, and put back."""

import asyncio
from datetime import UTC, datetime

from mentoring.checkins.rules import CheckInState
from mentoring.db import Database, database
from mentoring.pairings.rules import PairingState, SessionState
from tests.bench.population import AHEAD, some_check_ins, some_pairings, some_sessions
from tests.bench.report import Figure, at_most, exactly, known
from tests.bench.ticking import MOMENTS, both
from tests.bench.workshop import Workshop, number

PAIRINGS = 40_000
"""Of two people each, which makes 80,000: more than the largest organisation that we know of has (62,684)."""
WITHIN = 900
"""Seconds to put it back: fifteen minutes."""


def there_and_back(workshop: Workshop, pairings: int = PAIRINGS) -> list[Figure]:
    """``mentoring backup`` and ``mentoring restore``, each measured as a command, on both databases."""
    figures = []
    for name, url in both(workshop, "backup").items():
        asyncio.run(_fill(url, pairings))
        file = workshop.folder / f"{name}.backup"
        taken = workshop.mentoring(url, "backup", str(file), "--json", within=WITHIN)
        back = workshop.mentoring(url, "restore", str(file), "--replace", "--json", within=WITHIN)
        what = f"{2 * pairings:,} people and {pairings:,} pairings, {name}"
        figures += [
            at_most(f"{what}: backup", taken.seconds, "s", WITHIN),
            at_most(f"{what}: restore", back.seconds, "s", WITHIN),
            known(f"{what}: rows", number(taken, "rows"), "rows"),
            known(f"{what}: memory of the restore", back.peak_mb, "MB"),
            exactly(f"{what}: rows lost", int(number(taken, "rows") - number(back, "rows")), "rows", 0),
        ]
    return figures


async def _fill(url: str, pairings: int) -> None:
    async with database(url) as opened:
        for start in range(0, pairings, 5_000):
            await _some(opened, min(5_000, pairings - start))


async def _some(opened: Database, count: int) -> None:
    now = datetime.now(UTC)
    async with opened.sessions.begin() as db:
        rows = await some_pairings(db, count, PairingState.ACTIVE, now)
        await some_sessions(db, rows, 7, SessionState.PLANNED, now + AHEAD, wake=True)
        await some_check_ins(db, rows, MOMENTS, CheckInState.SCHEDULED, now + AHEAD)
