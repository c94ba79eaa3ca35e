"""Who has which free places, and the pairs among which they are given: what every exact method works on."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.block import Index
from matching.errors import TooLarge
from matching.lots import LOT_BITS, drawn
from matching.objective import LEVELS, POINTS, Objective
from matching.problem import Problem

SAFE = 64
"""How many best pairs a level outweighs to begin with; SAFER times as many where prices tell that it was too little."""

SAFER = 16

FEW = 16
"""Best pairs that a level outweighs at least: prices in the middle are off their levels by a perfect fit or two."""

MOST_PLACES = 1 << 22
"""Free places of one side: four million, more than any organisation has people."""

EXACT_BITS = 62
"""Weights and the sums of two prices are 64-bit integers."""

Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Scale:
    """What a leader matched and a weak pair avoided weigh in one number together with points; 0: no such level.

    most: more points than a pair can have.
    """

    leader: int
    weak: int
    most: int

    def levels(self, prices: Longs) -> Longs:
        """Take prices (n,) apart into leaders, weak pairs and points (n, 3)."""
        parts = np.zeros((len(prices), LEVELS), np.int64)
        rest = prices
        for level, unit in enumerate((self.leader, self.weak)):
            if unit:
                parts[:, level] = (2 * rest + unit) // (2 * unit)
                rest = rest - parts[:, level] * unit
        parts[:, LEVELS - 1] = rest
        return parts

    def holds(self, prices: Longs, others: Longs) -> bool:
        """Whether the levels are levels: then any sum of two prices less a weight is compared level by level."""
        ours, theirs = np.abs(self.levels(prices)), np.abs(self.levels(others))
        _, weak, points = (int(one) for one in ours.max(axis=0, initial=0) + theirs.max(axis=0, initial=0))
        if self.weak and 2 * (points + self.most) >= self.weak:
            return False
        below = (weak + 2) * self.weak if self.weak else points + self.most
        return not self.leader or 2 * below < self.leader


def scale_for(problem: Problem, objective: Objective, pairs: int, safe: int = SAFE) -> Scale:
    """Return the weights of the levels where so many pairs can be made. Raises: TooLarge."""
    waiting = problem.leader_waiting.max(initial=0) + problem.junior_waiting.max(initial=0)
    most = math.ceil(POINTS * (1 + float(waiting))) + objective.across + objective.keep + 4
    outweighed = min(max(pairs, FEW), safe)
    weak = (4 * outweighed + 4) * most if objective.weak_below else 0
    leader = (4 * outweighed + 8) * max(weak, most) if objective.coverage else 0
    if (leader + weak + most).bit_length() + lot_bits(pairs) > EXACT_BITS:
        raise TooLarge(pairs)
    return Scale(leader, weak, most)


def lot_bits(pairs: int) -> int:
    """Bits below a point in which the sum of the first lots of so many pairs finds room."""
    return pairs.bit_length() + LOT_BITS + 1


@dataclass(frozen=True, eq=False)
class Places:
    """Rows are the free places of leaders, one after the other; columns are juniors with so many free places.

    owner (n,): whose place. bonus (n,): weight added to each pair of that place, in the units of the scale.
    capacity (J,).
    """

    owner: Longs
    bonus: Longs
    capacity: Longs

    @property
    def pairs(self) -> int:
        """How many pairs there can be at most."""
        return int(min(len(self.owner), self.capacity.sum()))


def places_of(problem: Problem, objective: Objective, scale: Scale | None = None) -> Places:
    """Pins have taken their places; the first place of a leader without a pin is worth a leader matched.

    Nobody has more places than there are people on the other side, as two meet once. Raises: TooLarge.
    """
    pins = problem.pinned
    free = _free(problem.leader_capacity, pins[:, 0], problem.juniors)
    owner = np.repeat(np.arange(problem.leaders), free)
    first = np.ones(len(owner), np.bool_)
    first[1:] = owner[1:] != owner[:-1]
    prized = first & ~np.isin(owner, pins[:, 0])
    capacity = _free(problem.junior_capacity, pins[:, 1], problem.leaders)
    return Places(owner, prized * np.int64(scale.leader if scale and objective.coverage else 0), capacity)


def _free(capacity: NDArray[np.int32], pinned: NDArray[np.int32], others: int) -> Longs:
    taken: Longs = np.bincount(pinned, minlength=len(capacity))
    free: Longs = np.minimum(capacity - taken, others)
    if int(free.sum()) > MOST_PLACES:
        raise TooLarge(int(free.sum()))
    return free


@dataclass(frozen=True, eq=False)
class Market:
    """Places and the pairs (A,) that may be made, by owner, then junior, with their weights and lots.

    start (owners + 1,): where the pairs of an owner begin.
    """

    places: Places
    start: Longs
    junior: Index
    weight: Longs
    lot: NDArray[np.uint64]


def market_of(problem: Problem, places: Places, leader: Index, junior: Index, weight: Longs) -> Market:
    """Put pairs in order."""
    order = np.lexsort((junior, leader))
    leader, junior = leader[order], junior[order]
    start = np.searchsorted(leader, np.arange(problem.leaders + 1)).astype(np.int64)
    lots = drawn(problem.leader_lot[leader], problem.junior_lot[junior])
    return Market(places, start, junior, weight[order], lots)


@dataclass(frozen=True, eq=False)
class Settled:
    """For each row (n,) the column it got or -1; prices (n,) and (J,) in the units of the weights, which prove it."""

    column: Longs
    row_price: Longs
    column_price: Longs
