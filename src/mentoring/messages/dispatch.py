"""The one place that sends: claim, compose, commit the intent, send, mark.

A message is ``sending`` in the database before its first byte leaves, so a crash leaves at most one message per process
of which nobody can know whether it arrived; that one becomes ``uncertain`` and is shown, never repeated. Marking a
message and committing the intent of the next are one statement: one commit a message.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from random import Random
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Update, and_, bindparam, case, literal, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from mentoring import deployment
from mentoring.db import Database
from mentoring.failpoints import failpoint
from mentoring.messages.contracts import NOW, Claimed, Kind, Post, Write
from mentoring.messages.mime import mail_bytes
from mentoring.messages.models import Message
from mentoring.messages.rules import BATCH, EMAIL, LEASE, MOST_ATTEMPTS, MessageState, retry_after
from mentoring.messages.statements import Prepared, run
from mentoring.messages.transport import Outcome, Smtp, Unreachable, Verdict
from mentoring.messages.unsubscribing import stop_url
from mentoring.settings import Settings

log = logging.getLogger(__name__)
NOBODY = UUID(int=0)
Clock = Callable[[], datetime]
Stopping = Callable[[], bool]


def never() -> bool:
    return False


def utc_now() -> datetime:
    return datetime.now(UTC)


class Mail(NamedTuple):
    """A mail as it travels, and to whom."""

    to: str
    content: bytes


Mails = dict[UUID, Callable[[], Mail | None]]
"""By message: how to write its mail. A message that is missing no longer makes sense."""


class Sender(Struct, frozen=True):
    """Who sends: a process with its database, its kinds of messages and its line to the server, if one is set."""

    database: Database
    settings: Settings
    kinds: Mapping[str, Kind]
    secret: bytes
    smtp: Smtp | None
    clock: Clock
    chance: Random
    owner: str
    intents: Mapping[str, Prepared]
    """The statement that commits an intent, by kind; made once, because making it costs as much as running it."""


def new_sender(database: Database, settings: Settings, kinds: Mapping[str, Kind], clock: Clock = utc_now) -> Sender:
    """Make the sender of this process. Without an SMTP server messages are kept in the mailbox."""
    smtp = Smtp(settings) if settings.smtp_url else None
    owner = f"{socket.gethostname()}:{os.getpid()}"
    intents = {name: Prepared(_intent(kind), database.engine.dialect) for name, kind in kinds.items()}
    return Sender(database, settings, kinds, settings.secret(), smtp, clock, Random(), owner, intents)


async def send_due(sender: Sender, stopping: Stopping = never, limit: int = BATCH) -> int:
    """Send what is due, batch after batch, about ``limit`` messages at most; return how many were dealt with."""
    dealt_with = 0
    while dealt_with < limit and not stopping():
        if sender.smtp is not None and not await _reached(sender.smtp):
            break
        batch = await _send_batch(sender, stopping)
        dealt_with += batch
        if batch < BATCH:
            break
    return dealt_with


async def _send_batch(sender: Sender, stopping: Stopping) -> int:
    async with sender.database.sessions.begin() as db:
        claimed = await claim(db, sender.owner, sender.clock())
        mails = await _compose(db, sender, claimed)
        failpoint("send.composed")
    failpoint("send.claimed")
    if sender.smtp is None:
        await _keep(sender, claimed, mails)
    else:
        await _send(sender, sender.smtp, claimed, mails, stopping)
    return len(claimed)


async def _reached(smtp: Smtp) -> bool:
    try:
        await smtp.open()
    except Unreachable as unreachable:
        if smtp.trouble != str(unreachable):  # said once, not every second for as long as it lasts
            log.warning("no mail server", extra={"error": str(unreachable)})
        smtp.trouble = str(unreachable)
        return False
    smtp.trouble = None
    return True


async def claim(
    db: AsyncSession, owner: str, now: datetime, limit: int = BATCH, *, email: bool = True
) -> list[Claimed]:
    """Take what is due, of mails or of webhooks, and what another took whose lease has passed.

    An expired intent becomes uncertain.
    """
    await db.execute(
        update(Message)
        .where(Message.state == MessageState.SENDING, Message.wake_at <= now)
        .values(state=MessageState.UNCERTAIN, wake_at=None, error="lost sight of it while sending")
    )
    due = (
        select(Message.id)
        .where(Message.wake_at <= now, Message.state.in_((MessageState.PENDING, MessageState.CLAIMED)))
        .where((Message.channel == EMAIL) if email else (Message.channel != EMAIL))
        .order_by(Message.wake_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    rows = await db.execute(
        update(Message)
        .where(Message.id.in_(select(due.c.id)))
        .values(state=MessageState.CLAIMED, owner=owner, attempt=Message.attempt + 1, wake_at=now + LEASE)
        .returning(
            Message.id,
            Message.kind,
            Message.about,
            Message.sequence,
            Message.recipient_id,
            Message.attempt,
            Message.pace,
        ),
        execution_options={"synchronize_session": False},
    )
    return sorted((Claimed(*row) for row in rows), key=lambda one: (one.kind, one.about))


async def _compose(db: AsyncSession, sender: Sender, claimed: Sequence[Claimed]) -> Mails:
    """Compose kind by kind. One message that cannot be composed must not hold up the others."""
    post = Post(await deployment.in_force(db, sender.settings), sender.secret, sender.clock())
    mails: Mails = {}
    for _, group in groupby(claimed, key=lambda one: one.kind):
        batch = list(group)
        composed = await _try(db, sender, post, batch)
        if composed is None:
            each = [await _try(db, sender, post, [one]) for one in batch]
            composed = {message_id: write for part in each if part is not None for message_id, write in part.items()}
            failed = [one.id for one, part in zip(batch, each, strict=True) if part is None]
            composed |= dict.fromkeys(failed, _broken)
        mails |= composed
    return mails


async def _try(db: AsyncSession, sender: Sender, post: Post, batch: Sequence[Claimed]) -> Mails | None:
    try:
        async with db.begin_nested():
            drafts = await sender.kinds[batch[0].kind].compose(db, post, batch)
    except Exception:
        log.exception("composing failed", extra={"kind": batch[0].kind, "messages": len(batch)})
        return None
    return {one.id: partial(_mail, post, one, drafts[one.id]) for one in batch if one.id in drafts}


def _mail(post: Post, one: Claimed, write: Write) -> Mail | None:
    """Write the mail out; None where that fails, which must not hold up the others either."""
    settings = post.settings
    try:
        draft = write()
        stop = stop_url(post, one)
        return Mail(draft.to, mail_bytes(draft, one, settings.mail_from, settings.organisation, post.now, stop))
    except Exception:
        log.exception("writing failed", extra={"kind": one.kind, "message_id": str(one.id)})
        return None


def _broken() -> None:
    """In place of a mail that could not be composed."""


class Exchange(NamedTuple):
    """The server hears for whom a message is (``opening``) while its intent is being committed (``granted``).

    What the message says, it hears only after; together with the address of the ``following`` one.
    """

    opening: asyncio.Task[Outcome | None]
    granted: bool
    following: str | None


async def _send(sender: Sender, smtp: Smtp, claimed: Sequence[Claimed], mails: Mails, stopping: Stopping) -> None:
    """Send one after the other. What remains when we are told to stop, or the server is gone, is given back."""
    due = [one for one in claimed if one.id in mails]
    await _skip(sender, [one for one in claimed if one.id not in mails])
    before: Claimed | None = None
    mail = mails[due[0].id]() if due else None
    async with sender.database.engine.connect() as connection:
        try:
            for place, one in enumerate(due):
                if stopping():
                    await _give_back(sender, due[place:])
                    break
                following = mails[due[place + 1].id] if place + 1 < len(due) else _broken
                if mail is None:
                    await _put_off(sender, [one], "writing failed")
                    mail = following()
                    continue
                opening = asyncio.create_task(smtp.begin(mail.to))
                intending = asyncio.create_task(_intend(connection, sender, one, mail.to, before))
                await asyncio.sleep(0)  # both are on their way; the next mail is written meanwhile
                ahead = following()
                granted = await intending
                failpoint("send.intended")
                before = None
                exchange = Exchange(opening, granted, ahead.to if ahead else None)
                before = await _finish(sender, smtp, one, mail, exchange)
                if not smtp.connected and not await _reached(smtp):
                    await _put_off(sender, due[place + 1 :], "no mail server")
                    break
                mail = ahead
        finally:
            if before is not None:
                failpoint("send.before_last_mark")
                await _mark_sent(connection, sender, before)
                failpoint("send.marked")


async def _finish(sender: Sender, smtp: Smtp, one: Claimed, mail: Mail, exchange: Exchange) -> Claimed | None:
    """Hand the message over if its intent was granted; return it if it was sent and is still to be marked so."""
    refusal = await exchange.opening
    if not exchange.granted:
        smtp.close()  # it waits for a message that will not come
        await _skip(sender, [one])
        return None
    outcome = refusal or await smtp.hand_over(mail.content, exchange.following)
    failpoint("send.unmarked")
    if outcome.verdict is Verdict.SENT:
        return one
    await _settle(sender, one, outcome)
    return None


def _intent(kind: Kind) -> Update:
    """Mark the message before as sent and commit the intent of the next, if its lease and its sense still hold."""
    before = and_(
        Message.id == bindparam("before_id", required=False),
        Message.attempt == bindparam("before_attempt", required=False),
        Message.state == MessageState.SENDING,
    )
    following = and_(
        Message.id == bindparam("next_id", required=False),
        Message.attempt == bindparam("next_attempt", required=False),
        Message.state == MessageState.CLAIMED,
        Message.wake_at > NOW,
        kind.guard,
    )
    is_before = Message.id == bindparam("before_id", required=False)
    lease = bindparam("lease", required=False, type_=Message.wake_at.type)
    to = bindparam("to", required=False, type_=Message.address.type)
    state = Message.state.type
    return (
        update(Message)
        .where(or_(before, following))
        .values(
            state=case((is_before, literal(MessageState.SENT, state)), else_=literal(MessageState.SENDING, state)),
            sent_at=case((is_before, NOW), else_=Message.sent_at),
            wake_at=case((is_before, null()), else_=lease),
            address=case((is_before, Message.address), else_=to),
        )
        .returning(Message.id)
    )


async def _intend(connection: AsyncConnection, sender: Sender, one: Claimed, to: str, before: Claimed | None) -> bool:
    return one.id in await run(connection, sender.intents[one.kind], _values(sender.clock(), one, to, before))


async def _mark_sent(connection: AsyncConnection, sender: Sender, before: Claimed) -> None:
    """The last one of a batch has no next, whose intent would mark it."""
    await run(connection, sender.intents[before.kind], _values(sender.clock(), None, "", before))


def _values(now: datetime, one: Claimed | None, to: str, before: Claimed | None) -> dict[str, object]:
    return {
        "now": now,
        "lease": now + LEASE,
        "to": to,
        "next_id": one.id if one else NOBODY,
        "next_attempt": one.attempt if one else 0,
        "before_id": before.id if before else NOBODY,
        "before_attempt": before.attempt if before else 0,
    }


def _mine(one: Claimed, *states: MessageState) -> Update:
    """The fence: an update that touches the message only as long as it is this sender's."""
    return update(Message).where(Message.id == one.id, Message.attempt == one.attempt, Message.state.in_(states))


