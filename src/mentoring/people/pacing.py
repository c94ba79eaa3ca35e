"""When somebody gets what may wait: in working hours of their own place, twice a week at most, the rest merged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import deployment
from mentoring.messages.bundles import BUNDLE
from mentoring.messages.contracts import Kind
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState, Pace
from mentoring.people.models import Person
from mentoring.people.rules import MAIL_HOURS, WEEK, MailHours, good_moment
from mentoring.settings import Settings


async def mail_hours(db: AsyncSession, settings: Settings) -> MailHours:
    """When reminders come now, as the environment or an administrator says."""
    now = await deployment.in_force(db, settings)
    return MailHours(now.mails_from, now.mails_until, now.mails_a_week)


async def release_messages(
    db: AsyncSession, kinds: Mapping[str, Kind], now: datetime, hours: MailHours = MAIL_HOURS
) -> UUID | None:
    """Let go what waits longest, with all that waits for the same reader; or say until when they wait.

    None when nothing is due. However much was missed, it is one message. What no longer makes sense is skipped first,
    so that it neither counts nor holds up anything.
    """
    first = await db.scalar(_due(now).order_by(Message.wake_at, Message.id).limit(1))
    if first is None:
        return None
    # The reader is held first, then their messages: so two clocks cannot both see room for one more, nor deadlock.
    reader = await db.scalar(select(Person).where(Person.id == first.recipient_id).with_for_update(key_share=True))
    waiting = list(await db.scalars(_due(now).where(Message.recipient_id == first.recipient_id).with_for_update()))
    waiting = await _sensible(db, waiting, kinds, now)
    if reader is None or not waiting:
        return first.id
    any_hour = any(one.pace is Pace.QUESTION for one in waiting)
    got = await _released(db, reader.id, now)
    at = good_moment(now, reader.country, reader.time_zone or "UTC", got, any_hour, hours)
    if at > now:
        for one in waiting:
            one.wake_at = at
    else:
        await _release(db, waiting, now)
    return first.id


def _due(now: datetime) -> Select[Message]:
    return select(Message).where(Message.state == MessageState.HELD, Message.wake_at <= now)


async def _released(db: AsyncSession, reader_id: UUID, now: datetime) -> Sequence[datetime]:
    """When the reader was let have what they got in the last seven days."""
    got = select(Message.released_at).where(
        Message.recipient_id == reader_id,
        Message.released_at > now - WEEK,
        Message.within_id.is_(None),
        Message.state.not_in((MessageState.SKIPPED, MessageState.REFUSED)),
    )
    return [at for at in await db.scalars(got) if at is not None]


async def _sensible(
    db: AsyncSession, waiting: Sequence[Message], kinds: Mapping[str, Kind], now: datetime
) -> list[Message]:
    """Those that still make sense; the others are skipped."""
    still: set[UUID] = set()
    for kind in {one.kind for one in waiting}:
        of_kind = [one.id for one in waiting if one.kind == kind]
        still |= set(
            await db.scalars(select(Message.id).where(Message.id.in_(of_kind), kinds[kind].guard), {"now": now})
        )
    for one in waiting:
        if one.id not in still:
            one.state, one.wake_at = MessageState.SKIPPED, None
    return [one for one in waiting if one.id in still]


async def _release(db: AsyncSession, waiting: Sequence[Message], now: datetime) -> None:
    if len(waiting) == 1:
        [one] = waiting
        one.state, one.wake_at, one.released_at = MessageState.PENDING, now, now
        return
    carrier = Message(
        id=uuid4(), kind=BUNDLE, about=uuid4(), recipient_id=waiting[0].recipient_id, pace=Pace.REMINDER, made_at=now,
        wake_at=now, released_at=now,
    )  # fmt: skip
    db.add(carrier)
    await db.flush()
    await db.execute(
        update(Message)
        .where(Message.id.in_([one.id for one in waiting]))
        .values(state=MessageState.MERGED, wake_at=None, released_at=now, within_id=carrier.id)
    )
