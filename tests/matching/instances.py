"""Assignment problems that others published with their answers, restated as matrices of costs.

scipy: ``linear_sum_assignment_test_cases`` of ``csgraph/tests/test_matching.py`` (BSD 3-clause, the SciPy developers).
networkx: ``bipartite/tests/test_matching.py`` (BSD 3-clause, the NetworkX developers). infinity: a pair that may not be
made.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching.market import Market, Places
from matching.plain import settle

NEVER = float("inf")

Costs = list[list[float]]

SOLVED: Mapping[str, tuple[Costs, float]] = {
    "scipy, square": ([[400, 150, 400], [400, 450, 600], [300, 225, 300]], 850),
    "scipy, rectangular": ([[400, 150, 400, 1], [400, 450, 600, 2], [300, 225, 300, 3]], 452),
    "scipy, square of small numbers": ([[10, 10, 8], [9, 8, 1], [9, 7, 4]], 18),
    "scipy, rectangular of small numbers": ([[10, 10, 8, 11], [9, 8, 1, 1], [9, 7, 4, 10]], 15),
    "scipy, most pairs forbidden": ([[10, NEVER, NEVER], [NEVER, NEVER, 1], [NEVER, 7, NEVER]], 18),
    "networkx, incomplete": ([[NEVER, 100], [100, 50]], 200),
    "networkx, smaller left": ([[400, 150, 400, 1], [400, 450, 600, 2], [300, 225, 290, 3]], 442),
    "networkx, smaller right": ([[400, 400, 300], [150, 450, 225], [400, 600, 290], [1, 2, 3]], 442),
    "networkx, negative": ([[-20, 2], [-20, 3]], -18),
}
"""Costs, and the least that a full matching of the smaller side costs. The negative ones are tenths."""

OR_LIBRARY = Path(__file__).parents[1] / "data/or-library"
OR_LIBRARY_SOLVED = {"assign100.txt": 305}
"""The least costs that OR-Library publishes with its assignment problems [Beasley 1990]."""

UNSOLVABLE: Mapping[str, Costs] = {
    "networkx, no full matching": [[100, NEVER, NEVER], [100, NEVER, NEVER], [50, 50, 50]],
    "scipy, nobody wants the first": [[NEVER, 0, 0], [NEVER, 1, 0], [NEVER, 0, 1]],
}


def or_library(name: str) -> NDArray[np.float64]:
    """A square of costs: the number of rows comes first."""
    rows, *costs = (OR_LIBRARY / name).read_text(encoding="ascii").split()
    return np.array(costs, np.float64).reshape(int(rows), -1)


def sparse_inputs() -> Iterator[NDArray[np.float64]]:
    """100 matrices drawn as scipy draws its own: 100 by 100, six of a hundred pairs; many have no full matching."""
    rng = np.random.default_rng(12342309)
    for _ in range(100):
        yield np.where(rng.random((100, 100)) < 0.06, rng.integers(1, 100, (100, 100)), NEVER)


def market_of_weights(weights: NDArray[np.float64], capacity: list[int] | None = None) -> Market:
    """A market of one place a row, in which a pair weighs so much; lots by place. -infinity: not to be made."""
    rows, columns = weights.shape
    row, column = np.nonzero(np.isfinite(weights))
    places = Places(
        np.arange(rows), np.zeros(rows, np.int64), np.array(capacity if capacity else [1] * columns, np.int64)
    )
    start = np.searchsorted(row, np.arange(rows + 1)).astype(np.int64)
    lots = (row * columns + column).astype(np.uint64) << np.uint64(40)
    return Market(places, start, column, weights[row, column].astype(np.int64), lots)


def least_cost(costs: NDArray[np.float64]) -> float | None:
    """The least that a full matching of the smaller side costs; None where there is none.

    A pair weighs more than all costs together less what it costs: the most pairs, then the least cost.
    """
    prize = 2 * np.abs(costs[np.isfinite(costs)]).sum() + 1
    got = settle(market_of_weights(prize - costs)).column
    rows = np.flatnonzero(got >= 0)
    return float(costs[rows, got[rows]].sum()) if len(rows) == min(costs.shape) else None
