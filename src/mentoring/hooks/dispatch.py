"""Telling webhooks, by the same path as mails: claim, compose, commit the intent, send, mark.

A signed receiver knows each message by its id and may be told again; a chat may not, so what broke there is uncertain.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.followups.models import Watch
from mentoring.hooks.calling import Caller, Cut, Forbidden, Unheard
from mentoring.hooks.models import Hook
from mentoring.hooks.payloads import News, parcel
from mentoring.hooks.rules import LEASE, HookKind, Topic
from mentoring.messages.contracts import NOW, Claimed, Post
from mentoring.messages.dispatch import Sender, Stopping, claim, never
from mentoring.messages.models import Message
from mentoring.messages.rules import EMAIL, MOST_ATTEMPTS, MessageState, retry_after
from mentoring.messages.transport import Outcome, Verdict
from mentoring.pairings.models import Pairing
from mentoring.programmes.models import Programme

log = logging.getLogger(__name__)
BATCH = 10
"""Messages that are claimed at a time: as many as can be told one after the other before their lease ends."""
GONE, TOO_MANY, TOO_SLOW = 410, 429, 408
WAITING: ColumnElement[bool] = (
    select(Message.id)
    .where(Message.channel != EMAIL, Message.wake_at <= NOW)
    .where(Message.state.in_((MessageState.PENDING, MessageState.CLAIMED, MessageState.SENDING)))
    .exists()
)
_WANTED = select(Hook.id).where(Hook.id == Message.recipient_id, Hook.removed_at.is_(None)).exists()


class Delivery(NamedTuple):
    """A message in our hands, for whom it is, and what it says."""

    message: Claimed
    hook: Hook
    news: News


async def tell_due(sender: Sender, caller: Caller, stopping: Stopping = never) -> int:
    """Tell what is due, one after the other; return how many messages were dealt with."""
    async with sender.database.sessions.begin() as db:
        claimed = await claim(db, sender.owner, sender.clock(), BATCH, email=False)
        deliveries = await _deliveries(db, claimed)
    for one in claimed:
        if stopping():
            break  # the lease ends, and another takes what is left
        if one.id not in deliveries or not await _intend(sender, deliveries[one.id]):
            await _mark(sender, one, MessageState.CLAIMED, {"state": MessageState.SKIPPED, "wake_at": None})
            continue
        outcome = await _tell(sender, caller, deliveries[one.id])
        await _mark(sender, one, MessageState.SENDING, _values(sender, one, outcome))
    return len(claimed)


async def _deliveries(db: AsyncSession, claimed: list[Claimed]) -> Mapping[UUID, Delivery]:
    rows = await db.execute(
        select(Hook, Programme)
        .join(Programme, Programme.id == Hook.programme_id)
        .where(Hook.id.in_({one.recipient_id for one in claimed}))
    )
    hooks = {hook.id: (hook, programme) for hook, programme in rows}
    about = await db.execute(
        select(Message.id, Message.made_at, Pairing.id.label("pairing_id"), Watch)
        .outerjoin(Pairing, Pairing.id == Message.about)
        .outerjoin(Watch, Watch.pairing_id == Pairing.id)
        .where(Message.id.in_([one.id for one in claimed]))
    )
    known = {row.id: row for row in about}
    found = {}
    for one in claimed:
        made_at, pairing_id, watch = known[one.id][1:]
        level, topic = _level(one, watch), Topic(one.kind)
        sensible = level is not None or topic is not Topic.PAIRING_AT_RISK
        if one.recipient_id in hooks and sensible and (pairing_id is not None or topic is Topic.PING):
            hook, programme = hooks[one.recipient_id]
            found[one.id] = Delivery(one, hook, News(topic, pairing_id, programme.id, programme.name, level, made_at))
    return found


def _level(message: Claimed, watch: Watch | None) -> str | None:
    """How much at risk it is; nothing where more was said since, which may have been in confidence."""
    if message.kind != Topic.PAIRING_AT_RISK or watch is None or watch.alerts != message.sequence:
        return None
    return watch.level.value


async def _intend(sender: Sender, delivery: Delivery) -> bool:
    """Commit the intent, if the lease still holds and the webhook is still wanted."""
    one, now = delivery.message, sender.clock()
    async with sender.database.sessions.begin() as db:
        granted = await db.execute(
            update(Message)
            .where(Message.id == one.id, Message.attempt == one.attempt, Message.state == MessageState.CLAIMED)
            .where(Message.wake_at > now, _WANTED)
            .values(state=MessageState.SENDING, wake_at=now + LEASE, address=delivery.hook.name)
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        )
        return granted.first() is not None


async def _tell(sender: Sender, caller: Caller, delivery: Delivery) -> Outcome:
    hook = delivery.hook
    post = Post(sender.settings, sender.secret, sender.clock())
    parts = parcel(hook.kind, hook.secret, delivery.news, delivery.message, post)
    try:
        return _outcome(await caller.post(hook.url, parts.body, parts.headers))
    except Forbidden as forbidden:
        return Outcome(Verdict.REFUSED, str(forbidden))
    except Unheard as unheard:
        return Outcome(Verdict.LATER, str(unheard))
    except Cut as cut:
        again = hook.kind is HookKind.SIGNED
        return Outcome(Verdict.LATER if again else Verdict.UNCERTAIN, str(cut))


def _outcome(status: int) -> Outcome:
    """A yes, a no for now, or a no for good; a redirect is a no, for it may lead anywhere."""
    if 200 <= status < 300:
        return Outcome(Verdict.SENT)
    later = status >= 500 or status in (TOO_MANY, TOO_SLOW)
    return Outcome(Verdict.LATER if later else Verdict.REFUSED, f"HTTP {status}")


def _values(sender: Sender, one: Claimed, outcome: Outcome) -> dict[str, object]:
    now: datetime = sender.clock()
    if outcome.verdict is Verdict.SENT:
        return {"state": MessageState.SENT, "sent_at": now, "wake_at": None}
    if outcome.verdict is Verdict.LATER and one.attempt < MOST_ATTEMPTS:
        wake_at = now + retry_after(one.attempt, sender.chance)
        return {"state": MessageState.PENDING, "wake_at": wake_at, "error": outcome.error}
    uncertain = outcome.verdict is Verdict.UNCERTAIN
    state = MessageState.UNCERTAIN if uncertain else MessageState.REFUSED
    return {"state": state, "wake_at": None, "error": outcome.error}


async def _mark(sender: Sender, one: Claimed, state: MessageState, values: dict[str, object]) -> None:
    """The fence: only as long as it is ours."""
    async with sender.database.sessions.begin() as db:
        mine = (Message.id == one.id, Message.attempt == one.attempt, Message.state == state)
        await db.execute(update(Message).where(*mine).values(values).execution_options(synchronize_session=False))
