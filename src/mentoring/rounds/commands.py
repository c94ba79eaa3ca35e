"""Rounds on the command line: ready, propose, show, decide on pairs, publish, undo, replay."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import click
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import console
from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.programmes.contracts import MatchingChange
from mentoring.programmes.rules import PolicyName
from mentoring.rounds import asking_commands, deciding_commands, exporting, queries, service
from mentoring.rounds.contracts import (
    LAST_REVISION,
    Export,
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
from mentoring.rounds.deciding_commands import solved
from mentoring.rounds.rules import ExportFormat, FileExists, FileNotWritten, RoundSolving, RoundState

SHOWN = 20
"""Lines of each list for a person at a terminal; ``--all`` and ``--json`` give the rest."""


@click.group("round")
def round_() -> None:
    """Match rounds: see how ready a programme is, propose pairs, decide, publish.

    PROGRAMME and ROUND are an id or a name; "mentoring round list" says them. The first round of "Digital leaders" is
    "Digital leaders 1"; the quotation marks may end before the number.
    """


for other in (*asking_commands.COMMANDS, *deciding_commands.COMMANDS):
    round_.add_command(other)


@round_.command()
@click.argument("programme")
@console.json_option
def ready(programme: str, as_json: bool) -> None:
    """Say what stands in the way of a good round, before one is run.

    Example: mentoring round ready "Digital leaders"
    """

    async def work(opened: Database) -> Readiness:
        return await queries.read_readiness(opened, MACHINE, programme, console.moment())

    report = console.with_database(work)
    console.say(as_json, report, _readiness(console.words(), report))


@round_.command()
@click.argument("programme")
@click.option("--wait", is_flag=True, help="Solve here and now instead of leaving it to the clock.")
@click.option("--year", type=click.IntRange(2000, 2100), help="Whose winter and summer time count; this year's.")
@click.option("--policy", type=click.Choice([one.value for one in PolicyName]), help="What comes first in this round.")
@click.option("--quota", type=click.IntRange(min=0), help="Policy quota: pairs of two countries, at least.")
@click.option("--change-cost", type=float, help="Policy fewest_changes: price of a published pair, in perfect fits.")
@click.option("--cap", type=float, help="Policy lottery: highest probability of any pair.")
@click.option("--seed", type=click.IntRange(min=0), help="Policy lottery: what draws it.")
@console.json_option
def propose(programme: str, wait: bool, year: int | None, as_json: bool, **given: object) -> None:
    """Propose the best pairs. Nobody is told of them before the round is published.

    Without --policy and its terms it is the programme's ("mentoring programme set ... matching.policy=stable").

    Example: mentoring round propose "Digital leaders" --wait --policy coverage_first
    """
    asked_for = Propose(year, _matching(given))

    async def work(opened: Database) -> RoundSummary:
        async with opened.sessions.begin() as db:
            return await service.propose_round(db, MACHINE, programme, asked_for, console.moment())

    async def work_and_wait(opened: Database) -> RoundSummary:
        try:
            asked = await work(opened)
        except RoundSolving:  # asked for already, and perhaps by nobody's clock: that very round is solved
            async with opened.reading() as db:
                asked = (await queries.list_rounds(db, MACHINE, programme))[0]
        return await solved(opened, asked)

    proposed = console.with_database(work_and_wait if wait else work)
    console.say(as_json, proposed, _summary(console.words(), proposed))


def _matching(given: Mapping[str, object]) -> MatchingChange:
    try:
        return msgspec.convert({name: value for name, value in given.items() if value is not None}, MatchingChange)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from error


@round_.command("list")
@click.argument("programme")
@console.json_option
def list_all(programme: str, as_json: bool) -> None:
    """List the rounds of PROGRAMME, the newest first.

    Example: mentoring round list "Digital leaders"
    """

    async def work(db: AsyncSession) -> list[RoundSummary]:
        return await queries.list_rounds(db, MACHINE, programme)

    found = console.reading(work)
    text = console.words().text
    console.say(as_json, found, (f"{one.round}  {one.name}  {text(f'page.round.state.{one.state}')}" for one in found))


@round_.command()
@console.round_argument
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
@console.round_argument
@click.option("--format", "format_", type=click.Choice([one.value for one in ExportFormat]), default="csv")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="The file; standard output without it.")
@click.option("--force", is_flag=True, help="Write the file even where there is one already.")
@console.json_option
def export(round_ref: str, format_: str, output: Path | None, force: bool, as_json: bool) -> None:
    """Write the pairs as CSV, JSON or XLSX, weakest fit first. The audit trail notes it.

    Example: mentoring round export "Digital leaders 1" --format xlsx --output round.xlsx
    """
    wanted = ExportFormat.JSON if as_json else ExportFormat(format_)

    put: Callable[[bytes], None] = exporting.at_hand if output is None else partial(_write, output, force)

    async def work(opened: Database) -> Export:
        return await exporting.export_round(opened, MACHINE, round_ref, wanted, console.moment(), put)

    written = console.with_database(work)
    if output is None:
        click.echo(written.content, nl=False)


def _write(output: Path, force: bool, content: bytes) -> None:
    try:
        with output.open("wb" if force else "xb") as file:
            file.write(content)
    except FileExistsError as there:
        raise FileExists(file=str(output)) from there
    except OSError as refusal:
        raise FileNotWritten(file=str(output), why=refusal.strerror or "") from refusal


@round_.command()
@console.round_argument
@click.option(
    "--revision", type=click.IntRange(0, LAST_REVISION), help="Publish this revision alone, the one that was looked at."
)
@console.json_option
def publish(round_ref: str, revision: int | None, as_json: bool) -> None:
    """Make the proposed pairs into pairings. Their leaders are asked first, then the juniors.

    Publishing twice happens once. "mentoring round undo" takes it back.
    """

    async def work(db: AsyncSession) -> PublishedRound:
        return await service.publish_round(db, MACHINE, round_ref, Publish(revision), console.moment())

    published = console.in_transaction(work)
    console.say(as_json, published, _published(console.words(), published))


@round_.command()
@console.round_argument
@console.json_option
def undo(round_ref: str, as_json: bool) -> None:
    """Take a published round back: invitations are withdrawn, those who knew are told, waiting places restored."""

    async def work(db: AsyncSession) -> UndoneRound:
        return await service.undo_round(db, MACHINE, round_ref, console.moment())

    undone = console.in_transaction(work)
    line = console.words().plural("round.undone", undone.withdrawn, name=undone.name)
    console.say(as_json, undone, [line])


@round_.command()
@console.round_argument
@console.json_option
def replay(round_ref: str, as_json: bool) -> None:
    """Solve the stored inputs again and say whether the result is the same. Nothing is written."""

    async def work(opened: Database) -> Replay:
        return await service.replay_round(opened, MACHINE, round_ref)

    replayed = console.with_database(work)
    key = "round.replay.same" if replayed.same else "round.replay.different"
    total = console.words().number(replayed.total_fit, 3)
    line = console.words().text(key, name=replayed.name, matched=replayed.matched, total=total)
    console.say(as_json, replayed, [line])
    if not replayed.same:
        raise SystemExit(1)


def _readiness(words: Words, report: Readiness) -> Iterator[str]:
    yield words.text(
        "round.ready.people",
        programme=report.programme,
        leaders=report.leaders,
        juniors=report.juniors,
        places=report.places,
        unprepared=report.juniors_unprepared,
    )
    for one in report.competences:
        key = f"skill.{one.code}"
        title = words.text(key) if words.has(key) else ""
        yield words.text(
            "round.ready.competence",
            code=one.code,
            title=title,
            leaders=one.leaders,
            juniors=one.juniors,
            places=one.places,
        )
    yield words.plural("round.ready.leaders_with_nobody", len(report.leaders_with_nobody))
    for alone in report.leaders_with_nobody:
        yield _alone(words, alone)
    yield words.plural("round.ready.juniors_with_nobody", report.juniors_with_nobody)
    for rule, share in report.rule_shares.items():
        yield words.text("round.ready.rule", rule=words.text(f"rule.{rule}"), share=words.share(share))


def _alone(words: Words, one: UnmatchedRow) -> str:
    taken = ", ".join(f"{words.text(f'rule.{rule}')} {number}" for rule, number in one.taken_away.items())
    help_ = (
        words.text("round.relaxation", rule=words.text(f"rule.{one.relaxation}"), gain=one.relaxation_gain)
        if one.relaxation
        else words.text("round.no_relaxation")
    )
    return words.text(
        "round.alone",
        staff_no=one.staff_no or "",
        name=one.name,
        role=words.text(f"role.{one.role}"),
        candidates=one.candidates,
        taken=taken,
        eligible=one.eligible,
        help=help_,
    )


def _summary(words: Words, one: RoundSummary) -> Iterator[str]:
    yield words.text("round.summary", name=one.name, state=words.text(f"round.state.{one.state.value}"))
    if one.state is RoundState.SOLVING:
        yield words.text("round.left_to_clock", name=one.name)
    elif one.failure is not None:
        yield words.text(f"error.{one.failure.code}", **one.failure.details)
    else:
        yield words.text(
            "round.matched",
            matched=one.matched,
            leaders=one.leaders,
            total=words.number(one.total_fit, 3),
            seconds=words.number(one.seconds, 1),
        )
        yield words.text("round.policy", policy=words.text(f"policy.{one.matching.policy.value}"))


def _round(words: Words, shown: RoundView) -> Iterator[str]:
    yield from _summary(words, shown.summary)
    for pair in shown.pairs:
        parts = pair.reasons.parts
        yield words.text(
            "round.pair",
            fit=words.number(pair.fit, 3),
            leader=f"{pair.leader_staff_no or ''} {pair.leader}".strip(),
            junior=f"{pair.junior_staff_no or ''} {pair.junior}".strip(),
            parts=", ".join(
                f"{words.text(f'part.{name}')} {words.number(getattr(parts, name), 3)}"
                for name in parts.__struct_fields__
            ),
            pinned=words.text("round.pinned") if pair.pinned else "",
        ).strip()
    if shown.pair_count > len(shown.pairs):
        yield words.plural("round.more_pairs", shown.pair_count - len(shown.pairs))
    yield words.text("round.unmatched", leaders=shown.unmatched_leaders, juniors=shown.unmatched_juniors)
    for one in shown.unmatched:
        yield _alone(words, one)


def _published(words: Words, published: PublishedRound) -> Iterator[str]:
    yield words.plural("round.published", published.pairings, name=published.name)
    for one in published.dropped:
        leader, junior = f"{one.leader_staff_no or ''} {one.leader}", f"{one.junior_staff_no or ''} {one.junior}"
        yield words.text(f"round.dropped.{one.cause}", leader=leader.strip(), junior=junior.strip())
