"""What a round is to reach, in the engine's words."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from matching import COVERAGE_FIRST, GREATEST_TOTAL, POINTS, WEAK, Certificate, Objective, Problem, Proposal, Terms
from matching.policies import STANDARD
from mentoring.rounds.rules import Aim

SETTLED = {"standard": STANDARD, "coverage_first": COVERAGE_FIRST, "greatest_total": GREATEST_TOTAL}
"""Policies whose proof always speaks of the same objective."""
RAISING = ("raise_the_worst_off", "raise_in_turn")
"""Policies that find out how high the lowest fit can be, and then prove the rest above it."""
AS_GIVEN = Objective(weak_below=WEAK)
"""What there is a proof of where a policy chooses pairs by other means: that they keep to the rules, and no more."""


def terms_of(aim: Aim) -> Terms:
    return Terms(
        published=np.array(aim.published, np.int32).reshape(-1, 2),
        change_cost=aim.change_cost,
        quota=aim.quota,
        cap=Fraction(*aim.cap),
        seed=aim.seed,
    )


def points_of(fits: float) -> int:
    return round(fits * POINTS)


def settled(aim: Aim) -> Objective | None:
    """The objective by which edits of a round of this aim are tried; None where only solving anew tells.

    What the standard policy does besides, it does with what this gives.
    """
    if aim.policy == "fewest_changes":
        return Objective(keep=aim.change_cost, kept=terms_of(aim).published)
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
