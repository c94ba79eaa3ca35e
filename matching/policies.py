"""The named policies: what each puts first, and how it is solved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from matching.assign import Progress, Proposal, solve
from matching.errors import InvalidProblem
from matching.lottery import Lottery, by_lot
from matching.objective import COVERAGE_FIRST, GREATEST_TOTAL, MOST_BONUS, WEAK, Objective
from matching.problem import Problem
from matching.quota import Groups, Quota, with_quota
from matching.raising import Raised, raised_first, raised_in_turn, raised_last
from matching.stability import stable

CHANGE_COST = MOST_BONUS
"""Points that giving up a published pair costs: four perfect fits. People were told, so hardly a total is worth it."""

CAP = Fraction(1, 2)
"""Of a pair's probability: of any pair that was made, one as good might have been made by the same lot."""


def _no_pairs() -> NDArray[np.int32]:
    return np.empty((0, 2), np.int32)


@dataclass(frozen=True, eq=False, kw_only=True)
class Terms:
    """What some policies need besides the problem; the others look at none of it.

    published (K, 2): the pairs that fewest changes are counted against; ``change_cost`` points for each given up.
    groups: what a pair can be across, by default the countries. quota: pairs across at least.
    cap: highest probability of a pair. seed: of the lottery.
    """

    published: NDArray[np.int32] = field(default_factory=_no_pairs)
    change_cost: int = CHANGE_COST
    groups: Groups | None = None
    quota: int = 0
    cap: Fraction = CAP
    seed: int = 0

    def groups_of(self, problem: Problem) -> Groups:
        return self.groups or Groups(problem.leader_country, problem.junior_country)


@dataclass(frozen=True, eq=False)
class Outcome:
    """The proposal, and what the policy says besides.

    objective: with it ``solve`` alone makes the same pairs, so that they can be edited; None where no objective does.
    settled: how many of the lowest pairs are proven to be as high as can be, one after another; ended: whether nothing
    was left to raise.
    """

    proposal: Proposal
    objective: Objective | None = None
    settled: int = 0
    ended: bool = False
    quota: Quota | None = None
    lottery: Lottery | None = None
    policy: str = ""


Solving = Callable[[Problem, Terms, Progress | None], Outcome]


@dataclass(frozen=True)
class Policy:
    """A name; the levels it compares proposals by, the first that differs deciding; and how it is solved."""

    name: str
    levels: tuple[str, ...]
    solving: Solving


def propose(
    problem: Problem, policy: str = "standard", terms: Terms | None = None, progress: Progress | None = None
) -> Outcome:
    """Pair leaders with juniors by a policy of ``POLICIES``. Every policy keeps pins, rules and capacities.

    The same people get the same pairs in whatever order they are given. The first solution alone
    tells its progress. Raises: Infeasible, InvalidProblem, TooLarge; OutOfReach by quota.
    """
    if policy not in POLICIES:
        raise InvalidProblem("policy", "range")
    return replace(POLICIES[policy].solving(problem, terms or Terms(), progress), policy=policy)


def _by(objective: Objective) -> Solving:
    return lambda problem, _terms, progress: Outcome(solve(problem, objective, progress), objective)


def _raised(raised: Raised) -> Outcome:
    return Outcome(raised.proposal, raised.objective, raised.settled, raised.ended)


def _fewest_changes(problem: Problem, terms: Terms, progress: Progress | None) -> Outcome:
    objective = Objective(keep=terms.change_cost, kept=terms.published)
    return Outcome(solve(problem, objective, progress), objective)


def _quota(problem: Problem, terms: Terms, progress: Progress | None) -> Outcome:
    quota = with_quota(problem, terms.groups_of(problem), terms.quota, progress)
    return Outcome(quota.proposal, quota=quota)


def _lottery(problem: Problem, terms: Terms, progress: Progress | None) -> Outcome:
    lottery = by_lot(problem, terms.cap, terms.seed, progress)
    return Outcome(lottery.proposal, lottery=lottery)


STANDARD = Objective(weak_below=WEAK)
"""All levels of the standard policy but the last."""

POLICIES: Mapping[str, Policy] = {
    policy.name: policy
    for policy in (
        Policy(
            "standard",
            ("pins", "leaders", "weak", "total", "lowest"),
            lambda problem, _terms, progress: _raised(raised_last(problem, STANDARD, progress)),
        ),
        Policy("greatest_total", ("pins", "total"), _by(GREATEST_TOTAL)),
        Policy("coverage_first", ("pins", "leaders", "total"), _by(COVERAGE_FIRST)),
        Policy(
            "raise_the_worst_off",
            ("pins", "leaders", "lowest", "total"),
            lambda problem, _terms, progress: _raised(raised_first(problem, progress)),
        ),
        Policy(
            "raise_in_turn",
            ("pins", "leaders", "lowest_in_turn", "total"),
            lambda problem, _terms, progress: _raised(raised_in_turn(problem, progress=progress)),
        ),
        Policy(
            "stable",
            ("pins", "stability"),
            lambda problem, _terms, _progress: Outcome(stable(problem)),
        ),
        Policy("fewest_changes", ("pins", "leaders", "changes_and_total"), _fewest_changes),
        Policy("quota", ("pins", "leaders", "across", "total"), _quota),
        Policy("lottery", ("pins", "cap", "leaders", "total"), _lottery),
    )
}
