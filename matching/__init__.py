"""The engine: numbers in, proposal out. No clock, no ids, no reading or writing."""

from matching.assign import POINTS, Progress, Proposal, solve
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
from matching.problem import NEEDS, SEASONS, Problem
from matching.rules import EVERY_RULE, PART_NAMES, RULE_NAMES, RULES, WEEK, Rule, Rules, Weights

VERSION = "1"
"""Of the formula and the solver; raised when the same problem may get another proposal."""

__all__ = [
    "EVERY_RULE",
    "NEEDS",
    "PART_NAMES",
    "POINTS",
    "RULES",
    "RULE_NAMES",
    "SEASONS",
    "VERSION",
    "WEEK",
    "Candidates",
    "EligibleCounts",
    "Funnel",
    "Infeasible",
    "InvalidProblem",
    "MatchingError",
    "Problem",
    "Progress",
    "Proposal",
    "Rule",
    "Rules",
    "TooLarge",
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
]
