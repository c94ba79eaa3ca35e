"""A copy of everything, taken while the service runs, and put back: from and into either database.

A backup is one SQLite file with our tables, whatever database it was taken of, and a manifest: how many rows each table
has, and a digest of them that does not depend on their order. So anything that reads SQLite can look into it, and a
deployment moves from SQLite to PostgreSQL by a backup and a restore.
"""

import asyncio
import hashlib
import os
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import Column, Integer, MetaData, Row, Table, Text, delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from mentoring import tables
from mentoring.db import Base, Database
from mentoring.failpoints import failpoint
from mentoring.heartbeat import Hold, JobRun
from mentoring.schema import migrate
from mentoring.upkeep.rules import BackupNotReadable, BackupOfAnotherVersion, DatabaseNotEmpty, FileIsThere

CHUNK = 2_000
"""Rows that are read and written at a time: memory does not grow with the database."""

MANIFEST = Table(
    "backup_manifest",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("digest", Text, nullable=False),
)
OF_THE_CLOCK = {JobRun.__tablename__, Hold.__tablename__}
"""What a clock writes into a database in which nobody has done anything yet."""


class _Emptied(Executable, ClauseElement):
    """All tables emptied at once. Row by row, PostgreSQL would look for each whether anything refers to it."""

    inherit_cache = False

    def __init__(self, all_of_them: Sequence[Table]) -> None:
        self.tables = all_of_them


@compiles(_Emptied, "postgresql")
def _truncate(element: _Emptied, compiler: SQLCompiler, **_options: object) -> str:
    return "TRUNCATE " + ", ".join(compiler.preparer.format_table(table) for table in element.tables)


_VERSION = text("SELECT version_num FROM alembic_version")
_encode = msgspec.json.Encoder(order="sorted").encode


class Digest:
    """Of a table's rows in any order: the sum of the digests of each."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, rows: Sequence["Row[tuple[object, ...]]"]) -> None:
        self.rows += len(rows)
        for row in rows:
            self._sum += int.from_bytes(hashlib.sha256(_encode(tuple(row))).digest(), "big")

    @property
    def value(self) -> str:
        return f"{self._sum % 2**256:064x}"


class Copied(NamedTuple):
    """What a backup or a restore has moved."""

    rows: int
    tables: int


def all_tables() -> list[Table]:
    """Every table of ours, each after those it refers to."""
    assert tables.ALL
    return Base.metadata.sorted_tables


async def back_up(database: Database, file: Path) -> Copied:
    """Write a backup: whole, or not at all. Raises ``FileIsThere``."""
    _refuse_taken(file)
    draft = file.with_name(f"{file.name}.draft")
    _remove(draft)
    try:
        await (_draft_of_sqlite(database, draft) if database.sqlite else _draft_of_postgresql(database, draft))
        failpoint("backup.half_written")
        async with _file(draft) as copy:
            manifest = await _manifest(copy)
            await copy.run_sync(MANIFEST.create)
            await copy.execute(insert(MANIFEST), [{"name": name, **one} for name, one in manifest.items()])
            await copy.commit()
        failpoint("backup.before_rename")
        await asyncio.to_thread(_keep, draft, file)
    finally:
        _remove(draft)
    return Copied(sum(int(str(one["rows"])) for one in manifest.values()), len(manifest))


def _refuse_taken(file: Path) -> None:
    if file.exists():
        raise FileIsThere(file=str(file))


def _refuse_missing(file: Path) -> None:
    if not file.is_file():
        raise BackupNotReadable(file=str(file))


def _remove(draft: Path) -> None:
    for path in (draft, *(draft.with_name(f"{draft.name}{end}") for end in ("-wal", "-shm", "-journal", ".lock"))):
        path.unlink(missing_ok=True)


def _keep(draft: Path, file: Path) -> None:
    """Give the backup its name once every byte of it is on the disk."""
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.rename(file)
    folder = os.open(file.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


async def _draft_of_sqlite(database: Database, draft: Path) -> None:
    """By SQLite's own means, page by page, while others write."""
    source = database.engine.url.database
    assert source is not None
    await asyncio.to_thread(_copy_pages, Path(source), draft)


def _copy_pages(source: Path, draft: Path) -> None:
    with closing(sqlite3.connect(source)) as used, closing(sqlite3.connect(draft)) as copy:
        used.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it


