"""What a proposal is to make as large as possible: levels, each of which the later ones may not touch."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from matching.errors import InvalidProblem

POINTS = 1_000_000
"""Points of a fit of 1. Whole numbers, so that sums and comparisons are exact; see ``points`` for the rounding."""

WEAK = 400_000
"""Points of a fit of 0.40. Below that two people share one need at most, or hardly an hour."""

LEVELS = 3
"""Leaders matched, pairs that are not weak, points."""

MOST_BONUS = 4 * POINTS
"""Of a bonus: as much as four perfect fits outweighs whatever one pair can be worth."""


def _no_pairs() -> NDArray[np.int32]:
    return np.empty((0, 2), np.int32)


def _no_groups() -> NDArray[np.int16]:
    return np.empty(0, np.int16)


@dataclass(frozen=True, eq=False, kw_only=True)
class Objective:
    """Pins are kept; then, level by level: leaders matched, weak pairs avoided, points, lots.

    coverage: whether as many leaders as possible are matched, whatever it costs.
    weak_below: fit in points below which a pair is weak, and avoided if that costs no leader; 0: no such level.
    total: whether the points count: fit, waiting bonuses of both, and the bonuses below.
    floor: pairs with a fit below so many points are not made at all.
    across, leader_group (L,), junior_group (J,): points added to a pair of two different known groups (-1: unknown).
    kept (K, 2), keep: points added to each of these pairs, as those of a published round.
    What is still equal is settled by the sum of the pairs' lots. Raises: InvalidProblem.
    """

    coverage: bool = True
    weak_below: int = 0
    total: bool = True
    floor: int = 0
    across: int = 0
    leader_group: NDArray[np.int16] = field(default_factory=_no_groups)
    junior_group: NDArray[np.int16] = field(default_factory=_no_groups)
    keep: int = 0
    kept: NDArray[np.int32] = field(default_factory=_no_pairs)

    def __post_init__(self) -> None:
        for name, most in (("weak_below", POINTS), ("floor", POINTS), ("across", MOST_BONUS), ("keep", MOST_BONUS)):
            if not 0 <= getattr(self, name) <= most:
                raise InvalidProblem(f"objective.{name}", "range")
        if self.across and not (len(self.leader_group) and len(self.junior_group)):
            raise InvalidProblem("objective.across", "shape")


COVERAGE_FIRST = Objective()
GREATEST_TOTAL = Objective(coverage=False)
