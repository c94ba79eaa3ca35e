"""The schema of the database: which one it has, which one this version has, and how it comes from one to the other."""

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from asyncpg import PostgresError
from sqlalchemy import inspect, make_url, text
from sqlalchemy.exc import OperationalError

from mentoring.db import make_parent, scratch_engine
from mentoring.errors import Conflict


class SchemaTooNew(Conflict):
    """A newer version of the service has been at this database: its schema ``revision`` is unknown here."""


class SchemaTooOld(Conflict):
    """The database has not been brought to this version's schema yet."""


class DatabaseUnreachable(Conflict):
    """Nothing answers at ``address``, or it lets us not in; ``why`` is what it says."""


def history() -> Path:
    """Where the schema's history lies: in the installed package, or at the top of a checkout."""
    here = Path(__file__).resolve().parent
    packaged, checkout = here / "migrations", here.parents[1] / "alembic"
    return packaged if packaged.is_dir() else checkout


def known_revisions() -> list[str]:
    """Of this version, the oldest first; their files begin with them.

    Alembic knows as much, but takes a good part of the time that a short command takes: it is loaded to migrate alone.
    """
    return sorted(path.name.partition("_")[0] for path in (history() / "versions").glob("[0-9]*_*.py"))


def make_ready(url: str) -> None:
    """SQLite is created and migrated by whichever command comes first; PostgreSQL is only looked at.

    Raises ``SchemaTooOld``, ``SchemaTooNew`` or ``DatabaseUnreachable``.
    """
    if url.startswith("sqlite"):
        migrate(url)
        return
    with _reaching(url):
        revisions = asyncio.run(_revisions(url))
    _refuse_newer(revisions)
    if not _newest(revisions):
        raise SchemaTooOld()


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, OperationalError, PostgresError) as error:
        cause = error.orig if isinstance(error, OperationalError) else error
        raise DatabaseUnreachable(address=make_url(url).render_as_string(), why=str(cause)) from error


async def _revisions(url: str) -> set[str]:
    engine = scratch_engine(url)
    try:
        async with engine.connect() as connection:
            begun = await connection.run_sync(lambda it: inspect(it).has_table("alembic_version"))
            return set(await connection.scalars(text("SELECT version_num FROM alembic_version"))) if begun else set()
    finally:
        await engine.dispose()


def _refuse_newer(revisions: set[str]) -> None:
    if unknown := sorted(revisions.difference(known_revisions())):
        raise SchemaTooNew(revision=unknown[0])


def _newest(revisions: set[str]) -> bool:
    return revisions == set(known_revisions()[-1:])


def migrate(url: str, revision: str = "head") -> None:
    """Bring the schema to ``revision``. Safe when several processes start at once.

    Where it is there already, the migrations are not begun: for them every table of every slice would be loaded, and
    each command on SQLite comes by here.

    Raises ``SchemaTooNew`` or ``DatabaseUnreachable``.
    """
    with _reaching(url):
        if url.startswith("sqlite"):
            make_parent(url)
        with _alone(url):
            revisions = asyncio.run(_revisions(url))
    _refuse_newer(revisions)
    if revision == "head" and _newest(revisions):
        return
    with _alone(url):
        import_module("mentoring.migrating").upgrade(history(), url, revision)


@contextmanager
def _alone(url: str) -> Iterator[None]:
    """SQLite has no lock that outlives a transaction, so the file beside it is one; PostgreSQL locks by itself."""
    if not url.startswith("sqlite"):
        yield
        return
    with Path(f"{make_url(url).database}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
