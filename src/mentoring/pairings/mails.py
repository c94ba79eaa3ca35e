"""What the mails about pairings say. Composed a batch at a time, when they are about to be sent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.i18n import Words
from mentoring.messages.contracts import NOW, Choice, Claimed, Draft, Fact, Kind, Letter, Post, Told, Write
from mentoring.messages.models import Message
from mentoring.messages.rendering import composer, render
from mentoring.pairings.calendar import invitation
from mentoring.pairings.consent import Calendar
from mentoring.pairings.contracts import Reasons
from mentoring.pairings.models import Agreement, Pairing, PairSession
from mentoring.pairings.rules import Ending, PairingState, SessionState
from mentoring.people.recipients import STILL_HERE, Recipient, recipients
from mentoring.programmes.models import Programme
from mentoring.skills.models import Skill


class Subject(Struct, frozen=True):
    """Whom and what a mail about a pairing is about, seen from its reader."""

    pairing: Pairing
    programme: Programme
    reader: Recipient
    partner: Recipient
    skills: Mapping[str, str]
    """Titles of the organisation's own skills, by code; the others are in the catalogues."""

    @property
    def words(self) -> Words:
        return self.reader.words

    @property
    def leads(self) -> bool:
        return self.reader.id == self.pairing.leader_id


Tell = Callable[[Subject, Post], Letter]


def _letter(key: str, subject: Subject, **parts: Sequence[str] | Sequence[Fact] | Sequence[Choice]) -> Letter:
    words, about = subject.words, {"partner": subject.partner.name, "programme": subject.programme.name}
    return Letter(
        subject=words.text(f"mail.{key}.subject", **about),
        greeting=words.text("mail.greeting", name=subject.reader.name),
        lines=[words.text(f"mail.{key}.text", **about)],
        **parts,  # type: ignore[arg-type]  # each caller gives a field of Letter its own type
    )


def _consent(key: str) -> Tell:
    def write(subject: Subject, post: Post) -> Letter:
        words = subject.words
        place = Calendar(subject.reader.country, subject.reader.zone, subject.programme.ladder)
        answer_by = _moment(words, place.expires(subject.pairing.asked_at))
        return _letter(
            key,
            subject,
            facts=[*_who(subject), *_reasons(subject)],
            choices=[Choice(words.text("mail.consent.choice"), post.url(f"/pairings/{subject.pairing.id}"))],
            closing=[words.text("mail.consent.closing", moment=answer_by)],
        )

    return write


def _who(subject: Subject) -> list[Fact]:
    words, partner = subject.words, subject.partner
    known = {"name": partner.name, "job": partner.job_title, "unit": partner.unit, "place": partner.duty_station}
    return [Fact(words.text(f"mail.fact.{key}"), value) for key, value in known.items() if value]


def _reasons(subject: Subject) -> list[Fact]:
    words, reasons = subject.words, subject.pairing.reasons
    facts = []
    if reasons.needs:
        titles = [_skill(subject, need.skill) for need in sorted(reasons.needs, key=lambda need: need.priority)]
        key = "mail.fact.helps" if subject.leads else "mail.fact.wants"
        facts.append(Fact(words.text(key), "; ".join(titles)))
    if reasons.language:
        facts.append(Fact(words.text("mail.fact.language"), _language(words, reasons)))
    facts.append(Fact(words.text("mail.fact.hours"), _hours(words, reasons.shared_hours)))
    return facts


@lru_cache(maxsize=4096)
def _moment(words: Words, moment: datetime) -> str:
    """A round asks hundreds at one moment; working out how a reader writes it costs more than the rest of the mail."""
    return words.moment(moment)


@lru_cache(maxsize=4096)
def _hours(words: Words, hours: float) -> str:
    return words.number(hours, 1)


def _skill(subject: Subject, code: str) -> str:
    key = f"skill.{code}"
    return subject.words.text(key) if subject.words.has(key) else subject.skills.get(code, code)


def _language(words: Words, reasons: Reasons) -> str:
    code = reasons.language or ""
    return str(words.locale.languages.get(code, code))


def _began(subject: Subject, post: Post) -> Letter:
    words = subject.words
    return _letter(
        "pairing_began",
        subject,
        facts=[*_who(subject), Fact(words.text("mail.fact.email"), subject.partner.email), *_reasons(subject)],
        choices=[Choice(words.text("mail.pairing_began.choice"), post.url(f"/pairings/{subject.pairing.id}"))],
        closing=[words.text("mail.pairing_began.closing")],
    )


