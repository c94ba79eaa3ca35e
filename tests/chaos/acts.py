"""What people do in the life of a pairing, each as a process of its own that can die: ``act book SESSION 3``.

The use cases are those behind the pages; each runs in the transaction of a command.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import console
from mentoring.identity import MACHINE, Actor
from mentoring.inbound.service import receive_mail
from mentoring.messages.contracts import Claimed
from mentoring.messages.mime import message_id
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.pairings import agreements, booking, endings, pausing
from mentoring.pairings.life import BookSession, EndPairing, Pause, SignAgreement, WriteAgreement
from mentoring.pairings.models import Pairing, PairSession
from mentoring.people.models import Person
from tests.mentoring.inbound.letters import a_bounce, a_reply

Act = Callable[..., Awaitable[object]]
PROGRAM = "act"
"""By this word the nursery knows that no command of the product is meant."""


async def book(db: AsyncSession, now: datetime, session: UUID, days: str) -> None:
    """The leader books a session, or moves it: so many days from today, in the morning."""
    wall = f"{now + timedelta(days=int(days)):%Y-%m-%d}T09:30"
    await booking.book_session(db, await _leader(db, session), session, BookSession(wall, "UTC"), now)


async def call_off(db: AsyncSession, now: datetime, session: UUID) -> None:
    await booking.call_off_session(db, await _leader(db, session), session, now)


async def pause(db: AsyncSession, now: datetime, pairing: UUID) -> None:
    until = Pause((now + timedelta(days=20)).date())
    await pausing.pause_pairing(db, await _one_of(db, pairing, leads=True), pairing, until, now)


async def resume(db: AsyncSession, now: datetime, pairing: UUID) -> None:
    await pausing.resume_pairing(db, await _one_of(db, pairing, leads=True), pairing, now)


async def write(db: AsyncSession, now: datetime, pairing: UUID) -> None:
    """The leader writes the agreement and signs it."""
    leader = await _one_of(db, pairing, leads=True)
    await agreements.write_agreement(db, leader, pairing, WriteAgreement(14, 60, "en", "Post once a week"), now)
    await agreements.sign_agreement(db, leader, pairing, SignAgreement(1, 1), now)


async def sign(db: AsyncSession, now: datetime, pairing: UUID) -> None:
    """The junior signs, too."""
    await agreements.sign_agreement(db, await _one_of(db, pairing, leads=False), pairing, SignAgreement(1, 1), now)


async def end(db: AsyncSession, now: datetime, pairing: UUID) -> None:
    await endings.end_pairing(db, await _one_of(db, pairing, leads=True), pairing, EndPairing("busy"), now)


async def rematch(db: AsyncSession, now: datetime, pairing: UUID) -> None:
    """Whoever was left asks for somebody else."""
    await endings.request_rematch(db, await _one_of(db, pairing, leads=False), pairing, now)


async def reply(db: AsyncSession, now: datetime, session: UUID) -> None:
    """The junior's calendar declines the invitation as it stands."""
    invited = await db.get_one(PairSession, session)
    junior = await db.get_one(Person, (await db.get_one(Pairing, invited.pairing_id)).junior_id)
    mail = a_reply(session, junior.email, "DECLINED", at=now, start=invited.starts_at, sequence=invited.sequence)
    await receive_mail(db, MACHINE, console.settings(), mail, now)


async def bounce(db: AsyncSession, now: datetime, person: UUID) -> None:
    """The mail server of somebody sends back the last mail that went to them."""
    settings = console.settings()
    sent = select(Message).where(Message.recipient_id == person, Message.state == MessageState.SENT)
    row = (await db.scalars(sent.order_by(Message.made_at.desc(), Message.id).limit(1))).one()
    about = message_id(
        Claimed(row.id, row.kind, row.about, row.sequence, row.recipient_id, row.attempt), settings.mail_from
    )
    address = (await db.get_one(Person, person)).email
    await receive_mail(db, MACHINE, settings, a_bounce(address, about), now)


ALL: tuple[Act, ...] = (book, call_off, pause, resume, write, sign, end, rematch, reply, bounce)
ACTS: Mapping[str, Act] = {act.__name__: act for act in ALL}


async def _leader(db: AsyncSession, session: UUID) -> Actor:
    return await _one_of(db, (await db.get_one(PairSession, session)).pairing_id, leads=True)


async def _one_of(db: AsyncSession, pairing: UUID, *, leads: bool) -> Actor:
    found = await db.get_one(Pairing, pairing)
    return Actor(id=found.leader_id if leads else found.junior_id)


def main(words: list[str], prog_name: str = "") -> None:
    """Do one act."""
    name, about, *more = words
    console.in_transaction(lambda db: ACTS[name](db, datetime.now(UTC), UUID(about), *more))
