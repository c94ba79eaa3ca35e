"""Made organisations: the same every time, of the shape of a real one, at any size."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from matching import RULE_NAMES, Problem, Rule, eligible_counts, refusals, solve
from matching.problem import ARRAYS, PAIRS
from tests.bench.market import Kind, organisation
from tests.bench.tree import Tree, grown
from tests.matching.cabinet import cabinet

KINDS: tuple[Kind, ...] = ("real", "ties", "capacities")


def shares(problem: Problem) -> dict[str, float]:
    return dict(zip(RULE_NAMES, eligible_counts(problem).rule_shares.tolist(), strict=True))


def eligible(problem: Problem) -> float:
    return float(eligible_counts(problem).leaders.sum()) / (problem.leaders * problem.juniors)


def above(tree: Tree, person: int) -> Iterator[int]:
    while (person := int(tree.manager[person])) >= 0:
        yield person


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_organisation_is_made_every_time(kind: Kind) -> None:
    one, again, other = (organisation(50, 70, seed, kind) for seed in (1, 1, 2))

    for name in (*ARRAYS, *PAIRS):
        assert getattr(one, name).tolist() == getattr(again, name).tolist()
    assert one.leader_lot.tolist() != other.leader_lot.tolist()
    assert one.to_bytes() == again.to_bytes()


@pytest.mark.parametrize(("leaders", "juniors"), [(0, 0), (0, 4), (5, 0), (1, 1), (5, 3)])
@pytest.mark.parametrize("kind", KINDS)
def test_there_is_no_smallest_organisation(leaders: int, juniors: int, kind: Kind) -> None:
    problem = organisation(leaders, juniors, kind=kind)

    assert (problem.leaders, problem.juniors) == (leaders, juniors)


def test_rules_refuse_as_many_pairs_as_among_real_people() -> None:
    made, real = organisation(427, 329), cabinet()

    assert eligible(made) == pytest.approx(eligible(real), abs=0.03)
    for rule in ("skill", "time", "unit", "seniority"):
        assert shares(made)[rule] == pytest.approx(shares(real)[rule], abs=0.04)
    # The cabinet's is the least of the three real organisations; the agency's is 0.25.
    assert 0.18 < shares(made)["language"] < 0.28


def test_who_ticks_boxes_is_like_hundreds_of_others() -> None:
    problem = organisation(10, 14_000, kind="ties")
    said = (problem.offer_level, problem.offered_tools, problem.junior_fluency, problem.junior_hours[0])

    alike = np.unique(np.concatenate(said, axis=1), axis=0, return_counts=True)[1]

    assert alike.max() > 100
    assert len(alike) < 1000


def test_juniors_take_up_to_three_leaders_where_that_is_asked_for() -> None:
    problem = organisation(20, 300, kind="capacities")

    assert set(problem.junior_capacity.tolist()) == {1, 2, 3}
    assert set(organisation(20, 300).junior_capacity.tolist()) == {1}


def test_the_walk_tells_who_is_below_whom() -> None:
    rng = np.random.default_rng(5)
    layer: NDArray[np.int64] = np.sort(np.concatenate([[0], rng.integers(1, 6, 199)]))
    unit, leading = rng.integers(4, size=200), (layer < 5) & (rng.random(200) < 0.5)
    leading[0] = True

    tree = grown(rng, layer, unit, leading)

    enter, leave = tree.line.T
    for person in range(200):
        over = np.flatnonzero((enter < enter[person]) & (enter[person] < leave)).tolist()
        assert over == sorted(above(tree, person))
    assert tree.manager[0] == -1
    assert sorted(enter.tolist()) == list(range(200))
    assert leading[np.unique(tree.manager[1:])].all()


def test_some_pairs_stand_in_one_line_and_most_do_not() -> None:
    problem = organisation(300, 300)

    in_line = (refusals(problem, slice(None), slice(None)) & Rule.REPORTING_LINE) > 0

    assert 0 < in_line.sum() < 0.05 * in_line.size


def test_a_made_organisation_is_solved_like_any_other() -> None:
    problem = organisation(120, 100, kind="capacities")

    proposal = solve(problem)

    assert proposal.matched > 90