async def _skip(sender: Sender, claimed: Sequence[Claimed]) -> None:
    """They no longer make sense; where only the lease has passed, the next claim takes them again."""
    if not claimed:
        return
    async with sender.database.sessions.begin() as db:
        for one in claimed:
            await db.execute(
                _mine(one, MessageState.CLAIMED)
                .where(Message.wake_at > sender.clock())
                .values(state=MessageState.SKIPPED, wake_at=None)
            )


async def _settle(sender: Sender, one: Claimed, outcome: Outcome) -> None:
    now = sender.clock()
    values: dict[Verdict, dict[str, object]] = {
        Verdict.REFUSED: {"state": MessageState.REFUSED, "wake_at": None, "error": outcome.error},
        Verdict.UNCERTAIN: {"state": MessageState.UNCERTAIN, "wake_at": None, "error": outcome.error},
        Verdict.LATER: _later(sender, one, outcome.error, now),
    }
    async with sender.database.sessions.begin() as db:
        await db.execute(_mine(one, MessageState.SENDING).values(values[outcome.verdict]))
        failpoint("send.unsettled")


def _later(sender: Sender, one: Claimed, error: str | None, now: datetime) -> dict[str, object]:
    if one.attempt >= MOST_ATTEMPTS:
        return {"state": MessageState.REFUSED, "wake_at": None, "error": error}
    return {
        "state": MessageState.PENDING,
        "wake_at": now + retry_after(one.attempt, sender.chance),
        "error": error,
    }


