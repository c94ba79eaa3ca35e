"""What the ladder's follow-ups say, and what coordinators are told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.followups.contracts import PairingAtRisk, RungTaken
from mentoring.followups.facts import delegates_of, unsigned_by
from mentoring.followups.models import Rung, Watch
from mentoring.followups.rules import Level, Matter
from mentoring.i18n import Words
from mentoring.messages import service as messages
from mentoring.messages.contracts import Choice, Claimed, Intended, Kind, Letter, Post, Told
from mentoring.messages.models import Message
from mentoring.messages.rendering import composer
from mentoring.messages.rules import Pace
from mentoring.pairings.contracts import PairingEnded
from mentoring.pairings.mails import Subject, subjects_of
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import Ending, PairingState
from mentoring.people.models import Person
from mentoring.people.recipients import STILL_HERE, Recipient, recipients
from mentoring.programmes.models import Coordinator, Programme
from mentoring.programmes.rules import Tell

NUDGE, LOOK_AT_IT = "nudge_{matter}", "look_{matter}"


async def tell_of_rungs(db: AsyncSession, events: Sequence[RungTaken], now: datetime) -> None:
    """Reaction: whoever stands on the rung is told; of an agreement, only who has not signed."""
    rows = await db.execute(
        select(Rung, Pairing)
        .join(Pairing, Pairing.id == Rung.pairing_id)
        .where(Rung.id.in_([event.rung_id for event in events]))
    )
    found = [(rung, pairing) for rung, pairing in rows]
    pairings = [pairing for _, pairing in found]
    delegates = await delegates_of(db, [one.leader_id for one in pairings])
    unsigned = await unsigned_by(db, pairings)
    coordinators = await _coordinators(db, {one.programme_id for one in pairings})
    intended = []
    for rung, pairing in found:
        two = {Tell.JUNIOR: [pairing.junior_id], Tell.LEADER: [pairing.leader_id]}
        people = two | {Tell.DELEGATE: list(delegates.get(pairing.leader_id, ()))}
        asked = [person for tell in _tells(rung) for person in people.get(tell, [])]
        if rung.matter is Matter.AGREEMENT:
            asked = [person for person in asked if person in unsigned.get(pairing.id, frozenset())]
        intended += [_reminder(NUDGE, rung, person, now) for person in asked]
        if Tell.COORDINATOR in _tells(rung):
            intended += [_reminder(LOOK_AT_IT, rung, one, now) for one in coordinators.get(pairing.programme_id, [])]
    await messages.enqueue(db, intended)


def _tells(rung: Rung) -> list[Tell]:
    return [Tell(one) for one in rung.tell.split("+")]


def _reminder(kind: str, rung: Rung, person_id: UUID, now: datetime) -> Intended:
    return Intended(kind.format(matter=rung.matter.value), rung.id, person_id, now, pace=Pace.REMINDER)


async def tell_of_risk(db: AsyncSession, events: Sequence[PairingAtRisk], now: datetime) -> None:
    """Reaction: the coordinators are told; at once where somebody confided in them, else when it suits them."""
    rows = await db.execute(
        select(Pairing.id, Pairing.programme_id).where(Pairing.id.in_([event.pairing_id for event in events]))
    )
    programmes = {row.id: row.programme_id for row in rows}
    coordinators = await _coordinators(db, set(programmes.values()))
    await messages.enqueue(
        db,
        [
            Intended(
                "confided" if event.confided else "at_risk",
                event.pairing_id,
                person_id,
                now,
                event.alert,
                None if event.confided else Pace.REMINDER,
            )
            for event in events
            for person_id in coordinators.get(programmes[event.pairing_id], [])
        ],
    )


async def tell_of_early_ends(db: AsyncSession, events: Sequence[PairingEnded], now: datetime) -> None:
    """Reaction: a pairing ended before its time. Who ended it and why is not for a mail."""
    early = [event.pairing_id for event in events if event.ending is not Ending.COMPLETED]
    rows = list(await db.execute(select(Pairing.id, Pairing.programme_id).where(Pairing.id.in_(early))))
    coordinators = await _coordinators(db, {row.programme_id for row in rows})
    await messages.enqueue(
        db,
        [
            Intended("ended_early", row.id, person_id, now, pace=Pace.REMINDER)
            for row in rows
            for person_id in coordinators.get(row.programme_id, [])
        ],
    )


async def _coordinators(db: AsyncSession, programme_ids: set[UUID]) -> Mapping[UUID, Sequence[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    rows = select(Coordinator.programme_id, Coordinator.person_id).where(Coordinator.programme_id.in_(programme_ids))
    for row in await db.execute(rows.order_by(Coordinator.person_id)):
        found.setdefault(row.programme_id, []).append(row.person_id)
    return found


async def _tell_nudges(db: AsyncSession, post: Post, claimed: Sequence[Claimed]) -> dict[UUID, Told]:
    rungs = await _rungs(db, claimed)
    about = {one.id: (one, rungs[one.about][1]) for one in claimed if one.about in rungs}
    subjects = await subjects_of(db, {key: one for key, one in about.items() if _one_of_the_two(*one)})
    told = {
        message_id: Told(
            subject.words, subject.reader.email, partial(_nudge, subject, rungs[about[message_id][0].about][0], post)
        )
        for message_id, subject in subjects.items()
    }
    return told | await _tell_delegates(db, post, [one for one in about.values() if not _one_of_the_two(*one)])


async def _tell_delegates(db: AsyncSession, post: Post, about: Sequence[tuple[Claimed, Pairing]]) -> dict[UUID, Told]:
    """Who books for a leader, as long as they do: that the two need a time, and no more."""
    delegates = await delegates_of(db, [pairing.leader_id for _, pairing in about])
    people = await recipients(
        db, [person_id for one, pairing in about for person_id in (one.recipient_id, *_two(pairing))]
    )
    return {
        one.id: Told(people[one.recipient_id].words, people[one.recipient_id].email, partial(
            _ask_delegate, people[one.recipient_id], people[pairing.leader_id], people[pairing.junior_id], post
        ))
        for one, pairing in about
        if one.recipient_id in delegates.get(pairing.leader_id, ())
    }  # fmt: skip


def _ask_delegate(reader: Recipient, leader: Recipient, junior: Recipient, post: Post) -> Letter:
    words, about = reader.words, {"leader": leader.name, "junior": junior.name}
    return Letter(
        subject=words.text("mail.nudge_delegate.subject", **about),
        greeting=words.text("mail.greeting", name=reader.name),
        lines=[words.text("mail.nudge_delegate.text", **about)],
        choices=[Choice(words.text("mail.nudge_delegate.choice"), post.url("/me/sessions"))],
    )


def _one_of_the_two(message: Claimed, pairing: Pairing) -> bool:
    return message.recipient_id in (pairing.leader_id, pairing.junior_id)


async def _rungs(db: AsyncSession, claimed: Sequence[Claimed]) -> dict[UUID, tuple[Rung, Pairing]]:
    rows = await db.execute(
        select(Rung, Pairing)
        .join(Pairing, Pairing.id == Rung.pairing_id)
        .where(Rung.id.in_({one.about for one in claimed}))
    )
    return {rung.id: (rung, pairing) for rung, pairing in rows}


def _nudge(subject: Subject, rung: Rung, post: Post) -> Letter:
    words, key = subject.words, f"mail.nudge.{rung.matter.value}"
    about = {"partner": subject.partner.name, "programme": subject.programme.name}
    return Letter(
        subject=words.text(f"{key}.subject", **about),
        greeting=words.text("mail.greeting", name=subject.reader.name),
        lines=[words.text(f"{key}.text", **about)],
        choices=[Choice(words.text("mail.nudge.choice"), post.url(f"/pairings/{subject.pairing.id}"))],
        closing=[words.text("mail.nudge.closing")],
    )


async def _tell_coordinators(db: AsyncSession, post: Post, claimed: Sequence[Claimed]) -> dict[UUID, Told]:
    """Of pairings at risk, or of a matter that they must look at: who, in which programme, and where to look."""
    rungs = {rung_id: pairing for rung_id, (_, pairing) in (await _rungs(db, claimed)).items()}
    ids = {one.about for one in claimed}
    rows = {one.id: one for one in await db.scalars(select(Pairing).where(Pairing.id.in_(ids)))} | rungs
    people = await recipients(
        db, [*(one.recipient_id for one in claimed), *(one for pairing in rows.values() for one in _two(pairing))]
    )
    chosen = select(Programme).where(Programme.id.in_({one.programme_id for one in rows.values()}))
    programmes = {one.id: one for one in await db.scalars(chosen)}
    return {
        one.id: _told(one, rows[one.about], programmes[rows[one.about].programme_id], people, post)
        for one in claimed
        if one.about in rows
    }


def _two(pairing: Pairing) -> tuple[UUID, UUID]:
    return pairing.leader_id, pairing.junior_id


def _told(
    message: Claimed, pairing: Pairing, programme: Programme, people: Mapping[UUID, Recipient], post: Post
) -> Told:
    reader, (leader, junior) = people[message.recipient_id], (people[one] for one in _two(pairing))
    words = reader.words
    about = {"leader": leader.name, "junior": junior.name, "programme": programme.name}

    def write() -> Letter:
        return Letter(
            subject=words.text(f"mail.{message.kind}.subject", **about),
            greeting=words.text("mail.greeting", name=reader.name),
            lines=[words.text(f"mail.{message.kind}.text", **about)],
            choices=[_where_to_look(words, message, pairing, post)],
        )

    return Told(words, reader.email, write)


def _where_to_look(words: Words, message: Claimed, pairing: Pairing, post: Post) -> Choice:
    if message.kind == "ended_early":
        return Choice(words.text("mail.ended_early.choice"), post.url(f"/programmes/{pairing.programme_id}"))
    return Choice(words.text("mail.at_risk.choice"), post.url(f"/at-risk/{pairing.id}"))


_UNDER_WAY = Pairing.state == PairingState.ACTIVE
_STILL_OPEN: ColumnElement[bool] = (
    select(Rung.id)
    .join(Pairing, Pairing.id == Rung.pairing_id)
    .where(Rung.id == Message.about, Rung.settled_at.is_(None), _UNDER_WAY)
    .exists()
)
"""The matter is not settled, and the pairing goes on."""
_STILL_AT_RISK: ColumnElement[bool] = (
    select(Watch.pairing_id)
    .join(Pairing, Pairing.id == Watch.pairing_id)
    .where(Watch.pairing_id == Message.about, Watch.level != Level.GREEN, _UNDER_WAY)
    .where(Watch.alerts == Message.sequence)
    .exists()
)
"""And nothing worse was said of it since: after an outage only the latest goes out."""
_CONFIDED: ColumnElement[bool] = (
    select(Watch.pairing_id).where(Watch.pairing_id == Message.about, Watch.level == Level.RED).exists()
)
_ENDED: ColumnElement[bool] = (
    select(Pairing.id).where(Pairing.id == Message.about, Pairing.state == PairingState.ENDED).exists()
)
_RUNS_IT: ColumnElement[bool] = (
    select(Person.id)
    .join(Coordinator, Coordinator.person_id == Person.id)
    .where(Person.id == Message.recipient_id)
    .exists()
)
_NUDGE = Kind(_STILL_OPEN & STILL_HERE, composer(_tell_nudges), _tell_nudges)
_LOOK = Kind(_STILL_OPEN & _RUNS_IT & STILL_HERE, composer(_tell_coordinators), _tell_coordinators)
KINDS: dict[str, Kind] = {
    **{NUDGE.format(matter=matter.value): _NUDGE for matter in Matter},
    **{LOOK_AT_IT.format(matter=matter.value): _LOOK for matter in Matter},
    "at_risk": Kind(_STILL_AT_RISK & _RUNS_IT & STILL_HERE, composer(_tell_coordinators), _tell_coordinators),
    "ended_early": Kind(_ENDED & _RUNS_IT & STILL_HERE, composer(_tell_coordinators), _tell_coordinators),
    "confided": Kind(_CONFIDED & _RUNS_IT & STILL_HERE, composer(_tell_coordinators), _tell_coordinators),
}
