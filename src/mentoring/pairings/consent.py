"""How long a person has to answer, by the working days of their own place."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import among
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Person
from mentoring.people.rules import after_working_days
from mentoring.programmes.models import Programme
from mentoring.programmes.rules import Ladder


class Calendar(Struct, frozen=True):
    """A place whose working days count, and the ladder of the programme."""

    country: str
    zone: str
    ladder: Ladder

    def moments(self, asked_at: datetime) -> tuple[list[datetime], datetime]:
        """When to remind, and when the question expires."""
        reminders = [self._after(asked_at, days) for days in self.ladder.consent_reminders]
        return reminders, self.expires(asked_at)

    def expires(self, asked_at: datetime) -> datetime:
        return self._after(asked_at, self.ladder.consent_expires)

    def first_look(self, asked_at: datetime) -> datetime:
        """When the clock must look for the first time."""
        days = (*self.ladder.consent_reminders, self.ladder.consent_expires)[0]
        return self._after(asked_at, days)

    def _after(self, moment: datetime, days: int) -> datetime:
        return _after_working_days(moment, days, self.country, self.zone)


@lru_cache(maxsize=8192)
def _after_working_days(moment: datetime, days: int, country: str, zone: str) -> datetime:
    """The pairings of one round are asked at one moment: each place is worked out once."""
    return after_working_days(moment, days, country, zone)


async def calendars(db: AsyncSession, person_ids: Iterable[UUID], ladder: Ladder) -> dict[UUID, Calendar]:
    """The calendars of many people; those of one place share theirs."""
    shared: dict[tuple[str, str], Calendar] = {}
    found: dict[UUID, Calendar] = {}
    columns = (Person.id, Person.country, Person.time_zone)
    for row in await db.execute(select(*columns).where(among(Person.id, set(person_ids)))):
        place = (row.country, row.time_zone or "UTC")
        found[row.id] = shared.setdefault(place, Calendar(*place, ladder))
    return found


async def calendar_of(db: AsyncSession, pairing: Pairing) -> Calendar:
    """The calendar of the one who is asked now."""
    programme = await db.get_one(Programme, pairing.programme_id)
    asked = pairing.leader_id if pairing.state is PairingState.ASKING_LEADER else pairing.junior_id
    return (await calendars(db, [asked], programme.ladder))[asked]
