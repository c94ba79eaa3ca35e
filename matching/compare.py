"""What each policy gives and what it costs: a table, the price of each level, and points for a picture."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from matching.assign import Proposal, solve
from matching.given import among, distinct_fits, lowest_free
from matching.objective import COVERAGE_FIRST, GREATEST_TOTAL, MOST_BONUS, POINTS, WEAK
from matching.policies import POLICIES, STANDARD, Outcome, Terms, propose
from matching.problem import Problem
from matching.quota import Groups, priced
from matching.raising import raised_last
from matching.stability import blocking_pairs

LOWEST_SHARE = 10
"""The lowest tenth: few enough to be people one could name, enough that one odd pair does not decide."""

PICTURED = 6
"""Points of a frontier. A picture needs no more, and each takes a solution."""


@dataclass(frozen=True)
class Row:
    """What a policy gives. total_fit, lowest, lowest_tenth (mean of the lowest tenth of pairs, at least one) are fits.

    across: pairs of two groups. blocking: pairs who would both rather have each other. changes: published pairs given
    up. given_up: share of the greatest total among the rows that this one does without.
    """

    policy: str
    matched: int
    weak: int
    total_fit: float
    lowest: float
    lowest_tenth: float
    across: int
    blocking: int
    changes: int
    given_up: float


@dataclass(frozen=True)
class Step:
    """What the level ``name`` brought over the levels before it, and the share of total fit that it cost.

    leaders: more leaders matched. weak: fewer weak pairs. lowest: how much higher the lowest fit is.
    """

    name: str
    leaders: int
    weak: int
    lowest: float
    total_fit: float
    given_up: float


@dataclass(frozen=True)
class Point:
    """Of a frontier: the greatest total fit with so much of something else (the lowest fit, or pairs across)."""

    reached: float
    total_fit: float
    matched: int


def rows_of(problem: Problem, outcomes: Iterable[Outcome], terms: Terms | None = None) -> list[Row]:
    """Return a row for each outcome of ``propose``, in the order given."""
    given = terms or Terms()
    rows = [_row(problem, outcome, given) for outcome in outcomes]
    best = max((row.total_fit for row in rows), default=0.0)
    return [replace(row, given_up=_share(best, row.total_fit)) for row in rows]


def compare(problem: Problem, policies: Iterable[str] = tuple(POLICIES), terms: Terms | None = None) -> list[Row]:
    """Propose by each policy and compare. Raises: as ``propose``."""
    return rows_of(problem, [propose(problem, policy, terms) for policy in policies], terms)


def _row(problem: Problem, outcome: Outcome, terms: Terms) -> Row:
    proposal = outcome.proposal
    kept = among(problem, terms.published, proposal.pairs)
    return Row(
        policy=outcome.policy,
        matched=proposal.matched,
        weak=_weak(proposal),
        total_fit=proposal.total_fit,
        lowest=_lowest(proposal),
        lowest_tenth=_lowest_tenth(proposal),
        across=terms.groups_of(problem).across(proposal.pairs),
        blocking=blocking_pairs(problem, proposal),
        changes=int((~kept).sum()),
        given_up=0.0,
    )


def _weak(proposal: Proposal) -> int:
    return int((proposal.points < WEAK).sum())


def _lowest(proposal: Proposal) -> float:
    """0 where there are no pairs."""
    return float(proposal.fit.min()) if len(proposal.fit) else 0.0


def _lowest_tenth(proposal: Proposal) -> float:
    lowest = np.sort(proposal.fit)[: max(1, math.ceil(len(proposal.fit) / LOWEST_SHARE))]
    return math.fsum(lowest) / max(1, len(lowest))


def _share(whole: float, rest: float) -> float:
    return 1 - rest / whole if whole else 0.0


def prices_of_standard(problem: Problem) -> list[Step]:
    """Return what each level of the standard policy brings and costs, from the bare total on.

    "Matching 12 more leaders costs 3.1 % of total fit" is a step of 12 leaders and 0.031 given up. A level that goes
    before another can also bring total back; then the share is below 0.
    """
    steps: list[Step] = []
    before = solve(replace(problem, pinned=problem.pinned[:0]), GREATEST_TOTAL)
    for name, proposal in (
        ("total", before),
        ("pins", solve(problem, GREATEST_TOTAL)),
        ("leaders", solve(problem, COVERAGE_FIRST)),
        ("weak", solve(problem, STANDARD)),
        ("lowest", raised_last(problem, STANDARD).proposal),
    ):
        steps.append(
            Step(
                name,
                proposal.matched - before.matched,
                _weak(before) - _weak(proposal),
                _lowest(proposal) - _lowest(before),
                proposal.total_fit,
                _share(before.total_fit, proposal.total_fit),
            )
        )
        before = proposal
    return steps


def frontier_of_lowest(problem: Problem, points: int = PICTURED) -> list[Point]:
    """Return the greatest total for lowest fits from that of ``coverage_first`` up until no pair is weak, or nearly.

    For each floor as many leaders as possible are matched; a point says how many. Pins are not counted as lowest.
    """
    start = lowest_free(problem, solve(problem))
    fits = distinct_fits(problem)
    fits = fits[(fits >= start) & (fits <= max(start, WEAK))] if start is not None else fits[:0]
    floors = np.unique(fits[np.linspace(0, len(fits) - 1, points).round().astype(np.intp)]) if len(fits) else fits
    found = {}
    for floor in floors.tolist():
        proposal = solve(problem, replace(COVERAGE_FIRST, floor=min(floor, POINTS)))
        lowest = lowest_free(problem, proposal) or 0
        found[lowest] = Point(lowest / POINTS, proposal.total_fit, proposal.matched)
    return [found[lowest] for lowest in sorted(found)]


def frontier_across(problem: Problem, groups: Groups, points: int = PICTURED) -> list[Point]:
    """Return the greatest total for so many pairs across, from that of ``coverage_first`` up.

    The corners of the frontier: between two that are known the next is found at the price of a pair across at which
    both are worth the same, the widest gap first, until there are enough or no more.
    """
    found = {one.across: one for one in (priced(problem, groups, 0), priced(problem, groups, MOST_BONUS))}
    between = list(pairwise(sorted(found)))
    while between and len(found) < points:
        low, high = between.pop(between.index(max(between, key=lambda gap: gap[1] - gap[0])))
        even = (found[low].total - found[high].total) // (high - low)
        corner = priced(problem, groups, min(even, MOST_BONUS))
        if low < corner.across < high:
            found[corner.across] = corner
            between += [(low, corner.across), (corner.across, high)]
    return [Point(across, found[across].proposal.total_fit, found[across].proposal.matched) for across in sorted(found)]
