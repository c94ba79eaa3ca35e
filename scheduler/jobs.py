"""One function per job: a loop over one use case, few items a transaction, a limit per run.

The schedule is the ``wake_at`` column of each table. Every job may run twice, and in any number of processes; a tick
with nothing to do is one look at an index.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from mentoring import reactions
from mentoring.checkins import service as checkins
from mentoring.checkins.models import CheckIn
from mentoring.db import Database
from mentoring.failpoints import failpoint
from mentoring.journal import JournalEntry
from mentoring.messages import dispatch
from mentoring.messages.contracts import NOW
from mentoring.messages.dispatch import Sender
from mentoring.messages.models import Message
from mentoring.pairings import service as pairings
from mentoring.pairings.models import Pairing, PairSession
from mentoring.rounds import solving as rounds

log = logging.getLogger(__name__)
BATCH = 500
"""Items in one run of a job; the rest wait for the next, so that no job starves the others."""

TOGETHER = 25
"""Items that one transaction wakes: a commit costs more than waking one does, and a death takes back few."""

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


async def deliver_events(clock: Clock) -> int:
    """Let follow what follows from what has happened."""
    delivered = await reactions.pass_over_unanswered(clock.database, clock.now())
    while delivered < BATCH:
        if clock.stopping() or not (some := await reactions.deliver_next(clock.database, clock.now())):
            return delivered
        delivered += some
    return _stopped_after("events", delivered)


async def wake_pairings(clock: Clock) -> int:
    """Remind whoever has not answered a proposal, or let it expire."""
    return await _wake(clock, "pairings", pairings.wake_pairing)


async def wake_sessions(clock: Clock) -> int:
    """Invite to the sessions that come near."""
    return await _wake(clock, "sessions", pairings.wake_session)


async def wake_check_ins(clock: Clock) -> int:
    """Fire, follow up or lapse every check-in whose time has come."""
    return await _wake(clock, "check-ins", checkins.wake_check_in)


async def _wake(clock: Clock, name: str, wake_one: WakeOne) -> int:
    woken = 0
    while woken < BATCH:
        if clock.stopping() or not (some := await _wake_some(clock, wake_one)):
            return woken
        woken += some
    return _stopped_after(name, woken)


async def _wake_some(clock: Clock, wake_one: WakeOne) -> int:
    """Wake as many as go together into one transaction; where one of them fails, the first alone."""
    try:
        return await _wake_together(clock, wake_one, TOGETHER)
    except Exception:
        log.exception("items failed together, one is tried alone", extra={"job": wake_one.__name__})
        return await _wake_together(clock, wake_one, 1)


async def _wake_together(clock: Clock, wake_one: WakeOne, limit: int) -> int:
    woken = 0
    async with clock.database.sessions.begin() as db:
        while woken < limit and not clock.stopping() and await wake_one(db, clock.now()) is not None:
            woken += 1
        failpoint("wake.before_commit")
    failpoint("wake.after_commit")
    return woken


async def send_messages(clock: Clock) -> int:
    """Send what is due, batch after batch."""
    sent = 0
    while sent < BATCH and not clock.stopping():
        some = await dispatch.send_due(clock.sender, clock.stopping)
        if not some:
            return sent
        sent += some
    return sent


async def solve_rounds(clock: Clock) -> int:
    """Solve the round that waits for it, in a process of its own; the other jobs go on meanwhile."""
    return int(await rounds.solve_next(clock.database))


def _stopped_after(name: str, items: int) -> int:
    log.info("job stopped at its limit, the rest wait for the next run", extra={"job": name, "items": items})
    return items


def _earliest(wake_at: InstrumentedAttribute[datetime | None]) -> ColumnElement[bool]:
    """Whether the first row of an index is due. Asked like this, either database goes there and nowhere else."""
    return select(wake_at).where(wake_at.is_not(None)).order_by(wake_at).limit(1).scalar_subquery() <= NOW


JOBS: Mapping[Job, ColumnElement[bool]] = {
    deliver_events: _earliest(JournalEntry.wake_at),
    wake_pairings: _earliest(Pairing.wake_at),
    wake_sessions: _earliest(PairSession.wake_at),
    wake_check_ins: _earliest(CheckIn.wake_at),
    send_messages: _earliest(Message.wake_at),
    solve_rounds: exists().where(rounds.waiting(NOW)),
}
"""The jobs, each with what is true when it has something to do."""

_LOOK = select(*JOBS.values())


async def due_jobs(clock: Clock) -> list[Job]:
    """The jobs that have something to do: the end of each index, seen in one statement that locks nothing."""
    async with clock.database.reading() as db:
        seen = (await db.execute(_LOOK, {"now": clock.now()})).one()
    return [job for job, due in zip(JOBS, seen, strict=True) if due]
