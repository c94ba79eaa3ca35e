"""When sessions were used last: written down without anybody waiting for it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from httpx import AsyncClient
from litestar import Litestar
from sqlalchemy import event, select, update

from mentoring.db import Database
from mentoring.db import database as opened_for_a_while
from mentoring.people import presence
from mentoring.people.models import Attempts, SignIn
from mentoring.people.presence import Presence
from mentoring.people.service import digest_of
from tests.builders import NOW, a_person
from tests.harness.databases import sqlite_url
from tests.mentoring.visitor import come_in

A_WHILE = timedelta(minutes=2)


async def a_visitor(client: AsyncClient, database: Database) -> None:
    """Somebody who came in a while ago."""
    async with database.sessions.begin() as db:
        person = await a_person(db)
    await come_in(client, database, person)
    async with database.sessions.begin() as db:
        await db.execute(update(SignIn).values(seen_at=datetime.now(UTC) - A_WHILE))


async def seen_at(database: Database) -> datetime:
    async with database.reading() as db:
        return (await db.scalars(select(SignIn.seen_at))).one()


async def test_whoever_looks_at_a_page_does_not_wait_for_those_who_write(
    client: AsyncClient, app: Litestar, database: Database
) -> None:
    await a_visitor(client, database)
    before = await seen_at(database)

    async with database.sessions.begin() as db:  # as a long import does
        db.add(Attempts(key="one", since=NOW, count=1))
        await db.flush()
        async with asyncio.timeout(5):
            answer = await client.get("/me")
    await app.state.presence.close(database)

    assert answer.status_code == 200
    assert await seen_at(database) - before >= A_WHILE


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes are written at once: nobody waits five seconds for a test."""
    monkeypatch.setattr(presence, "WRITTEN_AFTER", 0.0)


@pytest.mark.usefixtures("soon")
async def test_notes_are_written_a_moment_later_by_themselves(client: AsyncClient, database: Database) -> None:
    await a_visitor(client, database)
    written = asyncio.Event()

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE sign_in"):
            written.set()

    engine = database.engine.sync_engine
    event.listen(engine, "after_cursor_execute", look)
    try:
        await client.get("/me")
        async with asyncio.timeout(5):
            await written.wait()
    finally:
        event.remove(engine, "after_cursor_execute", look)


async def test_what_cannot_be_written_down_is_written_the_next_time(
    client: AsyncClient, database: Database, tmp_path: Path
) -> None:
    await a_visitor(client, database)
    now, notes, digest = datetime.now(UTC), Presence(), digest_of(client.cookies["session"])

    async with opened_for_a_while(sqlite_url(tmp_path / "without_tables.db")) as broken:
        notes.note_session(broken, digest, now)
        await notes.close(broken)
    await notes.close(database)

    assert await seen_at(database) == now


async def test_a_note_that_comes_late_takes_nothing_back(client: AsyncClient, database: Database) -> None:
    await a_visitor(client, database)
    now, digest = datetime.now(UTC), digest_of(client.cookies["session"])

    for at in (now, now - A_WHILE):  # the second by a process that was held up
        notes = Presence()
        notes.note_session(database, digest, at)
        await notes.close(database)

    assert await seen_at(database) == now


@pytest.mark.usefixtures("soon")
async def test_notes_that_wait_for_a_long_import_are_written_when_it_ends(
    client: AsyncClient, app: Litestar, database: Database
) -> None:
    await a_visitor(client, database)
    before = await seen_at(database)

    async with database.sessions.begin() as db:
        db.add(Attempts(key="one", since=NOW, count=1))
        await db.flush()
        for _ in range(3):
            await client.get("/me")
    await app.state.presence.close(database)

    assert await seen_at(database) > before
