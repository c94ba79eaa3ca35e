"""The engine: numbers in, proposal out. No clock, no ids, no reading or writing."""

from matching.alternates import next_for_junior, next_for_leader
from matching.assign import Progress, Proposal, solve
from matching.certificate import Certificate
from matching.compare import (
    Point,
    Row,
    Step,
    compare,
    frontier_across,
    frontier_of_lowest,
    prices_of_standard,
    rows_of,
)
from matching.draft import Draft, Tried
from matching.edit import Answers, Edit, Forbid, JuniorPlaces, LeaderPlaces, Pin, Release, edited
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
from matching.fairness import Fairness, Group, Quality, fairness
from matching.fit import fit, parts
from matching.lottery import Lottery, by_lot
from matching.objective import COVERAGE_FIRST, GREATEST_TOTAL, LEVELS, POINTS, WEAK, Objective
from matching.policies import POLICIES, Outcome, Policy, Terms, propose
from matching.priced import awaken
from matching.prices import Certain, Costs, certain, costs_at_least
from matching.problem import NEEDS, SEASONS, Problem, weights_of
from matching.quota import Groups, Quota, with_quota
from matching.raising import raised_last
from matching.reasons import (
    Otherwise,
    Recruit,
    Relaxation,
    WhyNot,
    WhyPair,
    is_in_every_optimum,
    recruits,
    relaxations,
    relaxations_of_junior,
    why_not,
    why_pair,
    worth_of_place,
)
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
    "Answers",
    "Candidates",
    "Certain",
    "Certificate",
    "Costs",
    "Draft",
    "Edit",
    "EligibleCounts",
    "Fairness",
    "Forbid",
    "Funnel",
    "Group",
    "Groups",
    "Infeasible",
    "InvalidProblem",
    "JuniorPlaces",
    "LeaderPlaces",
    "Lottery",
    "MatchingError",
    "Objective",
    "Otherwise",
    "OutOfReach",
    "Outcome",
    "Pin",
    "Point",
    "Policy",
    "Problem",
    "Progress",
    "Proposal",
    "Quality",
    "Quota",
    "Recruit",
    "Relaxation",
    "Release",
    "Row",
    "Rule",
    "Rules",
    "Step",
    "Terms",
    "TooLarge",
    "Tried",
    "Verdict",
    "Violation",
    "Weights",
    "WhyNot",
    "WhyPair",
    "awaken",
    "blocking_pairs",
    "by_lot",
    "candidates_of_junior",
    "candidates_of_leader",
    "certain",
    "compare",
    "costs_at_least",
    "edited",
    "eligible_counts",
    "fairness",
    "fit",
    "frontier_across",
    "frontier_of_lowest",
    "funnel",
    "funnel_of_juniors",
    "is_in_every_optimum",
    "next_for_junior",
    "next_for_leader",
    "parts",
    "prices_of_standard",
    "propose",
    "raised_last",
    "recruits",
    "refusals",
    "relaxations",
    "relaxations_of_junior",
    "rows_of",
    "solve",
    "stable",
    "verify",
    "weights_of",
    "why_not",
    "why_pair",
    "with_quota",
    "worth_of_place",
]
