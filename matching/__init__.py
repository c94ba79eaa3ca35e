"""The engine: numbers in, proposal out. No clock, no ids, no reading or writing."""

from matching.assign import Progress, Proposal, solve
from matching.certificate import Certificate
from matching.eligibility import refusals
from matching.errors import Infeasible, InvalidProblem, MatchingError, TooLarge
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
from matching.objective import COVERAGE_FIRST, GREATEST_TOTAL, LEVELS, POINTS, WEAK, Objective
from matching.problem import NEEDS, SEASONS, Problem
from matching.rules import EVERY_RULE, PART_NAMES, RULE_NAMES, RULES, WEEK, Rule, Rules, Weights
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
    "Infeasible",
    "InvalidProblem",
    "MatchingError",
    "Objective",
    "Problem",
    "Progress",
    "Proposal",
    "Rule",
    "Rules",
    "TooLarge",
    "Verdict",
    "Violation",
    "Weights",
    "candidates_of_junior",
    "candidates_of_leader",
    "eligible_counts",
    "fit",
    "funnel",
    "funnel_of_juniors",
    "parts",
    "refusals",
    "solve",
    "verify",
]
