"""What others offer for the same task: each is given the points of all pairs, as its documentation asks for them.

Their packages are imported when they are asked for: those of the group ``bench`` are not there when tests run.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

import networkx as nx
import numpy as np
import scipy
from msgspec import Struct
from numpy.typing import NDArray

from matching import GREATEST_TOTAL, Problem
from matching.block import blocks
from matching.eligibility import refused
from matching.points import fit_points, full_points, tables

TOP = 50
"""Pairs kept of each person where not all are given; more than services that cut their lists keep."""

Points = NDArray[np.float64]
Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
Solver = Callable[[Points, NDArray[np.int32]], Pairs]


class Peer(Struct, frozen=True):
    """``most``: people of a side with whom it is tried. ``repeats``: a junior of several places is several columns."""

    solver: Solver
    exact: bool
    most: int
    repeats: bool = True


def points_of(problem: Problem) -> Points:
    """Return what each pair counts in the greatest total (L, J); 0 for those that a rule refuses."""
    points, counted = np.zeros((problem.leaders, problem.juniors)), tables(problem)
    for block in blocks(problem):
        fit = full_points(block, counted, GREATEST_TOTAL, fit_points(block, counted))
        points[:, block.juniors] = np.where(refused(block) == 0, fit, 0)
    return points


def solved(peer: Peer, points: Points, capacity: NDArray[np.int32]) -> tuple[int, int]:
    """Return the total and the number of the pairs that a peer makes. Pairs of no points are none."""
    rows, columns = peer.solver(points, capacity)
    made = points[rows, columns]
    return int(made.sum()), int((made > 0).sum())


def scipy_dense(points: Points, capacity: NDArray[np.int32]) -> Pairs:
    rows, columns = scipy.optimize.linear_sum_assignment(points, maximize=True)
    return rows, columns


def scipy_sparse(points: Points, capacity: NDArray[np.int32]) -> Pairs:
    """Everybody's best pairs, and a column of their own for each row, so that a full matching exists."""
    rows, columns = _best(points)
    leaders, juniors = points.shape
    nothing = points.max(initial=0) + 1
    own = np.arange(leaders)
    cost = np.concatenate([nothing - points[rows, columns], np.full(leaders, nothing)])
    places = np.concatenate([rows, own]), np.concatenate([columns, juniors + own])
    graph = scipy.sparse.csr_array((cost, places), shape=(leaders, juniors + leaders))
    return _real(*scipy.sparse.csgraph.min_weight_full_bipartite_matching(graph), juniors)


def _best(points: Points) -> Pairs:
    chosen = np.zeros(points.shape, np.bool_)
    for side, marks in ((points, chosen), (points.T, chosen.T)):
        kept = min(TOP, side.shape[1])
        for row, mark in zip(side, marks, strict=True):
            mark[np.argpartition(row, -kept)[-kept:]] = True
    chosen &= points > 0
    rows, columns = np.nonzero(chosen)
    return rows, columns


def _real(rows: NDArray[np.signedinteger], columns: NDArray[np.signedinteger], juniors: int) -> Pairs:
    real = (columns >= 0) & (columns < juniors)
    return rows[real].astype(np.int64), columns[real].astype(np.int64)


def lapx(points: Points, capacity: NDArray[np.int32]) -> Pairs:
    """Costs instead of points, in place: a copy would count as its memory."""
    top = points.max(initial=0)
    np.subtract(top, points, out=points)
    columns, _ = import_module("lap").lapjv(points, extend_cost=True, return_cost=False)
    np.subtract(top, points, out=points)
    return _real(np.arange(len(points)), columns, points.shape[1])


def ortools_flow(points: Points, capacity: NDArray[np.int32]) -> Pairs:
    """All pairs that may be made as arcs, juniors with their places, and a way past everybody."""
    rows, columns = np.nonzero(points)
    leaders, juniors = points.shape
    source, sink = leaders + juniors, leaders + juniors + 1
    tails = np.concatenate([rows, np.full(leaders, source), leaders + np.arange(juniors), [source]])
    heads = np.concatenate([leaders + columns, np.arange(leaders), np.full(juniors, sink), [sink]])
    places = np.concatenate([np.ones(len(rows) + leaders), capacity, [leaders]]).astype(np.int64)
    costs = np.concatenate([-points[rows, columns], np.zeros(leaders + juniors + 1)]).astype(np.int64)
    flow = import_module("ortools.graph.python.min_cost_flow").SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(tails, heads, places, costs)
    flow.set_nodes_supplies(np.array([source, sink]), np.array([leaders, -leaders]))
    if flow.solve() != flow.OPTIMAL:
        raise ArithmeticError("no flow")
    made = flow.flows(arcs[: len(rows)]) > 0
    return rows[made], columns[made]


def networkx_full(points: Points, capacity: NDArray[np.int32]) -> Pairs:
    rows, columns = np.nonzero(points)
    leaders, juniors = points.shape
    nothing = float(points.max(initial=0)) + 1
    graph: nx.Graph[int] = nx.Graph()
    graph.add_weighted_edges_from(
        (int(row), leaders + int(column), nothing - float(points[row, column]))
        for row, column in zip(rows, columns, strict=True)
    )
    graph.add_weighted_edges_from((row, leaders + juniors + row, nothing) for row in range(leaders))
    made = nx.bipartite.minimum_weight_full_matching(graph, range(leaders))
    partners = np.array([made[row] - leaders for row in range(leaders)])
    return _real(np.arange(leaders), partners, juniors)


def munkres(points: Points, capacity: NDArray[np.int32]) -> Pairs:
    rows, columns = import_module("munkres").linear_sum_assignment(points, maximize=True)
    return np.asarray(rows), np.asarray(columns)


def mentor_match(points: Points, capacity: NDArray[np.int32]) -> Pairs:
    """As the package mentor-match calls munkres: lists of Python numbers, taken from the largest there is."""
    package = import_module("munkres")
    costs = package.make_cost_matrix(points.astype(np.int64).tolist(), lambda score: sys.maxsize - score)
    rows, columns = np.array(package.Munkres().compute(costs)).T
    return rows, columns


PEERS: Mapping[str, Peer] = {
    "scipy dense": Peer(scipy_dense, exact=True, most=14_000),
    f"scipy sparse, {TOP} best": Peer(scipy_sparse, exact=False, most=14_000),
    "lapx": Peer(lapx, exact=True, most=14_000),
    "OR-tools flow": Peer(ortools_flow, exact=True, most=14_000, repeats=False),
    "networkx": Peer(networkx_full, exact=True, most=2_000),
    "munkres 3": Peer(munkres, exact=True, most=14_000),
    "munkres as mentor-match": Peer(mentor_match, exact=True, most=1_000),
}
