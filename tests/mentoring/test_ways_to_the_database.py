"""Many at once: writers take turns and keep nobody from reading."""

import asyncio

from sqlalchemy import func, select

from mentoring.db import Database, database
from mentoring.people.models import Attempts, Person
from tests.builders import NOW

WRITERS = 32


async def test_many_who_write_at_once_take_turns_and_keep_nobody_from_reading(sqlite_database_url: str) -> None:
    done: list[int] = []

    async def write(opened: Database, number: int) -> None:
        async with opened.sessions.begin() as db:
            db.add(Attempts(key=str(number), since=NOW, count=1))
            await db.flush()
            done.append(number)

    async with database(sqlite_database_url) as opened:
        async with opened.sessions.begin() as db:
            await db.execute(select(Person))
            writing = [asyncio.create_task(write(opened, number)) for number in range(WRITERS)]
            await asyncio.wait(writing, timeout=0.5)  # until all of them wait for us
            async with asyncio.timeout(5), opened.reading() as other:
                found = await other.scalar(select(func.count()).select_from(Attempts))
        await asyncio.gather(*writing)

    assert (found, done) == (0, list(range(WRITERS)))
