"""What may be changed in a settled round, one thing at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from matching.errors import InvalidProblem
from matching.problem import ARRAYS, Problem


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


@dataclass(frozen=True, eq=False)
class Answers:
    """Have somebody answer otherwise: the fields of ``Problem`` by leader or by junior, each with that person's values.

    So changes what their pairs weigh, and which may be made: other hours, another need, a waiting bonus.
    """

    side: Literal["leader", "junior"]
    person: int
    values: Mapping[str, NDArray[np.generic]]


Edit = Pin | Forbid | Release | LeaderPlaces | JuniorPlaces | Answers


def edited(problem: Problem, edits: Sequence[Edit]) -> Problem:
    """Return the problem with these edits, one after the other. Raises: InvalidProblem for answers that are none."""
    for edit in edits:
        problem = _edited(problem, edit)
    return problem


def _edited(problem: Problem, edit: Edit) -> Problem:
    if isinstance(edit, LeaderPlaces):
        return problem.changed(leader_capacity=_with(problem.leader_capacity, edit.leader, edit.places))
    if isinstance(edit, JuniorPlaces):
        return problem.changed(junior_capacity=_with(problem.junior_capacity, edit.junior, edit.places))
    if isinstance(edit, Answers):
        return problem.changed(**dict(_answered(problem, edit)))
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


def _answered(problem: Problem, edit: Answers) -> Iterator[tuple[str, NDArray[np.generic]]]:
    side = edit.side[0].upper()
    for name, values in edit.values.items():
        if name not in ARRAYS or side not in ARRAYS[name].dims:
            raise InvalidProblem(name, "kind")
        people = np.moveaxis(getattr(problem, name).copy(), ARRAYS[name].dims.index(side), 0)
        if np.shape(values) != people.shape[1:]:
            raise InvalidProblem(name, "shape")
        people[edit.person] = values
        yield name, np.moveaxis(people, 0, ARRAYS[name].dims.index(side))
