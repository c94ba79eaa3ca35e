"""The audit list, and how the service is."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Text, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import policy
from mentoring.administration.contracts import AuditEntry, AuditFilter, Health
from mentoring.db import among
from mentoring.identity import Actor
from mentoring.journal import Event, JournalEntry
from mentoring.people.models import Person
from mentoring.people.queries import find_person, full_name
from mentoring.people.rules import PersonNotFound
from mentoring.policy import Action
from mentoring.upkeep.queries import read_status
from mentoring.upkeep.rules import BACKUP, CHECK

MANY = 100
MOST_NAMESAKES = 20
IN_CONFIDENCE = frozenset({"confided"})
"""What an entry says for its reactions alone: that somebody confided in coordinators is not for the audit list."""


def event_names() -> list[str]:
    """Every kind of thing that the journal can hold."""
    return sorted(kind.__name__ for kind in Event.__subclasses__() if kind.__module__.startswith("mentoring."))


async def read_audit(db: AsyncSession, actor: Actor, wanted: AuditFilter, limit: int = MANY) -> list[AuditEntry]:
    """What happened, the latest first."""
    policy.require_right(actor, Action.AUDIT_READ)
    chosen = (
        select(JournalEntry, Person)
        .outerjoin(Person, Person.id == JournalEntry.by_id)
        .where(*await _where(db, actor, wanted))
        .order_by(JournalEntry.number.desc())
        .limit(limit)
    )
    found = (await db.execute(chosen)).all()
    named = await _named(db, [_ids(entry.details) for entry, _ in found])
    return [
        AuditEntry(
            number=entry.number,
            at=entry.at,
            event=entry.event,
            by_id=entry.by_id,
            by=full_name(person) if person else "",
            details={name: value for name, value in entry.details.items() if name not in IN_CONFIDENCE},
            people={str(one): named[one] for one in _ids(entry.details) if one in named},
        )
        for entry, person in found
    ]


def _ids(details: Mapping[str, object]) -> list[UUID]:
    """Ids that stand alone in the details; long lists of them are left as they are."""
    return [UUID(value) for name, value in details.items() if name.endswith("_id") and isinstance(value, str)]


async def _named(db: AsyncSession, ids: Sequence[Sequence[UUID]]) -> dict[UUID, str]:
    people = await db.scalars(select(Person).where(among(Person.id, {one for several in ids for one in several})))
    return {one.id: full_name(one) for one in people}


async def _where(db: AsyncSession, actor: Actor, wanted: AuditFilter) -> Sequence[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.person.strip():
        where.append(_by_or_about(await _people(db, wanted.person.strip())))
    if wanted.event:
        where.append(JournalEntry.event == wanted.event)
    if wanted.since is not None:
        where.append(JournalEntry.at >= _midnight(wanted.since, actor.zone))
    if wanted.until is not None:
        where.append(JournalEntry.at < _midnight(wanted.until + timedelta(days=1), actor.zone))
    if wanted.before is not None:
        where.append(JournalEntry.number < wanted.before)
    return where


def _by_or_about(people: Sequence[UUID]) -> ColumnElement[bool]:
    about = (cast(JournalEntry.details, Text).contains(str(one)) for one in people)
    return or_(JournalEntry.by_id.in_(people), *about)


async def _people(db: AsyncSession, ref: str) -> list[UUID]:
    """Whoever is meant: by id, staff number or address, or else by name."""
    with suppress(PersonNotFound):
        return [(await find_person(db, ref)).id]
    named = [
        or_(Person.given_name.icontains(word, autoescape=True), Person.family_name.icontains(word, autoescape=True))
        for word in ref.split()
    ]
    return list(await db.scalars(select(Person.id).where(*named).limit(MOST_NAMESAKES)))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(zone))


async def read_health(db: AsyncSession, actor: Actor, now: datetime) -> Health:
    """How clock, queue and events are, when the rules were looked at, and how old the latest backup is."""
    status = await read_status(db, actor, now)
    done = {one.job: one for one in status.jobs}
    checked, backed_up = done.get(CHECK), done.get(BACKUP)
    return Health(
        status=status,
        checked_at=checked.ran_at if checked else None,
        broken=checked.items if checked else 0,
        backed_up_at=backed_up.ran_at if backed_up else None,
    )
