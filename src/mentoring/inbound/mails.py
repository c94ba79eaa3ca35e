"""What is told of answers to invitations, and of addresses that take nothing."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.inbound.models import SessionAnswer
from mentoring.inbound.rules import Answer
from mentoring.messages.contracts import NOW, Choice, Claimed, Fact, Kind, Letter, Post, Told
from mentoring.messages.models import Message
from mentoring.messages.rendering import composer
from mentoring.pairings.mails import Subject, subjects_of
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Mailing, Person
from mentoring.people.recipients import STILL_HERE, Recipient, recipients


async def _tell_answers(db: AsyncSession, post: Post, claimed: Sequence[Claimed]) -> dict[UUID, Told]:
    rows = await db.execute(
        select(SessionAnswer, PairSession, Pairing)
        .join(PairSession, PairSession.id == SessionAnswer.session_id)
        .join(Pairing, Pairing.id == PairSession.pairing_id)
        .where(PairSession.id.in_({one.about for one in claimed}))
    )
    given = {(answer.session_id, answer.person_id): (answer, session, pairing) for answer, session, pairing in rows}
    found = {
        one.id: (one, given[key])
        for one in claimed
        for key in given
        if key[0] == one.about and key[1] != one.recipient_id
    }
    subjects = await subjects_of(db, {key: (one, answered[2]) for key, (one, answered) in found.items()})
    return {
        key: Told(
            subject.words, subject.reader.email, partial(_answer, subject, found[key][1][0], found[key][1][1], post)
        )
        for key, subject in subjects.items()
    }


def _answer(subject: Subject, answer: SessionAnswer, session: PairSession, post: Post) -> Letter:
    words, partner = subject.words, subject.partner.name
    facts = [Fact(words.text("mail.fact.when"), words.moment(session.starts_at))]
    if answer.proposed_at is not None:
        facts.append(Fact(words.text("mail.fact.proposed"), words.moment(answer.proposed_at)))
    return Letter(
        subject=words.text(f"mail.session_answered.subject.{answer.answer.value}", partner=partner),
        greeting=words.text("mail.greeting", name=subject.reader.name),
        lines=[words.text("mail.session_answered.text", partner=partner)],
        facts=facts,
        choices=[Choice(words.text("mail.session_answered.choice"), post.url(f"/pairings/{subject.pairing.id}"))],
    )


async def _tell_bounces(db: AsyncSession, _: Post, claimed: Sequence[Claimed]) -> dict[UUID, Told]:
    people = await recipients(db, [*(one.recipient_id for one in claimed), *(one.about for one in claimed)])
    chosen = select(Mailing).where(Mailing.person_id.in_({one.about for one in claimed}))
    bounced = {one.person_id: one for one in await db.scalars(chosen)}
    return {
        one.id: _bounced(people[one.recipient_id], people[one.about], bounced[one.about])
        for one in claimed
        if one.about in bounced
    }


def _bounced(reader: Recipient, who: Recipient, mailing: Mailing) -> Told:
    words = reader.words

    def write() -> Letter:
        about = {"who": who.name, "email": mailing.bounced_address or "", "why": mailing.bounce or ""}
        return Letter(
            subject=words.text("mail.bounced.subject", who=who.name),
            greeting=words.text("mail.greeting", name=reader.name),
            lines=[words.text("mail.bounced.text", **about)],
        )

    return Told(words, reader.email, write)


_STANDS: ColumnElement[bool] = (
    select(SessionAnswer.session_id)
    .join(PairSession, PairSession.id == SessionAnswer.session_id)
    .join(Pairing, Pairing.id == PairSession.pairing_id)
    .where(SessionAnswer.session_id == Message.about, SessionAnswer.person_id != Message.recipient_id)
    .where(SessionAnswer.times == Message.sequence, SessionAnswer.answer != Answer.ACCEPTED)
    .where(SessionAnswer.sequence == PairSession.sequence, PairSession.starts_at > NOW)
    .where(Pairing.state == PairingState.ACTIVE)
    .exists()
)
"""The answer is the latest, to the invitation as it stands, and the session is to come."""
_STILL_BOUNCES: ColumnElement[bool] = (
    select(Mailing.person_id)
    .join(Person, Person.id == Mailing.person_id)
    .where(Mailing.person_id == Message.about, Mailing.bounced_address == Person.email, Person.left_on.is_(None))
    .exists()
)
KINDS: dict[str, Kind] = {
    "session_answered": Kind(_STANDS & STILL_HERE, composer(_tell_answers), _tell_answers),
    "bounced": Kind(_STILL_BOUNCES & STILL_HERE, composer(_tell_bounces), _tell_bounces),
}
