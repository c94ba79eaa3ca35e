"""The engine: numbers in, proposal out. No clock, no ids, no reading or writing."""

from matching.assign import Progress, Proposal, solve
from matching.certificate import Certificate
from matching.compare import (
    Point,
    Row,
    Step,
    compare,
    compare_policies,
    frontier_across,
    frontier_of_lowest,
    prices_of_standard,
)
from matching.eligibility import refusals
from matching.errors import Infeasible, InvalidProblem, MatchingError, OutOfReach, TooLarge
from matching.explain import (
    Candidates,
    EligibleCounts,
    Funnel,
    candidates_of_junior,
    candidates_of_leader,
    eligible_counts,
    funnel,
    funnel_of_juniors,
)
from matching.fit import fit, parts
from matching.lottery import Lottery, by_lot
from matching.objective import COVERAGE_FIRST, GREATEST_TOTAL, LEVELS, POINTS, WEAK, Objective
from matching.policies import POLICIES, Outcome, Policy, Terms, propose
from matching.problem import NEEDS, SEASONS, Problem
from matching.quota import Groups, Quota, with_quota
from matching.rules import EVERY_RULE, PART_NAMES, RULE_NAMES, RULES, WEEK, Rule, Rules, Weights
from matching.stability import blocking_pairs, stable
from matching.verify import Verdict, Violation, verify

VERSION = "2"
"""Of the formula and the solver; raised when the same problem may get another proposal."""

__all__ = [
    "COVERAGE_FIRST",
    "EVERY_RULE",
    "GREATEST_TOTAL",
    "LEVELS",
    "NEEDS",
    "PART_NAMES",
    "POINTS",
    "POLICIES",
    "RULES",
    "RULE_NAMES",
    "SEASONS",
    "VERSION",
    "WEAK",
    "WEEK",
    "Candidates",
    "Certificate",
    "EligibleCounts",
    "Funnel",
    "Groups",
    "Infeasible",
    "InvalidProblem",
    "Lottery",
    "MatchingError",
    "Objective",
    "OutOfReach",
    "Outcome",
    "Point",
    "Policy",
    "Problem",
    "Progress",
    "Proposal",
    "Quota",
    "Row",
    "Rule",
    "Rules",
    "Step",
    "Terms",
    "TooLarge",
    "Verdict",
    "Violation",
    "Weights",
    "blocking_pairs",
    "by_lot",
    "candidates_of_junior",
    "candidates_of_leader",
    "compare",
    "compare_policies",
    "eligible_counts",
    "fit",
    "frontier_across",
    "frontier_of_lowest",
    "funnel",
    "funnel_of_juniors",
    "parts",
    "prices_of_standard",
    "propose",
    "refusals",
    "solve",
    "stable",
    "verify",
    "with_quota",
]
