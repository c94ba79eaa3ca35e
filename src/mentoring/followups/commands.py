"""Pairings at risk, and the try-out of a ladder, from the command line."""

from collections.abc import Iterable, Iterator
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.console import in_transaction, json_option, moment, reading, say, settings, words
from mentoring.followups import queries, service, tryout
from mentoring.followups.contracts import Acted, AtRiskView, Said, Scenario, TryOut
from mentoring.identity import MACHINE

SHORT = "%Y-%m-%d %H:%M"


@click.group("at-risk")
def at_risk() -> None:
    """Pairings at risk: who they are, why, what is best done next, and who acted."""


@at_risk.command("list")
@click.argument("ref", metavar="[PROGRAMME]", required=False)
@json_option
def list_all(ref: str | None, as_json: bool) -> None:
    """List the pairings at risk of PROGRAMME, or of all: what to look at first comes first.

    What somebody said in confidence is for the programme's own coordinators: here it only says that there is something.

    \b
    Example:
      mentoring at-risk list "Digital leaders"
    """
    found = reading(lambda db: queries.at_risk(db, MACHINE, ref))
    say(as_json, found, _lines(found))


def _lines(found: Iterable[AtRiskView]) -> Iterator[str]:
    text = words().text
    for one in found:
        points = "" if one.points is None else f" {one.points}"
        yield f"{one.pairing_id}  {one.level.value}{points}  {one.leader.name} / {one.junior.name}  ({one.programme})"
        for finding in one.findings:
            worth = "" if finding.points is None else f" (+{finding.points})"
            yield f"  - {text(f'risk.reason.{finding.reason.value}')}{worth}"
        yield "  > " + text(f"risk.action.{one.next_action.value}")
        if one.acted is not None:
            yield "  = " + text("risk.acted", moment=words().moment(one.acted.at), who=one.acted.by or "-")


@at_risk.command("acted")
@click.argument("pairing_id", metavar="PAIRING", type=click.UUID)
@click.option("--note", default="", help="What was done; for the programme's coordinators.")
@json_option
def acted(pairing_id: UUID, note: str, as_json: bool) -> None:
    """Say that somebody acted on PAIRING (an id, as `at-risk list` prints it)."""
    try:
        done = msgspec.convert({"note": note}, Acted)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from error

    async def job(db: AsyncSession) -> AtRiskView:
        return await service.act(db, MACHINE, pairing_id, done, moment())

    found = in_transaction(job)
    say(as_json, found, _lines([found]))


@click.command("simulate")
@click.argument("ref", metavar="PROGRAMME")
@click.option("--when", "scenario", type=click.Choice([one.value for one in Scenario]), default="silent",
              show_default=True, help="How the pairing behaves.")  # fmt: skip
@click.option(
    "--leader-place", default=":UTC", show_default=True, metavar="COUNTRY:ZONE", help="As in CH:Europe/Zurich."
)
@click.option(
    "--junior-place", default=":UTC", show_default=True, metavar="COUNTRY:ZONE", help="As in KE:Africa/Nairobi."
)
@click.option("--asked-on", default="", metavar="YYYY-MM-DD", help="When the leader is asked. Today, unless said.")
@json_option
def simulate(ref: str, scenario: str, leader_place: str, junior_place: str, asked_on: str, as_json: bool) -> None:
    """Print every message that a pairing of PROGRAMME would get over its whole life, under its plan and its ladder.

    Nothing is written and nobody is told. The clock decides by the same rules. Moments are on the reader's own clock.

    \b
    Example:
      mentoring programme simulate "Digital leaders" --when silent --leader-place CH:Europe/Zurich
    """
    tried = _try_out(scenario, leader_place, junior_place, asked_on)

    async def job(db: AsyncSession) -> list[Said]:
        return await tryout.simulate_programme(db, MACHINE, settings(), ref, tried, moment())

    found = reading(job)
    say(as_json, found, _said_lines(found, tried))


def _try_out(scenario: str, leader_place: str, junior_place: str, asked_on: str) -> TryOut:
    (leader_country, _, leader_zone), (junior_country, _, junior_zone) = (
        place.partition(":") for place in (leader_place, junior_place)
    )
    given = {
        "scenario": scenario,
        "leader_country": leader_country,
        "leader_zone": leader_zone,
        "junior_country": junior_country,
        "junior_zone": junior_zone,
        "asked_on": asked_on,
    }
    try:
        return msgspec.convert(given, TryOut)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from error


def _said_lines(found: Iterable[Said], tried: TryOut) -> Iterator[str]:
    zones = {"leader": tried.leader_zone, "junior": tried.junior_zone, "coordinator": tried.leader_zone}
    for one in found:
        local = one.at.astimezone(ZoneInfo(zones[one.to]))
        yield f"{local.strftime('%a')} {local.strftime(SHORT)}  {one.to:<11}  {_what(one)}".rstrip()
        yield from (f"{'':34}+ {_what(part)}" for part in one.parts)


def _what(one: Said) -> str:
    return f"{words().text(f'simulation.{one.kind}')}  {one.about}".rstrip()
