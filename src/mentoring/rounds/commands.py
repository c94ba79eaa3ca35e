"""Rounds on the command line: ready, propose, show, decide on pairs, publish, undo, replay."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import click
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import console, progress
from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.identity import MACHINE, Actor
from mentoring.rounds import exporting, queries, service
from mentoring.rounds.contracts import (
    Changed,
    Export,
    NamedPair,
    OverridePair,
    Propose,
    Publish,
    PublishedRound,
    Readiness,
    Replay,
    RoundSummary,
    RoundView,
    UndoneRound,
    UnmatchedRow,
)
from mentoring.rounds.rules import FAILURES, ExportFormat, RoundState

SHOWN = 20
"""Lines of each list for a person at a terminal; ``--all`` and ``--json`` give the rest."""


@click.group("round")
def round_() -> None:
    """Match rounds: see how ready a programme is, propose pairs, decide, publish.

    PROGRAMME and ROUND are an id or a name. The first round of "Digital leaders" is "Digital leaders 1".
    """


@round_.command()
@click.argument("programme")
@console.json_option
def ready(programme: str, as_json: bool) -> None:
    """Say what stands in the way of a good round, before one is run.

    Example: mentoring round ready "Digital leaders"
    """

    async def work(db: AsyncSession) -> Readiness:
        return await queries.read_readiness(db, MACHINE, programme, console.moment())

    report = console.reading(work)
    console.say(as_json, report, _readiness(console.words(), report))


@round_.command()
@click.argument("programme")
@click.option("--wait", is_flag=True, help="Solve here and now instead of leaving it to the clock.")
@click.option("--year", type=click.IntRange(2000, 2100), help="Whose winter and summer time count; this year's.")
@console.json_option
def propose(programme: str, wait: bool, year: int | None, as_json: bool) -> None:
    """Propose the best pairs. Nobody is told of them before the round is published.

    Example: mentoring round propose "Digital leaders" --wait
    """

    async def work(opened: Database) -> RoundSummary:
        async with opened.sessions.begin() as db:
            asked = await service.propose_round(db, MACHINE, programme, Propose(year), console.moment())
        return await _solved(opened, asked) if wait else asked

    proposed = console.with_database(work)
    console.say(as_json, proposed, _summary(console.words(), proposed))


async def _solved(opened: Database, asked: RoundSummary) -> RoundSummary:
    """Solve with a bar where a terminal looks on. Raises what made the round fail."""
    with progress.bar("round.stage") as tell:
        await service.solve_now(opened, asked.round, tell)
    async with opened.reading() as db:
        found = await queries.read_summary(db, MACHINE, str(asked.round))
    if found.failure is not None:
        raise FAILURES[found.failure.code](**found.failure.details)
    return found


@round_.command()
@click.argument("round_ref", metavar="ROUND")
@click.option("--all", "everything", is_flag=True, help="All pairs and all who are unmatched, however many.")
@console.json_option
def show(round_ref: str, everything: bool, as_json: bool) -> None:
    """Show the pairs, weakest fit first, and everybody who is unmatched, with the reasons."""
    limit = None if everything or as_json else SHOWN

    async def work(db: AsyncSession) -> RoundView:
        return await queries.show_round(db, MACHINE, round_ref, limit)

    shown = console.reading(work)
    console.say(as_json, shown, _round(console.words(), shown))


@round_.command()
@click.argument("round_ref", metavar="ROUND")
@click.argument("leader")
@click.argument("junior")
@click.option("--reason", required=True, help="Why; it is kept with the round.")
@console.json_option
def pin(round_ref: str, leader: str, junior: str, reason: str, as_json: bool) -> None:
    """Have LEADER and JUNIOR (staff number, address or id) paired, and solve again.

    Example: mentoring round pin "Digital leaders 1" CA000001 CA000412 --reason "They asked for it"
    """
    _decide(round_ref, lambda db, now: service.pin_pair(db, MACHINE, round_ref, OverridePair(leader, junior, reason), now),
            as_json)  # fmt: skip
