"""Who comes next for one person is whom solving would give them, were everybody else held where they are."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import COVERAGE_FIRST, Objective, Problem, next_for_junior, next_for_leader, refusals, solve
from tests.matching.problems import assignments

OBJECTIVES = {"coverage": COVERAGE_FIRST, "weak": Objective(weak_below=400_000)}


def only(problem: Problem, side: str, person: int) -> Problem:
    """Nobody has a place on this side but one person; on the other side everybody has one."""
    leaders, juniors = np.ones(problem.leaders, np.int32), np.ones(problem.juniors, np.int32)
    alone = leaders if side == "leader" else juniors
    alone[np.arange(len(alone)) != person] = 0
    return replace(problem, leader_capacity=leaders, junior_capacity=juniors, pinned=np.empty((0, 2), np.int32))


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_first_is_whom_solving_gives(objective: Objective, data: st.DataObject) -> None:
    problem = data.draw(assignments())
    for side, people, ranked in (
        ("leader", problem.leaders, next_for_leader),
        ("junior", problem.juniors, next_for_junior),
    ):
        if not people:
            continue
        person = data.draw(st.integers(0, people - 1))
        found = ranked(problem, objective, person)
        given_ = solve(only(problem, side, person), objective).pairs
        assert found[:1].tolist() == given_[:, 1 if side == "leader" else 0].tolist()


@given(assignments())
def test_all_whom_no_rule_refuses_are_there_and_nobody_else(problem: Problem) -> None:
    allowed = refusals(problem, slice(None), slice(None)) == 0
    for leader in range(problem.leaders):
        assert sorted(next_for_leader(problem, COVERAGE_FIRST, leader)) == np.flatnonzero(allowed[leader]).tolist()
