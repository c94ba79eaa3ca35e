"""Pairs that were chosen by other means than ``solve``, made into a proposal like any other."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from matching.assign import Proposal, solve
from matching.block import blocks
from matching.eligibility import refused
from matching.objective import POINTS, WEAK, Objective
from matching.points import fit_points, tables
from matching.problem import Problem


def as_given(problem: Problem, pairs: NDArray[np.int32]) -> Proposal:
    """Return exactly these pairs (P, 2) as a proposal: all are pinned and nobody has a place besides.

    So rules and capacities are asked once more. The certificate is that of such a problem, in which nothing is left to
    choose: it says nothing about how good the choice was. Weak is what is below WEAK.
    Raises: Infeasible where a rule refuses a pair or somebody has too many.
    """
    taken = [np.bincount(pairs[:, side], minlength=n) for side, n in enumerate((problem.leaders, problem.juniors))]
    fixed = replace(
        problem,
        pinned=pairs,
        leader_capacity=np.minimum(taken[0], problem.leader_capacity).astype(np.int32),
        junior_capacity=np.minimum(taken[1], problem.junior_capacity).astype(np.int32),
    )
    return solve(fixed, Objective(weak_below=WEAK))


def points_of(proposal: Proposal) -> int:
    """Return the total that the proposal was made for, in points."""
    return round(proposal.objective * POINTS)


def keys_of(problem: Problem, pairs: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return one number for each pair (P,), the same for the same pair."""
    keys: NDArray[np.int64] = pairs[:, 0].astype(np.int64) * max(1, problem.juniors) + pairs[:, 1]
    return keys


def among(problem: Problem, pairs: NDArray[np.int32], others: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which of the pairs (P,) are among the others."""
    return np.isin(keys_of(problem, pairs), keys_of(problem, others))


def lowest_free(problem: Problem, proposal: Proposal) -> int | None:
    """Return the lowest points of a pair that is not pinned; None where there is none."""
    free = ~among(problem, proposal.pairs, problem.pinned)
    return int(proposal.points[free].min()) if free.any() else None


def distinct_fits(problem: Problem) -> NDArray[np.int64]:
    """Return the points that eligible pairs have, each once, from the lowest up."""
    counted, seen = tables(problem), np.zeros(POINTS + 8, np.bool_)
    for block in blocks(problem):
        seen[fit_points(block, counted)[refused(block) == 0]] = True
    return np.flatnonzero(seen).astype(np.int64)
