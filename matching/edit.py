"""What may be changed in a settled round, one thing at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


def edited(problem: Problem, edits: Sequence[Edit]) -> Problem:
    """Return the problem with these edits, one after the other."""
    for edit in edits:
        problem = _edited(problem, edit)
    return problem


def _edited(problem: Problem, edit: Edit) -> Problem:
    if isinstance(edit, LeaderPlaces):
        return problem.changed(leader_capacity=_with(problem.leader_capacity, edit.leader, edit.places))
    if isinstance(edit, JuniorPlaces):
        return problem.changed(junior_capacity=_with(problem.junior_capacity, edit.junior, edit.places))
    pair = np.array([[edit.leader, edit.junior]], np.int32)
    if isinstance(edit, Pin):
        return problem.changed(pinned=np.concatenate([problem.pinned, pair]))
    pinned = problem.pinned[(problem.pinned != pair).any(axis=1)]
    if isinstance(edit, Release):
        return problem.changed(pinned=pinned)
    return problem.changed(pinned=pinned, forbidden=np.concatenate([problem.forbidden, pair]))


def _with(capacity: NDArray[np.int32], person: int, places: int) -> NDArray[np.int32]:
    changed = capacity.copy()
    changed[person] = places
    return changed
