"""The hard rules and the weights: what a coordinator may set, with its defaults.

Every number is the default of a setting and stands here with its reason.
"""

import math
from dataclasses import astuple, dataclass
from enum import IntFlag

from matching.errors import InvalidProblem


class Rule(IntFlag):
    """A hard rule; the bit by which it refuses a pair.

    The order is that of the funnel: what the organisation forbids first, what people could change
    next, what they asked for last. Stored with rounds: never renumber, only append. Capacity is no
    rule of a pair and so has no bit.
    """

    REPORTING_LINE = 1
    UNIT = 2
    SENIORITY = 4
    SKILL = 8
    LANGUAGE = 16
    TIME = 32
    CONSENT = 64
    FORBIDDEN = 128


RULES = tuple(Rule)
RULE_NAMES = tuple(str(rule.name).lower() for rule in RULES)
EVERY_RULE = Rule(sum(RULES))

SENIORITY_GAP = 2
"""Grades. With one grade between them people compete for the same posts."""

MINIMUM_OFFER = 2
"""Level. Who is at basic level cannot yet teach; intermediate can."""

WORKING_FLUENCY = 2
"""Fluency (1 basic, 2 professional, 3 native) that both need in one language."""

SHARED_QUARTERS = 8
"""Quarter hours a week, 2.0 hours: a session of 45 minutes still fits when one slot is lost."""

TOP_LEVEL = 4
TOP_FLUENCY = 3
WEEK = 7 * 24 * 4
"""Quarter hours of the UTC week."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Which hard rules hold, and where each draws its line.

    ``minimum_offer`` also says from which level on a need counts in the fit: what may not carry a
    pairing must not praise it either.
    """

    on: Rule = EVERY_RULE
    seniority_gap: int = SENIORITY_GAP
    minimum_offer: int = MINIMUM_OFFER
    working_fluency: int = WORKING_FLUENCY
    shared_quarters: int = SHARED_QUARTERS

    def __post_init__(self) -> None:
        bounds = {
            "on": EVERY_RULE,
            "seniority_gap": 1000,
            "minimum_offer": TOP_LEVEL,
            "working_fluency": TOP_FLUENCY,
            "shared_quarters": WEEK,
        }
        for (name, most), value in zip(bounds.items(), astuple(self), strict=True):
            if not 0 <= value <= most:
                raise InvalidProblem(f"rules.{name}", "range")


PART_NAMES = ("need", "time", "wishes", "tools", "language", "across")


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the fit counts. Need not sum to one: the fit is a weighted mean."""

    need: float = 0.45
    time: float = 0.15
    wishes: float = 0.15
    tools: float = 0.10
    language: float = 0.10
    across: float = 0.05

    def __post_init__(self) -> None:
        for name, value in zip(PART_NAMES, astuple(self), strict=True):
            if not (math.isfinite(value) and value >= 0):
                raise InvalidProblem(f"weights.{name}", "range")
        if not 0 < sum(astuple(self)) < math.inf:
            raise InvalidProblem("weights", "range")
