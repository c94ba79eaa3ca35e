"""What others solve, and what they published with answers: the engine comes to the same."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from matching import GREATEST_TOTAL, POINTS, Problem, solve
from matching.market import Settled
from matching.plain import settle
from matching.problem import ARRAYS, PAIRS
from tests.bench.market import ANSWERS, Kind, organisation
from tests.bench.peers import points_of
from tests.matching.cabinet import cabinet
from tests.matching.instances import (
    OR_LIBRARY_SOLVED,
    SOLVED,
    UNSOLVABLE,
    least_cost,
    market_of_weights,
    or_library,
    sparse_inputs,
)
from tests.matching.problems import Changes, a_problem, assignments

Weights = NDArray[np.float64]


@st.composite
def weights(draw: st.DrawFn) -> Weights:
    """Up to 9 by 9, with ties and with pairs that may not be made."""
    rows, columns = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    most = draw(st.sampled_from([1, 3, 1_000_000]))
    cell = st.one_of(st.just(-np.inf), st.integers(1, most).map(float))
    return np.array(draw(st.lists(cell, min_size=rows * columns, max_size=rows * columns))).reshape(rows, columns)


def total(weights: Weights, settled: Settled) -> int:
    rows = np.flatnonzero(settled.column >= 0)
    return int(weights[rows, settled.column[rows]].sum())


def assert_proven(weights: Weights, capacity: list[int], settled: Settled) -> None:
    """Nobody could pay more for a place that there is, and all prices together are the worth of what was made."""
    rows, columns, open_to = settled.row_price, settled.column_price, np.array(capacity) > 0
    assert (rows >= 0).all()
    assert (columns >= 0).all()
    assert (rows[:, None] + columns >= weights)[:, open_to].all()
    assert int(rows.sum() + columns @ np.array(capacity)) == total(weights, settled)


def taken(problem: Problem, leaders: list[int], juniors: list[int]) -> Problem:
    """Some of the people, in another order. Rules and weights are as by default."""
    of = {"L": np.array(leaders, np.int64), "J": np.array(juniors, np.int64)}
    people = {}
    for name, field in ARRAYS.items():
        axis = next(place for place, dim in enumerate(field.dims) if dim in of)
        people[name] = np.take(getattr(problem, name), of[str(field.dims[axis])], axis=axis)
    return a_problem(len(leaders), len(juniors), **people, **_pairs_of(problem, leaders, juniors))


def _pairs_of(problem: Problem, leaders: list[int], juniors: list[int]) -> Changes:
    pairs: Changes = {}
    for name in PAIRS:
        given = getattr(problem, name).tolist()
        kept = [(leader, junior) for leader, junior in given if leader in leaders and junior in juniors]
        pairs[name] = [(leaders.index(leader), juniors.index(junior)) for leader, junior in kept]
    return pairs


def pairs_of(problem: Problem, leaders: list[int], juniors: list[int]) -> set[tuple[int, int]]:
    """The pairs of a proposal, by the numbers that people have elsewhere."""
    return {(leaders[leader], juniors[junior]) for leader, junior in solve(problem).pairs.tolist()}


@pytest.mark.parametrize("case", SOLVED)
@pytest.mark.parametrize("turned", [False, True])
def test_published_problems_get_their_published_answers(case: str, turned: bool) -> None:
    costs, least = SOLVED[case]
    matrix = np.array(costs)

    assert least_cost(matrix.T if turned else matrix) == least


@pytest.mark.parametrize(("name", "least"), OR_LIBRARY_SOLVED.items())
def test_problems_of_or_library_get_their_published_answers(name: str, least: int) -> None:
    assert least_cost(or_library(name)) == least


@pytest.mark.parametrize("case", UNSOLVABLE)
def test_where_others_find_no_full_matching_there_is_none(case: str) -> None:
    assert least_cost(np.array(UNSOLVABLE[case])) is None


def test_sparse_inputs_are_solved_as_scipys_sparse_solver_does() -> None:
    infeasible = 0
    for costs in sparse_inputs():
        graph = scipy.sparse.csr_array(np.where(np.isfinite(costs), costs, 0))
        try:
            rows, columns = scipy.sparse.csgraph.min_weight_full_bipartite_matching(graph)
        except ValueError:
            infeasible += 1
            assert least_cost(costs) is None
        else:
            assert least_cost(costs) == costs[rows, columns].sum()
    assert 0 < infeasible < 100


@given(weights())
@settings(max_examples=100, deadline=None)
def test_no_total_is_greater_than_that_of_scipys_dense_solver(weights: Weights) -> None:
    settled = settle(market_of_weights(weights))

    worth = np.maximum(weights, 0)
    assert total(weights, settled) == worth[scipy.optimize.linear_sum_assignment(worth, maximize=True)].sum()
    assert_proven(weights, [1] * weights.shape[1], settled)


@given(weights(), st.data())
@settings(max_examples=60, deadline=None)
def test_with_capacities_it_is_that_of_as_many_columns(weights: Weights, data: st.DataObject) -> None:
    columns = weights.shape[1]
    capacity = data.draw(st.lists(st.integers(0, 3), min_size=columns, max_size=columns))

    settled = settle(market_of_weights(weights, capacity))

    worth = np.repeat(np.maximum(weights, 0), capacity, axis=1)
    assert total(weights, settled) == worth[scipy.optimize.linear_sum_assignment(worth, maximize=True)].sum()
    assert_proven(weights, capacity, settled)


@given(weights())
@settings(max_examples=60, deadline=None)
def test_networkx_finds_the_same_greatest_weight(weights: Weights) -> None:
    graph: nx.Graph[tuple[str, int]] = nx.Graph()
    for row, column in np.argwhere(np.isfinite(weights)).tolist():
        graph.add_edge(("row", row), ("column", column), weight=int(weights[row, column]))

    heaviest = sum(graph.edges[edge]["weight"] for edge in nx.max_weight_matching(graph))

    assert total(weights, settle(market_of_weights(weights))) == heaviest


@given(weights(), st.integers(2, 1000))
@settings(max_examples=40, deadline=None)
def test_the_unit_in_which_pairs_are_weighed_changes_no_pair(weights: Weights, factor: int) -> None:
    before, after = settle(market_of_weights(weights)), settle(market_of_weights(weights * factor))

    assert after.column.tolist() == before.column.tolist()


@given(assignments())
@settings(max_examples=60, deadline=None)
def test_the_greatest_total_of_people_is_scipys(problem: Problem) -> None:
    free = replace(problem, pinned=np.empty((0, 2), np.int32), leader_capacity=np.ones(problem.leaders, np.int32))

    worth = np.repeat(points_of(free), free.junior_capacity, axis=1)

    most = worth[scipy.optimize.linear_sum_assignment(worth, maximize=True)].sum()
    assert round(solve(free, GREATEST_TOTAL).objective * POINTS) == most


def test_a_real_round_has_scipys_greatest_total() -> None:
    problem = cabinet()

    worth = np.repeat(points_of(problem), problem.junior_capacity, axis=1)

    most = worth[scipy.optimize.linear_sum_assignment(worth, maximize=True)].sum()
    assert round(solve(problem, GREATEST_TOTAL).objective * POINTS) == most


@pytest.mark.parametrize("kind", ANSWERS)
def test_the_order_in_which_people_are_given_changes_no_pair(kind: Kind) -> None:
    problem = organisation(70, 50, kind=kind)
    rng = np.random.default_rng(3)
    leaders, juniors = rng.permutation(70).tolist(), rng.permutation(50).tolist()

    shuffled = pairs_of(taken(problem, leaders, juniors), leaders, juniors)

    assert shuffled == pairs_of(problem, list(range(70)), list(range(50)))


def test_whoever_got_nobody_can_go_and_nothing_changes_for_the_others() -> None:
    problem = organisation(60, 30, kind="ties")
    everybody = list(range(60)), list(range(30))
    before = pairs_of(problem, *everybody)

    alone = sorted(set(range(60)) - {leader for leader, _ in before})
    leaders = [leader for leader in range(60) if leader not in alone[:5]]

    assert len(alone) >= 30
    assert pairs_of(taken(problem, leaders, everybody[1]), leaders, everybody[1]) == before
