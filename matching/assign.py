"""The proposal: pins kept, then as many leaders as possible, then the greatest total.

Dense: one number for every pair of a leader's place and a junior's place.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy  # loads its optimize when first used: who only reads rounds does not wait for it
from numpy.typing import NDArray

from matching.block import Block, Index, blocks, measure
from matching.eligibility import refused
from matching.errors import Infeasible, TooLarge
from matching.fit import fit_of, parts_of
from matching.problem import Problem
from matching.rules import PART_NAMES, Rule

POINTS = 1_000_000
"""Points of a fit of 1. Whole numbers, so that sums and comparisons are exact; the rounding may
cost a total of P pairs at most P / 2,000,000."""

EXACT = 1 << 53
"""Up to here float64 holds every whole number, and scipy solves in float64."""

PAIRS_LOOKED_UP = 256
"""Chosen pairs whose parts are computed at once, by measuring the few people in them."""

Progress = Callable[[str, float], None]
"""Told a stage (scoring, assigning, explaining) and the share of it that is done."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """The pairs (P, 2) by leader and then junior, and for each its fit (P,) and parts (P, 6).

    total_fit: sum of the fit. objective: what was made as large as possible among all ways that
    match as many leaders: fit and waiting bonuses, to the millionth. matched: leaders with a pair.
    """

    pairs: NDArray[np.int32]
    fit: NDArray[np.float64]
    parts: NDArray[np.float64]
    total_fit: float
    objective: float
    matched: int


@dataclass(frozen=True, eq=False)
class _Places:
    """One row for every pair that a leader may still get, one column likewise for juniors.

    Everybody's first place comes before all the second ones. ``costs`` (rows, columns): negative
    where the pair may be made, 0 where it may not, which is then as good as nobody.
    """

    leaders: Index
    juniors: Index
    costs: NDArray[np.float64]


def solve(problem: Problem, progress: Progress | None = None) -> Proposal:
    """Pair leaders with juniors: pins > leaders matched > sum of fit and waiting bonuses.

    Only eligible pairs are made, each once. Ties fall by the order of leaders and juniors: the same
    problem gives the same proposal, but another order of people may give another one of equal worth.
    Memory: 8 bytes for every pair of places, the blocks aside.
    Raises: Infeasible when a pin is refused by a rule or exceeds a capacity; TooLarge.

    A first place of a leader without a pin carries a prize greater than all points together, so the
    largest sum has the most leaders. Assigning nobody costs 0 and what may not be also costs 0, so
    a full assignment of scipy, less its pairs that cost 0, is the best partial one.
    """
    told = progress or _nobody
    _check_pins(problem)
    places = _scored(problem, told)
    told("assigning", 0.0)
    pairs = np.concatenate([problem.pinned, _assigned(places)])
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].astype(np.int32)
    told("assigning", 1.0)
    return _explained(problem, pairs, told)


def _nobody(stage: str, share: float) -> None:
    """Stand in for a listener."""


def _check_pins(problem: Problem) -> None:
    for side, cause, capacity in (
        (0, "leader_capacity", problem.leader_capacity),
        (1, "junior_capacity", problem.junior_capacity),
    ):
        people = problem.pinned[:, side]
        over = np.flatnonzero(np.bincount(people, minlength=len(capacity)) > capacity)
        if len(over):
            proof = [(int(leader), int(junior)) for leader, junior in problem.pinned[people == over[0]]]
            raise Infeasible(cause, tuple(proof), Rule(0))
    for leader, junior in problem.pinned:
        bits = int(refused(measure(problem, np.array([leader]), np.array([junior])))[0, 0])
        if bits:
            raise Infeasible("refused", ((int(leader), int(junior)),), Rule(bits))


def _scored(problem: Problem, told: Progress) -> _Places:
    """Write the cost of every pair of places, straight into the one matrix that is kept."""
    pins = problem.pinned
    leaders, firsts = _free(problem.leader_capacity, pins[:, 0])
    juniors, columns = _free(problem.junior_capacity, pins[:, 1])
    prize = _prize(problem, min(len(leaders), len(juniors)))
    costs = np.zeros((len(leaders), len(juniors)))
    prizes = np.where(np.isin(leaders[:firsts], pins[:, 0]), 0.0, prize)
    done = 0
    for block in blocks(problem, leaders[:firsts], juniors[:columns]):
        ready = done + len(block.juniors)
        costs[:firsts, done:ready] = _costs(block, prizes)
        done = ready
        told("scoring", done / columns)
    _repeat(costs, leaders, firsts, juniors, columns, prizes)
    return _Places(leaders, juniors, costs)


def _free(capacity: NDArray[np.int32], pinned: NDArray[np.int32]) -> tuple[Index, int]:
    """Return whose each free place is, first places first, and how many first places there are."""
    free = capacity - np.bincount(pinned, minlength=len(capacity))
    firsts = np.flatnonzero(free > 0)
    seconds = np.repeat(firsts, free[firsts] - 1)
    return np.concatenate([firsts, seconds]), len(firsts)


def _prize(problem: Problem, pairs: int) -> int:
    """Return more points than ``pairs`` pairs can have. Raises: TooLarge."""
    waiting = problem.leader_waiting.max(initial=0) + problem.junior_waiting.max(initial=0)
    most = math.ceil(POINTS * (1 + float(waiting))) + 1
    prize = pairs * most + 1
    _ensure_exact(pairs, prize + most)
    return prize


def _ensure_exact(pairs: int, most: int) -> None:
    """Refuse what would leave the whole numbers: the solver's prices and paths add up what each pair
    is worth along an alternating path, which has at most one pair in, one pair out per place."""
    if (2 * pairs + 1) * most >= EXACT:
        raise TooLarge(pairs)


def _costs(block: Block, prizes: NDArray[np.float64]) -> NDArray[np.float64]:
    worth = fit_of(block)
    worth += block.problem.leader_waiting[block.leaders][:, None]
    worth += block.problem.junior_waiting[block.juniors]
    worth *= -POINTS
    costs = np.rint(worth, out=worth)
    costs -= prizes[:, None]
    costs *= refused(block) == 0
    costs[block.cells(block.problem.pinned)] = 0
    return costs


def _repeat(
    costs: NDArray[np.float64],
    leaders: Index,
    firsts: int,
    juniors: Index,
    columns: int,
    prizes: NDArray[np.float64],
) -> None:
    """Give second places the costs of the first ones; a leader's second place carries no prize."""
    same = np.searchsorted(juniors[:columns], juniors[columns:])
    for row in costs[:firsts]:
        row[columns:] = row[same]
    for place, first in enumerate(np.searchsorted(leaders[:firsts], leaders[firsts:]), start=firsts):
        costs[place] = np.where(costs[first] < 0, costs[first] + prizes[first], 0)


