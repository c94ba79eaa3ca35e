"""Whoever changes the journal behind our back is found out."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, sealing
from mentoring.db import Database
from mentoring.journal import Event, JournalEntry
from mentoring.sealing import Seal, seal_next, verify
from tests.builders import NOW

SECRET = b"a secret that is long enough for anybody"
Tamper = Callable[[AsyncSession], Awaitable[object]]


class Rained(Event, frozen=True):
    """An event of this test."""

    litres: float
    where: UUID


async def it_rains(database: Database, times: int) -> None:
    async with database.sessions.begin() as db:
        for number in range(times):
            journal.record(db, Rained(number / 3, uuid4()), by=uuid4(), at=NOW)


async def sealed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three seals over five entries."""
    monkeypatch.setattr(sealing, "TOGETHER", 2)
    await it_rains(database, 5)
    while await seal_next(database, SECRET, NOW):
        pass


async def found(database: Database, secret: bytes = SECRET) -> tuple[int, int, int | None]:
    async with database.reading() as db:
        said = await verify(db, secret)
    return said.entries, said.unsealed, said.broken_at


async def test_seals_hold_and_what_came_since_waits_for_its_own(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sealed(database, monkeypatch)
    before = await found(database)
    await it_rains(database, 1)

    assert (before, await found(database)) == ((5, 0, None), (5, 1, None))
    assert await seal_next(database, SECRET, NOW) == 1
    assert await found(database) == (6, 0, None)


async def test_that_an_entry_was_delivered_breaks_no_seal(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await sealed(database, monkeypatch)
    async with database.sessions.begin() as db:
        await db.execute(update(JournalEntry).values(wake_at=None, delivered_at=NOW, attempts=3, error="KeyError"))

    assert await found(database) == (5, 0, None)


TAMPERING: dict[str, Tamper] = {
    "changed": lambda db: db.execute(update(JournalEntry).where(JournalEntry.seal == 2).values(by_id=UUID(int=1))),
    "removed": lambda db: db.execute(delete(JournalEntry).where(JournalEntry.seal == 2)),
    "backdated": lambda db: db.execute(
        update(JournalEntry).where(JournalEntry.seal == 2).values(at=NOW.replace(year=2020))
    ),
    "slipped in": lambda db: slipped_in(db),
    "a seal taken out": lambda db: db.execute(delete(Seal).where(Seal.position == 2)),
    "a seal put in": lambda db: db.execute(update(Seal).where(Seal.position == 2).values(digest="0" * 64)),
}


async def slipped_in(db: AsyncSession) -> None:
    db.add(JournalEntry(event="Rained", details={}, at=NOW, seal=2))


@pytest.mark.parametrize("tamper", TAMPERING.values(), ids=TAMPERING)
async def test_tampering_shows_at_its_seal(database: Database, monkeypatch: pytest.MonkeyPatch, tamper: Tamper) -> None:
    await sealed(database, monkeypatch)
    async with database.sessions.begin() as db:
        await tamper(db)

    assert (await found(database))[2] in (2, 3)


async def test_seals_that_were_cut_off_leave_entries_that_say_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sealed(database, monkeypatch)
    async with database.sessions.begin() as db:
        await db.execute(delete(Seal).where(Seal.position == 3))

    assert (await found(database))[2] == 3


async def test_without_the_secret_nobody_makes_a_seal(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await sealed(database, monkeypatch)

    assert await found(database, b"another secret, as long as the first one") == (5, 0, 1)
