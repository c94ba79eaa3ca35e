"""One function per job: a loop over one use case, a transaction per item, a limit per run.

The schedule is the ``wake_at`` column of each table. Every job may run twice, and in any number of processes; a tick
with nothing to do is one look at an index.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from mentoring import reactions
from mentoring.checkins import service as checkins
from mentoring.checkins.models import CheckIn
from mentoring.db import Database
from mentoring.journal import JournalEntry
from mentoring.messages import dispatch
from mentoring.messages.dispatch import Sender
from mentoring.messages.models import Message
from mentoring.pairings import service as pairings
from mentoring.pairings.models import Pairing, PairSession
from mentoring.rounds import solving as rounds

log = logging.getLogger(__name__)
BATCH = 500
"""Items in one run of a job; the rest wait for the next, so that no job starves the others."""

Stopping = Callable[[], bool]
WakeOne = Callable[[AsyncSession, datetime], Awaitable[UUID | None]]


class Clock(NamedTuple):
    """What the jobs of one process share. ``stopping`` says that no new item may be begun."""

    database: Database
    sender: Sender
    stopping: Stopping

    def now(self) -> datetime:
        return datetime.now(UTC)


Job = Callable[[Clock], Awaitable[int]]


async def something_due(database: Database, wake_at: InstrumentedAttribute[datetime | None], now: datetime) -> bool:
    """Whether the earliest row of a table is due: a look at the end of an index, which locks nothing."""
    earliest: Select[tuple[int]] = select(1).where(wake_at <= now).limit(1)
    async with database.reading() as db:
        return await db.scalar(earliest) is not None


async def deliver_events(clock: Clock) -> int:
    """Let follow what follows from what has happened."""
    if not await something_due(clock.database, JournalEntry.wake_at, clock.now()):
        return 0
    delivered = await reactions.pass_over_unanswered(clock.database, clock.now())
    for _ in range(BATCH):
        if clock.stopping() or await reactions.deliver_one(clock.database, clock.now()) is None:
            return delivered
        delivered += 1
    return _stopped_after("events", delivered)


async def wake_pairings(clock: Clock) -> int:
    """Remind whoever has not answered a proposal, or let it expire."""
    return await _wake(clock, "pairings", Pairing.wake_at, pairings.wake_pairing)


async def wake_sessions(clock: Clock) -> int:
    """Invite to the sessions that come near."""
    return await _wake(clock, "sessions", PairSession.wake_at, pairings.wake_session)


async def wake_check_ins(clock: Clock) -> int:
    """Fire, follow up or lapse every check-in whose time has come."""
    return await _wake(clock, "check-ins", CheckIn.wake_at, checkins.wake_check_in)


async def _wake(clock: Clock, name: str, wake_at: InstrumentedAttribute[datetime | None], wake_one: WakeOne) -> int:
    if not await something_due(clock.database, wake_at, clock.now()):
        return 0
    for woken in range(BATCH):
        if clock.stopping():
            return woken
        async with clock.database.sessions.begin() as db:
            if await wake_one(db, clock.now()) is None:
                return woken
    return _stopped_after(name, BATCH)


async def send_messages(clock: Clock) -> int:
    """Send what is due, batch after batch."""
    if clock.stopping() or not await something_due(clock.database, Message.wake_at, clock.now()):
        return 0
    return await dispatch.send_due(clock.sender, clock.stopping, BATCH)


async def solve_rounds(clock: Clock) -> int:
    """Solve the round that waits for it, in a process of its own; the other jobs go on meanwhile."""
    return int(await rounds.solve_next(clock.database))


def _stopped_after(name: str, items: int) -> int:
    log.info("job stopped at its limit, the rest wait for the next run", extra={"job": name, "items": items})
    return items


JOBS: tuple[Job, ...] = (deliver_events, wake_pairings, wake_sessions, wake_check_ins, send_messages, solve_rounds)
