"""Problems to test with: one that is valid by default, one with given scores, and drawn ones."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from matching import NEEDS, PART_NAMES, SEASONS, WEEK, Problem, Rules, Weights
from matching.problem import ARRAYS

NEED_ONLY = Weights(need=1, time=0, wishes=0, tools=0, language=0, across=0)


SIZES = {"S": 1, "T": 1, "G": 1}

Item = TypeVar("Item")
Change = ArrayLike | Rules | Weights
Changes = dict[str, Change]


def hours(*people: int | tuple[int, int]) -> NDArray[np.bool_]:
    """Weeks of people (2, n, 672) who have so many quarter hours from Monday on, in winter and summer."""
    weeks = np.zeros((SEASONS, len(people), WEEK), np.bool_)
    for person, quarters in enumerate(people):
        for season, number in enumerate(quarters if isinstance(quarters, tuple) else (quarters, quarters)):
            weeks[season, person, :number] = True
    return weeks


def a_problem(leaders: int = 1, juniors: int = 1, /, **changes: Change) -> Problem:
    """Every pair is eligible and fits by 0.70: need, time and language are full, the rest is nothing."""
    given: Changes = {
        "need_skill": [[0, -1, -1]] * leaders,
        "need_level": [[0, 0, 0]] * leaders,
        "offer_level": [[4]] * juniors,
        "wanted_tools": [[False]] * leaders,
        "offered_tools": [[False]] * juniors,
        "leader_fluency": [[3]] * leaders,
        "junior_fluency": [[3]] * juniors,
        "leader_hours": hours(*[24] * leaders),
        "junior_hours": hours(*[24] * juniors),
        "leader_country": [0] * leaders,
        "junior_country": [0] * juniors,
        "leader_unit": [0] * leaders,
        "junior_unit": [1] * juniors,
        "leader_grade": [22] * leaders,
        "junior_grade": [10] * juniors,
        "leader_manager": [-1] * leaders,
        "junior_manager": [-1] * juniors,
        "leader_capacity": [1] * leaders,
        "junior_capacity": [1] * juniors,
        "leader_waiting": [0.0] * leaders,
        "junior_waiting": [0.0] * juniors,
    }
    sizes = {"L": leaders, "J": juniors, **SIZES}
    rules, weights = changes.pop("rules", Rules()), changes.pop("weights", Weights())
    assert isinstance(rules, Rules)
    assert isinstance(weights, Weights)
    arrays = {name: np.asarray(value) for name, value in (given | changes).items()}
    for name, array in arrays.items():
        if not array.size:
            dims = ARRAYS[name].dims if name in ARRAYS else (0, 2)
            arrays[name] = array.reshape([size if isinstance(size, int) else sizes[size] for size in dims])
    return Problem(**arrays, rules=rules, weights=weights)


def scored(twelfths: list[list[int]], /, **changes: Change) -> Problem:
    """Each leader has three needs of their own; the fit of a pair is the number given, in twelfths.

    0 twelfths: the rule on skills refuses the pair.
    """
    juniors = len(twelfths[0]) if twelfths else 0
    skills = NEEDS * len(twelfths)
    offers = np.zeros((juniors, max(1, skills)), np.int8)
    for leader, row in enumerate(twelfths):
        for junior, twelfth in enumerate(row):
            offers[junior, NEEDS * leader : NEEDS * (leader + 1)] = _levels(twelfth)
    given: Changes = {
        "need_skill": np.arange(skills).reshape(-1, NEEDS),
        # level 1 is held, so that 2 and 3 on offer are one and two levels gained
        "need_level": np.ones((len(twelfths), NEEDS), np.int8),
        "offer_level": offers,
        "weights": NEED_ONLY,
    }
    return a_problem(len(twelfths), juniors, **(given | changes))


def _levels(twelfths: int) -> list[int]:
    for first in (0, 1, 2):
        for second in (0, 1, 2):
            third = twelfths - 3 * first - 2 * second
            if 0 <= third <= 2:
                return [gain + 1 if gain else 0 for gain in (first, second, third)]
    raise ValueError(twelfths)


class Dice:
    """Choices by numbers that were drawn all at once: drawn one by one, they take longer than what is tested."""

    def __init__(self, numbers: bytes) -> None:
        self._numbers = iter(numbers)

    def one(self, choices: Sequence[Item]) -> Item:
        return choices[next(self._numbers) % len(choices)]

    def row(self, length: int, choices: Sequence[Item]) -> list[Item]:
        return [self.one(choices) for _ in range(length)]

    def matrix(self, height: int, width: int, choices: Sequence[Item]) -> list[list[Item]]:
        return [self.row(width, choices) for _ in range(height)]

    def some(self, most: int, choices: Sequence[Item]) -> list[Item]:
        """None of them up to ``most``; one may come twice."""
        return self.row(self.one(range(most + 1)), choices)


def thrown(make: Callable[[Dice], Item], numbers: int) -> st.SearchStrategy[Item]:
    """What is made of so many numbers: as many as the largest of them takes."""
    return st.binary(min_size=numbers, max_size=numbers).map(lambda drawn: make(Dice(drawn)))


SCORED, PEOPLED = 41, 114
"""Numbers that the largest of them takes."""


def assignments() -> st.SearchStrategy[Problem]:
    """Up to 4 by 4 with scores, capacities, waiting bonuses, forbidden pairs and pins that can be kept."""
    return thrown(assignment, SCORED)


def assignment(draw: Dice) -> Problem:
    leaders, juniors = draw.one(range(1, 5)), draw.one(range(1, 5))
    twelfths = draw.matrix(leaders, juniors, range(13))
    cells = [(leader, junior) for leader in range(leaders) for junior in range(juniors)]
    forbidden = draw.some(3, cells)
    leader_capacity = draw.row(leaders, range(3))
    junior_capacity = draw.row(juniors, range(4))
    pinned: list[tuple[int, int]] = []
    for leader, junior in dict.fromkeys(draw.some(2, cells)):
        asked = [*pinned, (leader, junior)]
        if (
            twelfths[leader][junior]
            and (leader, junior) not in forbidden
            and sum(one == leader for one, _ in asked) <= leader_capacity[leader]
            and sum(one == junior for _, one in asked) <= junior_capacity[junior]
        ):
            pinned = asked
    waiting = [0.0, 0.05, 0.15]
    return scored(
        twelfths,
        leader_capacity=leader_capacity,
        junior_capacity=junior_capacity,
        forbidden=forbidden,
        pinned=pinned,
        leader_waiting=draw.row(leaders, waiting),
        junior_waiting=draw.row(juniors, waiting),
    )


def people() -> st.SearchStrategy[Problem]:
    """Up to 3 by 3 in which every field, rule, threshold and weight is drawn."""
    return thrown(organisation, PEOPLED)


def organisation(draw: Dice) -> Problem:
    leaders, juniors = draw.one(range(1, 4)), draw.one(range(1, 4))
    level, fluency, known = range(5), range(4), (0, 1, -1)
    quarters = [(0, 30), (7, 8), (8, 8), (8, 7), (13, 24), (40, 30)]
    cells = [(leader, junior) for leader in range(leaders) for junior in range(juniors)]
    weight = [0.0, 0.05, 0.45, 3.0]
    return a_problem(
        leaders,
        juniors,
        need_skill=draw.matrix(leaders, NEEDS, (0, 1, 2, 3, -1)),
        need_level=draw.matrix(leaders, NEEDS, level),
        offer_level=draw.matrix(juniors, 4, level),
        wanted_tools=draw.matrix(leaders, 3, (False, True)),
        offered_tools=draw.matrix(juniors, 3, (False, True)),
        leader_fluency=draw.matrix(leaders, 2, fluency),
        junior_fluency=draw.matrix(juniors, 2, fluency),
        leader_hours=hours(*draw.row(leaders, quarters)),
        junior_hours=hours(*draw.row(juniors, quarters)),
        leader_country=draw.row(leaders, known),
        junior_country=draw.row(juniors, known),
        leader_unit=draw.row(leaders, known),
        junior_unit=draw.row(juniors, known),
        leader_grade=draw.row(leaders, range(8, 13)),
        junior_grade=draw.row(juniors, range(6, 11)),
        leader_manager=draw.row(leaders, known),
        junior_manager=draw.row(juniors, known),
        in_line=draw.some(2, cells),
        barred=draw.some(2, cells),
        forbidden=draw.some(2, cells),
        leader_wishes=draw.some(2, cells),
        junior_wishes=draw.some(2, cells),
        rules=draw.one([Rules(), Rules(seniority_gap=1, minimum_offer=3, working_fluency=1)]),
        weights=Weights(**dict(zip(PART_NAMES, [*draw.row(5, weight), draw.one([0.05, 1.0])], strict=True))),
    )
