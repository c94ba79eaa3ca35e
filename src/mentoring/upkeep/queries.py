"""How the service is: read from the ends of indexes, so that asking costs little however much there is."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import heartbeat, policy
from mentoring.heartbeat import TICK, Hold, JobRun
from mentoring.identity import Actor
from mentoring.journal import JournalEntry
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.policy import Action
from mentoring.rounds.models import Round
from mentoring.rounds.rules import RoundState
from mentoring.upkeep.contracts import HoldView, JobView, Status
from mentoring.upkeep.rules import QUEUE_LATE, TICK_LATE, Alarm

HELD = (MessageState.CLAIMED, MessageState.SENDING)


async def read_status(db: AsyncSession, actor: Actor, now: datetime) -> Status:
    """How clock, queue and events are, and which alarms ring."""
    policy.require_right(actor, Action.STATUS_READ)
    hold = await heartbeat.open_hold(db)
    runs = {run.job: run for run in await db.scalars(select(JobRun).order_by(JobRun.job))}
    ticked = runs.pop(TICK).ran_at if TICK in runs else None
    due, oldest = (
        await db.execute(
            select(func.count(), func.min(Message.wake_at)).where(
                Message.wake_at <= now, Message.state == MessageState.PENDING
            )
        )
    ).one()
    solving = Round.state == RoundState.SOLVING
    failing, error = await _failing(db)
    jobs = [JobView(run.job, run.ran_at, run.items, run.error) for run in runs.values()]
    status = Status(
        at=now,
        alarms=[],
        hold=_view(hold) if hold else None,
        ticked_at=ticked,
        tick_age=(now - ticked).total_seconds() if ticked else None,
        messages_due=due,
        oldest_due_age=(now - oldest).total_seconds() if oldest else 0.0,
        messages_uncertain=await _in_state(db, MessageState.UNCERTAIN),
        messages_refused=await _in_state(db, MessageState.REFUSED),
        leases_expired=await _expired(db, now),
        events_waiting=await _count(db, JournalEntry.wake_at <= now),
        events_failing=failing,
        last_error=error or next((job.error for job in jobs if job.error), None),
        rounds_solving=await db.scalar(select(func.count()).select_from(Round).where(solving)) or 0,
        jobs=jobs,
    )
    return _alarmed(status)


def _view(hold: Hold) -> HoldView:
    return HoldView(hold.reason, hold.held_at, hold.last_tick_at, hold.people)


def _alarmed(status: Status) -> Status:
    rings = {
        Alarm.CLOCK_HELD: status.hold is not None,
        Alarm.CLOCK_LATE: status.tick_age is None or status.tick_age > TICK_LATE.total_seconds(),
        Alarm.QUEUE_LATE: status.oldest_due_age > QUEUE_LATE.total_seconds(),
        Alarm.LEASES_EXPIRED: status.leases_expired > 0,
        Alarm.JOB_FAILING: any(job.error for job in status.jobs),
        Alarm.EVENTS_FAILING: status.events_failing > 0,
    }
    return replace(status, alarms=[alarm for alarm, ringing in rings.items() if ringing])


async def _in_state(db: AsyncSession, state: MessageState) -> int:
    return await db.scalar(select(func.count()).select_from(Message).where(Message.state == state)) or 0


async def _count(db: AsyncSession, *where: ColumnElement[bool]) -> int:
    return await db.scalar(select(func.count()).select_from(JournalEntry).where(*where)) or 0


async def _failing(db: AsyncSession) -> tuple[int, str | None]:
    """Events whose reaction failed and is tried again later, and what went wrong with the latest."""
    failed = (JournalEntry.wake_at.is_not(None), JournalEntry.attempts > 0)
    latest = select(JournalEntry.error).where(*failed).order_by(JournalEntry.number.desc()).limit(1)
    return await _count(db, *failed), await db.scalar(latest)


async def _expired(db: AsyncSession, now: datetime) -> int:
    """Leases that have passed, of messages and of rounds, and that nobody has taken over yet."""
    late = now - TICK_LATE
    messages = select(func.count()).select_from(Message).where(Message.wake_at <= late, Message.state.in_(HELD))
    rounds = select(func.count()).select_from(Round).where(Round.lease_until <= late, Round.state == RoundState.SOLVING)
    counts: Sequence[int | None] = [await db.scalar(messages), await db.scalar(rounds)]
    return sum(one or 0 for one in counts)
