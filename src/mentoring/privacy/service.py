"""Everything about me, to take along or to have forgotten. Both walk the schema, see ``rules``."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Table, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy, tables
from mentoring.directory.contracts import PersonLeft
from mentoring.identity import Actor
from mentoring.messages.models import Message
from mentoring.pairings.models import Pairing
from mentoring.pairings.queries import my_pairings
from mentoring.people.models import Attempts, Person
from mentoring.people.service import ensure_another_administrator
from mentoring.policy import Action
from mentoring.privacy import rules
from mentoring.privacy.contracts import EraseMe, MyData, OwnDataTaken, PersonErased

Row = dict[str, object]


async def export_data(db: AsyncSession, actor: Actor, now: datetime) -> MyData:
    """All that is known of the one who asks, but what somebody else said in confidence."""
    person = policy.require(actor, Action.DATA_EXPORT, await db.get(Person, actor.id) if actor.id else None)
    found = {
        table.name: await _rows(db, table, person.id)
        for table in _owned()
        if table.name not in rules.WITHHELD | {Pairing.__tablename__}
    }
    found[Pairing.__tablename__] = await _pairings(db, actor)
    journal.record(db, OwnDataTaken(person.id), by=person.id, at=now)
    return MyData(exported_at=now, tables={name: rows for name, rows in sorted(found.items()) if rows})


async def _rows(db: AsyncSession, table: Table, person_id: UUID) -> list[Row]:
    theirs = or_(*(rules.held_by(column, person_id) for column in rules.owners(table)))
    found = await db.execute(select(*rules.shown(table)).where(theirs).order_by(*table.primary_key.columns))
    return [dict(row) for row in found.mappings()]


async def _pairings(db: AsyncSession, actor: Actor) -> list[Row]:
    """As they are seen by the one of the two who asks, with what that one wrote to the coordinator."""
    views = await my_pairings(db, actor)
    kept = {one.id: one for one in await db.scalars(select(Pairing).where(Pairing.id.in_([one.id for one in views])))}
    return [
        msgspec.to_builtins(view)
        | {
            column: getattr(kept[view.id], column)
            for column, author in ((name.partition(".")[2], by) for name, by in rules.AUTHORS.items())
            if getattr(kept[view.id], author) == actor.id
        }
        for view in views
    ]


async def erase_me(db: AsyncSession, actor: Actor, wish: EraseMe, now: datetime) -> None:
    """Forget the one who asks. Their pairings end as if they had left; numbers stay, words and names do not.

    Their messages are held before they are: the sender, too, has a message first and then makes the link in it.
    Raises ``AddressNotOwn`` or ``LastAdministrator``.
    """
    theirs = select(Message.id).where(Message.recipient_id == actor.id).order_by(Message.id)
    await db.execute(theirs.with_for_update())
    found = await db.get(Person, actor.id, with_for_update=True) if actor.id else None
    person = policy.require(actor, Action.ERASE, found)
    rules.ensure_meant(wish.address, person.email)
    await ensure_another_administrator(db, person.id)
    for table in _owned():
        await _blank(db, table, person.id)
    for table in tables.ALL.values():
        if columns := rules.goes_with_them(table):
            await db.execute(delete(table).where(or_(*(rules.held_by(one, person.id) for one in columns))))
    await db.execute(delete(Attempts).where(Attempts.key.in_(_tries(person.email))))
    await _unname(db, person, now)
    journal.record(db, PersonErased(person.id), by=person.id, at=now)
    journal.record(db, PersonLeft(person.id), by=person.id, at=now)
    await db.flush()


async def _blank(db: AsyncSession, table: Table, person_id: UUID) -> None:
    """Take the words out of the rows that are theirs; out of a row of two, where only one wrote, their own alone."""
    theirs = or_(*(rules.held_by(column, person_id) for column in rules.owners(table)))
    names = {column: f"{table.name}.{column.name}" for column in rules.personal(table)}
    common = {column: rules.blank(column) for column in names if names[column] not in rules.AUTHORS}
    if common:
        await db.execute(update(table).where(theirs).values(common))
    for column, name in names.items():
        if author := rules.AUTHORS.get(name):
            wrote = table.c[author] == person_id
            await db.execute(update(table).where(and_(theirs, wrote)).values({column: rules.blank(column)}))


def _tries(email: str) -> Iterable[str]:
    """Under which keys it is counted how often somebody tried to come in; see ``people.service.count_try``."""
    return (f"account:{email}", f"account:reset:{email}")


async def _unname(db: AsyncSession, person: Person, now: datetime) -> None:
    """What is left of them: that somebody was here. Grade, unit and place would tell who, taken together."""
    await db.refresh(person)
    person.left_on = now.date()
    person.grade = person.unit = person.duty_station = person.country = ""
    person.grade_level, person.time_zone = None, "UTC"


def _owned() -> list[Table]:
    """Every table in which something is somebody's."""
    return [table for table in tables.ALL.values() if rules.owners(table)]
