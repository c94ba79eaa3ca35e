"""How long it takes to plan a year of many pairings: their sessions and all the questions about them."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

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
BARE = 10_000
"""Pairings whose rows are written once more by the driver alone."""
TABLES = (PairSession.__tablename__, CheckIn.__tablename__)


def a_year(workshop: Workshop, count: int = PAIRINGS) -> list[Figure]:
    """Plan ``count`` pairings as the clock does when they begin, two hundred in a transaction."""
    figures = []
    for name, url in both(workshop, "plan").items():
        seconds, rows, bare = asyncio.run(_planned(url, count))
        what = f"a year of {count:,} pairings, {name}"
        figures += [
            at_most(f"{what}: planned in", seconds, "s", WITHIN),
            known(f"{what}: rows", rows, "rows"),
            known(f"{what}: as many rows written by the driver, nothing reckoned", rows / bare, "s"),
        ]
    return figures


async def _planned(url: str, count: int) -> tuple[float, int, float]:
    """The seconds, the rows, and how many of these rows the driver writes in a second where all is ready."""
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
        return seconds, await _rows(opened), await _bare(opened, ids[-BARE:])


async def _bare(opened: Database, ids: Sequence[UUID]) -> float:
    """Take the rows of these pairings out, and have the driver write them again into the same tables."""
    ready = [await _taken_out(opened, ids[start : start + TOGETHER]) for start in range(0, len(ids), TOGETHER)]
    began = time.perf_counter()
    for rows in ready:
        async with opened.engine.begin() as connection:
            await connection.execute(select(1))  # from here on it is a transaction
            driver: Any = (await connection.get_raw_connection()).driver_connection
            for table in TABLES:
                if opened.sqlite:
                    places = ", ".join("?" * len(rows[table][0]))
                    await driver.executemany(f"INSERT INTO {table} VALUES ({places})", rows[table])
                else:
                    await driver.copy_records_to_table(table, records=rows[table])
    return sum(len(some) for rows in ready for some in rows.values()) / (time.perf_counter() - began)


async def _taken_out(opened: Database, ids: Sequence[UUID]) -> dict[str, list[tuple[object, ...]]]:
    """By table, the rows of these pairings as the driver has them."""
    theirs = ", ".join(f"'{one.hex}'" for one in ids)
    rows: dict[str, list[tuple[object, ...]]] = {}
    async with opened.engine.begin() as connection:
        for table in TABLES:
            found = await connection.exec_driver_sql(f"SELECT * FROM {table} WHERE pairing_id IN ({theirs})")
            rows[table] = [tuple(row) for row in found]
            await connection.exec_driver_sql(f"DELETE FROM {table} WHERE pairing_id IN ({theirs})")
    return rows


async def _rows(opened: Database) -> int:
    async with opened.reading() as db:
        counts = [await db.scalar(select(func.count()).select_from(table)) or 0 for table in (PairSession, CheckIn)]
    return sum(counts)
