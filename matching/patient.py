"""Pairs under consideration, who has whom, and prices: settled by scipy, for where there is no numba.

The matching is settled anew each time. Prices may be anything between the lowest and the highest that prove it, and how
far they are from either is a shortest path: what one column may move depends on what its rows might take instead.
"""

import numpy as np
import scipy

from matching.ground import Ground, Pairs
from matching.market import Longs
from matching.objective import POINTS
from matching.plain import Offers, heaviest, least_prices
from matching.scan_plain import scan

__all__ = ["Desk", "scan"]


class Desk:
    """The pairs of some rows and columns; the same to those who use it as that of ``desk``."""

    def __init__(self, ground: Ground, pairs: Pairs) -> None:
        self.ground = ground
        self.start = np.zeros(len(ground.rows), np.int64)
        self.junior, self.weight = np.empty(0, np.int32), np.empty(0, np.int64)
        self.got, self.row_price = np.full(len(ground.owner), -1, np.int64), np.zeros(len(ground.owner), np.int64)
        self.price = np.zeros(len(ground.capacity), np.int64)
        self.add(pairs)

    def add(self, pairs: Pairs) -> None:
        """Consider more pairs; those that are there already are left out."""
        owner = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        columns = len(self.ground.capacity)
        keys = np.concatenate([owner * columns + self.junior, pairs.leader.astype(np.int64) * columns + pairs.junior])
        keys, which = np.unique(keys, return_index=True)
        self.weight = np.concatenate([self.weight, pairs.weight])[which]
        owner, self.junior = keys // max(columns, 1), (keys % max(columns, 1)).astype(np.int32)
        self.start = np.searchsorted(owner, np.arange(len(self.start))).astype(np.int64)
        self.row, self.arc = self._unfolded()

    def _unfolded(self) -> tuple[Longs, Longs]:
        """The pairs of each row: those of its owner."""
        owner = self.ground.owner
        lengths = self.start[owner + 1] - self.start[owner]
        row = np.repeat(np.arange(len(owner)), lengths)
        return row, np.arange(len(row)) + np.repeat(self.start[owner] - (np.cumsum(lengths) - lengths), lengths)

    def _offers(self) -> Offers:
        weight = self.weight[self.arc] + self.ground.bonus[self.row]
        return Offers(self.row, self.junior[self.arc].astype(np.int64), weight, np.empty(0, np.uint64))

    def settle(self, *, anew: bool) -> None:
        """Make matching and prices the best for the pairs under consideration: always anew.

        Who does not ask for that will go on from prices in the middle.
        """
        offers, rows, capacity = self._offers(), len(self.ground.owner), self.ground.capacity
        made = heaviest(offers, rows, capacity)
        self.row_price, self.price = least_prices(offers, made, rows, capacity)
        self.got = np.full(rows, -1, np.int64)
        self.got[offers.row[made]] = offers.column[made]
        if not anew:
            self.centre()

    def centre(self) -> None:
        """Move prices to the middle of what they may be, within a perfect fit: see ``desk``."""
        most = POINTS * self.ground.room
        above, below = self._room(lower=True), self._room(lower=False)
        self._shift((np.minimum(above, most) - np.minimum(below, most)) >> 1)

    def tight(self) -> tuple[Longs, Longs, Longs]:
        """Rows, columns and weights (T,) of all offers that are tight, bonus included."""
        row, column, weight, _ = self._offers()
        tight = self.row_price[row] + self.price[column] == weight
        return row[tight], column[tight], weight[tight]

    def _shift(self, less: Longs) -> None:
        self.price -= less
        paired = self.got >= 0
        self.row_price[paired] += less[self.got[paired]]

    def _room(self, *, lower: bool) -> Longs:
        """By how much at most each column (J,) can ask less, and its rows pay more, or the other way round.

        Columns with a place left and their rows, and rows without a column, cannot move at all. A row with more to pay
        would rather have another column, by as much as the pair lacks later: so that one has to ask less, too.
        """
        rows, columns = len(self.got), len(self.price)
        row, column, weight, _ = self._offers()
        lacking = self.row_price[row] + self.price[column] - weight
        paired = np.flatnonzero(self.got >= 0)
        full = (np.bincount(self.got[paired], minlength=columns) == self.ground.capacity) & (self.ground.capacity > 0)
        idle = np.flatnonzero(self.got < 0)
        first, second = np.concatenate([row, self.got[paired] + rows]), np.concatenate([column + rows, paired])
        far = np.concatenate([lacking, np.zeros(len(paired), np.int64)])
        stuck = np.flatnonzero(~full) + rows
        if lower:
            begins = np.concatenate([stuck, idle, np.flatnonzero(full) + rows])
            begin = np.concatenate([np.zeros(len(stuck) + len(idle), np.int64), self.price[full]])
        else:
            first, second = second, first
            begins = np.concatenate([stuck, paired])
            begin = np.concatenate([np.zeros(len(stuck), np.int64), self.row_price[paired]])
        nodes = rows + columns + 1
        first = np.concatenate([first, np.full(len(begins), nodes - 1)])
        graph = scipy.sparse.csr_array(
            (np.concatenate([far, begin]).astype(np.float64), (first, np.concatenate([second, begins]))),
            shape=(nodes, nodes),
        )
        distance = scipy.sparse.csgraph.dijkstra(graph, indices=np.array([nodes - 1]))
        return distance[0, rows:-1].astype(np.int64)
