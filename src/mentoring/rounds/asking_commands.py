"""Commands that only ask: they change nothing, and the group in ``commands`` takes them in."""

import click

from mentoring import console, progress
from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.programmes.rules import PolicyName
from mentoring.rounds import asking, verifying, wording
from mentoring.rounds.answering_options import Skills, Spans, answered, answering_options
from mentoring.rounds.contracts import NamedPair
from mentoring.rounds.desk import Desk
from mentoring.rounds.differing import Against, RunDifference, compare_runs
from mentoring.rounds.explaining import explain
from mentoring.rounds.fairness import read_fairness
from mentoring.rounds.findings import Comparison, Consequence, Explanation, FairnessReport, Swap, Verification, WhatIf
from mentoring.rounds.recruiting import Recruiting, whom_to_recruit

Pairs = tuple[tuple[str, str], ...]


@click.command()
@console.round_argument
@console.json_option
def verify(round_ref: str, as_json: bool) -> None:
    """Look at all pairs once more, apart from the solver: is every rule kept, could anything be better?

    Ends with 1 where something is wrong. Example: mentoring round verify "Digital leaders 1"
    """

    async def work(opened: Database) -> Verification:
        return await verifying.verify_round(opened, MACHINE, round_ref)

    found = console.with_database(work)
    console.say(as_json, found, wording.verification(console.words(), found))
    raise SystemExit(0 if found.holds else 1)


@click.command("what-if")
@console.round_argument
@click.option("--pin", nargs=2, multiple=True, metavar="LEADER JUNIOR", help="If these two were paired.")
@click.option("--forbid", nargs=2, multiple=True, metavar="LEADER JUNIOR", help="If these two were never paired.")
@click.option("--without", multiple=True, metavar="PERSON", help="If this person did not take part.")
@click.option("--swap", nargs=2, multiple=True, metavar="LEADER LEADER", help="If these two exchanged their juniors.")
@answering_options
@console.json_option
def what_if(
    round_ref: str,
    pin: Pairs,
    forbid: Pairs,
    without: tuple[str, ...],
    swap: Pairs,
    need: Skills,
    offer: Skills,
    hours: Spans,
    more_hours: Spans,
    places: tuple[tuple[str, int], ...],
    as_json: bool,
) -> None:
    """Say what decisions would change and cost, before they are taken; or other answers of somebody's.

    "mentoring round decide" with the same options takes decisions; what somebody answers only they can change.

    Example: mentoring round what-if "Digital leaders 1" --pin CA000001 CA000412 --forbid CA000002 CA000411
    Example: mentoring round what-if "Digital leaders 1" --offer CA000412 2.6 3 --more-hours CA000412 tue:14:00-17:00
    """
    pins, forbids = [NamedPair(*one) for one in pin], [NamedPair(*one) for one in forbid]
    answers = answered(need, offer, hours, more_hours, places)
    data = WhatIf(pins, forbids, list(without), [Swap(*one) for one in swap], answers)

    async def work(opened: Database) -> Consequence:
        desk = Desk()
        try:
            return await asking.what_if(opened, desk, MACHINE, round_ref, data)
        finally:
            await desk.close()

    found = console.with_database(work)
    console.say(as_json, found, wording.consequence(console.words(), found))


@click.command("compare-policies")
@click.argument("ref", metavar="PROGRAMME|ROUND")
@console.json_option
def compare_policies(ref: str, as_json: bool) -> None:
    """Propose by every policy and say what each gives and costs against the others.

    Example: mentoring round compare-policies "Digital leaders 1"
    """
    with progress.bar("round.stage") as tell:

        async def work(opened: Database) -> Comparison:
            return await asking.compare_either(opened, MACHINE, ref, console.moment().year, tell)

        found = console.with_database(work)
    console.say(as_json, found, wording.comparison(console.words(), found))


@click.command()
@console.round_argument
@console.json_option
def fairness(round_ref: str, as_json: bool) -> None:
    """Say who is matched and how well, by country, grade and, where given, gender. Small groups are hidden.

    Example: mentoring round fairness "Digital leaders 1"
    """

    async def work(opened: Database) -> FairnessReport:
        return await read_fairness(opened, MACHINE, round_ref)

    found = console.with_database(work)
    console.say(as_json, found, wording.fairness(console.words(), found))


@click.command("explain")
@console.round_argument
@click.option("--leader", required=True, help="Staff number, address or id.")
@click.option("--junior", help="Why these two, or why not; without it the leader's own pair, or what would help.")
@console.json_option
def explain_pair(round_ref: str, leader: str, junior: str | None, as_json: bool) -> None:
    """Say why two are paired or not, and what would help a leader who has nobody.

    Example: mentoring round explain "Digital leaders 1" --leader CA000001 --junior CA000412
    """

    async def work(opened: Database) -> Explanation:
        return await explain(opened, MACHINE, round_ref, leader, junior)

    found = console.with_database(work)
    console.say(as_json, found, wording.explanation(console.words(), found))


@click.command()
@console.round_argument
@console.json_option
def recruits(round_ref: str, as_json: bool) -> None:
    """Say which skill's next junior would be worth most to the round: more leaders matched, or better served.

    Example: mentoring round recruits "Digital leaders 1"
    """

    async def work(opened: Database) -> Recruiting:
        return await whom_to_recruit(opened, MACHINE, round_ref)

    found = console.with_database(work)
    console.say(as_json, found, wording.recruits(console.words(), found))


@click.command()
@console.round_argument
@click.option("--other", help="Another round of the programme; without it the nearest.")
@click.option("--policy", type=click.Choice([one.value for one in PolicyName]), help="This round by another policy.")
@console.json_option
def differences(round_ref: str, other: str | None, policy: str | None, as_json: bool) -> None:
    """Say for whom two runs differ, person by person.

    Example: mentoring round differences "Digital leaders 2" --other "Digital leaders 1"
    """
    against = Against(other, PolicyName(policy) if policy else None)

    async def work(opened: Database) -> RunDifference:
        return await compare_runs(opened, MACHINE, round_ref, against)

    found = console.with_database(work)
    console.say(as_json, found, wording.differences(console.words(), found))


COMMANDS = (verify, what_if, compare_policies, fairness, explain_pair, recruits, differences)
