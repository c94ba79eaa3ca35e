"""Pairs under consideration, who has whom, and prices: settled by what numba compiles."""

import copy
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from matching import pool_fast, room_fast, scan_fast, settle_fast
from matching.ground import FAR, Ground, Pairs
from matching.market import Longs
from matching.objective import POINTS
from matching.sheet import Ints, Sheet

STEPS = 30_000, 4_000
"""Points by which bids rise at least, in two auctions: the first finds prices quickly, the second well enough that
little is left to be searched for."""

LOT_STEPS = 64, 8
"""The same where points are settled and only lots are still open."""

BACK = 15
"""Steps of the second auction by which prices are lowered before it: what was too high then finds its place."""

BIDS = 200
"""Bids for each row after which an auction stops, and leaves the rest to the searches."""

_ORDER = tuple(Sheet._fields.index(name) for name in (
    "needs", "need_points", "gain", "leader_facts", "junior_facts", "leader_tools", "junior_tools", "tool_points",
    "leader_fluency", "junior_fluency", "leader_hours", "junior_hours", "leader_lot", "junior_lot", "numbers",
    "leader_glance", "junior_glance", "tool", "tongue", "country", "tile_hours", "mark_start", "mark_junior", "mark",
))  # fmt: skip

_scan_rows: Callable[..., tuple[int, int]] = scan_fast.scan_rows


def scan(sheet: Sheet, *rest: object) -> tuple[int, int]:
    """A ``Scan``; see there."""
    told, begin = _scan_rows(*(sheet[place] for place in _ORDER), *rest)
    return int(told), int(begin)


