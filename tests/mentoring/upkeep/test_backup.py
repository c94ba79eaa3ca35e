"""Everything can be copied while the service runs, and put back into either database; whole, or not at all."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from mentoring.db import Base, Database
from mentoring.db import database as database_at
from mentoring.journal import JournalEntry
from mentoring.pairings.rules import PairingState
from mentoring.pairings.service import accept_pairing
from mentoring.upkeep.backup import back_up, restore
from mentoring.upkeep.rules import BackupNotReadable, BackupOfAnotherVersion, DatabaseNotEmpty, FileIsThere
from tests.builders import NOW, a_pairing, a_person, as_actor
from tests.chaos.sweep import BrokenOff, fault
from tests.conftest import StartProgram
from tests.harness.databases import copied_sqlite
from tests.harness.run import Run
from tests.mentoring.rounds.worlds import a_world, proposed, published


async def a_little_history(opened: Database) -> None:
    """A published round, somebody's yes, and what follows from it waiting in the journal."""
    async with opened.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 1}, {"J1": 3, "J2": 3})
    await published(opened, await proposed(opened, world))
    async with opened.sessions.begin() as db:
        pairing = await a_pairing(db, PairingState.ASKING_JUNIOR, wake_at=NOW)
    async with opened.sessions.begin() as db:
        await accept_pairing(db, as_actor(pairing.junior_id), pairing.id, NOW)


@pytest.fixture
def other_url(run: Run, tmp_path: Path) -> str:
    (tmp_path / "other").mkdir()
    return copied_sqlite(run, tmp_path / "other")


@pytest.fixture
async def other(other_url: str) -> AsyncIterator[Database]:
    """Another database, empty, on SQLite."""
    async with database_at(other_url) as opened:
        yield opened


async def held(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, with its values as the service sees them, whichever database holds them."""
    async with database.reading() as db:
        return {
            name: sorted((tuple(row) for row in await db.execute(select(table))), key=repr)
            for name, table in Base.metadata.tables.items()
        }


async def test_a_backup_of_either_database_goes_into_another(
    database: Database, other: Database, tmp_path: Path
) -> None:
    await a_little_history(database)
    before = await held(database)

    taken = await back_up(database, tmp_path / "copy.backup")
    put_back = await restore(other, tmp_path / "copy.backup")

    assert await held(other) == before
    assert taken == put_back
    assert taken.rows == sum(map(len, before.values()))
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.backup"]


async def test_a_deployment_moves_from_sqlite_to_postgresql(
    other: Database, postgresql_database_url: str, tmp_path: Path
) -> None:
    await a_little_history(other)
    await back_up(other, tmp_path / "copy.backup")

    async with database_at(postgresql_database_url) as postgresql:
        await restore(postgresql, tmp_path / "copy.backup")

        assert await held(postgresql) == await held(other)
        assert await number_of_the_next_entry(postgresql) == await number_of_the_next_entry(other)


async def number_of_the_next_entry(opened: Database) -> int:
    async with opened.sessions.begin() as db:
        new = JournalEntry(event="Something", details={}, at=NOW, wake_at=NOW)
        db.add(new)
        await db.flush()
        return new.number


async def test_what_came_after_the_backup_is_thrown_away_when_that_is_meant(database: Database, tmp_path: Path) -> None:
    await a_little_history(database)
    before = await held(database)
    await back_up(database, tmp_path / "copy.backup")
    async with database.sessions.begin() as db:
        await a_person(db)

    with pytest.raises(DatabaseNotEmpty):
        await restore(database, tmp_path / "copy.backup")
    await restore(database, tmp_path / "copy.backup", replace=True)

    assert await held(database) == before


async def test_a_restore_that_breaks_off_has_changed_nothing(database: Database, tmp_path: Path) -> None:
    await a_little_history(database)
    await back_up(database, tmp_path / "copy.backup")
    async with database.sessions.begin() as db:
        await a_person(db)
    before, at, seen = await held(database), 0, 1

    while seen >= at:
        at += 7
        with fault(database, at) as struck, suppress(BrokenOff):
            await restore(database, tmp_path / "copy.backup", replace=True)
        seen = struck.seen
        if seen >= at:
            assert await held(database) == before

    assert at > 50
    assert await held(database) != before


async def test_a_backup_is_never_written_over(other: Database, tmp_path: Path) -> None:
    (tmp_path / "copy.backup").write_text("something of somebody's")

    with pytest.raises(FileIsThere):
        await back_up(other, tmp_path / "copy.backup")

    assert (tmp_path / "copy.backup").read_text() == "something of somebody's"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE person SET family_name = 'Somebody'",
        "DELETE FROM journal_entry",
        "DELETE FROM backup_manifest WHERE name = 'person'",
        "DROP TABLE backup_manifest",
        "UPDATE person SET id = 'no id' WHERE staff_no = 'L1'",
    ],
)
async def test_a_damaged_backup_is_refused(other: Database, tmp_path: Path, damage: str) -> None:
    await a_little_history(other)
    file = tmp_path / "copy.backup"
    await back_up(other, file)
    with closing(sqlite3.connect(file)) as opened:
        opened.execute(damage)
        opened.commit()
    before = await held(other)

    with pytest.raises(BackupNotReadable):
        await restore(other, file, replace=True)

    assert await held(other) == before


async def test_half_a_file_and_no_file_at_all_are_refused(other: Database, tmp_path: Path) -> None:
    file = tmp_path / "copy.backup"
    await back_up(other, file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    (tmp_path / "words.backup").write_text("no database")

    for name in ("copy.backup", "words.backup", "none.backup"):
        with pytest.raises(BackupNotReadable):
            await restore(other, tmp_path / name)


async def test_a_backup_of_another_version_is_refused(other: Database, tmp_path: Path) -> None:
    file = tmp_path / "copy.backup"
    await back_up(other, file)
    with closing(sqlite3.connect(file)) as opened:
        opened.execute("UPDATE alembic_version SET version_num = '0000'")
        opened.commit()

    with pytest.raises(BackupOfAnotherVersion):
        await restore(other, file)


def test_commands_that_are_killed_leave_no_half_of_it(
    start: StartProgram, sqlite_database_url: str, tmp_path: Path
) -> None:
    settings = {"MENTORING_DATABASE_URL": sqlite_database_url}
    file = tmp_path / "copy.backup"

    killed = start("backup", str(file), FAILPOINTS="backup.before_rename", **settings).popen.wait(60)
    there = file.exists()
    taken = start("backup", str(file), **settings).popen.wait(60)
    torn = start("restore", str(file), FAILPOINTS="restore.before_commit", **settings).popen.wait(60)
    put_back = start("restore", str(file), **settings).popen.wait(60)

    assert (killed, there, taken, torn, put_back) == (-9, False, 0, -9, 0)
