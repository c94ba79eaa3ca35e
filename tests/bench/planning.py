"""How long it takes to plan a year of many pairings: their sessions and all the questions about them."""

import asyncio
import time
from datetime import UTC, datetime

from sqlalchemy import func, select

from mentoring.checkins import service as checkins
from mentoring.checkins.models import CheckIn
from mentoring.db import Database, database
from mentoring.pairings import service as pairings
from mentoring.pairings.contracts import PairingBegan
from mentoring.pairings.models import PairSession
from mentoring.pairings.rules import PairingState
from mentoring.reactions import TOGETHER
from tests.bench.population import some_pairings, the_id
from tests.bench.report import Figure, at_most, known
from tests.bench.ticking import both
from tests.bench.workshop import Workshop

PAIRINGS, WITHIN = 100_000, 60


def a_year(workshop: Workshop, count: int = PAIRINGS) -> list[Figure]:
    """Plan ``count`` pairings as the clock does when they begin, two hundred in a transaction."""
    figures = []
    for name, url in both(workshop, "plan").items():
        seconds, rows = asyncio.run(_planned(url, count))
        what = f"a year of {count:,} pairings, {name}"
        figures += [at_most(f"{what}: planned in", seconds, "s", WITHIN), known(f"{what}: rows", rows, "rows")]
    return figures


async def _planned(url: str, count: int) -> tuple[float, int]:
    async with database(url) as opened:
        ids = []
        for _ in range(0, count, 5_000):
            async with opened.sessions.begin() as db:
                rows = await some_pairings(db, min(5_000, count), PairingState.ACTIVE, datetime.now(UTC))
            ids += [the_id(one) for one in rows]
        began = time.perf_counter()
        for start in range(0, len(ids), TOGETHER):
            async with opened.sessions.begin() as db:
                events = [PairingBegan(one) for one in ids[start : start + TOGETHER]]
                await pairings.plan_sessions(db, events, datetime.now(UTC))
                await checkins.schedule_check_ins(db, events, datetime.now(UTC))
        seconds = time.perf_counter() - began
        return seconds, await _rows(opened)


async def _rows(opened: Database) -> int:
    async with opened.reading() as db:
        counts = [await db.scalar(select(func.count()).select_from(table)) or 0 for table in (PairSession, CheckIn)]
    return sum(counts)
