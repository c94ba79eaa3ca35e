"""Why somebody has nobody, and what would help."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings

from matching import (
    EVERY_RULE,
    RULE_NAMES,
    RULES,
    Problem,
    Rule,
    candidates_of_junior,
    candidates_of_leader,
    eligible_counts,
    fit,
    funnel,
    funnel_of_juniors,
    refusals,
)
from matching.block import PAIRS_AT_ONCE
from tests.matching.cabinet import cabinet
from tests.matching.problems import a_problem, hours, people

EVERYBODY = slice(None)


def a_leader_with_six_juniors() -> Problem:
    """One is in line and in the same unit, one in the same unit, two lack time, one lacks time and
    language, one is left."""
    return a_problem(
        1,
        6,
        in_line=[(0, 0)],
        junior_unit=[0, 0, 1, 1, 1, 1],
        junior_hours=hours(24, 24, 4, 4, 4, 24),
        junior_fluency=[[3], [3], [3], [3], [1], [3]],
    )


def by_name(row: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> dict[str, int]:
    return {name: int(number) for name, number in zip(RULE_NAMES, row, strict=True) if number}


def test_each_candidate_is_taken_away_by_the_first_rule_that_refuses() -> None:
    found = funnel(a_leader_with_six_juniors())

    assert found.candidates == 6
    assert by_name(found.taken[0]) == {"reporting_line": 1, "unit": 1, "language": 1, "time": 2}
    assert found.eligible.tolist() == [1]


def test_the_relaxation_that_helps_most_is_the_one_that_alone_stops_most() -> None:
    found = funnel(a_leader_with_six_juniors())

    assert by_name(found.gained[0]) == {"unit": 1, "time": 2}
    assert [RULES[place] for place in found.best_relaxations()] == [Rule.TIME]


def test_each_person_gets_the_relaxation_that_helps_that_person() -> None:
    problem = a_problem(
        4,
        1,
        leader_grade=[22, 11, 22, 11],
        leader_hours=hours(24, 24, 4, 4),
        leader_fluency=[[1], [3], [3], [3]],
    )

    found = funnel(problem)

    helping = [RULES[place] if place >= 0 else None for place in found.best_relaxations()]
    assert helping == [Rule.LANGUAGE, Rule.SENIORITY, Rule.TIME, None]


def test_some_juniors_are_answered_in_the_order_in_which_they_are_asked_for() -> None:
    problem = a_leader_with_six_juniors()

    found = funnel_of_juniors(problem, np.array([5, 1, 0]))

    assert found.people.tolist() == [5, 1, 0]
    assert found.eligible.tolist() == [1, 0, 0]
    assert [by_name(row) for row in found.taken] == [{}, {"unit": 1}, {"reporting_line": 1}]
    assert funnel_of_juniors(problem, np.array([], np.int64)).taken.shape == (0, len(RULES))


def test_counts_are_whole_numbers() -> None:
    problem = a_leader_with_six_juniors()

    counts, found = eligible_counts(problem), funnel(problem)

    assert {array.dtype.kind for array in (counts.leaders, counts.juniors, found.eligible, found.taken)} == {"i"}
    assert funnel_of_juniors(problem).gained.dtype.kind == "i"


def test_shares_are_those_of_all_pairs_where_there_are_more_than_are_looked_at_at_once() -> None:
    problem = cabinet()
    refused = refusals(problem, EVERYBODY, EVERYBODY)

    counts = eligible_counts(problem)

    assert refused.size > PAIRS_AT_ONCE
    assert counts.rule_shares.tolist() == [np.mean((refused & rule) > 0) for rule in RULES]
    assert counts.leaders.tolist() == (refused == 0).sum(axis=1).tolist()


def test_where_no_single_rule_would_help_none_is_named() -> None:
    two_at_once = a_problem(junior_hours=hours(0), offer_level=[[0]])

    assert funnel(two_at_once).best_relaxations().tolist() == [-1]


def test_of_some_leaders_only_those_are_told_and_in_that_order() -> None:
    problem = a_problem(3, 2, leader_grade=[22, 11, 22], forbidden=[(2, 0)])

    found = funnel(problem, np.array([2, 1]))

    assert found.people.tolist() == [2, 1]
    assert found.eligible.tolist() == [1, 0]


def test_with_nobody_on_the_other_side_there_are_no_candidates() -> None:
    assert funnel(a_problem(2, 0)).candidates == 0
    assert funnel(a_problem(2, 0)).best_relaxations().tolist() == [-1, -1]
    assert funnel_of_juniors(a_problem(0, 2)).taken.tolist() == [[0] * 8] * 2
    assert funnel_of_juniors(a_problem(2, 0)).taken.shape == (0, 8)
    assert eligible_counts(a_problem(0, 0)).rule_shares.tolist() == [0.0] * 8


@given(people())
@settings(max_examples=60, deadline=None)
def test_a_funnel_adds_up_and_its_gains_are_those_of_switching_off(problem: Problem) -> None:
    for found in (funnel(problem), funnel_of_juniors(problem)):
        assert (found.taken.sum(axis=1) + found.eligible == found.candidates).all()
    before, gained = eligible_counts(problem), funnel(problem).gained
    gained_by_juniors = funnel_of_juniors(problem).gained
    for place, rule in enumerate(RULES):
        relaxed = replace(problem, rules=replace(problem.rules, on=EVERY_RULE & ~rule))
        after = eligible_counts(relaxed)
        assert (after.leaders - before.leaders).tolist() == gained[:, place].tolist()
        assert (after.juniors - before.juniors).tolist() == gained_by_juniors[:, place].tolist()


@given(people())
@settings(max_examples=40, deadline=None)
def test_counts_and_shares_are_those_of_all_pairs(problem: Problem) -> None:
    found, refused = eligible_counts(problem), refusals(problem, EVERYBODY, EVERYBODY)

    assert found.leaders.tolist() == (refused == 0).sum(axis=1).tolist()
    assert found.juniors.tolist() == (refused == 0).sum(axis=0).tolist()
    assert found.rule_shares.tolist() == [float(((refused & rule) != 0).mean()) for rule in RULES]


@given(people())
@settings(max_examples=40, deadline=None)
def test_candidates_of_one_person_are_a_row_or_a_column_of_all_pairs(problem: Problem) -> None:
    scores, refused = fit(problem, EVERYBODY, EVERYBODY), refusals(problem, EVERYBODY, EVERYBODY)

    of_leader, of_junior = candidates_of_leader(problem, 0), candidates_of_junior(problem, 0)

    assert of_leader.fit.tolist() == scores[0].tolist()
    assert of_leader.refusals.tolist() == refused[0].tolist()
    assert of_junior.fit.tolist() == scores[:, 0].tolist()
    assert of_junior.refusals.tolist() == refused[:, 0].tolist()
