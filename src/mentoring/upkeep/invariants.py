"""What must be true of the database at any moment, whoever was killed whenever: ``mentoring check``.

Each function reads and names what breaks its rule, by ids; an empty list is good news. The numbers are those of
docs/operations.md, which also says which rules have to be seen from outside (the mail server, the disk, the answers).
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import convert
from sqlalchemy import ColumnElement, Date, cast, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInState
from mentoring.journal import JournalEntry
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import ASKING, OPEN, PairingState, SessionState, moment_of
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment, Programme
from mentoring.rounds.models import ProposedPair, Round
from mentoring.rounds.rules import RoundState

OVERDUE = timedelta(minutes=10)
"""How long a lease may have passed without anybody taking the row over, while a clock runs."""

WAITING = (MessageState.PENDING, MessageState.CLAIMED, MessageState.SENDING)
Check = Callable[[AsyncSession, datetime], Awaitable[list[str]]]


async def places_are_given_once(db: AsyncSession, _now: datetime) -> list[str]:
    """N1: nobody holds more pairings than they take; no two are paired twice at once."""
    found = []
    for side, states in ((Pairing.leader_enrolment_id, OPEN), (Pairing.junior_enrolment_id, (PairingState.ACTIVE,))):
        rows = await db.execute(
            select(Enrolment.id, func.count())
            .join(Pairing, side == Enrolment.id)
            .where(Pairing.state.in_(states))
            .group_by(Enrolment.id, Enrolment.capacity)
            .having(func.count() > Enrolment.capacity)
        )
        found += [f"enrolment {row[0]} has {row[1]} pairings" for row in rows]
    twice = await db.execute(
        select(Pairing.leader_enrolment_id, Pairing.junior_enrolment_id)
        .where(Pairing.state.in_(OPEN))
        .group_by(Pairing.leader_enrolment_id, Pairing.junior_enrolment_id)
        .having(func.count() > 1)
    )
    return found + [f"enrolments {row[0]} and {row[1]} are paired twice" for row in twice]


async def every_pairing_came_of_one_proposal(db: AsyncSession, _now: datetime) -> list[str]:
    """N1: what was accepted was published, whole; what was published can be told from which round."""
    rows = await db.execute(
        select(ProposedPair.pairing_id)
        .where(ProposedPair.pairing_id.is_not(None))
        .group_by(ProposedPair.pairing_id)
        .having(func.count() > 1)
    )
    found = [f"pairing {row[0]} came of several proposals" for row in rows]
    announced = await _mentioned(db, "PairingsProposed", "pairing_ids")
    made = set(await db.scalars(select(Pairing.id)))
    return found + [f"pairing {one} was announced and is not there" for one in announced - made]


async def rounds_are_published_once(db: AsyncSession, _now: datetime) -> list[str]:
    """N2: one publishing a round, and its state says so."""
    entries = await _details(db, "RoundPublished")
    found = [f"round {one} was published {n} times" for one, n in _counted(entries, "round_id").items() if n > 1]
    published = (RoundState.PUBLISHED, RoundState.UNDONE)
    rows = await db.scalars(select(Round.id).where(Round.state.in_(published) != Round.published_at.is_not(None)))
    found += [f"round {one} is published and is not" for one in rows]
    proposed = Counter((str(one["round_id"]), one["revision"]) for one in await _details(db, "RoundProposed"))
    return found + [f"revision {n} of round {one} was put down twice" for (one, n), k in proposed.items() if k > 1]


async def every_message_waits_or_has_ended(db: AsyncSession, _now: datetime) -> list[str]:
    """N4: a message that waits is looked at again, and one that has ended is not."""
    rows = await db.scalars(
        select(Message.id).where(Message.state.in_((*WAITING, MessageState.HELD)) != Message.wake_at.is_not(None))
    )
    return [f"message {one} has lost its place in the queue" for one in rows]


async def every_event_waits_or_was_delivered(db: AsyncSession, _now: datetime) -> list[str]:
    """N4: nothing that happened is forgotten before what follows from it has followed."""
    rows = await db.scalars(
        select(JournalEntry.number).where(JournalEntry.wake_at.is_(None) == JournalEntry.delivered_at.is_(None))
    )
    return [f"journal entry {one} is neither waiting nor delivered" for one in rows]


async def whoever_is_asked_is_waited_for(db: AsyncSession, _now: datetime) -> list[str]:
    """N4: a question that is open has a moment at which somebody looks at it again."""
    asking = await db.scalars(select(Pairing.id).where(Pairing.state.in_(ASKING), Pairing.wake_at.is_(None)))
    open_ = await db.execute(
        select(CheckIn.id, CheckIn.pairing_id)
        .join(Pairing, Pairing.id == CheckIn.pairing_id)
        .where(CheckIn.state == CheckInState.OPEN, CheckIn.wake_at.is_(None), Pairing.state == PairingState.ACTIVE)
    )
    going_on = {one["pairing_id"] for one in await _details(db, "PairingResumed", JournalEntry.delivered_at.is_(None))}
    forgotten = [one.id for one in open_ if str(one.pairing_id) not in going_on]  # the others are about to be thawed
    return [f"pairing {one} waits for ever" for one in asking] + [f"check-in {one} waits for ever" for one in forgotten]


async def both_hear_once_that_it_begins(db: AsyncSession, _now: datetime) -> list[str]:
    """N5: one hello a person and pairing; none before the round is out; none forgotten."""
    begun = {one["pairing_id"] for one in await _details(db, "PairingBegan", JournalEntry.delivered_at.is_not(None))}
    told = await db.execute(
        select(Message.about, func.count()).where(Message.kind == "pairing_began").group_by(Message.about)
    )
    said = {str(pairing_id): count for pairing_id, count in told}
    found = [f"pairing {one} began and {said.get(str(one), 0)} were told" for one in begun if said.get(str(one)) != 2]
    really = select(Pairing.id).where(Pairing.began_at.is_not(None))
    rows = await db.scalars(
        select(Message.about).where(Message.kind == "pairing_began", Message.about.not_in(really)).distinct()
    )
    return found + [f"pairing {one} never began and somebody was told" for one in rows]


async def leaders_of_published_pairings_are_asked(db: AsyncSession, _now: datetime) -> list[str]:
    """N5: publishing asks each leader, once."""
    announced = await _mentioned(db, "PairingsProposed", "pairing_ids", JournalEntry.delivered_at.is_not(None))
    asked = await db.scalars(
        select(Message.about).where(Message.kind == "consent_leader", Message.sequence == 0).distinct()
    )
    return [f"leader of pairing {one} was never asked" for one in announced - set(asked)]


async def whoever_sent_held_a_claim(db: AsyncSession, _now: datetime) -> list[str]:
    """N6: nothing leaves without an owner and an attempt."""
    left = (MessageState.SENDING, MessageState.SENT, MessageState.UNCERTAIN)
    rows = await db.scalars(
        select(Message.id).where(Message.state.in_(left), or_(Message.owner.is_(None), Message.attempt < 1))
    )
    return [f"message {one} left without a claim" for one in rows]


async def nobody_is_chased_beyond_the_ladder(db: AsyncSession, _now: datetime) -> list[str]:
    """N7: no more follow-ups than the programme has steps."""
    rows = await db.execute(
        select(CheckIn.id, CheckIn.follow_ups, Programme.ladder).join(Programme, Programme.id == CheckIn.programme_id)
        .where(CheckIn.follow_ups > 0)
    )  # fmt: skip
    return [f"check-in {one} was followed up {n} times" for one, n, plan in rows if n > len(plan.check_in_follow_ups)]


async def wall_times_are_those_agreed(db: AsyncSession, now: datetime) -> list[str]:
    """N8: the moment of a session to come is its wall time in the newest rules of its zone."""
    rows = await db.execute(
        select(PairSession.id, PairSession.local_start, PairSession.time_zone, PairSession.starts_at)
        .where(PairSession.state.in_((SessionState.PLANNED, SessionState.INVITED)), PairSession.starts_at > now)
    )  # fmt: skip
    return [
        f"session {one} is not at {local:%H:%M} in {zone}"
        for one, local, zone, starts_at in rows
        if moment_of(local, zone) != starts_at
    ]


async def every_step_is_in_the_journal(db: AsyncSession, _now: datetime) -> list[str]:
    """N12: what has changed its state says when and why."""
    told = {
        "PairingBegan": select(Pairing.id).where(Pairing.began_at.is_not(None)),
        "CheckInAnswered": select(CheckIn.id).where(CheckIn.state == CheckInState.ANSWERED),
        "RoundPublished": select(Round.id).where(Round.published_at.is_not(None)),
    }
    found = []
    for event, changed in told.items():
        entries = {str(next(iter(one.values()))) for one in await _details(db, event)}
        found += [
            f"{event} of {one} is not in the journal" for one in await db.scalars(changed) if str(one) not in entries
        ]
    return found


async def the_schema_is_one_that_we_know(db: AsyncSession, _now: datetime) -> list[str]:
    """N15: one version; a command that came this far has compared it with its own."""
    versions = (await db.execute(text("SELECT version_num FROM alembic_version"))).all()
    return [] if len(versions) == 1 else [f"{len(versions)} versions of the schema"]


async def the_file_is_whole(db: AsyncSession, _now: datetime) -> list[str]:
    """N16: SQLite's own look at every page, and at every foreign key. PostgreSQL looks after itself."""
    if db.get_bind().dialect.name != "sqlite":
        return []
    said = [str(row[0]) for row in await db.execute(text("PRAGMA integrity_check"))]
    broken = [f"{row[0]}: row {row[1]} refers to nothing" for row in await db.execute(text("PRAGMA foreign_key_check"))]
    return [one for one in said if one != "ok"] + broken


