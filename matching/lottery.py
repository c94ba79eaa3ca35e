"""Pairs by lot, none with more than a given probability, for studies that compare who was paired with who was not.

Probabilities are whole numbers of parts, such as quarters. Give every person so many times their places, and every pair
at most its share of parts: that is again a flow, whose vertices are whole (its matrix is totally unimodular [Hoffman
and Kruskal 1956]), so HiGHS finds parts that are whole numbers, as good as any probabilities could be. Such parts fall
apart into as many proposals as there are parts to a whole, each keeping to rules and places (Birkhoff and von Neumann);
one of them is drawn. So what is promised is exact: a pair is in just as many of the proposals as it has parts.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy
from numpy.typing import NDArray

from matching.assign import Progress, Proposal
from matching.errors import InvalidProblem, TooLarge
from matching.explain import eligible_counts
from matching.given import as_given
from matching.lots import mixed
from matching.market import Longs
from matching.objective import COVERAGE_FIRST
from matching.points import all_arcs
from matching.problem import Problem
from matching.programme import MOST_PROGRAMME, Matrix, Programme, programme_of

MOST_PARTS = 100
"""To a whole. Probabilities to the hundredth are as fine as anybody states them; each part is one more proposal."""


@dataclass(frozen=True, eq=False)
class Lottery:
    """Pairs (K, 2) that can be drawn, each with probability ``parts`` (K,) of ``whole``; pins are certain.

    draws (whole, K): which pairs are in each of the proposals, all equally likely. drawn: which one it was, and
    ``proposal`` is that. matched, total: what is expected, times ``whole``: leaders, and points of all pairs.
    """

    proposal: Proposal
    pairs: NDArray[np.int32]
    parts: Longs
    whole: int
    draws: NDArray[np.bool_]
    drawn: int
    matched: int
    total: int


def by_lot(problem: Problem, cap: Fraction, seed: int, progress: Progress | None = None) -> Lottery:
    """Match as many leaders as possible on average, then make the total as large as possible on average.

    No pair but a pin has a probability above ``cap``, in (0, 1]. The same seed draws the same proposal on any machine.
    Raises: InvalidProblem; TooLarge beyond MOST_PROGRAMME pairs.
    """
    if not 0 < cap <= 1 or cap.denominator > MOST_PARTS:
        raise InvalidProblem("cap", "range")
    if not 0 <= seed < 1 << 64:
        raise InvalidProblem("seed", "range")
    whole = cap.denominator
    programme = _programme(problem, progress or (lambda _stage, _share: None))
    parts = _parts(programme, whole, cap.numerator)
    drawable = parts > 0
    draws = _apart(programme.sides()[:, drawable], parts[drawable], whole)
    drawn = int(mixed(np.array([seed], np.uint64))[0] % np.uint64(whole))
    pairs = programme.pairs(drawable)
    proposal = as_given(problem, np.concatenate([problem.pinned, pairs[draws[drawn]]]))
    of_leader = programme.leader @ parts
    matched = np.minimum(of_leader[programme.prized], whole).sum() + whole * np.count_nonzero(~programme.prized)
    total = int(programme.arcs.points @ parts)
    return Lottery(proposal, pairs, parts[drawable], whole, draws, drawn, int(matched), total)


def _programme(problem: Problem, told: Progress) -> Programme:
    """Count the pairs before they are laid out. Raises: TooLarge."""
    pairs = int(eligible_counts(problem).leaders.sum())
    if pairs > MOST_PROGRAMME:
        raise TooLarge(pairs)
    return programme_of(problem, all_arcs(problem, COVERAGE_FIRST, lambda share: told("scoring", share)))


def _parts(programme: Programme, whole: int, most: int) -> Longs:
    """Return the parts of each column (A,), at most so many: the most leaders matched, then the greatest total.

    A leader's own column counts the parts in which the leader is matched. The second time they are held to the most.
    """
    pairs, leaders = len(programme.arcs.leader), len(programme.prized)
    sides = programme.sides()
    none = scipy.sparse.csr_array((sides.shape[0], leaders))
    own = scipy.sparse.hstack([-programme.leader, scipy.sparse.eye_array(leaders)])
    rows = scipy.sparse.csr_array(scipy.sparse.vstack([scipy.sparse.hstack([sides, none]), own]))
    free = np.concatenate([programme.leader_free, programme.junior_free])
    limits = np.concatenate([whole * free, np.zeros(leaders, np.int64)])
    highest = np.concatenate([np.full(pairs, most), whole * programme.prized])
    matching = np.concatenate([np.zeros(pairs), programme.prized])
    points = np.concatenate([programme.arcs.points, np.zeros(leaders)])
    matched = int(_whole(-matching, rows, limits, highest) @ matching)
    held = scipy.sparse.vstack([rows, -scipy.sparse.csr_array(matching[None])])
    return _whole(-points, scipy.sparse.csr_array(held), np.append(limits, -matched), highest)[:pairs]


def _apart(sides: Matrix, parts: Longs, whole: int) -> NDArray[np.bool_]:
    """Take parts (K,) apart into ``whole`` proposals (whole, K).

    While n proposals are to be made, a pair, and all that a person has, is in the next one either as often as an n-th
    of what is left, rounded down, or rounded up. That n-th itself keeps to such bounds, hence so does something whole;
    and then what is left keeps to them with one proposal fewer.
    """
    draws, left = np.zeros((whole, len(parts)), np.bool_), parts
    for draw in range(whole):
        remaining = whole - draw
        had = (sides @ left).astype(np.int64)
        rows = scipy.sparse.csr_array(scipy.sparse.vstack([sides, -sides]))
        limits = np.concatenate([-(-had // remaining), -(had // remaining)])
        lowest, highest = left // remaining, -(-left // remaining)
        made = _whole(-np.arange(1.0, len(parts) + 1), rows, limits, highest, lowest)
        draws[draw], left = made > 0, left - made
    return draws


def _whole(cost: NDArray[np.floating], rows: Matrix, limits: Longs, highest: Longs, lowest: Longs | int = 0) -> Longs:
    """Return the cheapest whole numbers within bounds and limits. Raises: AssertionError if a vertex is not whole."""
    if not len(highest):
        return highest.astype(np.int64)
    bounds = scipy.optimize.Bounds(lowest, highest)
    found = scipy.optimize.milp(cost, bounds=bounds, constraints=scipy.optimize.LinearConstraint(rows, ub=limits))
    if found.x is None:
        raise AssertionError(found.message)
    numbers: Longs = np.rint(found.x).astype(np.int64)
    if np.abs(found.x - numbers).max(initial=0) > 1e-6 or (rows @ numbers > limits).any():
        raise AssertionError("not whole")
    return numbers
