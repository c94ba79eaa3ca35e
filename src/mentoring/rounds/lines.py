"""Who stands above whom, as the engine takes it: places in a walk down the solid lines, and pairs for all else."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentoring.directory.models import LineKind
from mentoring.rounds.snapshot import Key, Line

NOWHERE = (-1, -1)
"""The place of whoever the walk does not come to: on a loop, under one, or without any solid line."""

Place = tuple[int, int]
Rows = NDArray[np.int32]


@dataclass(frozen=True)
class Standing:
    """Places (n, 2) of leaders and juniors, [enter, leave), and the pairs (K, 2) in one line for another reason."""

    leader_line: Rows
    junior_line: Rows
    in_line: Rows


def standing(lines: Sequence[Line], leaders: Sequence[Key], juniors: Sequence[Key]) -> Standing:
    """Lay the lines over the leaders and juniors, who are persons."""
    managers = {line.person: line.manager for line in lines if line.kind is LineKind.SOLID}
    place = walked(managers)
    others = [
        (line.manager, line.person)
        for line in lines
        if line.kind is LineKind.DOTTED or (line.kind is LineKind.SOLID and line.person not in place)
    ]
    appraisals = [(line.manager, line.person) for line in lines if line.kind is LineKind.APPRAISER]
    above, led, taught = _Above(managers, lines), _Below(leaders, place), _Below(juniors, place)
    crossing = [pair for manager, person in others for pair in _crossing(above.of(manager), person, led, taught)]
    crossing += [pair for one, other in appraisals for pair in _each_other(one, other, led, taught)]
    return Standing(
        np.array([place.get(one, NOWHERE) for one in leaders], np.int32).reshape(-1, 2),
        np.array([place.get(one, NOWHERE) for one in juniors], np.int32).reshape(-1, 2),
        np.concatenate([np.empty((0, 2), np.int32), *crossing]),
    )


def walked(managers: Mapping[Key, Key]) -> dict[Key, Place]:
    """Return for each person when a walk from the top enters it, and when it leaves the last one below it.

    Without recursion: a line may be as long as a file makes it.
    """
    reports: dict[Key, list[Key]] = {}
    for person, manager in managers.items():
        reports.setdefault(manager, []).append(person)
    waiting = [manager for manager in reports if manager not in managers]
    order: list[Key] = []
    while waiting:
        order.append(waiting.pop())
        waiting.extend(reports.get(order[-1], ()))
    below = dict.fromkeys(order, 1)
    for person in reversed(order):
        if person in managers:
            below[managers[person]] += below[person]
    return {person: (enter, enter + below[person]) for enter, person in enumerate(order)}


class _Above:
    """Everybody above somebody, and they themselves, over solid and dotted lines."""

    def __init__(self, managers: Mapping[Key, Key], lines: Sequence[Line]) -> None:
        self.managers = managers
        self.dotted: dict[Key, list[Key]] = {}
        for line in lines:
            if line.kind is LineKind.DOTTED:
                self.dotted.setdefault(line.person, []).append(line.manager)
        self.known: dict[Key, set[Key]] = {}

    def of(self, person: Key) -> set[Key]:
        if person not in self.known:
            self.known[person] = reached = set()
            waiting = [person]
            while waiting:
                one = waiting.pop()
                if one not in reached:
                    reached.add(one)
                    waiting.extend(self.dotted.get(one, ()))
                    waiting.extend([self.managers[one]] if one in self.managers else ())
        return self.known[person]


class _Below:
    """The numbers of one side's people, and of those who stand below somebody by solid lines."""

    def __init__(self, people: Sequence[Key], place: Mapping[Key, Place]) -> None:
        self.number = {person: number for number, person in enumerate(people)}
        self.place = place
        entered = sorted((place[one][0], number) for one, number in self.number.items() if one in place)
        self.entered = [enter for enter, _ in entered]
        self.in_order = [number for _, number in entered]

    def of(self, person: Key) -> list[int]:
        """The person too, if of this side."""
        if person not in self.place:
            return [self.number[person]] if person in self.number else []
        enter, leave = self.place[person]
        return self.in_order[bisect_left(self.entered, enter) : bisect_left(self.entered, leave)]


def _crossing(above: set[Key], person: Key, led: _Below, taught: _Below) -> Iterator[Rows]:
    """Pairs of one of ``above`` and one at or below ``person``, whichever of the two leads.

    Every way up that does not keep to the walk has a last line that leaves it: of that line these are the two ends.
    """
    for upper, lower, turned in ((led, taught, False), (taught, led, True)):
        heads, tails = [upper.number[one] for one in above if one in upper.number], lower.of(person)
        if heads and tails:
            pairs = np.stack([np.repeat(heads, len(tails)), np.tile(tails, len(heads))], axis=1).astype(np.int32)
            yield pairs[:, ::-1] if turned else pairs


def _each_other(one: Key, other: Key, led: _Below, taught: _Below) -> Iterator[Rows]:
    for leader, junior in ((one, other), (other, one)):
        if leader in led.number and junior in taught.number:
            yield np.array([[led.number[leader], taught.number[junior]]], np.int32)
