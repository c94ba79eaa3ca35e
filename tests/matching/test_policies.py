"""Every policy: worked by hand, then against every proposal there is."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from matching import POINTS, POLICIES, InvalidProblem, Problem, Terms, Weights, propose, refusals, solve
from matching.problem import ARRAYS, PAIRS
from tests.matching.every_proposal import Chosen, Everything, chosen
from tests.matching.problems import Changes, assignments, scored, thrown

CERTAIN = Fraction(1)
"""With this cap the lottery has one thing to draw."""


@dataclass(frozen=True)
class Worked:
    """What every policy proposes, and the policies that propose something else; several where lots decide."""

    twelfths: list[list[int]]
    every: Chosen
    changes: Changes = field(default_factory=dict)
    but: dict[str, list[Chosen]] = field(default_factory=dict)
    published: Chosen = ()
    change_cost: int = POINTS
    quota: int = 0


STRAIGHT: Chosen = ((0, 0), (1, 1))
CROSSED: Chosen = ((0, 1), (1, 0))
ONE: Chosen = ((0, 0),)

WORKED: dict[str, Worked] = {
    "each the own best": Worked([[12, 5], [5, 12]], STRAIGHT),
    "nobody may be paired": Worked([[0, 0], [0, 0]], ()),
    "a pin is kept at the cost of everything": Worked([[5, 12], [12, 5]], STRAIGHT, {"pinned": [(0, 0)]}),
    "a forbidden pair is not made": Worked([[12, 6]], ((0, 1),), {"forbidden": [(0, 0)]}),
    "a junior with two places takes two": Worked([[9], [8], [0]], ((0, 0), (1, 0)), {"junior_capacity": [2]}),
    "a second place is filled unless the lowest is to be high": Worked(
        [[9, 8, 0]],
        ((0, 0), (0, 1)),
        {"leader_capacity": [2]},
        but={"raise_the_worst_off": [ONE], "raise_in_turn": [ONE]},
    ),
    "one leader more or a better total": Worked(
        [[12, 5], [5, 0]], CROSSED, but={"greatest_total": [ONE], "stable": [ONE, CROSSED]}
    ),
    "a better total or no weak pair": Worked(
        [[12, 5], [5, 4]],
        STRAIGHT,
        but={
            "standard": [CROSSED],
            "raise_the_worst_off": [CROSSED],
            "raise_in_turn": [CROSSED],
            "stable": [STRAIGHT, CROSSED],
        },
    ),
    "a better total or a higher lowest fit": Worked(
        [[12, 7], [7, 6]],
        STRAIGHT,
        but={"raise_the_worst_off": [CROSSED], "raise_in_turn": [CROSSED], "stable": [STRAIGHT, CROSSED]},
    ),
    "of equal totals the one with the higher lowest fit": Worked(
        [[12, 9], [9, 6]],
        CROSSED,
        but={
            name: [STRAIGHT, CROSSED]
            for name in ("greatest_total", "coverage_first", "fewest_changes", "quota", "lottery", "stable")
        },
    ),
    "the lowest cannot be helped, the second lowest can": Worked(
        [[12, 7, 0], [7, 5, 0], [0, 0, 3]],
        (*STRAIGHT, (2, 2)),
        but={"raise_in_turn": [(*CROSSED, (2, 2))], "stable": [(*STRAIGHT, (2, 2)), (*CROSSED, (2, 2))]},
    ),
    "a published pair stays though another is better": Worked(
        [[12, 11], [11, 12]], STRAIGHT, but={"fewest_changes": [CROSSED]}, published=CROSSED
    ),
    "a published pair goes where that lets one more in": Worked(
        [[12, 5], [5, 0]],
        CROSSED,
        but={"greatest_total": [ONE], "stable": [ONE, CROSSED]},
        published=ONE,
    ),
    "a change is made where it brings more than it costs": Worked(
        [[12, 6], [6, 12]], STRAIGHT, published=CROSSED, change_cost=POINTS // 4
    ),
    "one pair has to be across": Worked(
        [[12, 6]],
        ONE,
        {"leader_country": [0], "junior_country": [0, 1]},
        but={"quota": [((0, 1),)]},
        quota=1,
    ),
    "of two pairs one has to be across, the one that loses less": Worked(
        [[12, 0, 11, 0], [0, 12, 0, 10]],
        STRAIGHT,
        {"junior_country": [0, 0, 1, 1]},
        but={"quota": [((0, 2), (1, 1))]},
        quota=1,
    ),
}


def terms_of(worked: Worked) -> Terms:
    published = np.array(worked.published, np.int32).reshape(-1, 2)
    return Terms(published=published, change_cost=worked.change_cost, quota=worked.quota, cap=CERTAIN)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("case", WORKED)
def test_worked_by_hand(case: str, policy: str) -> None:
    worked = WORKED[case]

    outcome = propose(scored(worked.twelfths, **worked.changes), policy, terms_of(worked))

    assert outcome.policy == policy
    assert chosen(outcome.proposal.pairs) in worked.but.get(policy, [worked.every])


Judged = Callable[[Everything, Chosen], tuple[float, ...]]

JUDGED: dict[str, Judged] = {
    "standard": lambda all, pairs: (all.matched(pairs), -all.weak(pairs), all.total(pairs), all.lowest(pairs)),
    "greatest_total": lambda all, pairs: (all.total(pairs),),
    "coverage_first": lambda all, pairs: (all.matched(pairs), all.total(pairs)),
    "raise_the_worst_off": lambda all, pairs: (all.matched(pairs), all.lowest(pairs), all.total(pairs)),
    "lottery": lambda all, pairs: (all.matched(pairs), all.total(pairs)),
    "quota": lambda all, pairs: (all.matched(pairs), all.total(pairs)),
}
"""By what a policy compares, the first difference deciding."""


@pytest.mark.parametrize("policy", JUDGED)
@given(problem=assignments())
@settings(max_examples=40, deadline=None)
def test_no_other_proposal_is_better(policy: str, problem: Problem) -> None:
    everything, judged = Everything(problem), JUDGED[policy]

    outcome = propose(problem, policy, Terms(cap=CERTAIN))

    best = max(judged(everything, pairs) for pairs in everything.proposals)
    assert judged(everything, chosen(outcome.proposal.pairs)) == best


def six_by_six() -> st.SearchStrategy[Problem]:
    """One place each; about half of all pairs may be made."""
    return thrown(lambda draw: scored(draw.matrix(6, 6, [0, 0, 0, 0, 3, 4, 5, 7, 9, 12])), 36)


@pytest.mark.parametrize("policy", JUDGED)
@given(problem=six_by_six())
@settings(max_examples=5, deadline=None)
def test_no_other_proposal_of_six_by_six_is_better(policy: str, problem: Problem) -> None:
    everything, judged = Everything(problem), JUDGED[policy]

    outcome = propose(problem, policy, Terms(cap=CERTAIN))

    best = max(judged(everything, pairs) for pairs in everything.proposals)
    assert judged(everything, chosen(outcome.proposal.pairs)) == best


@given(st.one_of(assignments(), six_by_six()))
@settings(max_examples=25, deadline=None)
def test_raised_in_turn_as_far_as_it_says(problem: Problem) -> None:
    everything = Everything(problem)

    outcome = propose(problem, "raise_in_turn")

    found = chosen(outcome.proposal.pairs)
    most = max(everything.matched(pairs) for pairs in everything.proposals)
    ladders = [everything.ladder(pairs) for pairs in everything.proposals if everything.matched(pairs) == most]
    steps = outcome.settled
    assert everything.matched(found) == most
    assert everything.ladder(found)[:steps] == max(padded(ladder, steps) for ladder in ladders)
    assert steps >= min(1, len(everything.ladder(found)))


def padded(ladder: list[int], steps: int) -> list[int]:
    """Where there is no pair any more, none is low."""
    return [*ladder, *[POINTS] * steps][:steps]


@given(assignments(), st.data(), st.sampled_from([0, 50_000, POINTS, 4 * POINTS]))
@settings(max_examples=40, deadline=None)
def test_changes_are_weighed_against_what_they_bring(problem: Problem, data: st.DataObject, cost: int) -> None:
    everything = Everything(problem)
    published = data.draw(st.sampled_from(everything.proposals))

    def judged(pairs: Chosen) -> tuple[int, int]:
        return everything.matched(pairs), everything.total(pairs) + cost * len(set(pairs) & set(published))

    terms = Terms(published=np.array(published, np.int32).reshape(-1, 2), change_cost=cost)
    outcome = propose(problem, "fewest_changes", terms)

    assert judged(chosen(outcome.proposal.pairs)) == max(map(judged, everything.proposals))


@pytest.mark.parametrize("policy", POLICIES)
@given(problem=assignments())
@settings(max_examples=15, deadline=None)
def test_every_policy_keeps_to_rules_pins_and_capacities(policy: str, problem: Problem) -> None:
    proposal = propose(problem, policy).proposal

    pairs = chosen(proposal.pairs)
    refused = refusals(problem, slice(None), slice(None))
    assert list(pairs) == sorted(set(pairs))
    assert set(map(tuple, problem.pinned.tolist())) <= set(pairs)
    assert not any(refused[pair] for pair in pairs)
    assert np.all(np.bincount(proposal.pairs[:, 0], minlength=problem.leaders) <= problem.leader_capacity)
    assert np.all(np.bincount(proposal.pairs[:, 1], minlength=problem.juniors) <= problem.junior_capacity)
    assert proposal.matched == Everything(problem).matched(pairs)
    assert proposal.total_fit == pytest.approx(float(proposal.fit.sum()))


@pytest.mark.parametrize("policy", [name for name in POLICIES if name not in ("stable", "quota", "lottery")])
@given(problem=assignments())
@settings(max_examples=15, deadline=None)
def test_the_objective_alone_makes_the_same_pairs(policy: str, problem: Problem) -> None:
    outcome = propose(problem, policy)

    assert outcome.objective is not None
    assert chosen(solve(problem, outcome.objective).pairs) == chosen(outcome.proposal.pairs)


@pytest.mark.parametrize("policy", POLICIES)
@given(problem=assignments(), data=st.data())
@settings(max_examples=15, deadline=None)
def test_the_order_of_people_changes_no_pair(policy: str, problem: Problem, data: st.DataObject) -> None:
    leaders = data.draw(st.permutations(range(problem.leaders)))
    juniors = data.draw(st.permutations(range(problem.juniors)))
    published = np.array(data.draw(st.sampled_from(Everything(problem).proposals)), np.int32).reshape(-1, 2)
    terms, turned = Terms(published=published), Terms(published=renumbered(published, leaders, juniors))

    before = propose(problem, policy, terms).proposal
    after = propose(shuffled(problem, leaders, juniors), policy, turned).proposal

    assert sorted((leaders[leader], juniors[junior]) for leader, junior in chosen(after.pairs)) == list(
        chosen(before.pairs)
    )


def renumbered(pairs: NDArray[np.int32], leaders: list[int], juniors: list[int]) -> NDArray[np.int32]:
    places = [(leaders.index(leader), juniors.index(junior)) for leader, junior in pairs.tolist()]
    return np.array(places, np.int32).reshape(-1, 2)


def shuffled(problem: Problem, leaders: list[int], juniors: list[int]) -> Problem:
    """The same people with the same lots in another order."""
    changed = {}
    for name, wanted in ARRAYS.items():
        array = getattr(problem, name)
        for axis, dim in enumerate(wanted.dims):
            order = {"L": leaders, "J": juniors}.get(str(dim))
            array = array if order is None else np.take(array, order, axis)
        changed[name] = array
    for name in PAIRS:
        changed[name] = renumbered(getattr(problem, name), leaders, juniors)
    return replace(problem, **changed)


@pytest.mark.parametrize("policy", POLICIES)
@given(problem=assignments(), times=st.sampled_from([0.125, 8]))
@settings(max_examples=12, deadline=None)
def test_weights_count_by_their_ratios_alone(policy: str, problem: Problem, times: float) -> None:
    other = replace(problem, weights=Weights(need=times, time=0, wishes=0, tools=0, language=0, across=0))

    assert chosen(propose(other, policy).proposal.pairs) == chosen(propose(problem, policy).proposal.pairs)


@pytest.mark.parametrize("policy", [name for name in POLICIES if name != "lottery"])
@given(problem=assignments())
@settings(max_examples=15, deadline=None)
def test_who_was_not_matched_is_not_missed(policy: str, problem: Problem) -> None:
    proposal = propose(problem, policy).proposal

    matched = np.isin(np.arange(problem.juniors), proposal.pairs[:, 1])
    without = replace(problem, junior_capacity=np.where(matched, problem.junior_capacity, 0))

    assert chosen(propose(without, policy).proposal.pairs) == chosen(proposal.pairs)


def test_a_policy_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidProblem):
        propose(scored([[6]]), "greedy")


def test_the_standard_proposal_is_proven_among_all_pairs_not_only_those_above_its_floor() -> None:
    outcomes = [propose(scored([[12, 9], [9, 6]], leader_lot=[lot, lot + 1])) for lot in range(1, 9)]

    floors = [outcome.objective.floor for outcome in outcomes if outcome.objective]
    assert len(floors) == len(outcomes)
    assert max(floors) > 0
    for outcome in outcomes:
        assert chosen(outcome.proposal.pairs) == CROSSED
        assert outcome.proposal.certificate.objective.floor == 0
        assert outcome.proposal.certificate.worth[-1] == round(outcome.proposal.objective * POINTS)
