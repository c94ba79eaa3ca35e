"""When somebody gets what may wait: in working hours of their own place, twice a week at most, the rest merged."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import deployment
from mentoring.db import among
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
    db: AsyncSession, kinds: Mapping[str, Kind], now: datetime, hours: MailHours = MAIL_HOURS, readers: int = 1
) -> int:
    """Let go what waits longest, with all that waits for the same readers; or say until when it waits.

    Return how many messages named those readers, at most one for each that is asked for; 0 when nothing is due.
    However much was missed, a reader gets one message. What no longer makes sense is skipped first, so that it neither
    counts nor holds up anything.
    """
    oldest = select(Message.recipient_id).where(*_due(now)).order_by(Message.wake_at, Message.id).limit(readers)
    first = list(await db.scalars(oldest))
    # The readers are held first, then their messages: so two clocks cannot both see room for one more, nor deadlock.
    held = select(Person).where(among(Person.id, set(first))).order_by(Person.id).with_for_update(key_share=True)
    people = list(await db.scalars(held))
    theirs = select(Message).where(*_due(now), among(Message.recipient_id, set(first))).order_by(Message.id)
    waiting = await _sensible(db, list(await db.scalars(theirs.with_for_update())), kinds, now)
    got = await _released(db, {one.id for one in people}, now)
    ready = []
    for reader in people:
        if not (mine := [one for one in waiting if one.recipient_id == reader.id]):
            continue
        any_hour = any(one.pace is Pace.QUESTION for one in mine)
        at = good_moment(now, reader.country, reader.time_zone or "UTC", got[reader.id], any_hour, hours)
        if at > now:
            for one in mine:
                one.wake_at = at
        else:
            ready.append(mine)
    await _release(db, ready, now)
    return len(first)


def _due(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Message.state == MessageState.HELD, Message.wake_at <= now


async def _released(db: AsyncSession, readers: Collection[UUID], now: datetime) -> Mapping[UUID, Sequence[datetime]]:
    """When each reader was let have what they got in the last seven days."""
    rows = await db.execute(
        select(Message.recipient_id, Message.released_at, Message.within_id).where(
            among(Message.recipient_id, readers),
            Message.released_at > now - WEEK,
            Message.state.not_in((MessageState.SKIPPED, MessageState.REFUSED)),
        )
    )
    got: dict[UUID, list[datetime]] = defaultdict(list)
    for reader, at, within in rows:
        if at is not None and within is None:  # asked for in the statement, SQLite would look for that first
            got[reader].append(at)
    return got


async def _sensible(
    db: AsyncSession, waiting: Sequence[Message], kinds: Mapping[str, Kind], now: datetime
) -> list[Message]:
    """Those that still make sense; the others are skipped."""
    still: set[UUID] = set()
    for kind in {one.kind for one in waiting}:
        of_kind = [one.id for one in waiting if one.kind == kind]
        still |= set(
            await db.scalars(select(Message.id).where(among(Message.id, of_kind), kinds[kind].guard), {"now": now})
        )
    for one in waiting:
        if one.id not in still:
            one.state, one.wake_at = MessageState.SKIPPED, None
    return [one for one in waiting if one.id in still]


async def _release(db: AsyncSession, ready: Sequence[Sequence[Message]], now: datetime) -> None:
    """Let go what waits for each reader: as it is, or, if there are several, in one that carries them."""
    carriers = {
        mine[0].recipient_id: Message(
            id=uuid4(), kind=BUNDLE, about=uuid4(), recipient_id=mine[0].recipient_id, pace=Pace.REMINDER, made_at=now,
            wake_at=now, released_at=now,
        )
        for mine in ready
        if len(mine) > 1
    }  # fmt: skip
    db.add_all(carriers.values())
    await db.flush()
    for one in chain.from_iterable(ready):
        one.released_at = now
        if carrier := carriers.get(one.recipient_id):
            one.state, one.wake_at, one.within_id = MessageState.MERGED, None, carrier.id
        else:
            one.state, one.wake_at = MessageState.PENDING, now
