"""Messages as coordinators look at them: what waits, what went wrong, and whom no mail reaches."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import policy
from mentoring.identity import Actor
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.outbox.contracts import Bounced, Counts, OutboxMessage
from mentoring.outbox.rules import BOXES, Box, remedies
from mentoring.people.models import Mailing, Person
from mentoring.people.queries import full_name
from mentoring.policy import Action

MANY = 100
IN_CONFIDENCE = ("concern_raised", "confided")
MOST_FOUND = 200
"""People whose messages are looked through for one search."""
BOUNCES: ColumnElement[bool] = (Mailing.bounced_address == Person.email) & Person.left_on.is_(None)


async def list_messages(
    db: AsyncSession,
    actor: Actor,
    states: Sequence[MessageState] = BOXES[Box.ALL],
    search: str = "",
    kind: str = "",
    limit: int = MANY,
    offset: int = 0,
) -> list[OutboxMessage]:
    """The latest first; all, or those to people whose name or address contains ``search``."""
    policy.require_right(actor, Action.MESSAGES_READ)
    chosen = (
        select(Message, Person)
        .outerjoin(Person, Person.id == Message.recipient_id)
        .where(Message.state.in_(states), shown_to(actor))
        .order_by(Message.made_at.desc(), Message.id)
        .limit(limit)
        .offset(offset)
    )
    if kind:
        chosen = chosen.where(Message.kind == kind)
    if search.strip():
        chosen = chosen.where(await _to(db, search.strip()))
    return [_view(message, person) for message, person in await db.execute(chosen)]


def shown_to(actor: Actor) -> ColumnElement[bool]:
    """That somebody confided is known to whom it was told: whom it is about may be one of the coordinators."""
    return or_(Message.kind.not_in(IN_CONFIDENCE), Message.recipient_id == actor.id)


async def _to(db: AsyncSession, search: str) -> ColumnElement[bool]:
    """Messages that went to such an address, or are for such people: these are looked for first, being fewer."""
    words = [
        or_(
            *(
                column.icontains(word, autoescape=True)
                for column in (Person.given_name, Person.family_name, Person.email)
            )
        )
        for word in search.split()
    ]
    people = list(await db.scalars(select(Person.id).where(*words).limit(MOST_FOUND)))
    return or_(Message.recipient_id.in_(people), Message.address == search.lower())


def _view(message: Message, person: Person | None) -> OutboxMessage:
    return OutboxMessage(
        id=message.id,
        kind=message.kind,
        channel=message.channel,
        state=message.state,
        recipient_id=message.recipient_id,
        recipient=full_name(person) if person else message.address or "",
        address=message.address or (person.email if person else None),
        made_at=message.made_at,
        wake_at=message.wake_at,
        sent_at=message.sent_at,
        attempt=message.attempt,
        error=message.error,
        remedies=remedies(message.state),
    )


async def count_messages(db: AsyncSession, actor: Actor) -> Counts:
    """What wants somebody's eye; each number is read from an index that holds nothing else."""
    policy.require_right(actor, Action.MESSAGES_READ)
    bounced = select(func.count()).select_from(Mailing).join(Person, Person.id == Mailing.person_id).where(BOUNCES)
    waiting = (Message.wake_at.is_not(None), Message.state.in_(BOXES[Box.WAITING]))
    return Counts(
        waiting=await _count(db, *waiting),
        later=await _count(db, Message.state == MessageState.HELD),
        uncertain=await _count(db, Message.state == MessageState.UNCERTAIN),
        refused=await _count(db, Message.state == MessageState.REFUSED),
        bounced=await db.scalar(bounced) or 0,
    )


async def _count(db: AsyncSession, *where: ColumnElement[bool]) -> int:
    return await db.scalar(select(func.count()).select_from(Message).where(*where)) or 0


async def list_bounces(db: AsyncSession, actor: Actor, limit: int = MANY) -> list[Bounced]:
    """Whom no mail reaches, the latest first."""
    policy.require_right(actor, Action.MESSAGES_READ)
    rows = await db.execute(
        select(Mailing, Person)
        .join(Person, Person.id == Mailing.person_id)
        .where(BOUNCES)
        .order_by(Mailing.bounced_at.desc(), Person.id)
        .limit(limit)
    )
    return [Bounced(one.id, full_name(one), one.email, mailing.bounced_at, mailing.bounce) for mailing, one in rows]


async def find_bounced(db: AsyncSession, person_id: UUID) -> Person | None:
    return await db.scalar(
        select(Person)
        .join(Mailing, Mailing.person_id == Person.id)
        .where(Person.id == person_id, BOUNCES)
        .with_for_update(of=Person, key_share=True)
    )
