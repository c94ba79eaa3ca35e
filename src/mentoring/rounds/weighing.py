"""What each hard rule does to the pairs of a round: how many it refuses, and whom it alone leaves with nobody."""

from dataclasses import replace

from msgspec import Struct

import matching
from matching import EVERY_RULE, RULES, Problem, Rule


class WeighedRule(Struct, frozen=True, array_like=True):
    """``share`` of all pairs that the rule refuses, or would, whatever the others say.

    ``lonely``: leaders who have nobody because of it alone; where it is off, who would have nobody more if it were on.
    """

    share: float
    lonely: int


class Weighed(Struct, frozen=True, tag=True):
    """``possible``: share of all pairs that no rule refuses. ``leaders``, ``juniors``: how many have nobody."""

    possible: float
    leaders: int
    juniors: int
    rules: list[WeighedRule]


def weighed(problem: Problem) -> Weighed:
    """Rules that are off are measured as if they were on."""
    counts, every = matching.eligible_counts(problem), matching.eligible_counts(_with(problem, EVERY_RULE))
    lonely = counts.leaders == 0
    alone = (matching.funnel(problem).gained > 0) & lonely[:, None]
    rules = [
        WeighedRule(
            float(share), int(alone[:, place].sum()) if rule & problem.rules.on else _more(problem, rule, lonely.sum())
        )
        for place, (rule, share) in enumerate(zip(RULES, every.rule_shares, strict=True))
    ]
    pairs = max(1, problem.leaders * problem.juniors)
    return Weighed(float(counts.leaders.sum() / pairs), int(lonely.sum()), int((counts.juniors == 0).sum()), rules)


def _with(problem: Problem, rules: Rule) -> Problem:
    return replace(problem, rules=replace(problem.rules, on=rules))


def _more(problem: Problem, rule: Rule, lonely: int) -> int:
    with_it = matching.eligible_counts(_with(problem, problem.rules.on | rule))
    return int((with_it.leaders == 0).sum() - lonely)