def _assigned(places: _Places) -> NDArray[np.int32]:
    """Return the best pairs (P, 2), none of them twice.

    Where both people have several places, scipy may give them to each other twice. Such a pair then
    gets a gate that lets it through once, and all is solved again: what is found is the best of a
    looser problem and allowed in the true one, hence the best there as well.
    """
    gated = np.empty((0, 2), np.int32)
    while True:
        costs = _with_gates(places, gated)
        rows, columns = scipy.optimize.linear_sum_assignment(costs)
        made = (costs[rows, columns] < 0) & (rows < len(places.leaders))
        pairs = _people(places, gated, rows[made], columns[made])
        pairs, times = np.unique(pairs, axis=0, return_counts=True)
        if times.max(initial=1) == 1:
            return pairs
        gated = np.concatenate([gated, pairs[times > 1]])


def _people(places: _Places, gated: NDArray[np.int32], rows: Index, columns: Index) -> NDArray[np.int32]:
    """Return leader and junior of each cell; a gate's column stands for the junior of its pair."""
    juniors = np.concatenate([places.juniors, gated[:, 1]])
    return np.stack([places.leaders[rows], juniors[columns]], axis=1).astype(np.int32)


def _with_gates(places: _Places, gated: NDArray[np.int32]) -> NDArray[np.float64]:
    """Replace the cells of each gated pair by a column for its leader and a row for its junior.

    The row must be filled, as it carries more than any pair does. Either it takes its own column,
    and the pair is not made, or it takes one of the junior's places and leaves its column to one of
    the leader's: the pair is made, once.
    """
    if not len(gated):
        return places.costs
    height, width = places.costs.shape
    costs = np.zeros((height + len(gated), width + len(gated)))
    costs[:height, :width] = places.costs
    must = places.costs.min() - 1
    _ensure_exact(min(costs.shape), -int(must))
    for gate, (leader, junior) in enumerate(gated):
        rows, columns = np.flatnonzero(places.leaders == leader), np.flatnonzero(places.juniors == junior)
        costs[rows, width + gate] = places.costs[rows, columns[0]]
        costs[np.ix_(rows, columns)] = 0
        costs[height + gate, columns] = must
        costs[height + gate, width + gate] = must
    return costs


def _explained(problem: Problem, pairs: NDArray[np.int32], told: Progress) -> Proposal:
    fit, parts = np.empty(len(pairs)), np.empty((len(pairs), len(PART_NAMES)))
    for start in range(0, len(pairs), PAIRS_LOOKED_UP):
        some = slice(start, start + PAIRS_LOOKED_UP)
        leaders, row = np.unique(pairs[some, 0], return_inverse=True)
        juniors, column = np.unique(pairs[some, 1], return_inverse=True)
        block = measure(problem, leaders, juniors)
        fit[some] = fit_of(block)[row, column]
        parts[some] = parts_of(block)[:, row, column].T
        told("explaining", min(1.0, (start + PAIRS_LOOKED_UP) / len(pairs)))
    bonus = problem.leader_waiting[pairs[:, 0]] + problem.junior_waiting[pairs[:, 1]]
    return Proposal(
        pairs=pairs,
        fit=fit,
        parts=parts,
        total_fit=math.fsum(fit),
        objective=float(np.rint((fit + bonus) * POINTS).sum()) / POINTS,
        matched=len(np.unique(pairs[:, 0])),
    )
