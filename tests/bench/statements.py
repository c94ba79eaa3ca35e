"""What it costs to ask SQLite for next to nothing: on SQLAlchemy's own connections, and on ours, by turns."""

import asyncio
import statistics
import time

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from mentoring.db import open_database
from tests.bench.report import Figure, known
from tests.bench.workshop import Workshop

TURNS, IN_A_TURN = 9, 500


def one_by_one(workshop: Workshop, turns: int = TURNS, count: int = IN_A_TURN) -> list[Figure]:
    """Microseconds of processors for one statement; the median of the turns."""
    theirs, ours = asyncio.run(_by_turns(workshop.sqlite("statements"), turns, count))
    return [
        known("one statement on SQLite, connections of SQLAlchemy", theirs, "us"),
        known("one statement on SQLite, ours", ours, "us"),
        known("one statement on SQLite: ours, of SQLAlchemy's", ours / theirs, "statements"),
    ]


async def _by_turns(url: str, turns: int, count: int) -> tuple[float, float]:
    plain, opened = create_async_engine(url), open_database(url)
    async with plain.connect() as theirs, opened.engine.connect() as ours:
        seconds = [(await _cpu(theirs, count), await _cpu(ours, count)) for _ in range(turns)]
    await plain.dispose()
    await opened.close()
    microseconds = [1e6 * statistics.median(each) / count for each in zip(*seconds, strict=True)]
    return microseconds[0], microseconds[1]


async def _cpu(connection: AsyncConnection, count: int) -> float:
    began = time.process_time()
    for _ in range(count):
        await connection.execute(_NOTHING)
    return time.process_time() - began


_NOTHING = select(1)
