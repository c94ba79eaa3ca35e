"""Sessions are booked, moved and called off by either of the two or a leader's delegate; both say what was held."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.failpoints import failpoint
from mentoring.identity import Actor
from mentoring.pairings import rules, slots
from mentoring.pairings.contracts import SessionBooked, SessionsCancelled
from mentoring.pairings.life import BookSession, ReportSession, SessionDetail, Slot
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.planning import end_of
from mentoring.pairings.rules import SessionNotFound, SessionState
from mentoring.pairings.service import mark_session
from mentoring.people.models import Person
from mentoring.people.queries import full_name
from mentoring.policy import Action
from mentoring.programmes.models import Enrolment
from mentoring.programmes.rules import Role

MOST_SLOTS = 18
"""Offered at a time: what a phone shows in a few turns of the thumb."""
LONGEST_SESSION = timedelta(minutes=240)
STANDING = (SessionState.PLANNED, SessionState.INVITED)


class Meeting(NamedTuple):
    """A session with its pairing and the two people."""

    session: PairSession
    pairing: Pairing
    leader: Person
    junior: Person


async def read_session(db: AsyncSession, actor: Actor, session_id: UUID) -> SessionDetail:
    """One session, for whoever may book it. Raises ``SessionNotFound``."""
    return _detail(actor, await _meeting(db, actor, session_id, Action.SESSION_READ))


async def read_slots(db: AsyncSession, actor: Actor, session_id: UUID, now: datetime) -> list[Slot]:
    """Times that suit both, from a week before the session's own day on. Raises ``SessionNotFound``."""
    meeting = await _meeting(db, actor, session_id, Action.SESSION_READ)
    session, pairing, leader, junior = meeting
    begin = max(now + slots.NOTICE, session.starts_at - rules.WEEK)
    end = begin + slots.AHEAD
    taken = await _taken(db, meeting, begin, end)
    both = [
        slots.Stated(one.time_zone or "UTC", one.country, (await db.get_one(Enrolment, enrolment_id)).hours)
        for one, enrolment_id in ((leader, pairing.leader_enrolment_id), (junior, pairing.junior_enrolment_id))
    ]
    found = slots.shared_slots(both, begin, end, session.minutes, taken, MOST_SLOTS)
    zones = [ZoneInfo(zone) for zone in (actor.zone, both[0].zone, both[1].zone)]
    return [
        Slot(start, *(start.astimezone(zone).replace(tzinfo=None) for zone in zones))
        for start in found
        if rules.moment_of(start.astimezone(zones[0]).replace(tzinfo=None), zones[0].key) == start
    ]


async def book_session(
    db: AsyncSession, actor: Actor, session_id: UUID, wanted: BookSession, now: datetime
) -> SessionDetail:
    """Choose a time for a session: the first, or another one for what was arranged, missed or called off.

    The same time twice is the same as once. Raises ``SessionNotFound``, ``SessionChanged``, ``SessionClashes`` or what
    ``rules.wall_start`` and ``rules.ensure_bookable`` refuse.
    """
    meeting = await _meeting(db, actor, session_id, Action.SESSION_BOOK, lock=True)
    session = meeting.session
    if wanted.sequence not in (None, session.sequence):
        raise rules.SessionChanged()
    zone = wanted.time_zone or actor.zone
    local, starts_at = rules.wall_start(wanted.local_start, zone)
    rules.ensure_bookable(meeting.pairing.state, session.state, starts_at, now)
    if session.state is SessionState.INVITED and session.starts_at == starts_at:
        session.booked_at, session.booked_by_id = session.booked_at or now, session.booked_by_id or actor.id
        return _detail(actor, meeting)
    await _ensure_free(db, meeting, starts_at)

    session.sequence = rules.next_sequence(session.state, session.sequence)
    session.local_start, session.time_zone, session.starts_at = local, zone, starts_at
    session.state, session.wake_at = SessionState.INVITED, None
    session.booked_at, session.booked_by_id = now, actor.id
    await db.flush()
    failpoint("book.written")
    journal.record(db, SessionBooked(session.id, session.sequence), by=actor.id, at=now)
    await db.flush()
    return _detail(actor, meeting)


