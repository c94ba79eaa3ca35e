"""The command line: what it prints, and with which code it ends."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from mentoring.db import Database, database
from mentoring.rounds.commands import round_
from mentoring.rounds.models import RoundInputs
from tests.mentoring.rounds.worlds import World, a_world

Run = Callable[..., Result]


def in_database(url: str, work: Callable[[Database], Awaitable[World]]) -> World:
    async def opened() -> World:
        async with database(url) as one:
            return await work(one)

    return asyncio.run(opened())


@pytest.fixture
def world(database_url: str) -> World:
    """Two leaders, one of whom finds a better junior, and two juniors."""

    async def make(opened: Database) -> World:
        async with opened.sessions.begin() as db:
            return await a_world(db, {"L1": 1, "L2": 0}, {"J1": 2, "J2": 3})

    return in_database(database_url, make)


@pytest.fixture
def run(database_url: str) -> Run:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(round_, arguments, env={"MENTORING_DATABASE_URL": database_url})

    return run


def test_a_round_from_the_command_line(run: Run, world: World) -> None:
    """Ready, propose, decide, show, export, replay, publish, undo."""
    name = f"{world.programme.name} 1"

    ready = run("ready", world.programme.name)
    assert (ready.exit_code, "2 leaders, 2 prepared juniors with 2 places" in ready.output) == (0, True)

    proposed = run("propose", world.programme.name, "--wait", "--year", "2026", "--json")
    answer = json.loads(proposed.output)
    assert (answer["name"], answer["matched"], answer["leaders"], answer["state"]) == (name, 2, 2, "proposed")
    assert answer["round"]
    assert answer["seconds"] > 0
    best = answer["total_fit"]

    pinned = run("pin", name, "L1", "J1", "--reason", "because", "--json")
    change = json.loads(pinned.output)
    assert (change["before"]["total_fit"], change["after"]["total_fit"] < best) == (best, True)

    forbidden = run("forbid", name, "L1", "J1", "--reason", "because")
    assert (forbidden.exit_code, f"{name}: matched 2 → 2 of 2" in forbidden.output) == (0, True)

    shown = run("show", name)
    assert (shown.exit_code, "L1 Ama Mensah" in shown.output, "Without a pair: 0 leaders" in shown.output) == (
        0,
        True,
        True,
    )

    exported = run("export", name, "--format", "csv")
    assert exported.output.splitlines()[0].startswith("leader_staff_no,leader_name,junior_staff_no")
    assert len(exported.output.splitlines()) == 3

    assert "the same result again" in run("replay", name).output
    verified = run("verify", name)
    assert (verified.exit_code, f"{name} holds: every rule is kept" in verified.output) == (0, True)
    tried = run("what-if", name, "--pin", "L2", "J1", "--without", "L1")
    assert (tried.exit_code, "Leaders matched: 2 → 1" in tried.output) == (0, True)
    hours = (
        "--hours",
        "L1",
        "sun:09:00-12:00",
        "--more-hours",
        "L2",
        "tue:17:00-19:00",
        "--hours",
        "L1",
        "sat:9:00-10:00",
    )
    otherwise = run("what-if", name, "--offer", "J2", "2.6", "none", "--places", "J1", "2", *hours)
    assert (otherwise.exit_code, "Leaders matched: 2 → 1" in otherwise.output) == (0, True)
    confided = run("what-if", name, "--need", "L2", "2.6", "1")
    assert (confided.exit_code, confided.output.partition(":")[0]) == (1, "NeedListed")
    nowhere = run("what-if", name, "--need", "L1", "9.9", "1")
    assert (nowhere.exit_code, nowhere.output) == (1, "SkillUnknown: There is no skill with the code 9.9.\n")
    compared = json.loads(run("compare-policies", name, "--json").output)
    assert (compared["name"], len(compared["found"]["policies"])) == (name, 9)
    assert run("publish", name).output == f"{name} is published: 2 pairings, their leaders will be asked first.\n"
    assert run("undo", name).output == f"{name} is undone: 2 pairings withdrawn.\n"


def test_what_is_refused_ends_with_one_and_the_reason(run: Run, world: World) -> None:
    missing = run("show", "No such round")
    run("propose", world.programme.name)
    solving = run("propose", world.programme.name)

    assert (missing.exit_code, missing.output) == (
        1,
        "RoundNotFound: There is no such round, or it is not yours to see.\n",
    )
    assert (solving.exit_code, solving.output) == (
        1,
        "RoundSolving: The round is being solved. Please wait for its result.\n",
    )


def test_the_number_of_a_round_may_stand_by_itself(run: Run, world: World) -> None:
    run("propose", world.programme.name, "--wait")

    together, apart = run("show", f"{world.programme.name} 1"), run("show", world.programme.name, "1")

    assert (apart.exit_code, apart.output) == (0, together.output)


def test_the_rounds_of_a_programme_are_listed(run: Run, world: World) -> None:
    none = run("list", world.programme.name)
    name = json.loads(run("propose", world.programme.name, "--wait", "--json").output)["name"]
    run("publish", name)
    listed = run("list", world.programme.name)

    assert (none.output, none.exit_code) == ("", 0)
    assert listed.output.rstrip().endswith(f"  {name}  Published")
    assert run("list", "No such programme").exit_code == 1


def test_a_round_that_does_not_hold_ends_with_one(run: Run, world: World, database_url: str) -> None:
    run("propose", world.programme.name, "--wait")

    async def spoil(opened: Database) -> World:
        async with opened.sessions.begin() as db:
            await db.execute(update(RoundInputs).values(proof=b"nothing"))
        return world

    in_database(database_url, spoil)
    verified = run("verify", f"{world.programme.name} 1")

    assert verified.exit_code == 1
    assert "What is stored cannot be read as the proof of this round." in verified.output


def test_waiting_for_a_round_that_nobody_solves_solves_it(run: Run, world: World) -> None:
    run("propose", world.programme.name)

    waited = run("propose", world.programme.name, "--wait", "--json")

    answer = json.loads(waited.output)
    assert (waited.exit_code, answer["name"], answer["state"]) == (0, f"{world.programme.name} 1", "proposed")


def test_an_export_replaces_a_file_only_where_told_to(run: Run, world: World, tmp_path: Path) -> None:
    run("propose", world.programme.name, "--wait")
    export = ("export", f"{world.programme.name} 1", "--output")
    there, nowhere = tmp_path / "there.csv", tmp_path / "nowhere" / "round.csv"
    there.write_text("mine")

    refused = run(*export, str(there))
    kept = there.read_text()
    forced = run(*export, str(there), "--force")
    lost = run(*export, str(nowhere))

    assert (refused.exit_code, refused.output.split(":")[0], kept) == (1, "FileExists", "mine")
    assert (forced.exit_code, there.read_text().split(",")[0]) == (0, "leader_staff_no")
    assert (lost.exit_code, lost.output) == (
        1,
        f"FileNotWritten: {nowhere} cannot be written: No such file or directory.\n",
    )


def test_a_round_without_leaders_fails_with_the_reason(run: Run, database_url: str) -> None:
    async def make(opened: Database) -> World:
        async with opened.sessions.begin() as db:
            return await a_world(db, {}, {"J1": 2})

    world = in_database(database_url, make)

    failed = run("propose", world.programme.name, "--wait")

    assert failed.exit_code == 1
    assert failed.output.startswith("NobodyToMatch: There is nobody to match yet: 0 leaders and 1 prepared juniors")


@pytest.mark.parametrize(
    "arguments",
    [
        ("pin", "R", "L1", "J1"),
        ("export", "R", "--format", "pdf"),
        ("propose",),
        ("publish", "R", "--revision", "2147483648"),
        ("what-if", "R", "--offer", "J1", "2.6", "5"),
        ("what-if", "R", "--hours", "J1", "mon:12:00-09:00"),
        ("what-if", "R", "--places", "J1", "4"),
    ],
)
def test_wrong_use_ends_with_two(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("command", sorted(round_.commands))
def test_every_command_explains_itself(run: Run, command: str) -> None:
    told = run(command, "--help")

    assert told.exit_code == 0
    assert len(told.output.splitlines()) > 5


def test_what_was_tried_is_taken_and_taken_back(run: Run, world: World) -> None:
    """What if, decide, readmit; whom to recruit, and what another policy would change."""
    name = f"{world.programme.name} 1"
    run("propose", world.programme.name, "--wait", "--year", "2026")

    tried = json.loads(run("what-if", name, "--swap", "L1", "L2", "--json").output)
    pins = [("--pin", one["leader"], one["junior"]) for one in tried["tried"]["pins"]]
    taken = json.loads(run("decide", name, *(part for pin in pins for part in pin), "--reason", "r", "--json").output)
    held = run("decide", name, "--without", "L1", "--reason", "On leave")
    back = run("readmit", name, "L1")
    recruits = json.loads(run("recruits", name, "--json").output)
    other = run("differences", name, "--policy", "greatest_total")
    alone = run("differences", name)

    assert (len(pins), taken["after"]["total_fit"]) == (2, tried["after"][2])
    assert (held.exit_code, back.exit_code, other.exit_code) == (0, 0, 0)
    assert "the only round" in alone.output
    assert [one["code"] for one in recruits["skills"]] == ["2.6"]
    assert run("readmit", name, "L1").exit_code == 1
