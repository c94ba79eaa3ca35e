"""When sessions and API tokens were used last: noted at once, written down together a moment later."""

import asyncio
import logging
from asyncio import Task, TimerHandle
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, or_, update

from mentoring.db import Database
from mentoring.people.models import ApiToken, SignIn

log = logging.getLogger(__name__)

WRITTEN_AFTER = 5.0
"""Seconds from the first note to the transaction that writes down all there are by then."""

SESSION_SEEN = (
    update(SignIn)
    .where(SignIn.digest == bindparam("key"), SignIn.seen_at < bindparam("at"))
    .values(seen_at=bindparam("at"))
)
TOKEN_USED = (
    update(ApiToken)
    .where(ApiToken.id == bindparam("key"), or_(ApiToken.used_at.is_(None), ApiToken.used_at < bindparam("at")))
    .values(used_at=bindparam("at"))
)


class Presence:
    """The notes of one process.

    Whoever only looks at a page neither waits for those who write nor becomes one of them. What a process has not yet
    written when it is killed is forgotten: a session counts as idle for some seconds longer than it was.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, datetime] = {}
        self._tokens: dict[UUID, datetime] = {}
        self._timer: TimerHandle | None = None
        self._writing: Task[None] | None = None

    def note_session(self, database: Database, digest: str, now: datetime) -> None:
        self._sessions[digest] = now
        self._write_soon(database)

    def note_token(self, database: Database, token_id: UUID, now: datetime) -> None:
        self._tokens[token_id] = now
        self._write_soon(database)

    async def close(self, database: Database) -> None:
        """Write down what is noted."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._writing is not None:
            await self._writing
        await self._write(database)

    def _write_soon(self, database: Database) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WRITTEN_AFTER, self._begin, database)

    def _begin(self, database: Database) -> None:
        self._timer = None
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(database))
        else:  # it waits for somebody who writes
            self._write_soon(database)

    async def _write(self, database: Database) -> None:
        """Write all notes; where that fails they are kept, and the next note brings them along."""
        sessions, tokens = self._sessions, self._tokens
        if not sessions and not tokens:
            return
        self._sessions, self._tokens = {}, {}
        try:
            async with database.sessions.begin() as db:
                connection = await db.connection()
                for statement, noted in ((SESSION_SEEN, sessions), (TOKEN_USED, tokens)):
                    if noted:
                        await connection.execute(statement, _in_order(noted))
        except Exception:  # nobody's request: whoever asks next finds the database as it is, and hears of it
            log.exception("when sessions were used last was not written")
            self._sessions, self._tokens = sessions | self._sessions, tokens | self._tokens


def _in_order(noted: Mapping[str, datetime] | Mapping[UUID, datetime]) -> list[dict[str, object]]:
    """In one order in all processes, so that two of them that write at once do not wait for each other."""
    return [{"key": key, "at": at} for key, at in sorted(noted.items())]
