"""In the solver process: the problem of a round in which some people answered otherwise."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from matching import NEEDS, SEASONS, WEEK, Answers, Problem, edited

Level = int | None
Values = dict[str, NDArray[np.generic]]
"""Fields of the problem, each with one person's values."""


class Otherwise(Struct, frozen=True):
    """A leader or junior, by number, and what they would have said. Skills by number with their level, None where they
    are not listed; numbers beyond the problem's are skills that nobody listed. Hours as ``hours_to_bytes`` writes them;
    ``more_hours`` come besides those that are there.
    """

    leads: bool
    person: int
    skills: list[tuple[int, Level]] = []
    hours: bytes | None = None
    more_hours: bytes | None = None


Placed = tuple[int, Otherwise]
"""Answers with their place among those given."""


class CannotAnswer(Exception):
    """``cause``: the leader has as many needs as there can be (full), or lists the ``skill`` already (listed); somebody
    does not list it (unlisted).

    ``place``: whose answers these are, among those given.
    """

    def __init__(self, cause: str, place: int, skill: int) -> None:
        super().__init__(cause)
        self.cause, self.place, self.skill = cause, place, skill


def hours_to_bytes(hours: NDArray[np.bool_]) -> bytes:
    """A week's quarter hours in winter and in summer (2, 672)."""
    return np.packbits(hours, axis=1).tobytes()


def _hours_of(packed: bytes) -> NDArray[np.bool_]:
    rows = np.frombuffer(packed, np.uint8).reshape(SEASONS, -1)
    return np.unpackbits(rows, axis=1, count=WEEK).view(np.bool_)


def with_answers(problem: Problem, answers: Sequence[Otherwise]) -> Problem:
    """The problem with these answers. Raises: CannotAnswer."""
    if more := listed_first(problem, answers):
        problem = replace(problem, offer_level=np.pad(problem.offer_level, [(0, 0), (0, more)]))
    return edited(problem, engine_answers(problem, answers))


def listed_first(problem: Problem, answers: Sequence[Otherwise]) -> int:
    """How many skills more than the problem has are listed by these answers."""
    skills = max((skill + 1 for one in answers for skill, _ in one.skills), default=0)
    return max(0, skills - int(problem.offer_level.shape[1]))


def engine_answers(problem: Problem, answers: Sequence[Otherwise]) -> list[Answers]:
    """As the engine takes them: for each person all that is other in the end. Raises: CannotAnswer."""
    by_person: dict[tuple[bool, int], list[Placed]] = {}
    for place, one in enumerate(answers):
        by_person.setdefault((one.leads, one.person), []).append((place, one))
    return [
        Answers("leader", person, _of_leader(problem, person, said))
        if leads
        else Answers("junior", person, _of_junior(problem, person, said))
        for (leads, person), said in by_person.items()
    ]


def _of_leader(problem: Problem, leader: int, said: Sequence[Placed]) -> Values:
    values = _hours("leader_hours", problem.leader_hours[:, leader], said)
    if any(one.skills for _, one in said):
        values |= _needs(problem, leader, said)
    return values


def _of_junior(problem: Problem, junior: int, said: Sequence[Placed]) -> Values:
    values = _hours("junior_hours", problem.junior_hours[:, junior], said)
    if any(one.skills for _, one in said):
        values |= _offers(problem, junior, said)
    return values


def _hours(name: str, hours: NDArray[np.bool_], said: Sequence[Placed]) -> Values:
    before = hours
    for _, one in said:
        hours = hours if one.hours is None else _hours_of(one.hours)
        hours = hours if one.more_hours is None else hours | _hours_of(one.more_hours)
    return {} if hours is before else {name: hours}


def _offers(problem: Problem, junior: int, said: Sequence[Placed]) -> Values:
    offers = problem.offer_level[junior].copy()
    for place, one in said:
        for skill, level in one.skills:
            if level is None and not offers[skill]:
                raise CannotAnswer("unlisted", place, skill)
            offers[skill] = level or 0
    return {"offer_level": offers}


def _needs(problem: Problem, leader: int, said: Sequence[Placed]) -> Values:
    """What is not needed any more makes room, and those after it move up; what is new comes last.

    A need that is listed keeps its level: who tried one after the other would learn the leader's own.
    """
    listed = zip(problem.need_skill[leader].tolist(), problem.need_level[leader].tolist(), strict=True)
    needs = {skill: held for skill, held in listed if skill >= 0}
    confided = frozenset(needs)
    changes = [(place, skill, level) for place, one in said for skill, level in one.skills]
    for place, skill, level in sorted(changes, key=lambda change: change[2] is not None):
        if level is not None and skill in confided:
            raise CannotAnswer("listed", place, skill)
        if level is not None:
            needs[skill] = level
        elif needs.pop(skill, None) is None:
            raise CannotAnswer("unlisted", place, skill)
        if len(needs) > NEEDS:
            raise CannotAnswer("full", place, skill)
    skills, levels = np.full(NEEDS, -1, np.int16), np.zeros(NEEDS, np.int8)
    skills[: len(needs)], levels[: len(needs)] = list(needs), list(needs.values())
    return {"need_skill": skills, "need_level": levels}
