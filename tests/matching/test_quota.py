"""So many pairs across groups: worked by hand, against every proposal, and the gap where no programme closes it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import POINTS, Groups, InvalidProblem, OutOfReach, Problem, Terms, propose, solve, with_quota
from tests.matching.every_proposal import Chosen, Everything, chosen
from tests.matching.problems import assignments, scored

ROUNDING = 8


def grouped(leaders: list[int], juniors: list[int]) -> Groups:
    return Groups(np.array(leaders, np.int16), np.array(juniors, np.int16))


# Both leaders across lose 3 twelfths each, one alone 4: no price of a pair across makes one of them the best.
BETWEEN = ([[12, 9, 0], [9, 12, 11]], grouped([0, 1], [0, 1, 1]))


@pytest.mark.parametrize(
    ("asked", "pairs", "twelfths"),
    [(0, ((0, 0), (1, 1)), 24), (1, ((0, 1), (1, 2)), 20), (2, ((0, 1), (1, 0)), 18)],
)
def test_a_quota_that_no_price_meets_is_met_by_the_programme(asked: int, pairs: Chosen, twelfths: int) -> None:
    matrix, groups = BETWEEN

    quota = with_quota(scored(matrix), groups, asked)

    assert chosen(quota.proposal.pairs) == pairs
    assert quota.proposal.total_fit == pytest.approx(twelfths / 12)
    assert (quota.across, quota.most, quota.gap) == (asked, 2, 0)


def test_without_a_programme_the_gap_is_told() -> None:
    matrix, groups = BETWEEN

    quota = with_quota(scored(matrix), groups, 1, most_programme=0)

    assert chosen(quota.proposal.pairs) == ((0, 1), (1, 0))
    assert quota.price == pytest.approx(POINTS / 4, abs=ROUNDING)
    assert quota.gap == pytest.approx(POINTS / 4, abs=ROUNDING)


def test_a_quota_out_of_reach_says_what_can_be_had() -> None:
    matrix, groups = BETWEEN

    with pytest.raises(OutOfReach) as refusal:
        with_quota(scored(matrix), groups, 3)

    assert (refusal.value.asked, refusal.value.most) == (3, 2)


def test_no_leader_is_left_out_for_a_pair_across() -> None:
    problem = scored([[12, 6], [6, 0]])

    with pytest.raises(OutOfReach) as refusal:
        with_quota(problem, grouped([0, 1], [1, 0]), 1)

    assert refusal.value.most == 0
    assert solve(problem).matched == 2


def test_a_pin_across_counts() -> None:
    quota = with_quota(scored([[12, 1], [1, 12]], pinned=[(0, 1)]), grouped([0, 1], [0, 1]), 1)

    assert (chosen(quota.proposal.pairs), quota.price) == (((0, 1), (1, 0)), 0)


def test_a_pin_of_two_who_both_have_a_place_left_is_made_once() -> None:
    (first, second), groups = BETWEEN[0], grouped([0, 1, -1], [0, 1, 1, -1])
    places = {"leader_capacity": [1, 1, 2], "junior_capacity": [1, 1, 1, 2]}

    quota = with_quota(scored([[*first, 0], [*second, 0], [0, 0, 0, 12]], pinned=[(2, 3)], **places), groups, 1)

    assert chosen(quota.proposal.pairs) == ((0, 1), (1, 2), (2, 3))


def test_who_is_in_no_known_group_is_across_from_nobody() -> None:
    with pytest.raises(OutOfReach):
        with_quota(scored([[12]]), grouped([-1], [0]), 1)


def test_groups_of_other_people_are_refused() -> None:
    with pytest.raises(InvalidProblem):
        with_quota(scored([[12]]), grouped([0, 0], [0]), 0)


def test_without_groups_pairs_across_are_those_of_two_countries() -> None:
    problem = scored([[12, 6]], leader_country=[0], junior_country=[0, 1])

    assert chosen(propose(problem, "quota", Terms(quota=1)).proposal.pairs) == ((0, 1),)
    nobody = Terms(quota=1, groups=grouped([0], [1, 0]))
    assert chosen(propose(problem, "quota", nobody).proposal.pairs) == ((0, 0),)


@st.composite
def demands(draw: st.DrawFn) -> tuple[Problem, Groups, int]:
    problem = draw(assignments())
    group = st.integers(-1, 2)
    theirs = draw(st.lists(group, min_size=problem.leaders, max_size=problem.leaders))
    ours = draw(st.lists(group, min_size=problem.juniors, max_size=problem.juniors))
    return problem, grouped(theirs, ours), draw(st.integers(0, 5))


def best_totals(problem: Problem, groups: Groups) -> dict[int, int]:
    """The greatest total for each number of pairs across, with as many leaders as can be."""
    everything = Everything(problem)
    most = max(map(everything.matched, everything.proposals))
    best: dict[int, int] = {}
    for pairs in everything.proposals:
        if everything.matched(pairs) == most:
            across = groups.across(np.array(pairs, np.int32).reshape(-1, 2))
            best[across] = max(best.get(across, 0), everything.total(pairs))
    return best


@given(demands())
@settings(max_examples=60, deadline=None)
def test_no_proposal_that_meets_the_quota_is_better(demand: tuple[Problem, Groups, int]) -> None:
    problem, groups, asked = demand
    best = best_totals(problem, groups)

    if asked > max(best):
        with pytest.raises(OutOfReach) as refusal:
            with_quota(problem, groups, asked)
        assert refusal.value.most == max(best)
        return
    quota = with_quota(problem, groups, asked)

    total = max(total for across, total in best.items() if across >= asked)
    assert quota.across >= asked
    assert quota.across == groups.across(quota.proposal.pairs)
    assert quota.most == max(best)
    assert Everything(problem).total(chosen(quota.proposal.pairs)) == total
    assert quota.gap == 0


@given(demands())
@settings(max_examples=40, deadline=None)
def test_what_is_beyond_the_gap_is_not_to_be_had(demand: tuple[Problem, Groups, int]) -> None:
    problem, groups, asked = demand
    best = best_totals(problem, groups)
    asked = min(asked, max(best))

    quota = with_quota(problem, groups, asked, most_programme=0)

    found = Everything(problem).total(chosen(quota.proposal.pairs))
    total = max(total for across, total in best.items() if across >= asked)
    assert quota.across >= asked
    assert found <= total <= found + quota.gap
