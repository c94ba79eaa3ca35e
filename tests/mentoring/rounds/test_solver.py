"""The process that solves: what it answers, and how it ends."""

import asyncio
import subprocess

import numpy as np
import psutil
import pytest

from matching import RULES, Rule
from mentoring.rounds.child import PROGRAM, run_solver
from mentoring.rounds.rules import SolverDied
from mentoring.rounds.solver import POLITE, Refused, Request, Solved, Surveyed, answer, framed, free_slots
from tests.matching.cabinet import cabinet
from tests.matching.problems import a_problem
from tests.mentoring.rounds.worlds import kill_solvers, solvers

WEEK = 672


@pytest.fixture(scope="module")
def problem() -> bytes:
    return cabinet().to_bytes()


@pytest.mark.parametrize(
    "free, length, begins",
    [
        ([], 3, []),
        ([10, 11, 12], 3, [10]),
        ([10, 11], 3, []),
        ([10, 11, 12, 13, 20, 21, 22], 3, [10, 20]),
        ([670, 671, 0], 3, [670]),
        ([0, 1, 671], 1, [671]),
        (range(WEEK), 4, [0]),
    ],
)
def test_a_slot_begins_each_stretch_that_is_long_enough(free: list[int], length: int, begins: list[int]) -> None:
    quarters = np.zeros((1, WEEK), np.bool_)
    quarters[0, list(free)] = True

    assert free_slots(quarters, length) == [begins]


async def test_the_cabinet_round_in_another_process(problem: bytes) -> None:
    told: list[tuple[str, float]] = []

    solved = await run_solver(Request("solve", problem, 45), lambda stage, share: told.append((stage, share)))

    assert isinstance(solved, Solved)
    assert (solved.matched, len(solved.pairs), round(solved.total_fit, 3)) == (408, 408, 219.160)
    assert list(dict(told)) == ["scoring", "assigning", "explaining", "unmatched"]
    assert all(0 <= share <= 1 for _, share in told)
    for one in solved.alone:
        assert one.candidates == sum(one.taken) + one.eligible
    for pair in solved.pairs:
        assert pair.quarters >= 8
        assert pair.needs
        assert pair.language >= 0


async def test_a_solver_lets_those_who_open_pages_go_first(problem: bytes) -> None:
    seen: set[int] = set()

    await run_solver(Request("solve", problem, 45), lambda _stage, _share: seen.update(one.nice() for one in solvers()))

    assert seen == {min(psutil.Process().nice() + POLITE, 19)}


async def test_a_survey_counts_whom_nobody_can_take(problem: bytes) -> None:
    survey = await run_solver(Request("survey", problem, 45))

    assert isinstance(survey, Surveyed)
    assert (survey.leaders.count(0), len(survey.alone), len(survey.juniors)) == (8, 8, 329)


@pytest.mark.parametrize("fixed", ["barred", "forbidden"])
def test_what_cannot_be_switched_off_is_never_named_as_a_help(fixed: str) -> None:
    """Two of the three juniors must not be; the third is too close in grade, which a setting decides."""
    near = a_problem(1, 3, junior_grade=[10, 10, 22], **{fixed: [(0, 0), (0, 1)]})
    alone = a_problem(1, 1, **{fixed: [(0, 0)]})

    found = [answer(Request("survey", one.to_bytes(), 45), lambda _stage, _share: None) for one in (near, alone)]

    assert all(isinstance(one, Surveyed) for one in found)
    told = [(one.alone[0].relaxation, one.alone[0].gain) for one in found if isinstance(one, Surveyed)]
    assert told == [(RULES.index(Rule.SENIORITY), 1), (-1, 0)]


async def test_bytes_that_are_no_problem_are_refused() -> None:
    assert await run_solver(Request("solve", b"nonsense", 45)) == Refused("problem", field="format", why="bytes")


async def test_who_kills_the_solver_is_told_of_its_death(problem: bytes) -> None:
    asking = asyncio.create_task(run_solver(Request("solve", problem, 45)))
    await kill_solvers(1)

    with pytest.raises(SolverDied) as death:
        await asking

    assert death.value.details == {"status": -9}


async def test_whoever_stops_waiting_stops_the_solver(problem: bytes) -> None:
    begun = asyncio.Event()
    asking = asyncio.create_task(run_solver(Request("solve", problem, 45), lambda _stage, _share: begun.set()))
    await begun.wait()

    asking.cancel()
    await asyncio.wait([asking])

    assert solvers() == []


def test_a_solver_ends_with_whoever_asked(problem: bytes) -> None:
    orphan = subprocess.run(PROGRAM, input=framed(Request("solve", problem, 45)), stdout=subprocess.PIPE, timeout=60)

    assert orphan.returncode == 1
    assert b"Solved" not in orphan.stdout
