"""Who takes part, as numbers alone: what the front page tells everybody."""

from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from litestar.di import NamedDependency
from sqlalchemy import distinct, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.pairings.models import PairSession
from mentoring.pairings.rules import SessionState
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment
from mentoring.programmes.rules import EnrolmentState, Role

FEWEST_TOLD = 5
"""Fewer people could be guessed at, and would speak for nothing."""
TOLD_FOR = timedelta(minutes=10)
"""The front page is asked for by anybody, as often as they like."""


async def count_participants(db: AsyncSession) -> dict[str, int]:
    """Leaders, juniors, countries and sessions held; a number that is too small is left out."""
    taking_part = (Enrolment.state == EnrolmentState.ENROLLED) & Person.left_on.is_(None)
    people = select(func.count(distinct(Person.id))).join(Enrolment, Enrolment.person_id == Person.id)
    countries = people.with_only_columns(func.count(distinct(Person.country))).where(Person.country != "")
    held = select(func.count()).select_from(PairSession).where(PairSession.state == SessionState.HELD)
    counted = {
        "leaders": await db.scalar(people.where(taking_part, Enrolment.role == Role.LEADER)),
        "juniors": await db.scalar(people.where(taking_part, Enrolment.role == Role.JUNIOR)),
        "countries": await db.scalar(countries.where(taking_part)),
        "sessions": await db.scalar(held),
    }
    return {name: number for name, number in counted.items() if number and number >= FEWEST_TOLD}


class Participation:
    """The numbers of a database, counted anew after a while."""

    def __init__(self) -> None:
        self._counted: WeakKeyDictionary[Database, tuple[datetime, dict[str, int]]] = WeakKeyDictionary()

    async def told(
        self, db: NamedDependency[AsyncSession], database: NamedDependency[Database], now: NamedDependency[datetime]
    ) -> dict[str, int]:
        """The numbers, at most ten minutes old."""
        until, counted = self._counted.get(database, (now, {}))
        if now >= until:
            counted = await count_participants(db)
            self._counted[database] = now + TOLD_FOR, counted
        return counted
