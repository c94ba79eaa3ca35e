"""The database: one engine, two ways in, and the few column types that all tables share."""

import asyncio
import enum
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Executable,
    MetaData,
    Text,
    TypeDecorator,
    Uuid,
    bindparam,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, ORMExecuteState, Session, mapped_column
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault
from sqlalchemy.types import TypeEngine

from mentoring.sqlite import BEGIN_OPTION, harden_sqlite

UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeout, ConnectionError)
"""What is raised where the database is gone, full, locked for too long, or can only be read: nobody's mistake."""
NOT_NOW = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL's codes for a transaction that another one stood in the way of: serialisation, deadlock, a lock that was
waited for too long. Done again, it goes well."""
LONGEST_TURN = 30.0
"""Seconds that a writer waits for those of its own process."""


class Moment(TypeDecorator[datetime]):
    """An instant, aware and in UTC on both sides, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Document(TypeDecorator[Any]):
    """A msgspec value kept as JSON; what is read back has been checked against its type."""

    impl = JSON
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.to_builtins(value, str_keys=True)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.convert(value, self.kind, strict=False)


class _Ids(TypeDecorator[Collection[UUID]]):
    """Ids as one value: an array, or, where there are none, JSON."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Uuid()))

    def process_bind_param(self, value: Collection[UUID] | None, dialect: Dialect) -> Any:
        ids = list(value or ())
        return msgspec.json.encode([one.hex for one in ids]).decode() if dialect.name == "sqlite" else ids


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> "_Among":
        """As it stands: compared with 1, as SQLite's truth values are otherwise, no index would be used."""
        return self


@compiles(_Among, "postgresql")
def _among_in_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} = ANY ({ids})"


@compiles(_Among, "sqlite")
def _among_in_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608  # the ids are a parameter


def among(column: InstrumentedAttribute[UUID], ids: Collection[UUID]) -> ColumnElement[bool]:
    """Whether the id is one of ``ids``, however many: they go along as one value.

    ``in_`` makes each id a value of its own, of which a statement bears some 32,000; it is for the few.
    """
    return _Among(column, bindparam(None, ids, type_=_Ids()))


PersonalText = Annotated[str, mapped_column(Text, info={"personal": True})]
"""Words that belong to a person: exported with them, erased with them."""
PlainText = Annotated[str, mapped_column(Text, info={"personal": False})]
"""Codes and the organisation's own words."""
WallTime = Annotated[datetime, mapped_column(DateTime(timezone=False))]
"""A local date and time as people write it, its zone in a column beside it."""


def passing(error: DBAPIError) -> bool:
    """Whether the same would go well in a moment."""
    return getattr(error.orig, "sqlstate", None) in NOT_NOW


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: Moment(),
        enum.Enum: Enum(
            enum.Enum, native_enum=False, length=32, values_callable=lambda kind: [one.value for one in kind]
        ),
    }


class Sessions:
    """Where transactions begin; with ``turn``, one after the other, in the order in which they were asked for.

    SQLite lets in one writer and has no queue: whoever waits looks again from time to time, and where many wait,
    somebody is too late each time until their time is up. Here they queue, and whoever queues does not yet keep a
    connection from those who read.
    """

    def __init__(self, engine: AsyncEngine, turn: asyncio.Lock | None = None, **options: Any) -> None:
        self._made: async_sessionmaker[AsyncSession] = async_sessionmaker(engine, expire_on_commit=False, **options)
        self._turn = turn

    def __call__(self) -> AsyncSession:
        return self._made()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed at the end, or rolled back where something is raised."""
        async with _in(self._turn) if self._turn else nullcontext(), self._made.begin() as db:
            yield db


@asynccontextmanager
async def _in(turn: asyncio.Lock) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(LONGEST_TURN):
            await turn.acquire()
    except TimeoutError as error:
        raise PoolTimeout("others were writing all the time") from error
    try:
        yield
    finally:
        turn.release()


class WroteWhileReading(Exception):
    """A mistake of ours: what was to read alone would have written."""


class _Reading(Session):
    """Remembers what it has read: who asks for the same row again, by its id, is not sent to the database again."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.read: list[object] = []


@event.listens_for(_Reading, "loaded_as_persistent")
def _remember(session: _Reading, row: object) -> None:
    session.read.append(row)


@event.listens_for(_Reading, "before_flush")
def _refuse_rows(session: _Reading, *_: object) -> None:
    raise WroteWhileReading(*session.new, *session.dirty, *session.deleted)


@event.listens_for(_Reading, "do_orm_execute")
def _refuse_statements(asked: ORMExecuteState) -> None:
    if asked.is_insert or asked.is_update or asked.is_delete:
        raise WroteWhileReading(str(asked.statement))


