"""What became of messages, for coordinators; and the mailbox of a service without an SMTP server."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import policy
from mentoring.identity import Actor
from mentoring.messages.contracts import KeptMail, MessageCount, MessageView, OpenedMail
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageNotFound, MessageState
from mentoring.policy import Action


async def list_messages(
    db: AsyncSession, actor: Actor, state: MessageState | None = None, limit: int = 100
) -> list[MessageView]:
    """The latest messages, all or those in one state."""
    policy.require_right(actor, Action.MESSAGES_READ)
    chosen = select(Message).order_by(Message.made_at.desc(), Message.id).limit(limit)
    if state is not None:
        chosen = chosen.where(Message.state == state)
    return [_view(message) for message in await db.scalars(chosen)]


async def count_messages(db: AsyncSession, actor: Actor, recipient_id: UUID) -> list[MessageCount]:
    """What became of the messages to one person, by state; never what they said."""
    policy.require_right(actor, Action.MESSAGES_READ)
    rows = await db.execute(
        select(Message.state, func.count(), func.max(Message.made_at))
        .where(Message.recipient_id == recipient_id)
        .group_by(Message.state)
        .order_by(Message.state)
    )
    return [MessageCount(state, number, latest) for state, number, latest in rows]


def _view(message: Message) -> MessageView:
    return MessageView(
        id=message.id,
        kind=message.kind,
        state=message.state,
        recipient_id=message.recipient_id,
        address=message.address,
        made_at=message.made_at,
        wake_at=message.wake_at,
        sent_at=message.sent_at,
        attempt=message.attempt,
        error=message.error,
    )


async def list_kept(db: AsyncSession, actor: Actor, limit: int = 100, to: str = "") -> list[KeptMail]:
    """The mailbox, latest first: one's own mails, an administrator everybody's; or those whose address has ``to``."""
    policy.require_right(actor, Action.SIGNED_IN)
    mine = true() if actor.administrator else Message.recipient_id == actor.id
    chosen = (
        select(Message)
        .where(Message.state == MessageState.KEPT, mine)
        .where(Message.address.contains(to.strip().lower(), autoescape=True))
        .order_by(Message.sent_at.desc(), Message.id)
        .limit(limit)
    )
    return [
        KeptMail(message.id, message.address or "", str(_parsed(message)["subject"]), message.sent_at)
        for message in await db.scalars(chosen)
    ]


async def read_kept(db: AsyncSession, actor: Actor, message_id: UUID) -> OpenedMail:
    """One mail of the mailbox, as its reader would see it. Raises ``MessageNotFound``."""
    message = policy.require(actor, Action.MAIL_READ, await db.get(Message, message_id), MessageNotFound)
    if message.mail is None:
        raise MessageNotFound()
    parsed = _parsed(message)
    return OpenedMail(
        id=message.id,
        to=message.address or "",
        subject=str(parsed["subject"]),
        text=_part(parsed, "text/plain") or "",
        html=_part(parsed, "text/html") or "",
        calendar=_part(parsed, "text/calendar"),
        kept_at=message.sent_at,
    )


def _parsed(message: Message) -> EmailMessage:
    return message_from_bytes(message.mail or b"", EmailMessage, policy=default)


def _part(mail: EmailMessage, kind: str) -> str | None:
    return next((part.get_content() for part in mail.walk() if part.get_content_type() == kind), None)
