"""A real round: 427 leaders and 329 juniors, empty history, year 2026, default rules and weights."""

import numpy as np
import pytest

from matching import Problem, eligible_counts, fit, funnel, refusals, solve
from matching.block import PAIRS_AT_ONCE
from tests.matching.cabinet import cabinet


@pytest.fixture(scope="module")
def problem() -> Problem:
    return cabinet()


def test_the_round_has_the_figures_computed_apart_from_this_project(problem: Problem) -> None:
    proposal = solve(problem)

    assert (problem.leaders, problem.juniors) == (427, 329)
    assert proposal.matched == 408
    assert proposal.total_fit == pytest.approx(219.160, abs=0.0005)
    assert int((eligible_counts(problem).leaders == 0).sum()) == 8


def test_the_proposal_breaks_no_rule_and_no_capacity(problem: Problem) -> None:
    leaders, juniors = solve(problem).pairs.T

    assert not refusals(problem, slice(None), slice(None))[leaders, juniors].any()
    assert np.bincount(leaders).max() == 1
    assert (np.bincount(juniors, minlength=problem.juniors) <= problem.junior_capacity).all()


def test_the_stored_round_is_replayed_to_the_same_proposal(problem: Problem) -> None:
    before, after = solve(problem), solve(Problem.from_bytes(problem.to_bytes()))

    assert after.pairs.tolist() == before.pairs.tolist()
    assert (after.total_fit, after.objective) == (before.total_fit, before.objective)


def test_working_in_several_blocks_changes_no_number(problem: Problem) -> None:
    assert problem.leaders * problem.juniors > PAIRS_AT_ONCE

    whole = refusals(problem, slice(None), slice(None))
    in_blocks = funnel(problem)

    assert in_blocks.eligible.tolist() == (whole == 0).sum(axis=1).tolist()
    proposal = solve(problem)
    leaders, juniors = proposal.pairs.T
    assert proposal.fit.tolist() == fit(problem, slice(None), slice(None))[leaders, juniors].tolist()
