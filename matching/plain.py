"""A market settled by scipy alone: exact at any size, fast at small ones.

Three times over: the weights; among what is then still best, the first lots; among those, the second. What is
still best is known from the prices: pairs that are tight, places that have a price and so must be filled.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from matching.lots import first_lot, second_lot
from matching.market import Longs, Market, Settled

EXACT = 1 << 53
"""Up to here float64 holds every whole number, and scipy works in float64."""


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Rows by columns (E,), with the weight of each and its place in the market."""

    row: Longs
    column: Longs
    weight: Longs
    arc: Longs


def settle(market: Market) -> Settled:
    """Raises: AssertionError where float64 was not enough, which the prices show."""
    pairs = _unfolded(market)
    rows, capacity = len(market.places.owner), market.places.capacity
    made = _heaviest(pairs, rows, capacity)
    row_price, column_price = _prices(pairs, made, rows, capacity)
    settled = Settled(_columns(pairs, made, rows), row_price, column_price)
    for lots in (first_lot(market.lot), second_lot(market.lot)):
        tight = row_price[pairs.row] + column_price[pairs.column] == pairs.weight
        if tight.sum() == len(made):
            return settled
        must = (row_price > 0)[pairs.row].astype(np.int64) + (column_price > 0)[pairs.column]
        whole = int(lots.max(initial=0)) * (len(made) + 1) + 1
        weight = lots[pairs.arc] + must * whole
        pairs = _Pairs(pairs.row[tight], pairs.column[tight], weight[tight], pairs.arc[tight])
        made = _heaviest(pairs, rows, capacity)
        row_price, column_price = _prices(pairs, made, rows, capacity)
        settled = Settled(_columns(pairs, made, rows), settled.row_price, settled.column_price)
    return settled


def _unfolded(market: Market) -> _Pairs:
    """Give each place the pairs of its owner. What would make things worse is left out."""
    owner, start = market.places.owner, market.start
    lengths = start[owner + 1] - start[owner]
    row = np.repeat(np.arange(len(owner)), lengths)
    arc = np.arange(len(row)) + np.repeat(start[owner] - (np.cumsum(lengths) - lengths), lengths)
    weight = market.weight[arc] + market.places.bonus[row]
    useful = (weight >= 0) & (market.places.capacity[market.junior[arc]] > 0)
    return _Pairs(row[useful], market.junior[arc].astype(np.int64)[useful], weight[useful], arc[useful])


def _columns(pairs: _Pairs, made: Longs, rows: int) -> Longs:
    columns = np.full(rows, -1, np.int64)
    columns[pairs.row[made]] = pairs.column[made]
    return columns


def _heaviest(pairs: _Pairs, rows: int, capacity: Longs) -> Longs:
    """Return which of the pairs (E,) are made.

    Every row has a column of its own besides, which costs as much as no pair; a column of several places stands
    there as often. So the smaller side can always be matched in full, which scipy asks for.
    """
    useful = np.flatnonzero(pairs.weight > 0)
    if not len(useful):
        return np.empty(0, np.int64)
    first = np.cumsum(capacity) - capacity
    copies = capacity[pairs.column[useful]]
    arc = np.repeat(useful, copies)
    unit = np.arange(len(arc)) - np.repeat(np.cumsum(copies) - copies, copies) + first[pairs.column[arc]]
    units = int(capacity.sum())
    nothing = int(pairs.weight.max()) + 1
    if 2 * nothing >= EXACT:
        raise AssertionError("weights beyond float64")
    cost = np.concatenate([nothing - pairs.weight[arc], np.full(rows, nothing)]).astype(np.float64)
    row = np.concatenate([pairs.row[arc], np.arange(rows)])
    column = np.concatenate([unit, units + np.arange(rows)])
    graph = scipy.sparse.csr_array((cost, (row, column)), shape=(rows, units + rows))
    which = scipy.sparse.csr_array((np.concatenate([arc, np.full(rows, -1)]) + 2, (row, column)), shape=graph.shape)
    rows_of, units_of = scipy.sparse.csgraph.min_weight_full_bipartite_matching(graph)
    found: Longs = np.asarray(which[rows_of, units_of]).ravel().astype(np.int64) - 2
    return np.sort(found[found >= 0])


def _prices(pairs: _Pairs, made: Longs, rows: int, capacity: Longs) -> tuple[Longs, Longs]:
    """Return prices of rows (n,) and columns (J,) under which no pair is better than what was made.

    The smallest that columns can have: raised as long as somebody would pay more (Bellman and Ford), which ends
    because nothing better can be made.
    """
    order = np.lexsort((pairs.row, pairs.column))
    column, row, weight = pairs.column[order], pairs.row[order], pairs.weight[order]
    heads = np.flatnonzero(np.diff(column, prepend=-1))
    got, worth = np.full(rows, -1, np.int64), np.zeros(rows, np.int64)
    got[pairs.row[made]], worth[pairs.row[made]] = pairs.column[made], pairs.weight[made]
    full = np.bincount(pairs.column[made], minlength=len(capacity)) >= capacity
    price = np.zeros(len(capacity), np.int64)
    row_price = worth.copy()
    for _ in range(len(made) + 2):
        asked = np.maximum.reduceat(weight - row_price[row], heads) if len(heads) else np.empty(0, np.int64)
        raised = np.maximum(asked, price[column[heads]])
        if (raised == price[column[heads]]).all():
            break
        price[column[heads]] = raised
        row_price = np.where(got >= 0, worth - price[got], 0)
    else:
        raise AssertionError("prices do not settle")
    if (row_price < 0).any() or (price[~full] > 0).any():
        raise AssertionError("prices do not prove")
    return row_price, price
