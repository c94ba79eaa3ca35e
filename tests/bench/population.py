"""Pairings by the thousand, written straight into the tables: what clock and sender find in a large organisation."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInKind, CheckInState
from mentoring.db import Base
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment
from mentoring.programmes.rules import Role
from tests.builders import REASONS, a_programme

PLACES = (("CH", "Europe/Zurich"), ("KE", "Africa/Nairobi"), ("US", "America/New_York"), ("NP", "Asia/Kathmandu"))
FULL_WEEK = [(weekday, 9 * 60, 17 * 60) for weekday in range(5)]
AHEAD = timedelta(days=30)

Rows = list[dict[str, object]]


async def some_pairings(
    db: AsyncSession, count: int, state: PairingState, now: datetime, people: Rows | None = None
) -> Rows:
    """Add so many pairings of one programme, each of two people of its own, or of those who are given."""
    programme = await a_programme(db)
    new = [_person(number) for number in range(2 * count)] if people is None else []
    people = people or new
    roles = (Role.LEADER, Role.JUNIOR)
    enrolments: Rows = [
        {
            "id": uuid4(),
            "programme_id": programme.id,
            "person_id": person["id"],
            "role": roles[number % 2],
            "enrolled_at": now,
            "prepared_at": now,
            "hours": FULL_WEEK,
        }
        for number, person in enumerate(people[: 2 * count])
    ]
    pairings: Rows = [
        {
            "id": uuid4(),
            "programme_id": programme.id,
            "leader_enrolment_id": leader["id"],
            "junior_enrolment_id": junior["id"],
            "leader_id": leader["person_id"],
            "junior_id": junior["person_id"],
            "state": state,
            "fit": 0.6,
            "reasons": REASONS,
            "made_at": now,
            "asked_at": now,
            "junior_asked_at": now if state is PairingState.ACTIVE else None,
            "began_at": now if state is PairingState.ACTIVE else None,
            "wake_at": None if state is PairingState.ACTIVE else now + AHEAD,
        }
        for leader, junior in zip(enrolments[::2], enrolments[1::2], strict=True)
    ]
    await insert_all(db, Person, new)
    await insert_all(db, Enrolment, enrolments)
    await insert_all(db, Pairing, pairings)
    return pairings


async def some_sessions(
    db: AsyncSession, pairings: Rows, each: int, state: SessionState, first: datetime, wake: bool
) -> Rows:
    """Add ``each`` sessions to every pairing, a week apart."""
    sessions: Rows = [
        {
            "id": uuid4(),
            "pairing_id": pairing["id"],
            "number": number,
            "local_start": starts_at.replace(tzinfo=None),
            "time_zone": "UTC",
            "starts_at": starts_at,
            "minutes": 45,
            "state": state,
            "wake_at": starts_at - timedelta(days=1) if wake else None,
        }
        for pairing in pairings
        for number in range(1, each + 1)
        for starts_at in (first + timedelta(weeks=number),)
    ]
    await insert_all(db, PairSession, sessions)
    return sessions


async def some_check_ins(
    db: AsyncSession, pairings: Rows, moments: Sequence[str], state: CheckInState, due: datetime
) -> Rows:
    """Add a question at each of the moments to both people of every pairing."""
    check_ins: Rows = [
        {
            "id": uuid4(),
            "programme_id": pairing["programme_id"],
            "pairing_id": pairing["id"],
            "person_id": pairing[who],
            "kind": CheckInKind.SESSION,
            "moment": moment,
            "due_at": due + timedelta(hours=place),
            "wake_at": due + timedelta(hours=place),
            "state": state,
            "fired_at": due if state is CheckInState.OPEN else None,
        }
        for pairing in pairings
        for place, moment in enumerate(moments)
        for who in ("leader_id", "junior_id")
    ]
    await insert_all(db, CheckIn, check_ins)
    return check_ins


def the_id(row: dict[str, object], name: str = "id") -> UUID:
    found = row[name]
    assert isinstance(found, UUID)
    return found


def _person(number: int) -> dict[str, object]:
    identity = uuid4()
    country, zone = PLACES[number % len(PLACES)]
    return {
        "id": identity,
        "staff_no": identity.hex,
        "given_name": "Zoë",
        "family_name": f"Mensah{number}",
        "email": f"{identity.hex}@example.org",
        "job_title": "Adviser",
        "grade": "P3",
        "grade_level": 9,
        "unit": f"Unit {number % 50}",
        "duty_station": "A station",
        "country": country,
        "time_zone": zone,
        "languages": {"en": 3, "fr": 2},
        "language": ("en", "fr")[number % 2],
    }


async def insert_all(db: AsyncSession, table: type[Base], rows: Rows) -> None:
    if rows:
        await (await db.connection()).execute(insert(table), rows)
