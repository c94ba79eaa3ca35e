"""The schema grows and shrinks with rows in it, by one process or several, and never by surprise."""

import ast
import asyncio
import datetime
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Column, Connection, MetaData, Table, Uuid, inspect, select
from sqlalchemy.exc import DBAPIError

from alembic import command
from mentoring import tables
from mentoring.db import Base, scratch_engine
from mentoring.migrating import migrations
from mentoring.schema import (
    DatabaseUnreachable,
    SchemaTooNew,
    SchemaTooOld,
    history,
    known_revisions,
    make_ready,
    migrate,
)
from tests.conftest import StartProgram
from tests.harness.run import REPOSITORY, free_port

Result = TypeVar("Result")
HISTORY = ScriptDirectory(history())
REVISIONS = [one.revision for one in reversed(list(HISTORY.walk_revisions()))]
FILLERS: dict[type, object] = {
    str: "x",
    int: 1,
    float: 0.5,
    bool: True,
    bytes: b"x",
    dict: {"x": 1},
    uuid.UUID: uuid.UUID(int=1),
    datetime.date: datetime.date(2026, 3, 3),
    datetime.datetime: datetime.datetime(2026, 3, 3, 9, tzinfo=datetime.UTC),
}
"""A value for each kind of column; small enough for every constraint."""
AT_ONCE = 3
MADE_READY = """
import sys
from mentoring.schema import make_ready
make_ready(sys.argv[1])
print("mentoring.tables" in sys.modules)
"""


def on(url: str, work: Callable[[Connection], Result]) -> Result:
    """Do ``work`` on the database in a transaction of its own."""

    async def run() -> Result:
        engine = scratch_engine(url)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def table_names(url: str) -> set[str]:
    return set(on(url, lambda connection: inspect(connection).get_table_names()))


def execute(url: str, statement: str) -> None:
    on(url, lambda connection: connection.exec_driver_sql(statement))


def as_it_is(connection: Connection) -> list[Table]:
    """The tables that the database has now, whatever the code says, each after those it refers to."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def fill(connection: Connection) -> None:
    """Put a row into each table that has none."""
    for table in as_it_is(connection):
        if connection.execute(select(table).limit(1)).first() is None:
            connection.execute(table.insert(), {column.name: filler(column) for column in table.columns})


def filler(column: "Column[object]") -> object:
    kind = dict if isinstance(column.type, JSON) else column.type.python_type
    sqlite_uuid = kind is str and getattr(column.type, "length", None) == 32 and column.name.endswith("id")
    value = FILLERS[uuid.UUID] if sqlite_uuid else FILLERS[kind]
    if isinstance(value, uuid.UUID) and not isinstance(column.type, Uuid):
        return value.hex
    naive = isinstance(value, datetime.datetime) and not getattr(column.type, "timezone", False)
    return FILLERS[datetime.datetime].replace(tzinfo=None) if naive else value  # type: ignore[attr-defined]


def filled(url: str) -> dict[str, int]:
    def count(connection: Connection) -> dict[str, int]:
        return {table.name: len(connection.execute(select(table)).all()) for table in as_it_is(connection)}

    return on(url, count)


def downgrade(url: str, revision: str) -> None:
    command.downgrade(migrations(history(), url), revision)


def test_a_database_comes_up_from_nothing(empty_database_url: str) -> None:
    migrate(empty_database_url)

    assert table_names(empty_database_url) == {*tables.ALL, "alembic_version"}


def test_migrating_twice_is_migrating_once(empty_database_url: str) -> None:
    migrate(empty_database_url)
    on(empty_database_url, fill)

    migrate(empty_database_url)

    assert set(filled(empty_database_url).values()) == {1}


def test_every_step_up_and_down_bears_rows_in_the_tables(empty_database_url: str) -> None:
    for revision in REVISIONS:
        migrate(empty_database_url, revision)
        on(empty_database_url, fill)
    for revision in [*reversed(REVISIONS[:-1]), "base"]:
        downgrade(empty_database_url, revision)

    assert table_names(empty_database_url) == {"alembic_version"}
    migrate(empty_database_url)
    assert table_names(empty_database_url) == {*tables.ALL, "alembic_version"}


# of an index that SQLite does not get: there it cannot be compared
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index 'ix_person_words'")
def test_the_tables_are_those_of_the_code(empty_database_url: str) -> None:
    migrate(empty_database_url)

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    assert on(empty_database_url, differences) == []


def test_several_processes_may_migrate_at_once(empty_database_url: str, tmp_path: Path) -> None:
    asked = f"from mentoring.schema import migrate; migrate({empty_database_url!r})"
    starting = [
        subprocess.Popen([sys.executable, "-c", asked], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        for _ in range(AT_ONCE)
    ]

    said = [one.communicate(timeout=60)[1] for one in starting]

    assert [one.returncode for one in starting] == [0] * AT_ONCE, said
    assert table_names(empty_database_url) == {*tables.ALL, "alembic_version"}


def test_a_failed_step_leaves_nothing_behind(empty_database_url: str) -> None:
    """A table of somebody else's is in the way of the last one that is made."""
    last = max(tables.ALL, key=lambda name: (name == "session", name))
    execute(empty_database_url, f'CREATE TABLE "{last}" (x INTEGER)')

    with pytest.raises(DBAPIError):
        migrate(empty_database_url)

    assert table_names(empty_database_url) == {last}
    execute(empty_database_url, f'DROP TABLE "{last}"')
    migrate(empty_database_url)