def _fell_through(subject: Subject, _: Post) -> Letter:
    mine = subject.pairing.declined_by_id == subject.reader.id
    return _letter("pairing_expired" if mine else "pairing_fell_through", subject)


def _withdrawn(subject: Subject, _: Post) -> Letter:
    return _letter("pairing_withdrawn", subject)


def _ended(subject: Subject, post: Post) -> Letter:
    """That somebody left is said; why else it ended is not; one that went its whole way is thanked for."""
    pairing, words = subject.pairing, subject.words
    if pairing.ending is Ending.COMPLETED:
        link = post.url(f"/pairings/{pairing.id}/closing")
        return _letter(
            "pairing_completed", subject, choices=[Choice(words.text("mail.pairing_completed.choice"), link)]
        )
    if subject.partner.erased:
        return _letter("pairing_erased", subject)
    if pairing.ending in (None, Ending.LEFT):
        return _letter("pairing_ended", subject)
    link = post.url(f"/pairings/{pairing.id}")
    return _letter("pairing_stopped", subject, choices=[Choice(words.text("mail.pairing_stopped.choice"), link)])


def _paused(subject: Subject, _: Post) -> Letter:
    words, until = subject.words, subject.pairing.paused_until
    facts = [Fact(words.text("mail.fact.until"), words.moment(until))] if until else []
    return _letter("pairing_paused", subject, facts=facts)


def _resumed(subject: Subject, post: Post) -> Letter:
    link = post.url(f"/pairings/{subject.pairing.id}")
    choice = Choice(subject.words.text("mail.session_invitation.choice"), link)
    return _letter("pairing_resumed", subject, choices=[choice])


def _waits(subject: Subject, _: Post) -> Letter:
    return _letter("rematch_waits", subject)


def _agreement(key: str) -> Tell:
    def write(subject: Subject, post: Post) -> Letter:
        link = post.url(f"/pairings/{subject.pairing.id}/agreement")
        return _letter(key, subject, choices=[Choice(subject.words.text("mail.agreement.choice"), link)])

    return write


async def _subjects(db: AsyncSession, messages: Sequence[Claimed]) -> dict[UUID, Subject]:
    """What the messages of a batch are about, by message, in four queries."""
    pairings = {
        one.id: one for one in await db.scalars(select(Pairing).where(Pairing.id.in_({one.about for one in messages})))
    }
    return await subjects_of(db, {one.id: (one, pairings[one.about]) for one in messages if one.about in pairings})


async def subjects_of(db: AsyncSession, about: Mapping[UUID, tuple[Claimed, Pairing]]) -> dict[UUID, Subject]:
    """Read the rest of what mails about pairings need: people, programmes, the organisation's own skills."""
    pairings = [pairing for _, pairing in about.values()]
    people = await recipients(db, [one for pairing in pairings for one in (pairing.leader_id, pairing.junior_id)])
    programme_ids = {pairing.programme_id for pairing in pairings}
    programmes = {one.id: one for one in await db.scalars(select(Programme).where(Programme.id.in_(programme_ids)))}
    own = {row.code: row.title for row in await db.execute(select(Skill.code, Skill.title).where(Skill.own))}
    return {
        message_id: Subject(
            pairing,
            programmes[pairing.programme_id],
            people[message.recipient_id],
            people[pairing.junior_id if message.recipient_id == pairing.leader_id else pairing.leader_id],
            own,
        )
        for message_id, (message, pairing) in about.items()
    }


def _kind(guard: ColumnElement[bool], tell: Tell) -> Kind:
    async def tell_all(db: AsyncSession, post: Post, messages: Sequence[Claimed]) -> dict[UUID, Told]:
        return {
            message_id: Told(subject.words, subject.reader.email, partial(tell, subject, post))
            for message_id, subject in (await _subjects(db, messages)).items()
        }

    return Kind(guard & STILL_HERE, composer(tell_all), tell_all)


def _about_agreement(guard: ColumnElement[bool], tell: Tell) -> Kind:
    async def tell_all(db: AsyncSession, post: Post, messages: Sequence[Claimed]) -> dict[UUID, Told]:
        rows = await db.execute(
            select(Agreement.id, Pairing)
            .join(Pairing, Pairing.id == Agreement.pairing_id)
            .where(Agreement.id.in_({one.about for one in messages}))
        )
        pairings = dict(rows.all())
        subjects = await subjects_of(
            db, {one.id: (one, pairings[one.about]) for one in messages if one.about in pairings}
        )
        return {
            message_id: Told(subject.words, subject.reader.email, partial(tell, subject, post))
            for message_id, subject in subjects.items()
        }

    return Kind(guard & STILL_HERE, composer(tell_all), tell_all)


