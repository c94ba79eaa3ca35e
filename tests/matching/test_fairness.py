"""How a round treats groups of people, and that the engine does not know the groups."""

from dataclasses import fields

import numpy as np
import pytest

from matching import InvalidProblem, Problem, Proposal, fairness, solve
from matching.fairness import Fairness, hidden
from tests.matching.cabinet import cabinet
from tests.matching.problems import scored


@pytest.fixture(scope="module")
def round_() -> tuple[Problem, Proposal]:
    problem = cabinet()
    return problem, solve(problem)


def twelve_leaders() -> tuple[Problem, Proposal]:
    """The first six leaders have somebody who fits in full, two of the other six somebody who fits by half."""
    twelfths = np.zeros((12, 8), int)
    twelfths[range(6), range(6)] = 12
    twelfths[[6, 7], [6, 7]] = 6
    problem = scored(twelfths.tolist())
    return problem, solve(problem)


def of_leaders(labels: list[int]) -> Fairness:
    problem, proposal = twelve_leaders()
    return fairness(problem, proposal, np.array(labels), np.zeros(8, int), 1)[0]


def test_rates_fit_and_impact_ratio_are_those_counted_by_hand() -> None:
    found = of_leaders([0] * 6 + [1] * 6)

    first, second = found.groups
    assert (first.label, first.people, first.matched, first.rate, first.interval) == (0, 6, 6, 1.0, (1.0, 1.0))
    assert (second.label, second.people, second.matched) == (1, 6, 2)
    assert found.impact_ratio == pytest.approx(1 / 3)
    assert found.warns


def test_the_fit_told_is_that_of_those_who_have_somebody() -> None:
    [everybody] = of_leaders([0] * 12).groups

    assert (everybody.people, everybody.matched) == (12, 8)
    assert everybody.quality is not None
    assert everybody.quality.mean == pytest.approx((6 * 1 + 2 * 0.5) / 8)
    assert everybody.quality.lowest_tenth == pytest.approx(0.5)


def test_the_fit_of_few_matched_people_is_not_told_nor_what_would_tell_it() -> None:
    mixed = of_leaders([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1])

    assert [group.matched for group in mixed.groups] == [5, 3]
    assert [group.quality for group in mixed.groups] == [None, None]


def test_a_group_of_four_is_hidden_and_with_it_the_next_smallest() -> None:
    found = of_leaders([0] * 4 + [1] * 8)

    assert [(group.hidden, group.people, group.rate) for group in found.groups] == [(True, None, None)] * 2
    assert found.impact_ratio is None
    assert not found.warns


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([], []),
        ([5, 6], [False, False]),
        ([4, 9, 7], [True, False, True]),
        ([1, 2, 9, 7], [True, True, False, True]),
        ([3, 2, 9, 7], [True, True, False, False]),
        ([0, 9, 7], [True, False, True]),
        ([3], [True]),
    ],
)
def test_what_is_hidden_cannot_be_had_by_taking_off_the_rest(counts: list[int], expected: list[bool]) -> None:
    assert hidden(np.array(counts, np.int64)).tolist() == expected


def test_who_gave_no_label_is_a_group_that_is_not_compared() -> None:
    found = of_leaders([0] * 6 + [-1] * 6)

    assert [(group.label, group.matched) for group in found.groups] == [(-1, 2), (0, 6)]
    assert found.impact_ratio is None


def test_the_same_seed_gives_the_same_intervals_and_they_hold_the_rate(round_: tuple[Problem, Proposal]) -> None:
    problem, proposal = round_
    regions, bands = problem.leader_country % 4, problem.junior_grade // 4

    first, again = (fairness(problem, proposal, regions, bands, 7) for _ in range(2))

    assert first == again
    for group in (*first[0].groups, *first[1].groups):
        if group.rate is not None and group.interval is not None:
            assert group.interval[0] <= group.rate <= group.interval[1]
        if group.quality is not None:
            assert group.quality.interval[0] < group.quality.mean < group.quality.interval[1]
            assert group.quality.lowest_tenth < group.quality.mean


def test_labels_of_other_people_are_refused() -> None:
    problem, proposal = twelve_leaders()

    with pytest.raises(InvalidProblem):
        fairness(problem, proposal, np.zeros(11, int), np.zeros(8, int), 1)


def test_permuting_who_is_of_which_gender_changes_no_pair(round_: tuple[Problem, Proposal]) -> None:
    """The engine cannot tell: no field of a problem holds such a thing, and so nothing but the report changes."""
    problem, proposal = round_
    labels, juniors = np.arange(problem.leaders) % 2, np.arange(problem.juniors) % 2
    said = {field.name for field in fields(Problem)}
    before, _ = fairness(problem, proposal, labels, juniors, 1)

    after, _ = fairness(problem, proposal, np.random.default_rng(3).permutation(labels), juniors, 1)

    assert not said & {"gender", "sex", "age", "region", "nationality", "leader_group", "junior_group"}
    assert solve(problem).pairs.tolist() == proposal.pairs.tolist()
    assert after.groups != before.groups