def test_a_newer_schema_is_left_alone(empty_database_url: str) -> None:
    migrate(empty_database_url)
    execute(empty_database_url, "UPDATE alembic_version SET version_num = '9999'")

    for start in (migrate, make_ready):
        with pytest.raises(SchemaTooNew) as refusal:
            start(empty_database_url)
        assert refusal.value.details == {"revision": "9999"}


def test_sqlite_is_made_ready_and_postgresql_waits_for_whoever_runs_it(empty_database_url: str) -> None:
    if empty_database_url.startswith("sqlite"):
        make_ready(empty_database_url)
    else:
        with pytest.raises(SchemaTooOld):
            make_ready(empty_database_url)
        migrate(empty_database_url)

    make_ready(empty_database_url)
    assert table_names(empty_database_url) == {*tables.ALL, "alembic_version"}


def test_a_command_on_a_schema_that_is_up_to_date_loads_no_tables_but_its_own(sqlite_database_url: str) -> None:
    """They would be most of the time that a short command takes."""
    command_line = [sys.executable, "-c", MADE_READY, sqlite_database_url]
    ran = subprocess.run(command_line, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "False"


@pytest.mark.parametrize("words", [["programme", "list"], ["serve"]])
def test_a_command_on_a_newer_schema_ends_with_a_sentence(
    empty_database_url: str, start: StartProgram, words: list[str]
) -> None:
    migrate(empty_database_url)
    execute(empty_database_url, "UPDATE alembic_version SET version_num = '9999'")

    process = start(*words, MENTORING_DATABASE_URL=plain(empty_database_url))

    assert process.popen.wait(30) == 1
    assert process.words.startswith("SchemaTooNew: A newer version of this service")
    assert "Traceback" not in process.words


def test_a_command_without_a_database_ends_with_a_sentence(start: StartProgram) -> None:
    process = start("programme", "list", MENTORING_DATABASE_URL=f"postgresql://x:hunter2@127.0.0.1:{free_port()}/x")

    assert process.popen.wait(30) == 1
    assert process.words.startswith("DatabaseUnreachable: ")
    assert "Traceback" not in process.words
    assert "hunter2" not in process.words


def plain(url: str) -> str:
    """As people write it."""
    return url.replace("+aiosqlite", "").replace("+asyncpg", "")


def test_a_database_in_a_folder_that_cannot_be_is_unreachable() -> None:
    with pytest.raises(DatabaseUnreachable):
        make_ready("sqlite+aiosqlite:////proc/none/mentoring.db")


def test_the_history_is_one_line() -> None:
    assert len(HISTORY.get_heads()) == 1
    assert known_revisions() == REVISIONS


def test_a_migration_needs_nothing_of_ours() -> None:
    """It must still run when the code has moved on."""
    imported = {
        name
        for path in (REPOSITORY / "alembic" / "versions").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }

    assert {str(name).partition(".")[0] for name in imported} <= {
        "alembic",
        "sqlalchemy",
        "collections",
        "typing",
        "re",
        "unicodedata",
    }
