"""One function per job: a loop over one use case, few items a transaction, a limit per run.

The schedule is the ``wake_at`` column of each table. Every job may run twice, and in any number of processes; a tick
with nothing to do is one look at an index.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from mentoring import reactions, sealing
from mentoring.checkins import service as checkins
from mentoring.checkins.models import CheckIn
from mentoring.db import Database
from mentoring.failpoints import failpoint
from mentoring.followups import service as followups
from mentoring.followups.models import Watch
from mentoring.hooks import dispatch as hooks
from mentoring.hooks.calling import Caller
from mentoring.journal import JournalEntry
from mentoring.messages import dispatch
from mentoring.messages.contracts import NOW
from mentoring.messages.dispatch import Sender
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.pairings import service as pairings
from mentoring.pairings import zones
from mentoring.pairings.models import Pairing, PairSession, ZoneRules
from mentoring.people import pacing
from mentoring.rounds import solving as rounds

log = logging.getLogger(__name__)
BATCH = 500
"""Items in one run of a job; the rest wait for the next, so that no job starves the others."""

TOGETHER = 25
"""Items that one transaction wakes: a commit costs more than waking one does, and a death takes back few."""
AT_ONCE = 100
"""Items that one transaction wakes where they are read and written together, so that it is as short all the same."""

Stopping = Callable[[], bool]
WakeOne = Callable[[AsyncSession, datetime], Awaitable[UUID | None]]
WakeSome = Callable[[AsyncSession, datetime, int], Awaitable[int]]
"""Wakes so many at most, and returns how many it came upon."""


CALLER = Caller()


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
    return await _wake(clock, "pairings", _one_by_one(clock, pairings.wake_pairing))


async def wake_sessions(clock: Clock) -> int:
    """Invite to the sessions that come near."""
    return await _wake(clock, "sessions", _one_by_one(clock, pairings.wake_session))


async def keep_wall_times(clock: Clock) -> int:
    """Look at the sessions to come by new zone rules, once."""
    looked = 0
    while not clock.stopping():
        async with clock.database.sessions.begin() as db:
            more = await zones.renew_some(db, clock.now())
        looked += 1
        if not more:
            break
    return looked


async def wake_check_ins(clock: Clock) -> int:
    """Fire, follow up or lapse every check-in whose time has come."""
    return await _wake(clock, "check-ins", checkins.wake_check_ins, AT_ONCE)


async def wake_watches(clock: Clock) -> int:
    """Look at the pairings whose ladder has a rung to take, or whose risk may have changed."""
    return await _wake(clock, "watches", _one_by_one(clock, followups.wake_watch))


async def _wake(clock: Clock, name: str, wake: WakeSome, together: int = TOGETHER) -> int:
    woken = 0
    while woken < BATCH:
        if clock.stopping() or not (some := await _wake_some(clock, name, wake, together)):
            return woken
        woken += some
    return _stopped_after(name, woken)


async def _wake_some(clock: Clock, name: str, wake: WakeSome, together: int) -> int:
    """Wake as many as go together into one transaction; where one of them fails, the first alone."""
    try:
        return await _wake_together(clock, wake, together)
    except Exception:  # whatever one of them does wrong, the others must wake
        log.exception("items failed together, one is tried alone", extra={"job": name})
        return await _wake_together(clock, wake, 1)


async def _wake_together(clock: Clock, wake: WakeSome, limit: int) -> int:
    async with clock.database.sessions.begin() as db:
        woken = await wake(db, clock.now(), limit)
        failpoint("wake.before_commit")
    failpoint("wake.after_commit")
    return woken


def _one_by_one(clock: Clock, wake_one: WakeOne) -> WakeSome:
    """For what takes more than a row to decide: each is looked for when the one before is done."""

    async def wake(db: AsyncSession, _now: datetime, limit: int) -> int:
        woken = 0
        while woken < limit and not clock.stopping() and await wake_one(db, clock.now()) is not None:
            woken += 1
        return woken

    return wake


async def release_messages(clock: Clock) -> int:
    """Let go what waited for a good moment of its reader."""
    return await _wake(clock, "messages", partial(_release, clock), AT_ONCE)


async def _release(clock: Clock, db: AsyncSession, now: datetime, readers: int) -> int:
    hours = await pacing.mail_hours(db, clock.sender.settings)
    return await pacing.release_messages(db, clock.sender.kinds, now, hours, readers)


async def send_messages(clock: Clock) -> int:
    """Send what is due, batch after batch."""
    sent = 0
    while sent < BATCH and not clock.stopping():
        some = await dispatch.send_due(clock.sender, clock.stopping)
        if not some:
            return sent
        sent += some
    return sent


async def tell_hooks(clock: Clock) -> int:
    """Tell chats and programs what is due."""
    return await hooks.tell_due(clock.sender, CALLER, clock.stopping)


async def seal_journal(clock: Clock) -> int:
    """Seal what has come into the journal, so that a change of it shows."""
    sealed = 0
    while sealed < BATCH and not clock.stopping():
        some = await sealing.seal_next(clock.database, clock.sender.secret, clock.now())
        if not some:
            return sealed
        sealed += some
    return sealed


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
    keep_wall_times: ~exists().where(ZoneRules.version == zones.KNOWN, ZoneRules.done_at.is_not(None)),
    deliver_events: _earliest(JournalEntry.wake_at),
    wake_pairings: _earliest(Pairing.wake_at),
    wake_sessions: _earliest(PairSession.wake_at),
    wake_check_ins: _earliest(CheckIn.wake_at),
    wake_watches: _earliest(Watch.wake_at),
    release_messages: exists().where(Message.state == MessageState.HELD, Message.wake_at <= NOW),
    send_messages: _earliest(Message.wake_at),
    tell_hooks: hooks.WAITING,
    seal_journal: sealing.UNSEALED,
    solve_rounds: exists().where(rounds.waiting(NOW)),
}
"""The jobs, each with what is true when it has something to do."""

_LOOK = select(*JOBS.values())


async def due_jobs(clock: Clock) -> list[Job]:
    """The jobs that have something to do: the end of each index, seen in one statement that locks nothing."""
    async with clock.database.reading() as db:
        seen = (await db.execute(_LOOK, {"now": clock.now()})).one()
    return [job for job, due in zip(JOBS, seen, strict=True) if due]