def _unsigned(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(Agreement.id)
        .join(Pairing, Pairing.id == Agreement.pairing_id)
        .where(Agreement.id == Message.about, Agreement.agreed_at.is_(None), *which)
        .where(Pairing.state == PairingState.ACTIVE)
        .exists()
    )


def _pairing_is(*states: PairingState) -> ColumnElement[bool]:
    return select(Pairing.id).where(Pairing.id == Message.about, Pairing.state.in_(states)).exists()


async def _compose_invitations(db: AsyncSession, post: Post, messages: Sequence[Claimed]) -> dict[UUID, Write]:
    rows = await db.execute(
        select(PairSession, Pairing)
        .join(Pairing, Pairing.id == PairSession.pairing_id)
        .where(PairSession.id.in_({one.about for one in messages}))
    )
    sessions = {session.id: (session, pairing) for session, pairing in rows}
    about = {one.id: (one, sessions[one.about][1]) for one in messages if one.about in sessions}
    subjects = await subjects_of(db, about)
    return {
        one.id: partial(_invitation, subjects[one.id], sessions[one.about][0], post, one.kind == "session_cancelled")
        for one in messages
        if one.id in subjects
    }


def _invitation(subject: Subject, session: PairSession, post: Post, cancelled: bool) -> Draft:
    words = subject.words
    if cancelled:
        letter = _letter("session_cancelled", subject, facts=[_when(words, session)])
    else:
        letter = _invited(subject, session, post)
    title = words.text("mail.session_invitation.title", programme=subject.programme.name, number=session.number)
    calendar = invitation(session, title, (subject.reader, subject.partner), post, cancelled=cancelled)
    return render(words, letter, subject.reader.email, post, calendar)


def _when(words: Words, session: PairSession) -> Fact:
    return Fact(words.text("mail.fact.when"), words.moment(session.starts_at))


def _invited(subject: Subject, session: PairSession, post: Post) -> Letter:
    words = subject.words
    return _letter(
        "session_moved" if session.sequence else "session_invitation",
        subject,
        facts=[
            _when(words, session),
            Fact(words.text("mail.fact.length"), words.plural("mail.fact.minutes", session.minutes)),
            Fact(words.text("mail.fact.email"), subject.partner.email),
        ],
        choices=[
            Choice(words.text("mail.session_invitation.move"), post.url(f"/sessions/{session.id}")),
            Choice(words.text("mail.session_invitation.choice"), post.url(f"/pairings/{subject.pairing.id}")),
        ],
    )


_STILL_ON = (
    select(PairSession.id)
    .join(Pairing, Pairing.id == PairSession.pairing_id)
    .where(
        PairSession.id == Message.about,
        PairSession.sequence == Message.sequence,
        PairSession.state == SessionState.INVITED,
        PairSession.starts_at > NOW,
        Pairing.state == PairingState.ACTIVE,
    )
    .exists()
)

_CALLED_OFF = (
    select(PairSession.id)
    .where(PairSession.id == Message.about, PairSession.sequence == Message.sequence)
    .where(PairSession.state.in_((SessionState.CANCELLED, SessionState.PLANNED)), PairSession.starts_at > NOW)
    .exists()
)

KINDS: dict[str, Kind] = {
    "agreement_to_renew": _about_agreement(_unsigned(), _agreement("agreement_to_renew")),
    "agreement_to_sign": _about_agreement(
        _unsigned(Agreement.revision == Message.sequence), _agreement("agreement_to_sign")
    ),
    "pairing_paused": _kind(_pairing_is(PairingState.PAUSED), _paused),
    "pairing_resumed": _kind(_pairing_is(PairingState.ACTIVE), _resumed),
    "rematch_waits": _kind(_pairing_is(PairingState.ENDED), _waits),
    "consent_leader": _kind(_pairing_is(PairingState.ASKING_LEADER), _consent("consent_leader")),
    "consent_junior": _kind(_pairing_is(PairingState.ASKING_JUNIOR), _consent("consent_junior")),
    "pairing_began": _kind(_pairing_is(PairingState.ACTIVE), _began),
    "pairing_fell_through": _kind(_pairing_is(PairingState.DECLINED, PairingState.EXPIRED), _fell_through),
    "pairing_withdrawn": _kind(_pairing_is(PairingState.WITHDRAWN), _withdrawn),
    "pairing_ended": _kind(_pairing_is(PairingState.ENDED), _ended),
    "session_cancelled": Kind(_CALLED_OFF & STILL_HERE, _compose_invitations),
    "session_invitation": Kind(_STILL_ON & STILL_HERE, _compose_invitations),
}
