"""Run the migrations: on the URL that the caller passes, else on the one in the environment."""

import asyncio

from sqlalchemy import Connection, text

from alembic import context
from mentoring import tables
from mentoring.db import Base, Moment, scratch_engine
from mentoring.settings import read_settings

MIGRATION_LOCK = 7_264_511
"""Any number, the same in every process: who holds it on PostgreSQL migrates, the others wait."""
assert tables.ALL, "every model must be known before the schema is compared"


def render_item(kind: str, item: object, _: object) -> str | bool:
    """Write plain types: a migration imports nothing of ours, so that it still runs when the code has moved on."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and type(item).__name__ == "Document":
        return "sa.JSON()"
    return False


def run(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=sqlite,
        render_item=render_item,
        compare_server_default=False,
    )
    with context.begin_transaction():
        if not sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()


async def main() -> None:
    url = context.config.attributes.get("url") or read_settings().database_url
    engine = scratch_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
