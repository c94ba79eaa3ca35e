"""SQLite's connections: one trip a statement, still usable when whoever asked has gone, and no turn to write missed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from mentoring.db import Database, database
from mentoring.people.models import Attempts, SignIn
from mentoring.sqlite import BUSY_TIMEOUT_MS
from tests.builders import NOW

COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :last) SELECT max(i) FROM n"
LONG, SHORT = (text(COUNT).bindparams(last=last) for last in (3_000_000, 150_000))


@contextmanager
def counted(driver: Any) -> Iterator[list[object]]:
    """What goes to the driver's thread meanwhile."""
    trips: list[object] = []
    queue = driver._tx

    class Counting(SimpleQueue[object]):
        def put_nowait(self, item: object) -> None:
            trips.append(item)
            queue.put_nowait(item)

    driver._tx = Counting()
    try:
        yield trips
    finally:
        driver._tx = queue


async def test_a_statement_is_one_trip_to_the_thread(sqlite_database_url: str) -> None:
    async with database(sqlite_database_url) as opened, opened.engine.connect() as connection:
        await connection.execute(select(1))  # begins the transaction
        driver = (await connection.get_raw_connection()).driver_connection
        with counted(driver) as trips:
            found = (await connection.execute(text("SELECT 2 UNION ALL SELECT 3"))).scalars().all()

    assert (found, len(trips)) == ([2, 3], 1)


async def test_a_connection_serves_on_when_whoever_waited_has_gone(sqlite_database_url: str) -> None:
    async with database(sqlite_database_url, pool_size=1) as opened:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), opened.reading() as db:
                await db.execute(LONG)
        async with opened.sessions.begin() as db:
            db.add(Attempts(key="one", since=NOW, count=1))
        async with opened.reading() as db:
            assert await db.scalar(select(func.count()).select_from(Attempts)) == 1


async def test_who_no_longer_waits_for_a_turn_leaves_the_connection_as_it_was(sqlite_database_url: str) -> None:
    async with database(sqlite_database_url) as busy, database(sqlite_database_url, pool_size=1) as other:
        async with busy.sessions.begin() as db:
            await db.execute(SHORT)
            for _ in range(5):  # it may be looking just then, or sleep between two looks
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.02), other.sessions.begin() as waiting:
                        await waiting.execute(SHORT)
        async with other.reading() as db:
            patience = await db.scalar(text("PRAGMA busy_timeout"))
        async with other.sessions.begin() as db:
            db.add(Attempts(key="one", since=NOW, count=1))

    assert patience == BUSY_TIMEOUT_MS


async def test_what_the_database_refuses_is_raised_as_ever(sqlite_database_url: str) -> None:
    async with database(sqlite_database_url) as opened:
        with pytest.raises(IntegrityError):
            async with opened.sessions.begin() as db:
                db.add_all(Attempts(key="one", since=NOW, count=1) for _ in range(2))
        with pytest.raises(DBAPIError):
            async with opened.reading() as db:
                await db.execute(text("SELECT nothing FROM nowhere"))
        async with opened.engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.close()
            with pytest.raises(DBAPIError):
                await connection.execute(select(1))
            await connection.invalidate()
        async with opened.reading() as db:
            assert await db.scalar(select(func.count()).select_from(SignIn)) == 0


async def test_who_writes_all_the_time_lets_others_in(sqlite_database_url: str) -> None:
    async def write_all_the_time(opened: Database) -> None:
        for _ in range(80):
            async with opened.sessions.begin() as db:
                await db.execute(SHORT)

    async with database(sqlite_database_url) as busy, database(sqlite_database_url) as other:
        writing = asyncio.create_task(write_all_the_time(busy))
        for number in range(5):
            async with other.sessions.begin() as db:
                db.add(Attempts(key=str(number), since=NOW, count=1))
        got_in = not writing.done()
        await writing

    assert got_in
