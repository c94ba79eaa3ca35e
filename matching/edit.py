"""What if: one thing changed in a settled round, the new best, who moves for it, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.assign import Proposal, solve
from matching.objective import COVERAGE_FIRST, POINTS, Objective
from matching.problem import Problem


@dataclass(frozen=True)
class Pin:
    """Have these two paired whatever else is better."""

    leader: int
    junior: int


@dataclass(frozen=True)
class Forbid:
    """Never have these two paired, pinned or not."""

    leader: int
    junior: int


@dataclass(frozen=True)
class Release:
    """Leave a pinned pair to the engine again."""

    leader: int
    junior: int


@dataclass(frozen=True)
class LeaderPlaces:
    """Let a leader have so many places: 0 to leave, from 0 to join."""

    leader: int
    places: int


@dataclass(frozen=True)
class JuniorPlaces:
    """Let a junior have so many places: 0 to leave, from 0 to join."""

    junior: int
    places: int


Edit = Pin | Forbid | Release | LeaderPlaces | JuniorPlaces


@dataclass(frozen=True, eq=False)
class Tried:
    """What some edits would do. ``problem`` and ``proposal`` are those with the edits; nothing else is changed.

    gone, come (K, 2): pairs that were proposed and no longer are, and those that are new. leaders, weak: how many more
    leaders are matched and pairs weak. points: by how much the sum at the level of points changes; 1,000,000 are a fit
    of 1.
    """

    problem: Problem
    proposal: Proposal
    gone: NDArray[np.int32]
    come: NDArray[np.int32]
    leaders: int
    weak: int
    points: int


@dataclass(frozen=True, eq=False)
class Draft:
    """A settled round on which edits are tried. ``proposal`` is the best without them."""

    problem: Problem
    objective: Objective
    proposal: Proposal

    @classmethod
    def opened(cls, problem: Problem, objective: Objective = COVERAGE_FIRST) -> "Draft":
        """Raises what ``solve`` raises."""
        return cls(problem, objective, solve(problem, objective))

    def tried(self, edits: Sequence[Edit]) -> Tried:
        """Find the best with these edits. The draft stays as it is.

        Raises: Infeasible when a pin is refused by a rule or exceeds a capacity.
        """
        problem = edited(self.problem, edits)
        return told(self.proposal, problem, solve(problem, self.objective))


def told(before: Proposal, problem: Problem, after: Proposal) -> Tried:
    width = max(problem.juniors, 1)
    old, new = before.pairs.astype(np.int64) @ [width, 1], after.pairs.astype(np.int64) @ [width, 1]
    return Tried(
        problem=problem,
        proposal=after,
        gone=before.pairs[~np.isin(old, new)],
        come=after.pairs[~np.isin(new, old)],
        leaders=after.matched - before.matched,
        weak=after.weak - before.weak,
        points=round((after.objective - before.objective) * POINTS),
    )


def edited(problem: Problem, edits: Sequence[Edit]) -> Problem:
    """Return the problem with these edits, one after the other."""
    for edit in edits:
        problem = _edited(problem, edit)
    return problem


def _edited(problem: Problem, edit: Edit) -> Problem:
    if isinstance(edit, LeaderPlaces):
        return replace(problem, leader_capacity=_with(problem.leader_capacity, edit.leader, edit.places))
    if isinstance(edit, JuniorPlaces):
        return replace(problem, junior_capacity=_with(problem.junior_capacity, edit.junior, edit.places))
    pair = np.array([[edit.leader, edit.junior]], np.int32)
    if isinstance(edit, Pin):
        return replace(problem, pinned=np.concatenate([problem.pinned, pair]))
    pinned = problem.pinned[(problem.pinned != pair).any(axis=1)]
    if isinstance(edit, Release):
        return replace(problem, pinned=pinned)
    return replace(problem, pinned=pinned, forbidden=np.concatenate([problem.forbidden, pair]))


def _with(capacity: NDArray[np.int32], person: int, places: int) -> NDArray[np.int32]:
    changed = capacity.copy()
    changed[person] = places
    return changed
