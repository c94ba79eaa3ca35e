"""What the prices of a certificate say of pairs: what a place is worth to somebody, what a pair would cost at least."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.assign import Proposal
from matching.block import Block, Choice, blocks, measure
from matching.certificate import Certificate
from matching.eligibility import refused
from matching.objective import LEVELS, Objective
from matching.points import Tables, fit_points, full_points, tables
from matching.problem import Problem

Longs = NDArray[np.int64]

NO_PLACE = -(1 << 40)
"""At the level of leaders: so little is bid by who has no free place."""


@dataclass(frozen=True, eq=False)
class Costs:
    """Of some pairs (l, j): which may be made (no rule, not under the floor, no pin), and what that costs at least.

    least (l, j, 3): by level, lexicographically at least nothing for every pair that may be made; NO_PLACE of leaders
    and more where all places are taken by pins. Making the pair costs the others so much at least; where it is more
    than nothing, the pair is in no optimum.
    """

    allowed: NDArray[np.bool_]
    least: Longs


def costs_at_least(problem: Problem, proposal: Proposal, leaders: Choice, juniors: Choice) -> Costs:
    """Return the lower bounds from the prices, level by level."""
    return costs_of(measure(problem, leaders, juniors), proposal.certificate, tables(problem))


def costs_of(block: Block, proof: Certificate, counted: Tables) -> Costs:
    allowed, bid = bids(block, proof, counted)
    allowed[block.cells(block.problem.pinned)] = False
    least = proof.junior_price[block.juniors] - bid
    inside = np.isin(proof.pairs[:, 0], block.leaders) & np.isin(proof.pairs[:, 1], block.juniors)
    least[block.cells(proof.pairs)] += proof.pair_price[inside]
    full = free_places(block.problem)[1][block.juniors] == 0
    least[:, full, 0] -= NO_PLACE
    return Costs(allowed, least)


def bids(block: Block, proof: Certificate, counted: Tables, more: int = 0) -> tuple[NDArray[np.bool_], Longs]:
    """Return which pairs of the block may be made, and what the leader would pay for the junior's place (l, j, 3).

    That is what the pair is worth less the price of the leader's own place: of the first, which brings a leader
    matched, or of a further one, whichever leaves more. more: juniors that are asked about besides those there are.
    """
    problem, objective, leaders = block.problem, proof.objective, block.leaders
    fit = fit_points(block, counted)
    allowed = (refused(block) == 0) & (fit >= objective.floor)
    worth = _worth(block, counted, objective, fit)
    free, prized = free_places(problem, more)[0][leaders], ~np.isin(leaders, problem.pinned[:, 0])
    first = worth - proof.leader_price[leaders][:, None, :]
    first[:, :, 0] += (prized * objective.coverage)[:, None]
    first[free == 0] = (NO_PLACE, 0, 0)
    further = worth - proof.further_price[leaders][:, None, :]
    further[free < 2] = (NO_PLACE, 0, 0)
    return allowed, np.where(below(first, further)[:, :, None], further, first)


def _worth(block: Block, counted: Tables, objective: Objective, fit: NDArray[np.int32]) -> Longs:
    worth = np.zeros((*fit.shape, LEVELS), np.int64)
    worth[:, :, 1] = -(fit < objective.weak_below).astype(np.int64)
    worth[:, :, 2] = full_points(block, counted, objective, fit) * objective.total
    return worth


def below(one: Longs, other: Longs) -> NDArray[np.bool_]:
    """Whether one is less than the other, level by level from the first on; the levels are the last axis."""
    lower = np.zeros(one.shape[:-1], np.bool_)
    for level in range(LEVELS - 1, -1, -1):
        lower = (one[..., level] < other[..., level]) | (one[..., level] == other[..., level]) & lower
    return lower


def free_places(problem: Problem, more: int = 0) -> tuple[Longs, Longs]:
    """Return places beside pins, of leaders (L,) and of juniors (J,); nobody meets more people than there are."""
    leaders = problem.leader_capacity - np.bincount(problem.pinned[:, 0], minlength=problem.leaders)
    juniors = problem.junior_capacity - np.bincount(problem.pinned[:, 1], minlength=problem.juniors)
    return np.minimum(leaders, problem.juniors + more), np.minimum(juniors, problem.leaders)


@dataclass(frozen=True, eq=False)
class Certain:
    """What the prices alone say of all optima (lots aside).

    never: how many pairs break no rule and are in none. open (K, 2): pairs that may be in some. always (P,): pairs of
    the proposal that are in every one: one of the two must be matched and has nobody else (pins are always in).
    """

    never: int
    open: NDArray[np.int32]
    always: NDArray[np.bool_]


def certain(problem: Problem, proposal: Proposal) -> Certain:
    """Return the pairs in no optimum and those in every one, as far as the prices tell: one pass over all pairs."""
    proof, counted = proposal.certificate, tables(problem)
    never, found = 0, [np.empty((0, 2), np.int32)]
    for block in blocks(problem):
        costs = costs_of(block, proof, counted)
        costly = (costs.least != 0).any(axis=2)
        never += int((costs.allowed & costly).sum())
        row, column = np.nonzero(costs.allowed & ~costly)
        found.append(np.stack([block.leaders[row], block.juniors[column]], axis=1).astype(np.int32))
    open_ = np.concatenate(found)
    return Certain(never, open_[np.lexsort((open_[:, 1], open_[:, 0]))], _always(problem, proposal, open_))


def _always(problem: Problem, proposal: Proposal, open_: NDArray[np.int32]) -> NDArray[np.bool_]:
    """A place with a price is filled in every optimum; with as many pairs open as places, by all of these."""
    pairs, proof = proposal.pairs, proposal.certificate
    leaders, juniors = free_places(problem)
    choices = np.bincount(open_[:, 0], minlength=problem.leaders), np.bincount(open_[:, 1], minlength=problem.juniors)
    last = np.where((leaders > 1)[:, None], proof.further_price, proof.leader_price)
    must = (last != 0).any(axis=1) & (choices[0] == leaders), (proof.junior_price != 0).any(axis=1)
    pinned = (pairs[:, None] == problem.pinned[None]).all(axis=2).any(axis=1)
    sure: NDArray[np.bool_] = must[0][pairs[:, 0]] | (must[1] & (choices[1] == juniors))[pairs[:, 1]] | pinned
    return sure
