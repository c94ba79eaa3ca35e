"""Every test gets a migrated database without rows, and leaves nothing to the next."""

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database, open_database


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_a_database_is_migrated_and_has_no_rows_of_an_earlier_test(database: Database, turn: str) -> None:
    async with database.sessions.begin() as db:
        await db.execute(text("CREATE TABLE IF NOT EXISTS harness_proof (turn text)"))
        found = (await db.execute(text("SELECT turn FROM harness_proof"))).all()
        await db.execute(text("INSERT INTO harness_proof VALUES (:turn)"), {"turn": turn})
        revisions = (await db.execute(text("SELECT version_num FROM alembic_version"))).all()

    assert found == []
    assert len(revisions) == 1


async def test_a_session_of_a_test_talks_to_the_migrated_database(db: AsyncSession) -> None:
    assert len((await db.execute(text("SELECT version_num FROM alembic_version"))).all()) == 1


async def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    opened = open_database(empty_database_url)
    async with opened.engine.connect() as connection:
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await opened.close()

    assert tables == []
