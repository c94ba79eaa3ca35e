"""The statement sweep: an operation is broken off at its first statement, its second, each, and its commit.

SQLite tests itself like this. Whatever an operation had written by then must be gone; done again, it must end well.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache

from sqlalchemy import Table, TextClause, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import tables
from mentoring.db import Base, Database

Act = Callable[[AsyncSession], Awaitable[object]]
Rows = list[tuple[str, str]]
"""Each with the name of its table, as text."""


class BrokenOff(OperationalError):
    """What a use case sees when the database goes away under it."""

    def __init__(self) -> None:
        super().__init__("the database is gone", None, ConnectionError())


class Fault:
    """Raises at the ``at``-th statement from now, once; 0 raises never and counts. A commit counts as one."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.seen = 0

    def strike(self, *_: object) -> None:
        self.seen += 1
        if self.seen == self.at:
            raise BrokenOff


@contextmanager
def fault(database: Database, at: int) -> Iterator[Fault]:
    """Break the database off at the ``at``-th statement that is run within the block."""
    engine, struck = database.engine.sync_engine, Fault(at)
    for moment in ("before_cursor_execute", "commit"):
        event.listen(engine, moment, struck.strike)
    try:
        yield struck
    finally:
        for moment in ("before_cursor_execute", "commit"):
            event.remove(engine, moment, struck.strike)


async def everything(database: Database) -> Rows:
    """Every row of every table, asked for at once: a sweep asks a thousand times."""
    async with database.reading() as db:
        rows = await db.execute(_of_all_tables(database.engine.dialect.name))
        return sorted((table, row) for table, row in rows)


@cache
def _of_all_tables(dialect: str) -> TextClause:
    assert tables.ALL

    def row(table: Table) -> str:
        return "CAST(t AS text)" if dialect == "postgresql" else "||'|'||".join(f"quote({one.name})" for one in table.c)

    named = Base.metadata.tables.items()
    return text(" UNION ALL ".join(f"SELECT '{name}', {row(table)} FROM {name} AS t" for name, table in named))


async def swept(database: Database, act: Act) -> int:
    """Break ``act`` off at each statement; return at how many. Nothing may stay of any try; the last one goes well."""
    before, at = await everything(database), 0
    while True:
        at += 1
        with fault(database, at) as struck, suppress(BrokenOff):
            async with database.sessions.begin() as db:
                await act(db)
        if struck.seen < at:
            return at - 1
        assert await everything(database) == before, f"something stayed after statement {at}"
