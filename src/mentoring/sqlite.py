"""SQLite, opened so that a crash loses nothing and two writers never overwrite each other.

That is: a write-ahead log, ``synchronous=FULL``, and ``BEGIN IMMEDIATE`` for whatever may write (a deferred transaction
that turns into a writing one is refused at once, or loses updates).

Each statement is one trip to the driver's thread. SQLAlchemy makes four: for a cursor, for the statement, for its rows,
and to close the cursor. And no turn to write is missed. SQLite itself looks ever more seldom whether another process
has let go, ten times a second in the end: meanwhile one that writes all the time has let go and begun again many times.
See docs/decisions/0018-sqlites-connections.md.
"""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Sequence
from threading import Event
from typing import Any

from aiosqlite import Cursor
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another process before it gives up: longer than the longest transaction (an import)."""
BEGIN_OPTION = "sqlite_begin"
"""The option of an engine that says how its transactions begin; they may write where it is not given."""
BEGIN_WRITING = "BEGIN IMMEDIATE"
PRIMARY = 0xFF
"""The bits of an error's code that say what it is; the others say how it came about."""
LOOKS_AGAIN_AFTER = 0.001
"""Seconds between two looks whether another process has let go."""


def harden_sqlite(engine: Engine) -> None:
    """Have the engine make its connections, and begin its transactions, as is said above."""

    @event.listens_for(engine, "do_connect")
    def on_do_connect(dialect: Any, _: Any, arguments: Any, options: Any) -> OneTripConnection:
        connection = dialect.connect(*arguments, **options)
        return OneTripConnection(connection.dbapi, connection.driver_connection)

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: we do, below
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-32000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get(BEGIN_OPTION, "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {mode}")


class OneTripCursor(AsyncAdapt_aiosqlite_cursor):
    """Goes to the thread with what may take time. A cursor is made and closed where it is asked for."""

    __slots__ = ()

    _connection: Any
    _cursor: Any

    def _make_new_cursor(self, connection: Any) -> Any:
        try:
            return Cursor(connection, connection._conn.cursor())
        except (ValueError, sqlite3.Error) as error:  # the connection is closed
            self._adapt_connection._handle_exception(error)

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        ask = _turn if operation == BEGIN_WRITING else _at_once
        async with self._adapt_connection._execute_mutex:
            self._rows = deque(await ask(self._connection, self._cursor._cursor, operation, parameters or ()))
        return self._cursor

    async def _async_soft_close(self) -> None:
        self._soft_closed_memoized = self._soft_closed_memoized.union({"description": self._cursor.description})
        self._cursor._cursor.close()

    def close(self) -> None:
        self._rows.clear()
        if self._soft_closed_memoized:
            return
        try:
            self._cursor._cursor.close()
        except sqlite3.ProgrammingError:  # whoever waited for it has gone, and the thread is still at it
            super().close()


class OneTripConnection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = OneTripCursor


async def write_alone(driver: Any, statement: str, arguments: Sequence[Any]) -> list[Any]:
    """A statement that is a transaction of its own, on the connection of the driver; return its rows."""
    return await _turn(driver, driver._conn.cursor(), statement, arguments)


async def _at_once(driver: Any, *asked: Any) -> list[Any]:
    rows: list[Any] = await driver._execute(_rows_of, *asked)
    return rows


async def _turn(driver: Any, *asked: Any) -> list[Any]:
    """A statement that waits for other processes to let go, and for no longer than anybody waits for it."""
    gone = Event()
    try:
        rows: list[Any] = await driver._execute(_insist, gone, *asked)
    except asyncio.CancelledError:
        gone.set()
        raise
    return rows


def _insist(gone: Event, cursor: sqlite3.Cursor, statement: str, arguments: Any) -> list[Any]:
    """In the thread."""
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    connection = cursor.connection  # the cursor is closed by whoever has gone
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                return _rows_of(cursor, statement, arguments)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & PRIMARY != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                    raise
                if gone.wait(LOOKS_AGAIN_AFTER):
                    raise
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _rows_of(cursor: sqlite3.Cursor, statement: str, arguments: Any) -> list[Any]:
    """In the thread: all rows of a statement, if it has any."""
    cursor.execute(statement, arguments)
    return cursor.fetchall() if cursor.description else []
