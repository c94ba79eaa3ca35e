"""Why this pair, why not that one, why nobody, whom to recruit: worked by hand, then against solving again."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import (
    GREATEST_TOTAL,
    Infeasible,
    Objective,
    Otherwise,
    Problem,
    Rule,
    WhyNot,
    certain,
    costs_at_least,
    is_in_every_optimum,
    recruits,
    relaxations,
    relaxations_of_junior,
    solve,
    why_not,
    why_pair,
    worth_of_place,
)
from matching.tight import is_kept
from tests.matching.cabinet import cabinet
from tests.matching.problems import NEED_ONLY, a_problem, assignments, hours, people, scored

EVERYBODY = slice(None)


def worth(problem: Problem, objective: Objective) -> tuple[int, ...]:
    """By level, pins included, so that a pin is comparable with the pair it forces."""
    made = solve(problem, objective)
    return made.matched * objective.coverage, -made.weak, round(made.objective * 1_000_000) * objective.total


def test_a_pair_is_explained_by_its_parts_and_by_what_each_would_have_had_otherwise() -> None:
    problem = scored([[9, 8], [9, 1]])

    why = why_pair(problem, solve(problem), 0, 1)

    assert why.fit == pytest.approx(8 / 12)
    assert why.parts.tolist() == [8 / 12, 1, 0, 0, 1, 0]
    assert why.leader_otherwise == Otherwise(0, 9 / 12, taken=True)
    assert why.junior_otherwise == Otherwise(1, 1 / 12, taken=True)


def test_who_has_no_other_choice_has_none_otherwise() -> None:
    problem = scored([[6]])

    why = why_pair(problem, solve(problem), 0, 0)

    assert (why.leader_otherwise, why.junior_otherwise) == (None, None)


def test_a_pair_that_was_not_made_has_rules_against_it_or_a_cost() -> None:
    problem = scored([[12, 1, 0], [1, 12, 6]], pinned=[(1, 2)])
    proposal = solve(problem)

    assert why_not(problem, proposal, 0, 2) == WhyNot(False, Rule.SKILL, poor=False, full=True, at_least=None)
    assert why_not(problem, proposal, 1, 2) == WhyNot(True, Rule(0), poor=False, full=False, at_least=None)
    assert why_not(problem, proposal, 1, 1) == WhyNot(False, Rule(0), poor=False, full=True, at_least=None)
    assert why_not(problem, proposal, 0, 1).at_least == (0, 0, round(1_000_000 * 11 / 12))


def test_a_pair_under_the_floor_is_called_poor() -> None:
    problem = scored([[2]])

    assert why_not(problem, solve(problem, Objective(floor=500_000)), 0, 0).poor


@given(assignments())
@settings(max_examples=80, deadline=None)
def test_a_cost_is_never_more_than_what_pinning_the_pair_costs(problem: Problem) -> None:
    for objective in (Objective(weak_below=400_000), GREATEST_TOTAL):
        proposal, before = solve(problem, objective), worth(problem, objective)
        costs = costs_at_least(problem, proposal, EVERYBODY, EVERYBODY)
        for leader, junior in zip(*np.nonzero(costs.allowed), strict=True):
            pins = np.concatenate([problem.pinned, [(leader, junior)]])
            try:
                after = worth(replace(problem, pinned=pins), objective)
            except Infeasible:
                continue
            least = tuple(costs.least[leader, junior].tolist())
            if least[0] < 1 << 30:
                assert (0, 0, 0) <= least <= tuple(a - b for a, b in zip(before, after, strict=True))


@given(assignments())
@settings(max_examples=60, deadline=None)
def test_what_is_called_certain_is_so(problem: Problem) -> None:
    proposal = solve(problem)
    found = certain(problem, proposal)
    open_ = {tuple(pair) for pair in found.open.tolist()}
    pinned = {tuple(pair) for pair in problem.pinned.tolist()}

    assert {tuple(pair) for pair in proposal.pairs.tolist()} <= open_ | pinned
    for pair, sure in zip(proposal.pairs.tolist(), found.always, strict=True):
        assert is_in_every_optimum(problem, proposal, *pair) or not sure


@given(st.one_of(assignments(), people()))
def test_a_pair_that_no_chain_can_replace_is_in_every_optimum(problem: Problem) -> None:
    proposal = solve(problem)

    for pair in proposal.pairs.tolist():
        pinned = (problem.pinned == pair).all(axis=1).any()
        kept = not pinned and is_kept(problem, proposal.certificate, proposal.pairs, *pair)
        assert is_in_every_optimum(problem, proposal, *pair) or not kept


def test_a_pair_is_kept_where_the_others_prefer_theirs() -> None:
    for scores, kept in (([[9, 8], [9, 1]], [True, True]), ([[12, 9], [9, 6]], [False, False]), ([[6, 6]], [False])):
        problem = scored(scores)
        proposal = solve(problem)

        found = [is_kept(problem, proposal.certificate, proposal.pairs, *pair) for pair in proposal.pairs.tolist()]

        assert found == kept


def test_of_two_equal_juniors_either_may_be_in_an_optimum() -> None:
    problem = scored([[6, 6, 1]])
    proposal = solve(problem)

    found = certain(problem, proposal)

    assert (found.never, found.open.tolist(), found.always.tolist()) == (1, [[0, 0], [0, 1]], [False])
    assert not is_in_every_optimum(problem, proposal, *proposal.pairs[0])
    only = scored([[6, 5, 1]])
    assert certain(only, solve(only)).always.tolist() == [True]


def test_the_smallest_relaxation_comes_first_with_what_the_others_would_miss() -> None:
    """The second leader shares 7 quarter hours with a junior whom the first one has, and a unit with a free one."""
    problem = a_problem(
        2,
        2,
        leader_hours=hours(24, 7),
        leader_unit=[0, 2],
        junior_unit=[1, 2],
        junior_hours=hours(24, 24),
        leader_fluency=[[3], [3]],
        forbidden=[(0, 1)],
    )
    proposal = solve(problem)
    assert proposal.pairs.tolist() == [[0, 0]]

    found = relaxations(problem, proposal, 1)

    assert [(one.rule, one.candidates, one.cheapest) for one in found] == [(Rule.TIME, 1, 0), (Rule.TIME, 1, 0)]
    assert found[0].rules.shared_quarters == 4
    assert found[0].costs_others == tuple(proposal.certificate.junior_price[0].tolist())
    free = relaxations(replace(problem, leader_hours=problem.junior_hours), solve(problem), 1)
    assert [(one.rule, one.cheapest, one.costs_others) for one in free] == [(Rule.UNIT, 1, (0, 0, 0))]


def test_a_junior_with_nobody_has_relaxations_too() -> None:
    problem = a_problem(1, 1, junior_grade=[21])

    [step, off] = relaxations_of_junior(problem, solve(problem), 0)

    assert (step.rule, step.rules.seniority_gap, off.rules.on & Rule.SENIORITY) == (Rule.SENIORITY, 1, Rule(0))
    assert step.costs_others == (0, 0, 0)


def test_recruit_who_would_teach_the_leader_that_nobody_can() -> None:
    problem = a_problem(
        3,
        2,
        need_skill=[[0, -1, -1], [0, -1, -1], [1, -1, -1]],
        need_level=[[0, 0, 0]] * 3,
        offer_level=[[4, 0, 0]] * 2,
        weights=NEED_ONLY,
    )

    found = recruits(problem, solve(problem))

    assert [(one.skill, one.useful, one.leaders) for one in found] == [(1, 1.0, 1.0), (0, 0.0, 0.0), (2, 0.0, 0.0)]
    assert found[0].points == 1_000_000


@given(assignments())
@settings(max_examples=60, deadline=None)
def test_a_place_more_never_brings_more_than_the_leaders_would_pay(problem: Problem) -> None:
    """The junior who is there twice is the recruit; the worth is a bound, and what it bounds is the true gain."""
    proposal, before = solve(problem), worth(problem, Objective())
    twin = np.append(np.arange(problem.juniors), 0)
    named = ("offer_level", "offered_tools", "junior_fluency", "junior_country", "junior_unit", "junior_grade",
             "junior_manager", "junior_waiting", "junior_line")  # fmt: skip
    sides = {name: getattr(problem, name)[twin] for name in named}
    capacity = np.append(problem.junior_capacity, 1).astype(np.int32)
    lots = np.append(problem.junior_lot, 5)
    wider = replace(problem, **sides, junior_hours=problem.junior_hours[:, twin], junior_capacity=capacity,
                    junior_lot=lots)  # fmt: skip

    gained = tuple(a - b for a, b in zip(worth(wider, Objective()), before, strict=True))

    free = replace(problem, forbidden=np.empty((0, 2), np.int32))
    assert gained <= tuple(worth_of_place(free, proposal.certificate, np.array([0]))[0].tolist())


def test_the_cabinet_is_told_what_to_recruit() -> None:
    problem = cabinet()
    proposal = solve(problem)

    found = recruits(problem, proposal)

    assert len(found) == problem.offer_level.shape[1]
    assert 0 < found[0].leaders <= 1
    assert [one.leaders for one in found] == sorted((one.leaders for one in found), reverse=True)
    sure = certain(problem, proposal)
    assert 0 < int(sure.always.sum()) <= len(proposal.pairs)
