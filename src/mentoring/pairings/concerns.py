"""The confidential line: what one of the two tells the coordinator, and nobody else hears."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mentoring import journal, policy
from mentoring.identity import Actor
from mentoring.messages import service as messages
from mentoring.messages.contracts import Choice, Claimed, Intended, Kind, Letter, Post, Write
from mentoring.messages.models import Message
from mentoring.messages.rendering import render
from mentoring.pairings.contracts import ConcernClosed, ConcernRaised
from mentoring.pairings.life import ConcernView, RaiseConcern
from mentoring.pairings.models import Concern, Pairing
from mentoring.pairings.rules import ConcernNotFound, PairingNotFound
from mentoring.people.models import Person
from mentoring.people.queries import full_name
from mentoring.people.recipients import STILL_HERE, Recipient, recipients
from mentoring.policy import Action
from mentoring.programmes.models import Coordinator, Programme
from mentoring.programmes.rules import Role

MANY = 200


def told_to(actor: Actor) -> ColumnElement[bool]:
    """Row by row what ``CONCERN_READ`` allows."""
    return and_(Concern.programme_id.in_(actor.coordinates), Concern.about_id != actor.id)


async def raise_concern(db: AsyncSession, actor: Actor, pairing_id: UUID, said: RaiseConcern, now: datetime) -> None:
    """Tell the coordinator something in confidence. The partner learns nothing of it.

    What they have still to look after is told once, however often it is sent. Raises ``PairingNotFound``.
    """
    pairing = policy.require(actor, Action.CONCERN_RAISE, await db.get(Pairing, pairing_id), PairingNotFound)
    assert actor.id is not None
    words = said.message.replace("\r\n", "\n").strip()
    if await _told_already(db, pairing.id, actor.id, words):
        return
    concern = Concern(
        id=uuid4(),
        programme_id=pairing.programme_id,
        pairing_id=pairing.id,
        person_id=actor.id,
        about_id=pairing.junior_id if actor.id == pairing.leader_id else pairing.leader_id,
        words=words,
        raised_at=now,
    )
    db.add(concern)
    journal.record(db, ConcernRaised(concern.id), by=None, at=now)
    await db.flush()


async def _told_already(db: AsyncSession, pairing_id: UUID, person_id: UUID, words: str) -> bool:
    """Whether the very same words lie there. The pairing is held, so that of two at once one comes after the other."""
    await db.get(Pairing, pairing_id, with_for_update=True)
    same = select(Concern.id).where(
        Concern.pairing_id == pairing_id, Concern.person_id == person_id, Concern.words == words
    )
    return await db.scalar(same.where(Concern.closed_at.is_(None)).limit(1)) is not None


async def list_concerns(db: AsyncSession, actor: Actor) -> list[ConcernView]:
    """What was told in confidence to the coordinators of the actor's programmes and is not closed, the oldest first."""
    author, partner = aliased(Person), aliased(Person)
    rows = await db.execute(
        select(Concern, Programme.name, author, partner, Pairing.leader_id)
        .join(Programme, Programme.id == Concern.programme_id)
        .join(Pairing, Pairing.id == Concern.pairing_id)
        .join(author, author.id == Concern.person_id)
        .join(partner, partner.id == Concern.about_id)
        .where(told_to(actor), Concern.closed_at.is_(None))
        .order_by(Concern.raised_at, Concern.id)
        .limit(MANY)
    )
    return [
        ConcernView(
            id=concern.id,
            programme_id=concern.programme_id,
            programme=programme,
            pairing_id=concern.pairing_id,
            person=full_name(who),
            email=who.email,
            role=Role.LEADER.value if who.id == leader_id else Role.JUNIOR.value,
            partner=full_name(other),
            words=concern.words,
            raised_at=concern.raised_at,
        )
        for concern, programme, who, other, leader_id in rows
    ]


async def close_concern(db: AsyncSession, actor: Actor, concern_id: UUID, now: datetime) -> None:
    """Put a concern aside as looked after; twice is the same as once. Raises ``ConcernNotFound``."""
    found = await db.get(Concern, concern_id, with_for_update=True, populate_existing=True)
    concern = policy.require(actor, Action.CONCERN_CLOSE, found, ConcernNotFound)
    if concern.closed_at is None:
        concern.closed_at, concern.closed_by_id = now, actor.id
        journal.record(db, ConcernClosed(concern.id), by=actor.id, at=now)
        await db.flush()


async def tell_coordinators(db: AsyncSession, events: Sequence[ConcernRaised], now: datetime) -> None:
    """Reaction: the coordinators learn that somebody confided in them; what was said stays in the house."""
    rows = await db.execute(
        select(Concern.id, Coordinator.person_id)
        .join(Coordinator, Coordinator.programme_id == Concern.programme_id)
        .where(Concern.id.in_([event.concern_id for event in events]), Coordinator.person_id != Concern.about_id)
    )
    await messages.enqueue(db, [Intended("concern_raised", row.id, row.person_id, now) for row in rows])


async def compose(db: AsyncSession, post: Post, messages: Sequence[Claimed]) -> dict[UUID, Write]:
    readers = await recipients(db, [one.recipient_id for one in messages])
    return {
        one.id: partial(render, reader.words, _letter(reader, post), reader.email, post)
        for one in messages
        if (reader := readers.get(one.recipient_id))
    }


def _letter(reader: Recipient, post: Post) -> Letter:
    """Neither who nor what: mails are read over shoulders."""
    words = reader.words
    return Letter(
        subject=words.text("mail.concern_raised.subject"),
        greeting=words.text("mail.greeting", name=reader.name),
        lines=[words.text("mail.concern_raised.text")],
        choices=[Choice(words.text("mail.concern_raised.choice"), post.url("/concerns"))],
    )


_WAITS = select(Concern.id).where(Concern.id == Message.about, Concern.closed_at.is_(None)).exists()

KINDS: dict[str, Kind] = {"concern_raised": Kind(_WAITS & STILL_HERE, compose)}