async def _put_off(sender: Sender, claimed: Sequence[Claimed], error: str) -> None:
    """Try again later: nothing of these was handed over."""
    if not claimed:
        return
    async with sender.database.sessions.begin() as db:
        for one in claimed:
            await db.execute(_mine(one, MessageState.CLAIMED).values(_later(sender, one, error, sender.clock())))


async def _give_back(sender: Sender, claimed: Sequence[Claimed]) -> None:
    """Let another sender have them at once."""
    async with sender.database.sessions.begin() as db:
        for one in claimed:
            await db.execute(
                _mine(one, MessageState.CLAIMED).values(state=MessageState.PENDING, wake_at=sender.clock())
            )


async def _keep(sender: Sender, claimed: Sequence[Claimed], mails: Mails) -> None:
    """Lay mails into the mailbox instead of sending them: one transaction, nothing leaves the house."""
    now = sender.clock()
    written = {one.id: mails[one.id]() for one in claimed if one.id in mails}
    await _put_off(sender, [one for one in claimed if one.id in mails and written[one.id] is None], "writing failed")
    async with sender.database.sessions.begin() as db:
        for one in claimed:
            if mail := written.get(one.id):
                kept = _mine(one, MessageState.CLAIMED).where(sender.kinds[one.kind].guard)
                values = {"state": MessageState.KEPT, "wake_at": None, "sent_at": now}
                await db.execute(
                    kept.values(values | {"address": mail.to, "mail": mail.content})
                    .execution_options(synchronize_session=False),
                    {"now": now},
                )  # fmt: skip
        failpoint("keep.before_commit")
    await _skip(sender, [one for one in claimed if one.id not in mails or written[one.id] is not None])
