"""The command line's door to the upkeep of a deployment."""

from pathlib import Path

import click

from mentoring import console, heartbeat
from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.upkeep import invariants, queries, service
from mentoring.upkeep.backup import Copied, back_up
from mentoring.upkeep.backup import restore as put_back
from mentoring.upkeep.contracts import Status
from mentoring.upkeep.rules import BACKUP


@click.command()
@console.json_option
def check(as_json: bool) -> None:
    """Look whether all that must be true of the database is: nothing lost, nothing doubled, nothing stuck.

    Reads, changes nothing, may run while the service does. Exit code 1 where a rule is broken; what each means is in
    docs/operations.md.
    """
    broken = console.reading(lambda db: invariants.broken_rules(db, console.moment()))
    words = console.words()
    console.say(
        as_json, broken, [*broken, words.plural("check.broken", len(broken)) if broken else words.text("check.fine")]
    )
    raise SystemExit(1 if broken else 0)


@click.command()
@console.json_option
def status(as_json: bool) -> None:
    """Say how the clock, the queue and the events are. Exit code 1 while an alarm rings."""
    found = console.reading(lambda db: queries.read_status(db, MACHINE, console.moment()))
    console.say(as_json, found, _lines(console.words(), found))
    raise SystemExit(1 if found.alarms else 0)


def _lines(words: Words, found: Status) -> list[str]:
    age = "-" if found.tick_age is None else words.number(found.tick_age)
    counted = ("messages_due", "messages_uncertain", "messages_refused", "leases_expired", "events_failing")
    return [
        *(words.text(f"status.alarm.{alarm}") for alarm in found.alarms),
        words.text("status.tick_age", seconds=age),
        *(words.text(f"status.{name}", number=words.number(getattr(found, name))) for name in counted),
        *([words.text("status.last_error", error=found.last_error)] if found.last_error else []),
    ]


@click.command()
@console.json_option
def resume(as_json: bool) -> None:
    """Let the clock go on after it has stopped to ask. See "When the clock stops and asks" in docs/operations.md."""
    console.in_transaction(lambda db: service.resume_clock(db, MACHINE, console.moment()))
    console.say(as_json, {"resumed": True}, [console.words().text("status.resumed")])


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@console.json_option
def backup(file: Path, as_json: bool) -> None:
    """Write everything that the database holds to FILE, while the service runs.

    Keep the secret (MENTORING_SECRET_FILE) with it: links that went out are signed with it.
    """
    copied = console.with_database(lambda opened: _back_up(opened, file))
    words = console.words().text("backup.done", rows=console.words().number(copied.rows), file=file)
    console.say(as_json, {"rows": copied.rows, "tables": copied.tables}, [words])


async def _back_up(opened: Database, file: Path) -> Copied:
    """The health page says how old the latest is."""
    copied = await back_up(opened, file)
    async with opened.sessions.begin() as db:
        await heartbeat.note_run(db, BACKUP, copied.rows, None, console.moment())
    return copied


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("--replace", is_flag=True, help="Throw away what the database holds now.")
@console.json_option
def restore(file: Path, replace: bool, as_json: bool) -> None:
    """Put a backup back: all of it, or nothing. Stop web and clock first.

    The clock stops and asks when it starts on a backup that is older than a day: look, then mentoring resume.
    """
    copied = console.with_database(lambda opened: put_back(opened, file, replace=replace))
    words = console.words().text("restore.done", rows=console.words().number(copied.rows))
    console.say(as_json, {"rows": copied.rows, "tables": copied.tables}, [words])
