"""Who would rather have whom: both views as worded, proposals that nobody leaves, and who would leave others."""

from dataclasses import astuple, replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import POINTS, Problem, Rule, blocking_pairs, solve, stable
from matching.block import measure
from matching.points import tables
from matching.stability import ASKED_FIRST, views
from tests.matching import reference
from tests.matching.every_proposal import EVERYBODY, Chosen, Everything, chosen
from tests.matching.problems import Changes, a_problem, assignments, hours, people

WEAKLY = 4
"""Points by which what is rounded part by part may differ."""

# Juniors see the wish alone, which they have where they named the leader.
WORKED: dict[str, tuple[Changes, Chosen]] = {
    "both named each other": (
        {"leader_wishes": [(0, 1), (1, 0)], "junior_wishes": [(0, 1), (1, 0)]},
        ((0, 1), (1, 0)),
    ),
    "leaders ask, so theirs is the first word": (
        {"leader_wishes": [(0, 1), (1, 0)], "junior_wishes": [(0, 0), (1, 1)]},
        ((0, 1), (1, 0)),
    ),
    "who was refused asks the next": (
        {"leader_wishes": [(0, 0), (1, 0)], "junior_wishes": [(1, 0)]},
        ((0, 1), (1, 0)),
    ),
    "a pin takes its place": (
        {"leader_wishes": [(0, 1), (1, 0)], "junior_wishes": [(0, 1), (1, 0)], "pinned": [(0, 0)]},
        ((0, 0), (1, 1)),
    ),
    "a forbidden pair is not made however liked": (
        {"leader_wishes": [(0, 1)], "junior_wishes": [(0, 1)], "forbidden": [(0, 1)]},
        ((0, 0), (1, 1)),
    ),
    "a junior with two places takes both": (
        {"leader_wishes": [(0, 0), (1, 0)], "junior_capacity": [2, 1]},
        ((0, 0), (1, 0)),
    ),
    "a leader with two places may leave another without": (
        {"leader_capacity": [2, 1], "junior_wishes": [(0, 0), (0, 1)]},
        ((0, 0), (0, 1)),
    ),
}


@pytest.mark.parametrize("case", WORKED)
def test_worked_by_hand(case: str) -> None:
    changes, pairs = WORKED[case]
    problem = a_problem(2, 2, **changes)

    proposal = stable(problem)

    assert chosen(proposal.pairs) == pairs
    assert blocking_pairs(problem, proposal) == 0


def test_two_who_named_each_other_would_leave_others_but_not_pins() -> None:
    pinned = np.array([(0, 0), (1, 1)], np.int32)
    crossed = np.array([(0, 1), (1, 0)], np.int32)
    problem = a_problem(2, 2)
    proposal = solve(replace(problem, pinned=pinned))

    both = replace(problem, leader_wishes=crossed, junior_wishes=crossed)
    assert blocking_pairs(both, proposal) == 2
    assert blocking_pairs(replace(both, pinned=pinned), proposal) == 0
    assert blocking_pairs(replace(both, forbidden=crossed), proposal) == 0
    assert blocking_pairs(replace(problem, leader_wishes=crossed), proposal) == 0


@given(people())
@settings(max_examples=60, deadline=None)
def test_both_see_what_they_get(problem: Problem) -> None:
    theirs, ours = views(measure(problem, EVERYBODY, EVERYBODY), tables(problem))

    whole = sum(Fraction(weight) for weight in astuple(problem.weights))
    weights = [Fraction(weight) / whole for weight in astuple(problem.weights)]
    for leader in range(problem.leaders):
        for junior in range(problem.juniors):
            need, time, _, tools, language, across = (
                weight * part for weight, part in zip(weights, reference.parts_of(problem, leader, junior), strict=True)
            )
            named = (
                [leader, junior] in problem.leader_wishes.tolist(),
                [leader, junior] in problem.junior_wishes.tolist(),
            )
            of_leader = need + time + tools + language + weights[2] * named[0]
            of_junior = time + language + across + weights[2] * named[1]
            assert abs(int(theirs[leader, junior]) - POINTS * of_leader) <= WEAKLY
            assert abs(int(ours[leader, junior]) - POINTS * of_junior) <= WEAKLY


@st.composite
def companies(draw: st.DrawFn) -> Problem:
    """Up to 3 by 3 in which everything is drawn, with up to two places each."""
    problem = draw(people())
    theirs = draw(st.lists(st.integers(0, 2), min_size=problem.leaders, max_size=problem.leaders))
    ours = draw(st.lists(st.integers(0, 2), min_size=problem.juniors, max_size=problem.juniors))
    rules = replace(problem.rules, on=draw(st.sampled_from([problem.rules.on, Rule(0)])))
    return replace(problem, leader_capacity=np.array(theirs), junior_capacity=np.array(ours), rules=rules)


@given(companies())
@settings(max_examples=80, deadline=None)
def test_nobody_leaves_and_no_leader_could_have_it_better(problem: Problem) -> None:
    everything = Everything(problem)

    found = chosen(stable(problem).pairs)

    own = everything.likings
    stays = [pairs for pairs in everything.proposals if not everything.blocking(pairs, own)]
    assert found in stays
    for pairs in stays:
        for leader in range(problem.leaders):
            have, had = (
                sorted((own[0][one][junior] for one, junior in some if one == leader), reverse=True)
                for some in (found, pairs)
            )
            assert len(have) == len(had)
            assert all(mine >= other for mine, other in zip(have, had, strict=True))


@given(assignments())
@settings(max_examples=60, deadline=None)
def test_pins_and_places_are_kept(problem: Problem) -> None:
    everything = Everything(problem)

    found = chosen(stable(problem).pairs)

    assert found in everything.proposals
    assert everything.blocking(found, everything.likings) == []


@given(companies())
@settings(max_examples=50, deadline=None)
def test_who_would_leave_is_counted_as_by_trying(problem: Problem) -> None:
    everything = Everything(problem)
    proposal = solve(problem)

    found = chosen(proposal.pairs)

    assert blocking_pairs(problem, proposal) == len(everything.blocking(found, everything.scores))


def test_a_leader_whom_many_refuse_asks_beyond_the_first_list() -> None:
    many = 2 * ASKED_FIRST + 10
    quarters = [8 + number % 17 for number in range(many)]
    problem = a_problem(
        many, many, junior_hours=hours(*quarters), junior_country=[number % 2 for number in range(many)]
    )

    proposal = stable(problem)

    assert len(proposal.pairs) == many
    assert blocking_pairs(problem, proposal) == 0


def test_with_nobody_on_a_side_nobody_is_asked() -> None:
    assert chosen(stable(a_problem(0, 2)).pairs) == ()
    assert chosen(stable(a_problem(2, 0)).pairs) == ()