async def no_lease_outlives_its_owner(db: AsyncSession, now: datetime) -> list[str]:
    """N16: what somebody held who is gone has been taken over."""
    held = (MessageState.CLAIMED, MessageState.SENDING)
    late = now - OVERDUE
    messages = await db.scalars(select(Message.id).where(Message.state.in_(held), Message.wake_at < late))
    rounds = await db.scalars(select(Round.id).where(Round.state == RoundState.SOLVING, Round.lease_until < late))
    return [f"message {one} is held by nobody" for one in messages] + [
        f"round {one} is held by nobody" for one in rounds
    ]


async def who_left_is_left_alone(db: AsyncSession, _now: datetime) -> list[str]:
    """N18: nobody who had left by then was written to."""
    day = func.date(Message.sent_at) if db.get_bind().dialect.name == "sqlite" else cast(Message.sent_at, Date)
    rows = await db.scalars(
        select(Message.id)
        .join(Person, Person.id == Message.recipient_id)
        .where(Message.state == MessageState.SENT, Person.left_on.is_not(None), day > Person.left_on)
    )
    return [f"message {one} went to somebody who had left" for one in rows]


CHECKS: Mapping[str, tuple[Check, ...]] = {
    "N1": (places_are_given_once, every_pairing_came_of_one_proposal),
    "N2": (rounds_are_published_once,),
    "N4": (every_message_waits_or_has_ended, every_event_waits_or_was_delivered, whoever_is_asked_is_waited_for),
    "N5": (both_hear_once_that_it_begins, leaders_of_published_pairings_are_asked),
    "N6": (whoever_sent_held_a_claim,),
    "N7": (nobody_is_chased_beyond_the_ladder,),
    "N8": (wall_times_are_those_agreed,),
    "N12": (every_step_is_in_the_journal,),
    "N15": (the_schema_is_one_that_we_know,),
    "N16": (the_file_is_whole, no_lease_outlives_its_owner),
    "N18": (who_left_is_left_alone,),
}


async def broken_rules(db: AsyncSession, now: datetime, checks: Mapping[str, Iterable[Check]] = CHECKS) -> list[str]:
    """Every violation that the database shows, each with the number of its rule."""
    return [f"{name}: {one}" for name, asked in checks.items() for check in asked for one in await check(db, now)]


async def _details(db: AsyncSession, event: str, *where: ColumnElement[bool]) -> list[dict[str, object]]:
    chosen = select(JournalEntry.details).where(JournalEntry.event == event)
    return list(await db.scalars(chosen.where(*where)))


async def _mentioned(db: AsyncSession, event: str, name: str, *where: ColumnElement[bool]) -> set[UUID]:
    """All ids of a list that entries of one kind carry."""
    return {one for details in await _details(db, event, *where) for one in convert(details[name], list[UUID])}


def _counted(entries: Iterable[Mapping[str, object]], name: str) -> Counter[str]:
    return Counter(str(one[name]) for one in entries)
