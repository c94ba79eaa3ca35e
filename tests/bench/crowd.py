"""Those who use the service while it is measured: pairings of the staff, many of whose people have come in."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.rules import CheckInState
from mentoring.db import database
from mentoring.followups.models import Watch
from mentoring.followups.rules import Finding, Level, Reason
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.people.models import Account, Person, SignIn
from mentoring.people.service import digest_of
from mentoring.programmes.models import Coordinator
from tests.bench.population import AHEAD, Rows, insert_all, some_check_ins, some_pairings, some_sessions, the_id

A_MINUTE = timedelta(minutes=1)
PEOPLE_IN, COORDINATORS, AT_RISK = 10_000, 4, 40
"""Who is signed in, and how many pairings wait for a coordinator."""


class Crowd(NamedTuple):
    """Pairings with the cookies of both, whoever runs their programme, and the questions that wait for an answer."""

    pairings: Rows
    cookies: Mapping[UUID, str]
    coordinators: Sequence[str]
    check_ins: Rows


async def gathered(url: str, count: int, questions: int) -> Crowd:
    """Pairings of the staff, a month old; many of their people have come in."""
    now = datetime.now(UTC)
    async with database(url) as opened, opened.sessions.begin() as db:
        staff = await db.scalars(select(Person.id).order_by(Person.staff_no).limit(2 * count + COORDINATORS))
        people: Rows = [{"id": one} for one in staff]
        coordinators = [the_id(people.pop()) for _ in range(COORDINATORS)]
        pairings = await some_pairings(db, count, PairingState.ACTIVE, now - timedelta(weeks=4), people)
        await some_sessions(db, pairings, 7, SessionState.PLANNED, now - timedelta(weeks=3), wake=False)
        present = pairings[: PEOPLE_IN // 2]
        each = -(-questions // (2 * len(present)))
        moments = [f"session_1_{number}" for number in range(each)]
        asked = await some_check_ins(db, present, moments, CheckInState.OPEN, now)
        await insert_all(db, Watch, [_watched(one, number, now) for number, one in enumerate(pairings)])
        programme = pairings[0]["programme_id"]
        await insert_all(db, Coordinator, [{"programme_id": programme, "person_id": one} for one in coordinators])
        two = [the_id(one, who) for one in present for who in ("leader_id", "junior_id")]
        cookies = await _come_in(db, two, coordinators, now)
    return Crowd(present, cookies, [cookies[one] for one in coordinators], asked)


def _watched(pairing: Mapping[str, object], number: int, now: datetime) -> dict[str, object]:
    risky = number < AT_RISK
    return {
        "pairing_id": pairing["id"],
        "programme_id": pairing["programme_id"],
        "wake_at": now + AHEAD,
        "level": Level.AMBER if risky else Level.GREEN,
        "points": 40 if risky else 0,
        "findings": [Finding(Reason.GAP, 40)] if risky else [],
        "changed_at": now,
        "alerts": 0,
    }


async def _come_in(
    db: AsyncSession, people: Sequence[UUID], coordinators: Sequence[UUID], now: datetime
) -> dict[UUID, str]:
    """A session for each; that it was seen falls due for each at another moment of the next minute."""
    cookies = {one: token_urlsafe(32) for one in (*people, *coordinators)}
    accounts: Rows = [{"person_id": one, "administrator": one in coordinators, "created_at": now} for one in cookies]
    sign_ins: Rows = [
        {
            "digest": digest_of(secret),
            "person_id": one,
            "created_at": now,
            "seen_at": now - number / len(cookies) * A_MINUTE,
        }
        for number, (one, secret) in enumerate(cookies.items())
    ]
    await insert_all(db, Account, accounts)
    await insert_all(db, SignIn, sign_ins)
    return cookies