async def _draft_of_postgresql(database: Database, draft: Path) -> None:
    """All tables as they were at one moment (REPEATABLE READ), into a file with the same schema."""
    await asyncio.to_thread(migrate, f"sqlite+aiosqlite:///{draft}")
    async with database.engine.connect() as plain, _file(draft) as copy:
        source = await plain.execution_options(isolation_level="REPEATABLE READ")
        await copy.execute(text("PRAGMA journal_mode=DELETE"))
        for table in all_tables():
            async for rows in _rows(source, table):
                await copy.execute(insert(table), rows)
        await copy.commit()


@asynccontextmanager
async def _file(path: Path) -> AsyncIterator[AsyncConnection]:
    """A connection to a backup, without what we ask of a database that many use."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def _pieces(connection: AsyncConnection, table: Table) -> AsyncIterator[Sequence["Row[tuple[object, ...]]"]]:
    async with connection.stream(select(table)) as found:
        async for rows in found.partitions(CHUNK):
            yield rows


async def _rows(connection: AsyncConnection, table: Table) -> AsyncIterator[list[dict[str, object]]]:
    async for rows in _pieces(connection, table):
        yield [dict(row._mapping) for row in rows]


async def _digest(connection: AsyncConnection, table: Table) -> dict[str, object]:
    digest = Digest()
    async for rows in _pieces(connection, table):
        digest.add(rows)
    return {"rows": digest.rows, "digest": digest.value}


async def _manifest(connection: AsyncConnection) -> dict[str, dict[str, object]]:
    return {table.name: await _digest(connection, table) for table in all_tables()}


async def restore(database: Database, file: Path, *, replace: bool = False) -> Copied:
    """Put a backup back, in one transaction: all of it is there afterwards, or nothing has changed.

    Raises ``BackupNotReadable``, ``BackupOfAnotherVersion``, ``DatabaseNotEmpty``.
    """
    _refuse_missing(file)
    async with _file(file) as copy, database.engine.connect() as target, target.begin():
        manifest = await _checked(copy, target, file)
        await _make_room(target, replace=replace)
        for table in all_tables():
            async for rows in _rows(copy, table):
                await target.execute(insert(table), rows)
            if await _digest(target, table) != manifest[table.name]:
                raise BackupNotReadable(file=str(file))
        await _go_on_counting(target)
        failpoint("restore.before_commit")
    return Copied(sum(int(str(one["rows"])) for one in manifest.values()), len(manifest))


async def _checked(copy: AsyncConnection, target: AsyncConnection, file: Path) -> Mapping[str, Mapping[str, object]]:
    """The manifest of a backup that is whole and of our own version."""
    try:
        found = str((await copy.execute(_VERSION)).scalar_one())
        kept = {row.name: {"rows": row.rows, "digest": row.digest} for row in await copy.execute(select(MANIFEST))}
    except DBAPIError as error:
        raise BackupNotReadable(file=str(file)) from error
    wanted = str((await target.execute(_VERSION)).scalar_one())
    if found != wanted:
        raise BackupOfAnotherVersion(found=found, wanted=wanted)
    try:
        whole = await _manifest(copy) == kept
    except (DBAPIError, ValueError, msgspec.ValidationError):
        whole = False
    if not whole:
        raise BackupNotReadable(file=str(file))
    return kept


async def _make_room(target: AsyncConnection, *, replace: bool) -> None:
    counts = {
        table.name: (await target.execute(select(func.count()).select_from(table))).scalar_one()
        for table in all_tables()
    }
    rows = sum(count for name, count in counts.items() if name not in OF_THE_CLOCK)
    if rows and not replace:
        raise DatabaseNotEmpty(rows=rows)
    if target.dialect.name == "sqlite":
        for table in reversed(all_tables()):
            await target.execute(delete(table))
    else:
        await target.execute(_Emptied(all_tables()))


async def _go_on_counting(target: AsyncConnection) -> None:
    """PostgreSQL numbers new rows by counters of its own, which know nothing of rows that were brought."""
    if target.dialect.name == "sqlite":
        return
    for table in all_tables():
        column = table.autoincrement_column
        if column is None:
            continue
        last = (await target.execute(select(func.max(column)))).scalar_one()
        counter = func.pg_get_serial_sequence(table.name, column.name)
        await target.execute(select(func.setval(counter, last or 1, last is not None)))
