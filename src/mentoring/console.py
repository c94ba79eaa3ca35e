"""The third door: what every command line door needs to read its settings, open the database and speak.

A command parses, calls one use case, prints. Refusals leave as exit code 1 with their words, wrong use as 2.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

import click
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database, database
from mentoring.errors import MentoringError
from mentoring.failpoints import failpoint
from mentoring.i18n import Words
from mentoring.schema import make_ready
from mentoring.settings import Settings, SettingWrong, read_settings

Result = TypeVar("Result")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of words.")
apply_option = click.option("--apply", is_flag=True, help="Write the changes. Without it nothing is written.")
round_argument = click.argument(
    "round_ref", metavar="ROUND", nargs=-1, required=True, callback=lambda _context, _argument, words: " ".join(words)
)
"""In one word or in several: "Digital leaders 1", or "Digital leaders" 1."""


def settings() -> Settings:
    """The settings of this call; a wrong one ends it with a sentence."""
    return refusing(read_settings)


def words() -> Words:
    """The words of the command line: English, whoever sits there."""
    return Words("en")


def moment() -> datetime:
    return datetime.now(UTC)


def with_database(job: Callable[[Database], Awaitable[Result]]) -> Result:
    """Run ``job`` with the database; SQLite is created and migrated by whichever command comes first."""
    chosen = settings()
    refusing(lambda: make_ready(chosen.database_url))

    async def work() -> Result:
        async with database(chosen.database_url) as opened:
            return await job(opened)

    return refusing(lambda: asyncio.run(work()))


def in_transaction(job: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
    """Run ``job`` in one transaction that commits when it ends well."""

    async def work(opened: Database) -> Result:
        async with opened.sessions.begin() as db:
            result = await job(db)
            failpoint("command.before_commit")
        failpoint("command.after_commit")
        return result

    return with_database(work)


def reading(job: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
    """Run ``job`` in a transaction that only reads."""

    async def work(opened: Database) -> Result:
        async with opened.reading() as db:
            return await job(db)

    return with_database(work)


def refusing(work: Callable[[], Result]) -> Result:
    """Do ``work``; where it is refused, end with the reason: 2 for a wrong setting, 1 for all else."""
    try:
        return work()
    except SettingWrong as wrong:
        raise click.UsageError(str(wrong)) from wrong
    except MentoringError as refusal:
        refuse(refusal)


def refuse(refusal: MentoringError) -> NoReturn:
    """Say why not, on standard error, and end with exit code 1."""
    click.echo(f"{refusal.code}: {sentence(refusal)}", err=True)
    raise SystemExit(1)


def sentence(refusal: MentoringError) -> str:
    return words().text(f"error.{refusal.code}", **refusal.details)


def say(as_json: bool, result: object, lines: Iterable[str]) -> None:
    """Print ``result`` as JSON, or ``lines`` for a person."""
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(result), indent=2).decode())
        return
    for line in lines:
        click.echo(line)


def talking() -> bool:
    """Whether a terminal looks on, so that a progress bar makes sense."""
    return sys.stderr.isatty()