async def call_off_session(db: AsyncSession, actor: Actor, session_id: UUID, now: datetime) -> SessionDetail:
    """Take a session that lies ahead out of both calendars; it can be booked again.

    Raises ``SessionNotFound`` or what ``rules.ensure_to_call_off`` refuses.
    """
    meeting = await _meeting(db, actor, session_id, Action.SESSION_BOOK, lock=True)
    session = meeting.session
    rules.ensure_to_call_off(meeting.pairing.state, session.state, session.starts_at, now)
    session.sequence = rules.next_sequence(session.state, session.sequence)
    session.state, session.wake_at = SessionState.CANCELLED, None
    session.booked_at = session.booked_by_id = None
    await db.flush()
    failpoint("call_off.written")
    journal.record(db, SessionsCancelled([session.id]), by=actor.id, at=now)
    await db.flush()
    return _detail(actor, meeting)


async def report_session(
    db: AsyncSession, actor: Actor, session_id: UUID, report: ReportSession, now: datetime
) -> SessionDetail:
    """Say whether a session was held. What one of the two saw held stays held.

    Raises ``SessionNotFound``, ``PairingNotUnderWay`` or what ``rules.ensure_to_report`` refuses.
    """
    meeting = await _meeting(db, actor, session_id, Action.SESSION_REPORT, lock=True)
    session, pairing, *_ = meeting
    if pairing.state not in rules.UNDER_WAY:
        raise rules.PairingNotUnderWay()
    rules.ensure_to_report(session.state, session.starts_at, now)
    await mark_session(db, pairing.id, session.number, held=report.held, by=actor.id, now=now)
    await db.refresh(session)
    return _detail(actor, meeting)


async def _meeting(db: AsyncSession, actor: Actor, session_id: UUID, action: Action, *, lock: bool = False) -> Meeting:
    """The session with its pairing; where it is to change, the pairing is held first, so that all who do so queue."""
    found = await db.get(PairSession, session_id)
    pairing = await db.get(Pairing, found.pairing_id, with_for_update=lock, populate_existing=lock) if found else None
    policy.require(actor, action, pairing, SessionNotFound)
    assert found is not None
    assert pairing is not None
    session = await db.get_one(PairSession, session_id, with_for_update=lock, populate_existing=lock)
    leader, junior = await db.get_one(Person, pairing.leader_id), await db.get_one(Person, pairing.junior_id)
    return Meeting(session, pairing, leader, junior)


async def _taken(db: AsyncSession, meeting: Meeting, begin: datetime, end: datetime) -> list[slots.Span]:
    """When one of the two meets somebody else, or each other for another session."""
    both = (meeting.pairing.leader_id, meeting.pairing.junior_id)
    rows = await db.scalars(
        select(PairSession)
        .join(Pairing, Pairing.id == PairSession.pairing_id)
        .where(or_(Pairing.leader_id.in_(both), Pairing.junior_id.in_(both)), Pairing.state.in_(rules.UNDER_WAY))
        .where(PairSession.id != meeting.session.id, PairSession.state == SessionState.INVITED)
        .where(PairSession.starts_at > begin - LONGEST_SESSION, PairSession.starts_at < end)
    )
    return [(one.starts_at, end_of(one)) for one in rows]


async def _ensure_free(db: AsyncSession, meeting: Meeting, starts_at: datetime) -> None:
    ends_at = starts_at + timedelta(minutes=meeting.session.minutes)
    taken = await _taken(db, meeting, starts_at, ends_at)
    if any(since < ends_at and starts_at < until for since, until in taken):
        raise rules.SessionClashes()


def _detail(actor: Actor, meeting: Meeting) -> SessionDetail:
    session, pairing, leader, junior = meeting
    roles = {pairing.leader_id: Role.LEADER.value, pairing.junior_id: Role.JUNIOR.value}
    return SessionDetail(
        id=session.id,
        pairing_id=pairing.id,
        number=session.number,
        leader=full_name(leader),
        junior=full_name(junior),
        my_role=roles.get(actor.id, "delegate") if actor.id else "delegate",
        pairing_state=pairing.state,
        state=session.state,
        starts_at=session.starts_at,
        minutes=session.minutes,
        booked=session.booked_at is not None,
        sequence=session.sequence,
    )
