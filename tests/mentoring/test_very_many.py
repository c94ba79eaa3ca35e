"""More people than a statement has values (PostgreSQL's driver takes 32,767): lists and reactions bear any number."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins import following
from mentoring.checkins import service as checkins
from mentoring.db import among
from mentoring.followups import service as followups
from mentoring.followups.facts import facts_of
from mentoring.identity import MACHINE
from mentoring.pairings import endings
from mentoring.pairings import service as pairings
from mentoring.pairings.contracts import PairingsProposed, PairingsWithdrawn, SessionsCancelled, SessionsShifted
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment
from mentoring.programmes.queries import list_enrolments
from mentoring.programmes.rules import Role
from tests.builders import NOW, a_pairing, a_person, a_programme

MANY = 33_000
STRANGERS = [UUID(int=number) for number in range(MANY)]
REACTIONS: dict[str, tuple[Callable[..., Awaitable[None]], Callable[[list[UUID]], Any]]] = {
    "leaders are asked": (pairings.ask_leaders, PairingsProposed),
    "withdrawals are told": (pairings.tell_withdrawn, PairingsWithdrawn),
    "check-ins of withdrawn pairings": (checkins.cancel_check_ins, PairingsWithdrawn),
    "withdrawn pairings are watched no more": (followups.look_after_pairings, PairingsWithdrawn),
    "calendars hear of what is called off": (endings.tell_cancelled, SessionsCancelled),
    "nobody is asked about what is called off": (following.forget_called_off, SessionsCancelled),
    "what is called off settles nothing": (followups.look_after_sessions, SessionsCancelled),
    "questions follow their sessions": (following.follow_sessions, SessionsShifted),
}


async def test_all_the_sign_ups_of_a_very_large_programme_are_listed(db: AsyncSession) -> None:
    programme, somebody = await a_programme(db), await a_person(db, family_name="Li", given_name="")
    kept = {column.name: getattr(somebody, column.name) for column in Person.__table__.columns}
    people = [
        kept | {"id": uuid4(), "staff_no": f"M{number}", "email": f"m{number}@example.org"} for number in range(MANY)
    ]
    enrolled = {"programme_id": programme.id, "role": Role.LEADER, "enrolled_at": NOW, "hours": []}
    connection = await db.connection()
    await connection.execute(insert(Person), people)
    await connection.execute(insert(Enrolment), [enrolled | {"id": uuid4(), "person_id": one["id"]} for one in people])

    found = await list_enrolments(db, MACHINE, programme.name, None, 100_000, 0)

    assert len({one.person.id for one in found}) == MANY


@pytest.mark.parametrize(("reaction", "event"), REACTIONS.values(), ids=REACTIONS)
async def test_what_happens_to_very_many_at_once_is_dealt_with(
    db: AsyncSession, reaction: Callable[..., Awaitable[None]], event: Callable[[list[UUID]], Any]
) -> None:
    await reaction(db, [event(STRANGERS)], NOW)


async def test_very_many_are_withdrawn_at_once(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE)

    withdrawn = await pairings.withdraw_pairings(db, [*STRANGERS, pairing.id], None, NOW)

    assert withdrawn == [pairing.id]


async def test_very_many_are_looked_at_at_once(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE, began_at=NOW)

    assert list(await facts_of(db, [pairing] * MANY)) == [pairing.id]


@pytest.mark.parametrize("known", [0, 1, 3])
async def test_among_tells_who_is_meant(db: AsyncSession, known: int) -> None:
    people = [await a_person(db) for _ in range(3)]
    ids = [one.id for one in people[:known]] + [uuid4()]

    found = await db.scalars(select(Person.id).where(among(Person.id, ids)))
    nobody = await db.scalar(select(func.count()).select_from(Person).where(among(Person.id, [])))

    assert (set(found), nobody) == ({one.id for one in people[:known]}, 0)


async def test_who_is_meant_is_looked_up_by_id_and_not_searched_among_all(db: AsyncSession) -> None:
    connection = await db.connection()
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:  # with so few people it would rather read them all
        await connection.execute(text("SET LOCAL enable_seqscan = off"))

    @event.listens_for(connection.sync_connection, "before_cursor_execute", retval=True)
    def explain(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> tuple[str, object]:
        return f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{statement}", values

    plan = str((await connection.execute(select(Person.staff_no).where(among(Person.id, [uuid4()])))).all())

    assert ("SEARCH person USING" if sqlite else "Index Scan using pk_person") in plan
    assert "SCAN person" not in plan
