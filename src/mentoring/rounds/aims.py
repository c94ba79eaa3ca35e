"""What a round is to reach, as the solver process and the stored inputs have it: numbers, and names of the engine."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from msgspec import Struct

from matching import COVERAGE_FIRST, GREATEST_TOTAL, POINTS, WEAK, Certificate, Objective, Problem, Proposal, Terms
from matching.policies import STANDARD

SETTLED = {"standard": STANDARD, "coverage_first": COVERAGE_FIRST, "greatest_total": GREATEST_TOTAL}
"""Policies whose proof always speaks of the same objective."""
RAISING = ("raise_the_worst_off", "raise_in_turn")
"""Policies that find out how high the lowest fit can be, and then prove the rest above it."""
AS_GIVEN = Objective(weak_below=WEAK)
"""What there is a proof of where a policy chooses pairs by other means: that they keep to the rules, and no more."""


class Aim(Struct, frozen=True):
    """A policy with its terms. ``change_cost`` in points; ``cap`` as a fraction; ``published``: pairs by number."""

    policy: str = "coverage_first"
    quota: int = 0
    change_cost: int = 0
    cap: tuple[int, int] = (1, 2)
    seed: int = 0
    published: list[tuple[int, int]] = []

    @property
    def terms(self) -> Terms:
        return Terms(
            published=np.array(self.published, np.int32).reshape(-1, 2),
            change_cost=self.change_cost,
            quota=self.quota,
            cap=Fraction(*self.cap),
            seed=self.seed,
        )


def points_of(fits: float) -> int:
    return round(fits * POINTS)


def settled(aim: Aim) -> Objective | None:
    """The objective by which edits of a round of this aim are tried; None where only solving anew tells.

    What the standard policy does besides, it does with what this gives.
    """
    if aim.policy == "fewest_changes":
        return Objective(keep=aim.change_cost, kept=aim.terms.published)
    return SETTLED.get(aim.policy)


def promised(aim: Aim, proof: Certificate) -> Objective | None:
    """The objective that a proof of this aim must speak of; None where the policy promises nothing that prices prove.

    How far the lowest fit was raised only the proof knows; that it was not raised too far, the leaders matched tell.
    """
    if aim.policy in RAISING:
        return replace(COVERAGE_FIRST, floor=proof.objective.floor, weak_below=proof.objective.weak_below)
    return settled(aim)


def as_given(problem: Problem, proposal: Proposal) -> Problem:
    """The problem in which these pairs are pinned and nobody has a place besides: all that is left are the rules."""
    pairs = proposal.pairs
    capacities = {}
    for side, name in enumerate(("leader_capacity", "junior_capacity")):
        capacity = getattr(problem, name)
        taken = np.bincount(pairs[:, side], minlength=len(capacity))[: len(capacity)]
        capacities[name] = np.minimum(taken, capacity).astype(np.int32)
    return replace(problem, pinned=pairs, **capacities)
