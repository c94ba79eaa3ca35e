"""At least so many pairs across groups, such as regions: what that costs, proven.

First the leaders matched, as always; among those proposals the ones with enough pairs across; among those the total.
Weigh a pair across by some points more (a price per pair) and solve: the proposal is the best with as many pairs across
as it has, and the total with the price, less the price of the quota, is more than any proposal that meets the quota can
have (Lagrange). Where no price gives exactly the quota, the two do not meet. What is between is the gap, and only
pairs that the prices put at most the gap below the best can be in a better proposal: few enough for an integer
programme, which closes it. Where they are more than MOST_PROGRAMME, the gap is told.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from matching.assign import Progress, Proposal, solve
from matching.block import Block, blocks
from matching.certificate import Certificate
from matching.eligibility import refused
from matching.errors import InvalidProblem, OutOfReach
from matching.given import as_given, points_of
from matching.objective import COVERAGE_FIRST, MOST_BONUS, Objective
from matching.points import Arcs, Tables, fit_points, full_points, tables
from matching.problem import Problem
from matching.programme import MOST_PROGRAMME, Programme, programme_of
from matching.rules import Weights

ONLY_ACROSS = Weights(need=0, time=0, wishes=0, tools=0, language=0, across=1)


@dataclass(frozen=True, eq=False)
class Groups:
    """Of each leader (L,) and junior (J,); -1 is unknown, which is across from nobody."""

    leader: NDArray[np.int16]
    junior: NDArray[np.int16]

    def across(self, pairs: NDArray[np.int32]) -> int:
        """Count the pairs (P, 2) of two different known groups."""
        return int(self.apart(pairs[:, 0], pairs[:, 1]).sum())

    def apart(self, leaders: NDArray[np.integer], juniors: NDArray[np.integer]) -> NDArray[np.bool_]:
        theirs, ours = self.leader[leaders], self.junior[juniors]
        apart: NDArray[np.bool_] = (theirs != ours) & (theirs >= 0) & (ours >= 0)
        return apart


@dataclass(frozen=True, eq=False)
class Quota:
    """A proposal with at least ``asked`` pairs across; it has ``across``, and ``most`` could be had.

    price: points that a pair across had to be worth more. gap: by how many points a better proposal could have more
    at most; 0: there is none.
    """

    proposal: Proposal
    asked: int
    across: int
    most: int
    price: int
    gap: int


class Priced(NamedTuple):
    """The best proposal where a pair across is worth ``price`` points more: across and total, in pairs and points."""

    price: int
    proposal: Proposal
    across: int
    total: int

    def bound(self, asked: int) -> int:
        """No proposal with so many pairs across has a higher total."""
        return self.total + self.price * (self.across - asked)


def with_quota(
    problem: Problem,
    groups: Groups,
    asked: int,
    progress: Progress | None = None,
    most_programme: int = MOST_PROGRAMME,
) -> Quota:
    """Return the best proposal that has so many pairs across, pins counted.

    most_programme: pairs that an integer programme may take on; where it would need more, the gap is told.
    Raises: OutOfReach with the most that can be had; InvalidProblem.
    """
    if (len(groups.leader), len(groups.junior)) != (problem.leaders, problem.juniors):
        raise InvalidProblem("groups", "shape")
    free, most = priced(problem, groups, 0, progress), _most(problem, groups)
    if free.across >= asked:
        return Quota(free.proposal, asked, free.across, most.across, 0, 0)
    if most.across < asked:
        raise OutOfReach(asked, most.across)
    found = _prices_around(problem, groups, asked, free)
    reached = max((one for one in (*found, most) if one.across >= asked), key=lambda one: one.total)
    proven = min(found, key=lambda one: one.bound(asked))
    gap = proven.bound(asked) - reached.total
    near = _near(problem, groups, proven, gap) if gap else None
    if near is not None and len(near.leader) <= most_programme:
        reached, gap = _closed(problem, groups, asked, proven, near)
    return Quota(reached.proposal, asked, reached.across, most.across, proven.price, gap)


def _prices_around(problem: Problem, groups: Groups, asked: int, low: Priced) -> tuple[Priced, Priced]:
    """Return proposals at the highest price that is too low for the quota and at the lowest that is enough, or nearly.

    The next price tried is where the two that are known are worth the same: in whole points no other can be nearer to
    the best price, unless a third proposal is worth more there.
    """
    high = priced(problem, groups, MOST_BONUS)
    while low.across < asked <= high.across and high.price - low.price > 1:
        even = (low.total - high.total) // (high.across - low.across)
        middle = priced(problem, groups, min(max(even, low.price + 1), high.price - 1))
        known = max(one.total + middle.price * (one.across - asked) for one in (low, high))
        low, high = (low, middle) if middle.across >= asked else (middle, high)
        if middle.bound(asked) == known:
            break
    return low, high


def priced(problem: Problem, groups: Groups, price: int, progress: Progress | None = None) -> Priced:
    """Solve with so many points more for each pair across."""
    proposal = solve(problem, _with_price(groups, price), progress)
    across = groups.across(proposal.pairs)
    return Priced(price, proposal, across, points_of(proposal) - price * across)


def _with_price(groups: Groups, price: int) -> Objective:
    people = len(groups.leader) and len(groups.junior)
    return Objective(across=price if people else 0, leader_group=groups.leader, junior_group=groups.junior)


def _most(problem: Problem, groups: Groups) -> Priced:
    """As many pairs across as can be had: nothing else counts, and places stand for groups."""
    alone = replace(
        problem,
        weights=ONLY_ACROSS,
        leader_country=groups.leader,
        junior_country=groups.junior,
        leader_waiting=np.zeros(problem.leaders),
        junior_waiting=np.zeros(problem.juniors),
    )
    proposal = as_given(problem, solve(alone, COVERAGE_FIRST).pairs)
    return Priced(0, proposal, groups.across(proposal.pairs), points_of(proposal))


def _closed(problem: Problem, groups: Groups, asked: int, proven: Priced, near: Arcs) -> tuple[Priced, int]:
    """Return the best proposal among the pairs near the best, and the gap that remains: none, but for HiGHS."""
    programme = programme_of(problem, near)
    demanded = proven.proposal.matched - len(np.unique(problem.pinned[:, 0]))
    made, bound = _solved(programme, demanded, groups, asked - groups.across(problem.pinned))
    proposal = as_given(problem, np.concatenate([problem.pinned, programme.pairs(made)]))
    better = Priced(0, proposal, groups.across(proposal.pairs), points_of(proposal))
    return better, max(0, bound - int(programme.arcs.points[made].sum()))


def _near(problem: Problem, groups: Groups, proven: Priced, gap: int) -> Arcs:
    """Return the pairs that a proposal can have which meets the quota and is at most so many points below the bound.

    The prices of the two less the worth of the pair are lost by making it. Nothing may be lost in leaders matched.
    """
    counted, objective = tables(problem), _with_price(groups, proven.price)
    found = [Arcs(*np.empty((4, 0), np.int64))]
    for block in blocks(problem):
        fit = fit_points(block, counted)
        near = (refused(block) == 0) & _cheap(block, counted, objective, proven.proposal.certificate, gap)
        near[block.cells(problem.pinned)] = False
        row, column = np.nonzero(near)
        points = full_points(block, counted, COVERAGE_FIRST, fit)[row, column]
        found.append(Arcs(block.leaders[row], block.juniors[column], fit[row, column].astype(np.int64), points))
    return Arcs(*(np.concatenate(some) for some in zip(*found, strict=True)))


def _cheap(
    block: Block, counted: Tables, objective: Objective, certificate: Certificate, gap: int
) -> NDArray[np.bool_]:
    problem, leaders = block.problem, block.leaders
    worth = full_points(block, counted, objective, fit_points(block, counted))
    taken = np.bincount(problem.pinned[:, 0], minlength=problem.leaders)
    prized, several = (taken == 0)[leaders], (problem.leader_capacity - taken > 1)[leaders]
    cheap = np.zeros(worth.shape, np.bool_)
    for price, prize, open_to in (
        (certificate.leader_price, prized, np.ones(len(leaders), np.bool_)),
        (certificate.further_price, np.zeros(len(leaders), np.bool_), several),
    ):
        lost = price[leaders][:, None] + certificate.junior_price[block.juniors]
        lost[block.cells(certificate.pairs)] += _prices_in(block, certificate)
        lost[..., 0] -= prize[:, None]
        cheap |= open_to[:, None] & (lost[..., 0] == 0) & (lost[..., -1] - worth <= gap)
    return cheap


def _prices_in(block: Block, certificate: Certificate) -> NDArray[np.int64]:
    inside = np.isin(certificate.pairs[:, 0], block.leaders) & np.isin(certificate.pairs[:, 1], block.juniors)
    return certificate.pair_price[inside]


def _solved(programme: Programme, matched: int, groups: Groups, asked: int) -> tuple[NDArray[np.bool_], int]:
    """Return which columns are made, and the points that no choice of columns exceeds.

    A leader's own column says whether the leader is matched, which at least one pair must bear out.
    """
    arcs, leaders, pairs = programme.arcs, len(programme.prized), len(programme.arcs.leader)
    sides = programme.sides()
    own, none = scipy.sparse.eye_array(leaders), scipy.sparse.csr_array((sides.shape[0], leaders))
    across = groups.apart(arcs.leader, arcs.junior)
    rows = [
        scipy.optimize.LinearConstraint(
            scipy.sparse.hstack([sides, none]), ub=np.concatenate([programme.leader_free, programme.junior_free])
        ),
        scipy.optimize.LinearConstraint(scipy.sparse.hstack([programme.leader, -own]), lb=0),
        scipy.optimize.LinearConstraint(np.concatenate([np.zeros(pairs), programme.prized])[None], lb=matched),
        scipy.optimize.LinearConstraint(np.concatenate([across, np.zeros(leaders)])[None], lb=asked),
    ]
    found = scipy.optimize.milp(
        np.concatenate([-arcs.points, np.zeros(leaders)]),
        integrality=np.concatenate([np.ones(pairs), np.zeros(leaders)]),
        bounds=scipy.optimize.Bounds(0, 1),
        constraints=rows,
        options={"mip_rel_gap": 0},
    )
    if found.x is None:
        raise AssertionError(found.message)
    return np.asarray(found.x[:pairs]) > 0.5, math.floor(-found.mip_dual_bound + 0.5)
