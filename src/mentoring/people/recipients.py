"""To whom mails go: addresses, languages and zones of a batch of people, in one query."""

from collections.abc import Iterable
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.i18n import Words
from mentoring.messages.models import Message
from mentoring.messages.rendering import words_for
from mentoring.people.models import Mailing, Person
from mentoring.people.rules import ERASED


class Recipient(Struct, frozen=True):
    """What a mail needs to know of its reader, and of whom it speaks."""

    id: UUID
    given_name: str
    name: str
    email: str
    job_title: str
    unit: str
    duty_station: str
    country: str
    zone: str
    language: str

    @property
    def erased(self) -> bool:
        return self.email.endswith(ERASED)

    @property
    def words(self) -> Words:
        return words_for(self.language, self.zone)


_UNWANTED = (
    select(Mailing.person_id)
    .where(Mailing.person_id == Message.recipient_id)
    .where(or_(Mailing.stopped_at.is_not(None), Mailing.bounced_address == Person.email))
    .correlate(Message, Person)  # by itself it would find its reader one step out only, and take in all messages
    .exists()
)
STILL_HERE: ColumnElement[bool] = (
    select(Person.id)
    .where(Person.id == Message.recipient_id, Person.left_on.is_(None))
    .where(or_(Message.pace.is_(None), ~_UNWANTED))
    .exists()
)
"""For guards: whoever left is written to no more; and what may be stopped is, or where the address takes nothing."""


async def recipients(db: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Recipient]:
    """Look a batch of people up."""
    columns = (
        Person.id, Person.given_name, Person.family_name, Person.email, Person.job_title, Person.unit,
        Person.duty_station, Person.country, Person.time_zone, Person.language,
    )  # fmt: skip
    rows = await db.execute(select(*columns).where(Person.id.in_(set(ids))))
    return {
        row.id: Recipient(
            id=row.id,
            given_name=row.given_name,
            name=f"{row.given_name} {row.family_name}".strip(),
            email=row.email,
            job_title=row.job_title,
            unit=row.unit,
            duty_station=row.duty_station,
            country=row.country,
            zone=row.time_zone or "UTC",
            language=row.language,
        )
        for row in rows
    }
