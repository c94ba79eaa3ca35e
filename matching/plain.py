"""A market settled by scipy alone: exact at any size, fast at small ones.

Three times over: the weights; among what is then still best, the first lots; among those, the second. What is
still best is known from the prices: pairs that are tight, places that have a price and so must be filled.
"""

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from matching.lots import first_lot, second_lot
from matching.market import Longs, Market, Settled

EXACT = 1 << 53
"""Up to here float64 holds every whole number, and scipy works in float64."""


class Offers(NamedTuple):
    """Rows by columns (E,): the weight of each, and the lot of the pair."""

    row: Longs
    column: Longs
    weight: Longs
    lot: NDArray[np.uint64]

    def chosen(self, which: NDArray[np.bool_]) -> "Offers":
        return Offers(self.row[which], self.column[which], self.weight[which], self.lot[which])


def settle(market: Market) -> Settled:
    """Raises: AssertionError where float64 was not enough, which the prices show."""
    offers, rows, capacity = _unfolded(market), len(market.places.owner), market.places.capacity
    made = heaviest(offers, rows, capacity)
    prices = least_prices(offers, made, rows, capacity)
    column = np.full(rows, -1, np.int64)
    column[offers.row[made]] = offers.column[made]
    return Settled(by_lot(offers, column, prices, capacity), *prices)


def by_lot(offers: Offers, column: Longs, prices: tuple[Longs, Longs], capacity: Longs, first: bool = True) -> Longs:
    """Of all that these prices prove as good as what each row has (n,), return the one with the highest lots.

    Whatever is as good is made of offers that are tight, and fills all places that have a price. First the sum of the
    first lots counts, unless they were settled with the weights; then that of the second.
    """
    column = column.copy()
    for lots in (first_lot, second_lot)[not first :]:
        row_price, column_price = prices
        offers = offers.chosen(row_price[offers.row] + column_price[offers.column] == offers.weight)
        if (column[offers.row] == offers.column).all():
            break
        offers = offers.chosen(_open(offers, column, prices, capacity))
        if not len(offers.row):
            break
        must = (row_price > 0)[offers.row].astype(np.int64) + (column_price > 0)[offers.column]
        rows, row = np.unique(offers.row, return_inverse=True)
        columns, place = np.unique(offers.column, return_inverse=True)
        lot, free = lots(offers.lot), capacity[columns] - _settled_places(column, rows, columns, len(capacity))
        few = Offers(row, place, lot + must * (int(lot.max()) * (len(rows) + 1) + 1), offers.lot)
        chosen = heaviest(few, len(rows), free)
        found = least_prices(few, chosen, len(rows), free)
        prices = np.zeros(len(row_price), np.int64), np.zeros(len(capacity), np.int64)
        prices[0][rows], prices[1][columns] = found
        column[rows] = -1
        column[offers.row[chosen]] = offers.column[chosen]
        offers = offers._replace(weight=few.weight)
    return column


def _settled_places(column: Longs, rows: Longs, columns: Longs, count: int) -> Longs:
    """How many places of these columns have rows that are not up for change."""
    others = np.ones(len(column), np.bool_)
    others[rows] = False
    taken: Longs = np.bincount(column[others & (column >= 0)], minlength=count)[columns]
    return taken


def _open(offers: Offers, column: Longs, prices: tuple[Longs, Longs], capacity: Longs) -> NDArray[np.bool_]:
    """Which tight offers are part of a change that costs nothing; all others are in every best proposal, or in none.

    A row can go to a column with which it is tight; a column lets go of the rows it has. Nothing is lost where that
    leads back to where it began, or from somebody who may be brought in to another who may be left out: through one
    more node.
    """
    rows, columns = len(column), len(capacity)
    taken = column[offers.row] == offers.column
    filled = np.bincount(column[column >= 0], minlength=columns)
    row, place, outside = np.arange(rows), rows + np.arange(columns), rows + columns
    brought_in = np.concatenate([row[column < 0], place[(prices[1] == 0) & (capacity > 0)]])
    left_out = np.concatenate([row[prices[0] == 0], place[filled < capacity]])
    tails = np.where(taken, rows + offers.column, offers.row)
    heads = np.where(taken, offers.row, rows + offers.column)
    tail = np.concatenate([tails, np.full(len(brought_in), outside), left_out])
    head = np.concatenate([heads, brought_in, np.full(len(left_out), outside)])
    ways = scipy.sparse.csr_array((np.ones(len(tail), np.int8), (tail, head)), shape=(outside + 1, outside + 1))
    _, part = scipy.sparse.csgraph.connected_components(ways, directed=True, connection="strong")
    found: NDArray[np.bool_] = part[tails] == part[heads]
    return found


def _unfolded(market: Market) -> Offers:
    """Give each place the pairs of its owner. What would make things worse is left out."""
    owner, start = market.places.owner, market.start
    lengths = start[owner + 1] - start[owner]
    row = np.repeat(np.arange(len(owner)), lengths)
    arc = np.arange(len(row)) + np.repeat(start[owner] - (np.cumsum(lengths) - lengths), lengths)
    weight = market.weight[arc] + market.places.bonus[row]
    useful = (weight >= 0) & (market.places.capacity[market.junior[arc]] > 0)
    return Offers(row, market.junior[arc].astype(np.int64), weight, market.lot[arc]).chosen(useful)


def heaviest(pairs: Offers, rows: int, capacity: Longs) -> Longs:
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


def least_prices(pairs: Offers, made: Longs, rows: int, capacity: Longs) -> tuple[Longs, Longs]:
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
