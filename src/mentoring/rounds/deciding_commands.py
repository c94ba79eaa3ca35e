"""Commands by which a coordinator decides on pairs and people; the group in ``commands`` takes them in."""

from collections.abc import Awaitable, Callable, Iterator

import click
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import console, progress
from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.rounds import queries, service
from mentoring.rounds.asking_commands import Pairs
from mentoring.rounds.contracts import Changed, NamedPair, OverridePair, RoundSummary
from mentoring.rounds.findings import Decide, Readmit
from mentoring.rounds.rules import FAILURES


@click.command()
@console.round_argument
@click.argument("leader")
@click.argument("junior")
@click.option("--reason", required=True, help="Why; it is kept with the round.")
@console.json_option
def pin(round_ref: str, leader: str, junior: str, reason: str, as_json: bool) -> None:
    """Have LEADER and JUNIOR (staff number, address or id) paired whatever else is better, and solve again.

    Example: mentoring round pin "Digital leaders 1" CA000001 CA000412 --reason "They asked for it"
    """
    data = OverridePair(leader, junior, reason)
    _decide(round_ref, as_json, lambda db: service.pin_pair(db, MACHINE, round_ref, data, console.moment()))


@click.command()
@console.round_argument
@click.argument("leader")
@click.argument("junior")
@click.option("--reason", required=True, help="Why; it is kept with the round.")
@console.json_option
def forbid(round_ref: str, leader: str, junior: str, reason: str, as_json: bool) -> None:
    """Never pair LEADER and JUNIOR in this round, pinned or not, and solve again.

    Example: mentoring round forbid "Digital leaders 1" CA000001 CA000412 --reason "Same project"
    """
    data = OverridePair(leader, junior, reason)
    _decide(round_ref, as_json, lambda db: service.forbid_pair(db, MACHINE, round_ref, data, console.moment()))


@click.command()
@console.round_argument
@click.argument("leader")
@click.argument("junior")
@console.json_option
def clear(round_ref: str, leader: str, junior: str, as_json: bool) -> None:
    """Forget that LEADER and JUNIOR were pinned or forbidden, and solve again."""
    data = NamedPair(leader, junior)
    _decide(round_ref, as_json, lambda db: service.clear_override(db, MACHINE, round_ref, data, console.moment()))


@click.command()
@console.round_argument
@click.option("--pin", nargs=2, multiple=True, metavar="LEADER JUNIOR", help="Have these two paired.")
@click.option("--forbid", nargs=2, multiple=True, metavar="LEADER JUNIOR", help="Never pair these two.")
@click.option("--without", multiple=True, metavar="PERSON", help="Hold this person out of the round.")
@click.option("--reason", required=True, help="Why; it is kept with the round.")
@console.json_option
def decide(
    round_ref: str,
    pin: Pairs,
    forbid: Pairs,
    without: tuple[str, ...],
    reason: str,
    as_json: bool,
) -> None:
    """Take several decisions at once, and solve again once. "mentoring round what-if" tells before what they change.

    Example: mentoring round decide "Digital leaders 1" --without CA000412 --reason "On leave until May"
    """
    data = Decide(reason, [NamedPair(*one) for one in pin], [NamedPair(*one) for one in forbid], list(without))
    _decide(round_ref, as_json, lambda db: service.decide_pairs(db, MACHINE, round_ref, data, console.moment()))


@click.command()
@console.round_argument
@click.argument("person")
@console.json_option
def readmit(round_ref: str, person: str, as_json: bool) -> None:
    """Let PERSON, who was held out of the round, take part again, and solve again."""
    data = Readmit(person)
    _decide(round_ref, as_json, lambda db: service.readmit(db, MACHINE, round_ref, data, console.moment()))


def _decide(round_ref: str, as_json: bool, decide: Callable[[AsyncSession], Awaitable[RoundSummary]]) -> None:
    """Carry a decision out, solve, and show what it cost."""

    async def work(opened: Database) -> Changed:
        async with opened.sessions.begin() as db:
            before = await queries.read_summary(db, MACHINE, round_ref)
            asked = await decide(db)
        return Changed(before, await solved(opened, asked))

    changed = console.with_database(work)
    console.say(as_json, changed, _changed(console.words(), changed))


async def solved(opened: Database, asked: RoundSummary) -> RoundSummary:
    """Solve with a bar where a terminal looks on. Raises what made the round fail."""
    with progress.bar("round.stage") as tell:
        await service.solve_now(opened, asked.round, tell)
    async with opened.reading() as db:
        found = await queries.read_summary(db, MACHINE, str(asked.round))
    if found.failure is not None:
        raise FAILURES[found.failure.code](**found.failure.details)
    return found


def _changed(words: Words, changed: Changed) -> Iterator[str]:
    before, after = changed.before, changed.after
    yield words.text(
        "round.changed",
        name=after.name,
        matched_before=before.matched,
        matched=after.matched,
        leaders=after.leaders,
        total_before=words.number(before.total_fit, 3),
        total=words.number(after.total_fit, 3),
    )


COMMANDS = (pin, forbid, clear, decide, readmit)
