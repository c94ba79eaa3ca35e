"""Raising the lowest fit: after everything else, before the total, and one pair after another."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.assign import Progress, Proposal, solve
from matching.certificate import Certificate
from matching.given import among, distinct_fits, lowest_free, points_of
from matching.objective import COVERAGE_FIRST, POINTS, Objective
from matching.problem import Problem
from matching.tight import is_kept

MOST_LEVELS = 12
"""Fits that are raised one after another. Each takes some solutions, and people ask about the lowest pairs only."""


class Raised(NamedTuple):
    """The proposal, and the objective under which ``solve`` alone makes the same pairs.

    settled: how many of the lowest pairs, pins aside, are proven to be as high as can be, one after another.
    ended: whether nothing was left to raise.
    """

    proposal: Proposal
    objective: Objective
    settled: int = 0
    ended: bool = False


def raised_last(
    problem: Problem, first: Objective, progress: Progress | None = None, best: Proposal | None = None
) -> Raised:
    """Among the best proposals by an objective return one whose lowest fit is as high as can be; ``best`` is what
    ``solve`` makes by it, where that is known already.

    The floor is put just above the lowest pair that is not pinned, until leaders, weak pairs or points would suffer.
    What is reached is worth as much as the first certificate proves, so that one is kept: it speaks of all pairs, not
    only of those above the floor. Where it also shows that a lowest pair is in every optimum, none is sought above it.
    """
    best, objective = best or solve(problem, first, progress), first
    certificate = best.certificate
    while (lowest := lowest_free(problem, best)) is not None and lowest < POINTS:
        if _stays(problem, certificate, best, lowest):
            break
        higher = replace(first, floor=lowest + 1)
        other = solve(problem, higher)
        if (other.matched, other.weak, points_of(other)) != (best.matched, best.weak, points_of(best)):
            break
        best, objective = other, higher
    return Raised(replace(best, certificate=certificate), objective)


def _stays(problem: Problem, proof: Certificate, best: Proposal, lowest: int) -> bool:
    """Whether one of the lowest pairs, pins aside, is in whatever is as good."""
    lows = best.pairs[(best.points == lowest) & ~among(problem, best.pairs, problem.pinned)].tolist()
    return any(is_kept(problem, proof, best.pairs, leader, junior) for leader, junior in lows)


def raised_first(problem: Problem, progress: Progress | None = None) -> Raised:
    """Match as many leaders as possible, then make the lowest fit as high as can be, then the total.

    Bisection over the fits that there are: if a floor costs a leader, so does every higher one. A place that nobody
    needs in order to be matched stays empty rather than hold the lowest pair.
    """
    best = solve(problem, COVERAGE_FIRST, progress)
    lowest = lowest_free(problem, best)
    if lowest is None:
        return Raised(best, COVERAGE_FIRST, ended=True)
    fits = np.append(_between(problem, lowest, POINTS - 1), POINTS)
    low, high = 0, len(fits)
    while low < high:
        middle = (low + high) // 2
        other = solve(problem, replace(COVERAGE_FIRST, floor=int(fits[middle])))
        if other.matched < best.matched:
            high = middle
        else:
            best, lowest = other, lowest_free(problem, other) or POINTS
            low = int(np.searchsorted(fits, lowest, "right"))
    settled = len(_lowest(problem, best)[:1])
    return Raised(best, replace(COVERAGE_FIRST, floor=min(lowest, POINTS)), settled, ended=lowest >= POINTS)


def raised_in_turn(problem: Problem, levels: int = MOST_LEVELS, progress: Progress | None = None) -> Raised:
    """Raise the lowest fit, then have as few pairs of that fit as possible, then raise the next, and so on; then total.

    Of two proposals that match as many leaders, the better one has fewer pairs of the lowest fit of which they have not
    as many (leximin). For each threshold ``solve`` finds the fewest pairs below it. As long as the proposal that has
    the fewest also has, fit by fit, those counted before, no proposal is better; where it has not, one would have to
    demand several counts at once, which no prices can prove. There it stops, or after so many levels, or ends when no
    further pair has to be below a perfect fit. What is left open is settled by the total.
    """
    best, objective, first, ended = raised_first(problem, progress)
    known: list[int] = []
    fits = _between(problem, objective.floor - 1, POINTS - 1)
    for _ in range(levels):
        found = None if ended else _next(problem, objective.floor, fits, len(known))
        if found is None:
            return Raised(best, objective, settled=max(first, len(known)), ended=True)
        lowest, without, fewest = found
        if without is not None:
            if _lowest(problem, without.proposal, lowest - 1) != known:
                break
            best, objective = without
        counted = _lowest(problem, fewest.proposal, lowest)
        if counted != [*known, *[lowest] * (len(counted) - len(known))]:
            known = [*known, lowest]
            break
        (best, objective), known = fewest, counted
        fits = fits[fits > lowest]
    return Raised(best, objective, settled=max(first, len(known)))


class _Tried(NamedTuple):
    proposal: Proposal
    objective: Objective


def _next(
    problem: Problem, floor: int, fits: NDArray[np.int64], known: int
) -> tuple[int, _Tried | None, _Tried] | None:
    """Return the lowest of the fits up to which more than ``known`` pairs must be made.

    With it a proposal with ``known`` pairs below it, unless that is the one at hand, and one with the fewest up to it.
    Steps double from the lowest fit on, as the next is likely to be near; then they halve.
    """
    without: _Tried | None = None
    fewest: _Tried | None = None
    low, high, step = 0, len(fits), 1
    while low < high:
        place = (low + high) // 2 if fewest else min(low + step, len(fits)) - 1
        objective = Objective(floor=floor, weak_below=int(fits[place]) + 1)
        tried = _Tried(solve(problem, objective), objective)
        if len(_lowest(problem, tried.proposal, int(fits[place]))) > known:
            high, fewest = place, tried
        else:
            low, step, without = place + 1, 2 * step, tried
    return (int(fits[high]), without, fewest) if fewest else None


def _lowest(problem: Problem, proposal: Proposal, most: int = 2 * POINTS) -> list[int]:
    """Return the points of the pairs that have at most so many, pins aside, from the lowest up."""
    points = proposal.points[~among(problem, proposal.pairs, problem.pinned)]
    return sorted(points[points <= most].tolist())


def _between(problem: Problem, above: int, most: int) -> NDArray[np.int64]:
    fits = distinct_fits(problem)
    return fits[(fits > above) & (fits <= most)]
