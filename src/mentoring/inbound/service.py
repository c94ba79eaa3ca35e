"""What comes in by mail changes what we know: who comes to a session, and to which address nothing gets through."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.failpoints import failpoint
from mentoring.identity import Actor
from mentoring.inbound import rules
from mentoring.inbound.contracts import AnswerView, Received, SessionAnswered
from mentoring.inbound.models import SessionAnswer
from mentoring.inbound.reading import Bounce, Reply, read_mail
from mentoring.inbound.rules import Answer, Outcome
from mentoring.messages import service as messages
from mentoring.messages.contracts import Claimed, Intended
from mentoring.messages.mime import message_id
from mentoring.messages.models import Message
from mentoring.messages.rules import Pace
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingNotFound
from mentoring.people.contracts import AddressBounced
from mentoring.people.models import Person
from mentoring.people.queries import full_name, hold
from mentoring.people.reminders import mailing_of
from mentoring.policy import Action
from mentoring.programmes.models import Coordinator, Enrolment
from mentoring.programmes.rules import EnrolmentState
from mentoring.settings import Settings

REMEMBERED = timedelta(days=30)
"""How long after a mail went out its bounce is believed."""


async def receive_mail(db: AsyncSession, actor: Actor, settings: Settings, content: bytes, now: datetime) -> Received:
    """Take a mail that came to our address. The same mail again changes nothing. Raises ``MailUnreadable``."""
    policy.require_right(actor, Action.INBOUND)
    found = read_mail(content)
    if isinstance(found, Reply):
        return Received(await _take_answer(db, found, now))
    if isinstance(found, Bounce):
        return Received(await _take_bounce(db, found, settings, now))
    return Received(Outcome.IGNORED)


async def _take_answer(db: AsyncSession, reply: Reply, now: datetime) -> Outcome:
    """Only who is one of the two answers, and only to the invitation as it stands."""
    person = await _sender(db, reply.address)
    session = await db.get(PairSession, reply.session_id, with_for_update=True, populate_existing=True)
    pairing = await db.get(Pairing, session.pairing_id) if session else None
    if session is None or person is None or pairing is None or person.id not in (pairing.leader_id, pairing.junior_id):
        return Outcome.IGNORED
    known = await db.get(SessionAnswer, (session.id, person.id), with_for_update=True, populate_existing=True)
    before = (known.sequence, known.stamped_at) if known else None
    if not rules.counts(before, reply.sequence, reply.stamped_at, session.sequence):
        return Outcome.OUTDATED
    answer = known or SessionAnswer(session_id=session.id, person_id=person.id, times=0)
    db.add(answer)
    answer.sequence, answer.stamped_at, answer.answered_at = reply.sequence, reply.stamped_at, now
    answer.answer, answer.proposed_at, answer.times = reply.answer, reply.proposed_at, answer.times + 1
    await db.flush()
    failpoint("reply.written")
    journal.record(db, SessionAnswered(session.id, person.id, reply.answer, answer.times), by=person.id, at=now)
    await db.flush()
    return Outcome.ANSWERED


async def _sender(db: AsyncSession, address: str) -> Person | None:
    return await hold(db, await db.scalar(select(Person.id).where(Person.email == address)))


async def _take_bounce(db: AsyncSession, bounce: Bounce, settings: Settings, now: datetime) -> Outcome:
    """Believed only where it names a mail that we sent to that person: anybody can write a bounce."""
    person = await _sender(db, bounce.address)
    if person is None or bounce.message_id not in await _sent_to(db, person, settings, now):
        return Outcome.IGNORED
    mailing = await mailing_of(db, person.id)
    if mailing.bounced_address != person.email:
        mailing.bounced_at, mailing.bounced_address, mailing.bounce = now, person.email, bounce.why
        await db.flush()
        failpoint("bounce.written")
        journal.record(db, AddressBounced(person.id), by=None, at=now)
    await db.flush()
    return Outcome.BOUNCED


async def _sent_to(db: AsyncSession, person: Person, settings: Settings, now: datetime) -> set[str]:
    columns = (Message.id, Message.kind, Message.about, Message.sequence, Message.recipient_id, Message.attempt)
    sent = select(*columns).where(Message.recipient_id == person.id, Message.made_at > now - REMEMBERED)
    return {message_id(Claimed(*row), settings.mail_from) for row in await db.execute(sent)}


async def read_answers(db: AsyncSession, actor: Actor, session_id: UUID) -> list[AnswerView]:
    """What the two answered to the invitation to one of their sessions. Raises ``PairingNotFound``."""
    session = await db.get(PairSession, session_id)
    pairing = await db.get(Pairing, session.pairing_id) if session else None
    policy.require(actor, Action.ANSWERS_READ, pairing, PairingNotFound)
    rows = await db.execute(
        select(SessionAnswer, Person)
        .join(Person, Person.id == SessionAnswer.person_id)
        .where(SessionAnswer.session_id == session_id)
        .order_by(SessionAnswer.answered_at)
    )
    return [AnswerView(full_name(person), one.answer, one.proposed_at, one.answered_at) for one, person in rows]


async def tell_the_other(db: AsyncSession, events: Sequence[SessionAnswered], now: datetime) -> None:
    """Reaction: who does not come, or would rather meet at another time, need not say so twice."""
    told = [event for event in events if event.answer is not Answer.ACCEPTED]
    rows = await db.execute(
        select(PairSession.id, Pairing.leader_id, Pairing.junior_id)
        .join(Pairing, Pairing.id == PairSession.pairing_id)
        .where(PairSession.id.in_([event.session_id for event in told]))
    )
    pairs = {row.id: (row.leader_id, row.junior_id) for row in rows}
    await messages.enqueue(
        db,
        [
            Intended("session_answered", event.session_id, other, now, event.times)
            for event in told
            for other in pairs[event.session_id]
            if other != event.person_id
        ],
    )


async def tell_of_bounces(db: AsyncSession, events: Sequence[AddressBounced], now: datetime) -> None:
    """Reaction: the coordinators of the programmes of somebody whom no mail reaches are told."""
    for event in events:
        runs_it = await db.scalars(
            select(Coordinator.person_id)
            .join(Enrolment, Enrolment.programme_id == Coordinator.programme_id)
            .where(Enrolment.person_id == event.person_id, Enrolment.state == EnrolmentState.ENROLLED)
            .distinct()
        )
        day = now.toordinal()
        await messages.enqueue(
            db, [Intended("bounced", event.person_id, one, now, day, Pace.REMINDER) for one in runs_it]
        )
