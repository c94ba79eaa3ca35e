"""Many at once: writers take turns and keep nobody from reading, lost connections are noticed, pages ask little."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from httpx import AsyncClient
from sqlalchemy import event, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database, WroteWhileReading, database, insert_missing
from mentoring.people.models import Attempts, Person
from mentoring.programmes.models import Enrolment
from mentoring.programmes.rules import EnrolmentState, Role
from mentoring.settings import Settings
from tests.builders import NOW, a_person, a_programme
from tests.mentoring.visitor import come_in
from tests.mentoring.world import LEADER, build

WRITERS = 32


async def test_many_who_write_at_once_take_turns_and_keep_nobody_from_reading(sqlite_database_url: str) -> None:
    done: list[int] = []

    async def write(opened: Database, number: int) -> None:
        async with opened.sessions.begin() as db:
            db.add(Attempts(key=str(number), since=NOW, count=1))
            await db.flush()
            done.append(number)

    async with database(sqlite_database_url) as opened:
        async with opened.sessions.begin() as db:
            await db.execute(select(Person))
            writing = [asyncio.create_task(write(opened, number)) for number in range(WRITERS)]
            await asyncio.wait(writing, timeout=0.5)  # until all of them wait for us
            async with asyncio.timeout(5), opened.reading() as other:
                found = await other.scalar(select(func.count()).select_from(Attempts))
        await asyncio.gather(*writing)

    assert (found, done) == (0, list(range(WRITERS)))


async def test_a_connection_that_the_server_has_closed_is_not_used_again(postgresql_database_url: str) -> None:
    others = text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid = :one")
    async with database(postgresql_database_url) as opened, database(postgresql_database_url) as other:
        async with opened.reading() as db:
            one = await db.scalar(text("SELECT pg_backend_pid()"))
        async with other.reading() as db:
            await db.execute(others, {"one": one})

        async with opened.reading() as db:
            assert await db.scalar(text("SELECT pg_backend_pid()")) != one


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("path", "most"), [("/me", 10), ("/pairings/{}", 9), ("/api/v1/pairings", 3)])
async def test_what_people_look_at_most_asks_the_database_little(
    client: AsyncClient, database: Database, settings: Settings, path: str, most: int
) -> None:
    async with database.sessions.begin() as db:
        world = await build(db, settings)
        leader = await db.get_one(Person, world.people[LEADER])
    await come_in(client, database, leader)
    pairing = next(one["id"] for one in (await client.get("/api/v1/pairings")).json() if one["state"] == "active")
    address = path.format(pairing)
    await client.get(address)

    with statements(database) as asked:
        answer = await client.get(address)

    assert answer.status_code == 200
    # What was chosen for the whole house is looked up from time to time, whoever asks.
    assert len([one for one in asked if not one.startswith("BEGIN") and "chosen_setting" not in one]) <= most, asked


async def test_rows_that_are_there_stay_and_the_others_come(db: AsyncSession) -> None:
    """Lists in columns are kept one by one; what is not given is as for any new row."""
    programme, people = await a_programme(db), [await a_person(db) for _ in range(3)]
    mornings, given = [(0, 540, 720), (1, 540, 720)], [["teams", "zoom"], [], ["teams"]]
    rows = [
        {"programme_id": programme.id, "person_id": person.id, "role": Role.LEADER, "enrolled_at": NOW,
         "hours": mornings, "tools": tools, "checklist": []}
        for person, tools in zip(people, given, strict=True)
    ]  # fmt: skip
    await insert_missing(db, Enrolment, [rows[0] | {"tools": ["chat"]}])

    await insert_missing(db, Enrolment, [*rows, rows[2]])

    found = {one.person_id: one for one in await db.scalars(select(Enrolment))}
    assert [found[person.id].tools for person in people] == [["chat"], [], ["teams"]]
    assert {(one.capacity, one.state, one.enrolled_at, tuple(one.hours)) for one in found.values()} == {
        (1, EnrolmentState.ENROLLED, NOW, tuple(mornings))
    }


async def test_what_only_reads_refuses_to_write(database: Database) -> None:
    with pytest.raises(WroteWhileReading):
        async with database.reading.begin() as db:
            db.add(Attempts(key="one", since=NOW, count=1))
    with pytest.raises(WroteWhileReading):
        async with database.reading() as db:
            await db.execute(update(Attempts).values(count=2))
