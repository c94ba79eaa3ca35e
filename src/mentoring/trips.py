"""SQLite's connections, on which each statement is one trip to the driver's thread.

SQLAlchemy makes four of it: for a cursor, for the statement, for its rows, and to close the cursor. On a page of a
dozen statements that was a third of all the work (see docs/decisions/0018-one-trip.md).
"""

import sqlite3
from collections import deque
from collections.abc import Iterable
from typing import Any

from aiosqlite import Cursor
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor


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
        async with self._adapt_connection._execute_mutex:
            rows = await self._cursor._execute(_answer, self._cursor._cursor, operation, parameters or ())
        self._rows = deque(rows)
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
    """To be put in place of SQLAlchemy's own (``do_connect``)."""

    __slots__ = ()
    _cursor_cls = OneTripCursor


def _answer(cursor: sqlite3.Cursor, operation: str, parameters: Any) -> Iterable[Any]:
    """In the thread: the statement, and all its rows, if it has any."""
    cursor.execute(operation, parameters)
    return cursor.fetchall() if cursor.description else ()
