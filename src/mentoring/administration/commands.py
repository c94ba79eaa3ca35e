"""Settings and the audit list from the command line."""

from datetime import datetime

import click

from mentoring import sealing
from mentoring.administration import queries, service
from mentoring.administration.contracts import AuditEntry, AuditFilter, ChooseSettings
from mentoring.console import in_transaction, json_option, moment, reading, say, words
from mentoring.console import settings as read_settings
from mentoring.deployment import SettingView
from mentoring.identity import MACHINE


@click.group()
def audit() -> None:
    """What happened, and whether anybody tampered with the list of it."""


@audit.command("list")
@click.option("--person", default="", help="By or about somebody: id, staff number, address or name.")
@click.option("--event", default="", help="Of one kind, such as RoundPublished.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From this day (UTC).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="To this day (UTC).")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@json_option
def list_entries(
    person: str, event: str, since: datetime | None, until: datetime | None, limit: int, as_json: bool
) -> None:
    """List what happened, the latest first."""
    wanted = AuditFilter(person, event, since.date() if since else None, until.date() if until else None)
    found = reading(lambda db: queries.read_audit(db, MACHINE, wanted, limit))
    say(as_json, found, map(_line, found))


def _line(one: AuditEntry) -> str:
    return f"{one.number:>8}  {one.at:%Y-%m-%d %H:%M}  {one.event:<22}  {one.by or '-'}"


@audit.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Make every seal on the journal again and compare. Exit code 1 where one does not hold.

    Keep the last seal that is printed somewhere else: by it you know later that nothing was cut off at the end.
    """
    secret = read_settings().secret()
    found = reading(lambda db: sealing.verify(db, secret))
    key = "audit.verified" if found.broken_at is None else "audit.broken"
    numbers = {name: words().number(getattr(found, name)) for name in ("entries", "seals", "unsealed")}
    text = words().text(key, head=found.head or "-", seal=found.broken_at, **numbers)
    say(as_json, found._asdict(), [text])
    raise SystemExit(0 if found.broken_at is None else 1)


@click.group()
def settings() -> None:
    """Settings that are changed while the service runs."""


@settings.command("list")
@json_option
def list_settings(as_json: bool) -> None:
    """List what can be changed, with the values that hold."""
    found = reading(lambda db: service.read_settings(db, MACHINE, read_settings()))
    say(as_json, [one._asdict() for one in found], map(_setting, found))


@settings.command("set")
@click.argument("name")
@click.argument("value", default="")
def choose(name: str, value: str) -> None:
    """Let NAME have VALUE; without a VALUE it goes back to its default.

    Example: mentoring settings set mails_a_week 3
    """
    choice = ChooseSettings({name: value})
    found = in_transaction(lambda db: service.choose_settings(db, MACHINE, read_settings(), choice, moment()))
    say(False, None, map(_setting, found))


def _setting(one: SettingView) -> str:
    return f"{one.name:<14} {one.value} {words().text('settings.fixed') if one.fixed else ''}".rstrip()