class Database:
    """An open database. ``sessions`` for what may write, ``reading`` for what only reads.

    On PostgreSQL, what only reads is no transaction: in one, too, each statement sees what stands when it begins (READ
    COMMITTED), and to begin and to end it are two more ways to the server.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.sessions = Sessions(engine, asyncio.Lock() if self.sqlite else None)
        options = {BEGIN_OPTION: "DEFERRED"} if self.sqlite else {"isolation_level": "AUTOCOMMIT"}
        reading = engine.execution_options(**options)
        self.reading = Sessions(reading, autoflush=False, sync_session_class=_Reading)

    @property
    def streaming(self) -> Sessions:
        """``reading`` for results that are read as they come, which PostgreSQL keeps as long as a transaction."""
        return self.reading if self.sqlite else self.sessions

    @property
    def sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    async def close(self) -> None:
        await self.engine.dispose()


def open_database(url: str, pool_size: int = 10) -> Database:
    """Open the database behind ``url`` (``sqlite+aiosqlite:`` or ``postgresql+asyncpg:``)."""
    sqlite = make_url(url).get_backend_name() == "sqlite"
    options: dict[str, Any] = (
        {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": 30}
        if sqlite
        else {"pool_size": pool_size, "max_overflow": pool_size}
    )
    engine = create_async_engine(
        url,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        **options,
    )
    if sqlite:
        make_parent(url)
        harden_sqlite(engine.sync_engine)
    else:
        _harden_postgresql(engine.sync_engine)
    return Database(engine)


@asynccontextmanager
async def database(url: str, pool_size: int = 10) -> AsyncIterator[Database]:
    """Open the database for a while, and close it whatever happens."""
    opened = open_database(url, pool_size)
    try:
        yield opened
    finally:
        await opened.close()


def make_parent(url: str) -> None:
    """SQLite makes a file where there is none, but no folder for it."""
    if path := make_url(url).database:
        Path(path).absolute().parent.mkdir(parents=True, exist_ok=True)


def _harden_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("SET lock_timeout = '10s'")
        cursor.execute("SET idle_in_transaction_session_timeout = '60s'")
        cursor.close()
        connection.commit()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, _record: Any, _fairy: Any) -> None:
        """A server that ends says so to the driver; to ask it each time would be a way to it for every request."""
        if connection.driver_connection.is_closed():
            raise DisconnectionError()


def scratch_engine(url: str) -> AsyncEngine:
    """An engine without a pool, for the migrations, which run in an event loop of their own."""
    engine = create_async_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        harden_sqlite(engine.sync_engine)
    return engine


async def insert_missing(db: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Insert the rows, all of the same columns, that are not there yet by any unique key; leave the others as they are.

    A pairing gets rows by the dozen when it begins, and a round begins pairings by the hundred. Row by row they would
    take twice as long: PostgreSQL gets each column as one array, SQLite's driver what it stores and nothing to convert.
    """
    if not rows:
        return
    connection = await db.connection()
    given = tuple(rows[0])
    every = Base.metadata.tables[table.__tablename__].columns
    columns = [column for column in every if column.name in given or isinstance(column.default, _MADE_HERE)]
    values = [_values(column, rows) for column in columns]
    if connection.dialect.name == "sqlite":
        stored = [_stored(column, kept, connection.dialect) for column, kept in zip(columns, values, strict=True)]
        statement = _row_by_row(tuple(columns))
        await connection.exec_driver_sql(statement, list(zip(*stored, strict=True)))
    else:
        names = [column.name for column in columns]
        await connection.execute(_by_column(tuple(columns)), dict(zip(names, values, strict=True)))


_MADE_HERE = (ScalarElementColumnDefault, CallableColumnDefault)


def _values(column: Column[Any], rows: Sequence[Mapping[str, object]]) -> list[object]:
    if column.name in rows[0]:
        return [row[column.name] for row in rows]
    if isinstance(column.default, CallableColumnDefault):
        made = column.default.arg
        return [made(None) for _ in rows]  # type: ignore[arg-type]  # none of ours looks at what is being executed
    assert isinstance(column.default, ScalarElementColumnDefault)
    return [column.default.arg] * len(rows)


def _stored(column: Column[Any], values: Sequence[object], dialect: Dialect) -> Sequence[object]:
    store = column.type.dialect_impl(dialect).bind_processor(dialect)
    if store is None:
        return values
    once = {id(value): value for value in values}  # both of a pairing are asked at the same moments
    stored = {key: store(value) for key, value in once.items()}
    return [stored[id(value)] for value in values]


@lru_cache
def _row_by_row(columns: Sequence[Column[Any]]) -> str:
    statement = sqlite_insert(columns[0].table).values({column.name: bindparam(column.name) for column in columns})
    return str(statement.on_conflict_do_nothing().compile(dialect=sqlite_dialect()))


@lru_cache
def _by_column(columns: Sequence[Column[Any]]) -> Executable:
    names = [column.name for column in columns]
    arrays = [bindparam(column.name, type_=ARRAY(column.type, dimensions=1)) for column in columns]
    rows = func.unnest(*arrays).table_valued(*names).render_derived()
    chosen = postgresql_insert(columns[0].table).from_select(names, select(*rows.c), include_defaults=False)
    return chosen.on_conflict_do_nothing()
