"""Whether a pair is in every optimum: a search among the few pairs that cost nothing under the prices."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from matching.block import measure
from matching.certificate import Certificate
from matching.points import tables
from matching.prices import costs_of, free_places
from matching.problem import Problem

FARTHEST = 256
"""Leaders looked at: where so many could move, a way is likely, and looking on would take as long as solving."""


def is_kept(problem: Problem, proof: Certificate, pairs: NDArray[np.int32], leader: int, junior: int) -> bool:
    """Whether the prices show that a pair of an optimum (P, 2), not a pin, is in every other (lots aside).

    Optima differ by chains: somebody leaves a pair and takes a place at no cost, whoever had that place takes another,
    until one takes the place that was left, or one that was free, or goes without and is not missed. If no chain that
    begins with this leader can end, the pair stays. False says nothing: not every chain that is found can be had, and
    the search stops after FARTHEST leaders.
    """
    free_juniors = free_places(problem)[1]
    taken = {(one, other) for one, other in pairs.tolist()} - {(one, other) for one, other in problem.pinned.tolist()}
    holders: dict[int, list[int]] = {}
    for one, other in sorted(taken):
        holders.setdefault(other, []).append(one)
    reached, waiting = {leader}, [leader]
    while waiting and len(reached) <= FARTHEST:
        if _is_not_missed(problem, proof, waiting):
            return False
        wanted = {other for one, other in _tight(problem, proof, waiting) if (one, other) not in taken}
        if junior in wanted or any(len(holders.get(other, ())) < free_juniors[other] for other in wanted):
            return False
        waiting = sorted({one for other in wanted for one in holders[other]} - reached)
        reached.update(waiting)
    return not waiting


def _is_not_missed(problem: Problem, proof: Certificate, leaders: Sequence[int]) -> bool:
    """Whether the last place of one of these leaders has no price: it may stay empty."""
    several = free_places(problem)[0][leaders] > 1
    price = np.where(several[:, None], proof.further_price[leaders], proof.leader_price[leaders])
    return bool((price == 0).all(axis=1).any())


def _tight(problem: Problem, proof: Certificate, leaders: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The pairs of these leaders that may be made and cost nothing."""
    block = measure(problem, np.array(leaders), slice(None))
    costs = costs_of(block, proof, tables(problem))
    row, column = np.nonzero(costs.allowed & (costs.least == 0).all(axis=2))
    return zip(block.leaders[row].tolist(), block.juniors[column].tolist(), strict=True)
