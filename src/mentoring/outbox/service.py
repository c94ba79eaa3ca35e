"""A coordinator sends again, gives up, or corrects the address of somebody whom no mail reaches."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.identity import Actor
from mentoring.journal import Event
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageNotFound, MessageState
from mentoring.outbox import queries
from mentoring.outbox.contracts import AddressCorrected, Bounced, Correction, MessageGivenUp, MessageSentAgain
from mentoring.outbox.rules import REMEDIES, AddressGuarded, BounceNotFound, MessageMovedOn, Remedy
from mentoring.people.models import AccessLink, Account, Person
from mentoring.people.queries import full_name
from mentoring.people.reminders import mailing_of
from mentoring.people.rules import AddressNotPlausible, AddressTaken, plausible_address
from mentoring.policy import Action
from mentoring.programmes.models import Coordinator


async def send_again(db: AsyncSession, actor: Actor, message_id: UUID, now: datetime) -> None:
    """Let a message go out once more, if it still makes sense then. Raises ``MessageMovedOn``.

    One that is uncertain may arrive twice: a person decides that, never the machine.
    """
    values = {"state": MessageState.PENDING, "wake_at": now, "error": None}
    await _move(db, actor, message_id, Remedy.AGAIN, values, MessageSentAgain(message_id), now)


async def give_up(db: AsyncSession, actor: Actor, message_id: UUID, now: datetime) -> None:
    """Send a message no more. Raises ``MessageMovedOn``."""
    values = {"state": MessageState.SKIPPED, "wake_at": None}
    await _move(db, actor, message_id, Remedy.GIVE_UP, values, MessageGivenUp(message_id), now)


async def _move(
    db: AsyncSession,
    actor: Actor,
    message_id: UUID,
    remedy: Remedy,
    values: Mapping[str, object],
    happened: Event,
    now: datetime,
) -> None:
    """In one statement, so that it is had once, whoever else is at the message."""
    found = await db.scalar(select(Message).where(Message.id == message_id, queries.shown_to(actor)))
    policy.require(actor, Action.MESSAGES_WRITE, found, MessageNotFound)
    moved = await db.execute(
        update(Message)
        .where(Message.id == message_id, Message.state.in_(REMEDIES[remedy]))
        .values(**values)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    if moved.first() is None:
        raise MessageMovedOn()
    journal.record(db, happened, by=actor.id, at=now)


async def correct_address(db: AsyncSession, actor: Actor, person_id: UUID, right: Correction, now: datetime) -> Bounced:
    """Write to somebody at another address, or at the same again. The next staff file may bring yet another.

    Links that went to the old one let nobody in any more. Raises ``BounceNotFound``, ``AddressNotPlausible``,
    ``AddressTaken``, ``AddressGuarded``.
    """
    person = policy.require(actor, Action.MESSAGES_WRITE, await queries.find_bounced(db, person_id), BounceNotFound)
    email = right.email.strip().lower()
    account = await db.get(Account, person_id)
    runs = await db.scalar(select(Coordinator.person_id).where(Coordinator.person_id == person_id).limit(1))
    trusted = runs is not None or (account is not None and account.administrator)
    if trusted and person_id != actor.id and not actor.administrator:
        raise AddressGuarded(who=full_name(person))
    if not plausible_address(email):
        raise AddressNotPlausible(email=right.email)
    await _readdress(db, person, email)
    mailing = await mailing_of(db, person_id)
    mailing.bounced_at = mailing.bounced_address = mailing.bounce = None
    journal.record(db, AddressCorrected(person_id), by=actor.id, at=now)
    return Bounced(person.id, full_name(person), person.email, None, None)


async def _readdress(db: AsyncSession, person: Person, email: str) -> None:
    if email == person.email:
        return
    person.email = email
    try:
        await db.flush()
    except IntegrityError as error:
        raise AddressTaken(email=email) from error
    await db.execute(delete(AccessLink).where(AccessLink.person_id == person.id, AccessLink.used_at.is_(None)))