class Desk:
    """The pairs of some rows and columns: see ``settle_fast`` for what is always true of them.

    start (O + 1,), junior (A,), weight (A,): by owner. got (n,): column of a row, -1 without. held (slots,): row in
    each place of the columns. row_price (n,), price (J,).
    """

    def __init__(self, ground: Ground, pairs: Pairs) -> None:
        rows, columns = len(ground.owner), len(ground.capacity)
        self.ground = ground
        self.start = np.zeros(len(ground.rows), np.int64)
        self.junior, self.weight = np.empty(0, np.int32), np.empty(0, np.int64)
        self.slot = np.concatenate([[0], np.cumsum(ground.capacity)])
        self.got, self.place = np.full(rows, -1, np.int64), np.zeros(rows, np.int64)
        self.held = np.full(self.slot[-1], -1, np.int64)
        self.filled, self.price = np.zeros(columns, np.int64), np.zeros(columns, np.int64)
        self.row_price = np.zeros(rows, np.int64)
        self.distance, self.at = np.full(columns, FAR), np.full(columns, -1, np.int64)
        self.by_row, self.by_column = np.zeros(columns, np.int64), np.zeros(columns, np.int64)
        self.heap, self.order = np.zeros(columns + 1, np.int64), np.zeros(2 * columns + 2, np.int64)
        self.add(pairs)

    def add(self, pairs: Pairs) -> None:
        """Consider more pairs; those that are there already are left out."""
        fresh = pairs.chosen(self.unknown(pairs))
        self.start, self.junior, self.weight = pool_fast.merged(self.start, self.junior, self.weight, *fresh)
        self._turn()

    def forget(self, leaders: Longs, juniors: Longs) -> None:
        """Consider no pair of theirs any more. They must have nobody."""
        owner = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        stay = ~(np.isin(owner, leaders) | np.isin(self.junior, juniors))
        number = np.bincount(owner[stay], minlength=len(self.start) - 1)
        self.start = np.concatenate([[0], np.cumsum(number)])
        self.junior, self.weight = self.junior[stay], self.weight[stay]
        self._turn()

    def _turn(self) -> None:
        self.begin, self.owner, self.worth = pool_fast.turned(
            self.start, self.junior, self.weight, len(self.ground.capacity)
        )

    def unknown(self, pairs: Pairs) -> NDArray[np.bool_]:
        """Which of these pairs are not considered yet."""
        return pool_fast.absent(self.start, self.junior, len(self.price), pairs.leader, pairs.junior)

    @property
    def _by_leader(self) -> tuple[Longs, Ints, Longs, Longs, Longs]:
        return self.start, self.junior, self.weight, self.ground.owner, self.ground.bonus

    @property
    def _by_junior(self) -> tuple[Longs, Ints, Longs, Longs, Longs]:
        return self.begin, self.owner, self.worth, self.ground.rows, self.ground.bonus

    def settle(self, *, anew: bool) -> None:
        """Make matching and prices the best for the pairs under consideration, from where they are or anew.

        Anew first without lots: with them all that is alike differs a little, and each search walks through all of it.
        """
        if not anew:
            self._finish()
            return
        self.price[:] = 0
        without_lots = self._without_lots()
        for step in STEPS:
            without_lots._auction(step)
        without_lots._finish()
        if self.ground.room > 1:
            self.price *= self.ground.room
            for step in LOT_STEPS:
                self._auction(step)
            self._finish()

    def _without_lots(self) -> "Desk":
        """The same seats and prices, but what pairs weigh in whole points."""
        desk, room = copy.copy(self), self.ground.room
        desk.weight, desk.worth, desk.ground = self.weight // room, self.worth // room, copy.copy(self.ground)
        desk.ground.bonus, desk.ground.room = self.ground.bonus // room, 1
        return desk

    def _finish(self) -> None:
        settle_fast.tighten(*self._by_leader, self.got, self.place, self.held, self.filled, self.row_price, self.price)
        self.seek()

    def seek(self) -> None:
        """Search for whoever has a price and nobody, on either side, until nobody has."""
        ground = self.ground
        seats = (ground.capacity, self.slot, self.got, self.place, self.held, self.filled)
        settle_fast.seek_columns(
            *self._by_leader, *seats, self.row_price, self.price, self.distance, self.at, self.by_row, self.heap,
            self.order, np.flatnonzero((self.got < 0) & (self.row_price > 0)),
        )  # fmt: skip
        settle_fast.seek_rows(
            *self._by_junior, *seats, self.row_price, self.price, self.distance, self.at, self.by_row, self.by_column,
            self.heap, self.order, np.flatnonzero((self.filled < ground.capacity) & (self.price > 0)),
        )  # fmt: skip

    def _auction(self, step: int) -> None:
        ground = self.ground
        self.got[:], self.held[:], self.filled[:] = -1, -1, 0
        np.maximum(self.price - BACK * step, 0, out=self.price)
        places = (self.got, self.place, self.held, self.filled)
        # whoever is better than nobody bids; what a leader matched is worth besides would only make bids soar
        bonus = np.minimum(ground.bonus, POINTS * ground.room)
        by_leader = (self.start, self.junior, self.weight, ground.owner, bonus)
        settle_fast.tighten(*by_leader, *places, self.row_price, self.price)
        settle_fast.bid(
            *by_leader, ground.capacity, self.slot, *places, self.price, np.repeat(self.price, ground.capacity),
            np.flatnonzero(self.row_price > 0), step, BIDS * len(ground.owner),
        )  # fmt: skip

    def centre(self) -> None:
        """Move prices to the middle of what they may be, which leaves others the least to object to.

        Within a perfect fit: levels stay where they are.
        """
        most = POINTS * self.ground.room
        self._shift((np.minimum(self._above(), most) - np.minimum(self._below(), most)) >> 1)

    def tight(self) -> tuple[Longs, Longs, Longs]:
        """Rows, columns and weights (T,) of all offers that are tight, bonus included."""
        rows, columns, weights = pool_fast.tight(*self._by_leader, self.row_price, self.price)
        return rows, columns, weights

    def _below(self) -> Longs:
        room = np.empty_like(self.distance)
        room_fast.room_below(
            *self._by_junior, self.ground.capacity, self.slot, self.got, self.held, self.filled, self.row_price,
            self.price, room, self.at, self.heap,
        )  # fmt: skip
        return room

    def _above(self) -> Longs:
        room = np.empty_like(self.distance)
        room_fast.room_above(
            *self._by_leader, self.ground.capacity, self.slot, self.got, self.held, self.filled, self.row_price,
            self.price, room, self.at, self.heap,
        )  # fmt: skip
        return room

    def _shift(self, less: Longs) -> None:
        self.at[:] = -1
        self.price -= less
        paired = self.got >= 0
        self.row_price[paired] += less[self.got[paired]]
