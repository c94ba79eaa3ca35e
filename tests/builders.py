"""What is valid, made with as few words as possible: a test names only what it is about.

Each builder adds to the session and flushes; none commits.
"""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInKind, CheckInState
from mentoring.db import Base
from mentoring.identity import Actor
from mentoring.pairings.contracts import NeedMet, Parts, Reasons
from mentoring.pairings.models import Agreement, Pairing, PairSession
from mentoring.pairings.rules import UNDER_WAY, Occasion, PairingState, SessionState
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.rules import Ladder, MatchingRules, MatchingWeights, Plan, Preset, Role

Row = TypeVar("Row", bound=Base)

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
"""A Tuesday, before the clocks change anywhere in Europe or America."""
REASONS = Reasons(
    parts=Parts(need=0.8, time=0.5, wishes=0.0, tools=0.5, language=1.0, across=1.0),
    needs=[NeedMet(skill="2.6", priority=1, held=1, offered=3)],
    shared_hours=4.5,
    language="en",
    tools=["LinkedIn"],
    across=True,
    slots=[36, 132],
)
"""Both can begin on Monday and on Tuesday at 09:00 UTC."""

_numbers = count(1)


async def a_person(db: AsyncSession, **changes: object) -> Person:
    """Somebody in Geneva whom nobody has paired yet."""
    number = next(_numbers)
    values = {
        "staff_no": f"T{number:05}",
        "given_name": "Ama",
        "family_name": f"Mensah{number}",
        "email": f"person{number}@example.org",
        "job_title": "Adviser",
        "grade": "P3",
        "grade_level": 9,
        "unit": f"Unit {number}",
        "duty_station": "Geneva",
        "country": "CH",
        "time_zone": "Europe/Zurich",
        "languages": {"en": 2, "fr": 3},
        "language": "en",
    }
    return await _added(db, Person(**(values | changes)))


async def a_programme(db: AsyncSession, **changes: object) -> Programme:
    values = {
        "name": f"Digital leaders {next(_numbers)}",
        "preset": Preset.STANDARD,
        "created_at": NOW - timedelta(days=30),
        "rules": MatchingRules(),
        "weights": MatchingWeights(),
        "plan": Plan(),
        "ladder": Ladder(),
    }
    return await _added(db, Programme(**(values | changes)))


async def an_enrolment(
    db: AsyncSession,
    role: Role = Role.LEADER,
    person: Person | None = None,
    programme: Programme | None = None,
    **changes: object,
) -> Enrolment:
    """A sign-up; a junior's is prepared."""
    person = person or await a_person(db)
    programme = programme or await a_programme(db)
    values = {
        "programme_id": programme.id,
        "person_id": person.id,
        "role": role,
        "enrolled_at": NOW - timedelta(days=20),
        "prepared_at": NOW - timedelta(days=10),
        "hours": [(weekday, 9 * 60, 17 * 60) for weekday in range(5)],
    }
    return await _added(db, Enrolment(**(values | changes)))


async def a_pairing(
    db: AsyncSession,
    state: PairingState = PairingState.ASKING_LEADER,
    *,
    leader: Person | None = None,
    junior: Person | None = None,
    programme: Programme | None = None,
    junior_enrolment: Enrolment | None = None,
    **changes: object,
) -> Pairing:
    """A pairing whose leader was asked just now, or as far on as ``state`` says."""
    programme = programme or await a_programme(db)
    led = await an_enrolment(db, Role.LEADER, leader, programme)
    teaches = junior_enrolment or await an_enrolment(db, Role.JUNIOR, junior, programme)
    values = {
        "programme_id": programme.id,
        "leader_enrolment_id": led.id,
        "junior_enrolment_id": teaches.id,
        "leader_id": led.person_id,
        "junior_id": teaches.person_id,
        "state": state,
        "fit": 0.62,
        "reasons": REASONS,
        "made_at": NOW,
        "asked_at": NOW,
        "junior_asked_at": None if state is PairingState.ASKING_LEADER else NOW,
        "began_at": NOW if state in (*UNDER_WAY, PairingState.ENDED) else None,
    }
    return await _added(db, Pairing(**(values | changes)))


async def a_session(db: AsyncSession, pairing: Pairing, number: int = 1, **changes: object) -> PairSession:
    """A planned session of 45 minutes, a week after ``NOW`` and three weeks later each."""
    starts_at = NOW + timedelta(days=7 + 21 * (number - 1))
    values = {
        "pairing_id": pairing.id,
        "number": number,
        "local_start": starts_at.replace(tzinfo=None),
        "time_zone": "UTC",
        "starts_at": starts_at,
        "minutes": 45,
        "state": SessionState.PLANNED,
    }
    return await _added(db, PairSession(**(values | changes)))


async def an_agreement(db: AsyncSession, pairing: Pairing, *, agreed: bool = True, **changes: object) -> Agreement:
    """A first version with the rhythm of the standard plan, signed by both unless told otherwise."""
    signed_at = NOW if agreed else None
    values = {
        "pairing_id": pairing.id,
        "version": 1,
        "revision": 1,
        "occasion": Occasion.BEGINNING,
        "every_days": 21,
        "minutes": 45,
        "language": "en",
        "skill_goal": "Post once a week",
        "perspective_goal": "See the house from below",
        "junior_wants": "Learn how decisions are made",
        "written_at": NOW,
        "leader_signed_at": signed_at,
        "junior_signed_at": signed_at,
        "agreed_at": signed_at,
    }
    return await _added(db, Agreement(**(values | changes)))


async def a_check_in(
    db: AsyncSession,
    *,
    pairing: Pairing | None = None,
    person_id: UUID | None = None,
    kind: CheckInKind = CheckInKind.SESSION,
    state: CheckInState = CheckInState.OPEN,
    **changes: object,
) -> CheckIn:
    """A question to the leader of an active pairing, put just now."""
    pairing = pairing or await a_pairing(db, PairingState.ACTIVE)
    values = {
        "programme_id": pairing.programme_id,
        "pairing_id": pairing.id,
        "person_id": person_id or pairing.leader_id,
        "kind": kind,
        "moment": "session_1" if kind is CheckInKind.SESSION else "day_30",
        "due_at": NOW,
        "state": state,
        "fired_at": NOW if state is CheckInState.OPEN else None,
    }
    return await _added(db, CheckIn(**(values | changes)))


def as_actor(
    person: Person | UUID,
    *,
    administrator: bool = False,
    coordinates: tuple[Programme, ...] = (),
    zone: str = "UTC",
) -> Actor:
    """Somebody who is signed in."""
    return Actor(
        id=person.id if isinstance(person, Person) else person,
        administrator=administrator,
        coordinates=frozenset(programme.id for programme in coordinates),
        zone=zone,
    )


async def _added(db: AsyncSession, row: Row) -> Row:
    db.add(row)
    await db.flush()
    return row
