"""Why this pair, why not that one, what would help somebody who has nobody, and whom to recruit: facts, no words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.assign import Proposal, solve
from matching.block import Block, measure
from matching.certificate import Certificate
from matching.eligibility import refusals
from matching.explain import Candidates, candidates_of_junior, candidates_of_leader
from matching.fit import fit, parts
from matching.objective import LEVELS
from matching.points import tables
from matching.prices import NO_PLACE, below, bids, costs_at_least, free_places
from matching.problem import Problem
from matching.rules import EVERY_RULE, RULES, Rule, Rules

HOUR = 4
"""Quarter hours: the step by which a coordinator would move the hours asked for."""

TAUGHT = 3
"""Level at which a recruit is taken to offer a skill: advanced."""

ALIKE = 200
"""Juniors whose other circumstances a recruit is tried with, spread evenly: enough for a mean."""

Levels = tuple[int, int, int]


class Otherwise(NamedTuple):
    """The best partner beside the own ones: who, the fit, and whether that person has somebody in the proposal."""

    person: int
    fit: float
    taken: bool


@dataclass(frozen=True, eq=False)
class WhyPair:
    """Fit and parts (6,) of a pair, and what each of the two would have had otherwise; None: there is nobody else."""

    fit: float
    parts: NDArray[np.float64]
    leader_otherwise: Otherwise | None
    junior_otherwise: Otherwise | None


@dataclass(frozen=True)
class WhyNot:
    """Why a pair was not made: what refuses it, or what making it would cost the others at least, by level.

    made: it was. rules: all that refuse it. poor: its fit is below the objective's floor. full: pins have taken all
    places of one of the two. at_least: None where one of these holds; nothing at all levels where it is equally good
    (then only lots were against it) or where the prices alone do not tell.
    """

    made: bool
    rules: Rule
    poor: bool
    full: bool
    at_least: Levels | None


def why_pair(problem: Problem, proposal: Proposal, leader: int, junior: int) -> WhyPair:
    """Say what speaks for a pair, made or not."""
    here = np.array([leader]), np.array([junior])
    ours, theirs = proposal.pairs[:, 1], proposal.pairs[:, 0]
    own, other = [*ours[theirs == leader], junior], [*theirs[ours == junior], leader]
    return WhyPair(
        fit=float(fit(problem, *here)[0, 0]),
        parts=parts(problem, *here)[:, 0, 0],
        leader_otherwise=_otherwise(candidates_of_leader(problem, leader), own, ours),
        junior_otherwise=_otherwise(candidates_of_junior(problem, junior), other, theirs),
    )


def _otherwise(others: Candidates, own: Sequence[int], taken: NDArray[np.int32]) -> Otherwise | None:
    fits = np.where(others.refusals == 0, others.fit, -1)
    fits[np.array(own, np.int64)] = -1
    best = int(fits.argmax())
    return Otherwise(best, float(fits[best]), bool((taken == best).any())) if fits[best] >= 0 else None


def why_not(problem: Problem, proposal: Proposal, leader: int, junior: int) -> WhyNot:
    """Say what speaks against a pair. The cost is a bound from the prices; solving with a pin tells it exactly."""
    here = np.array([leader]), np.array([junior])
    rules = Rule(int(refusals(problem, *here)[0, 0]))
    made = bool((proposal.pairs == (leader, junior)).all(axis=1).any())
    costs = costs_at_least(problem, proposal, *here)
    leaders, juniors = free_places(problem)
    full = not made and 0 in (leaders[leader], juniors[junior])
    poor = not (made or rules or costs.allowed[0, 0])
    nothing = made or bool(rules) or poor or full
    return WhyNot(made, rules, poor, full, None if nothing else _levels(costs.least[0, 0]))


def _levels(numbers: NDArray[np.int64]) -> Levels:
    leaders, weak, points = (int(one) for one in numbers)
    return leaders, weak, points


@dataclass(frozen=True)
class Relaxation:
    """One rule set aside, or its line moved by one step, for one person: how many candidates that would add.

    rule: which. rules: as they would then be. candidates: how many more. cheapest: of them the one whose place the
    others would miss least, and what they would lose without it, at least, by level.
    """

    rule: Rule
    rules: Rules
    candidates: int
    cheapest: int
    costs_others: Levels


def relaxations(problem: Problem, proposal: Proposal, leader: int) -> tuple[Relaxation, ...]:
    """Return what would give this leader somebody, the smallest first: lines moved by a step, then rules set aside;
    among these what costs the others least. An exception for this leader alone, all others keep to the rules."""
    free = free_places(problem)[1] > 0
    return _relaxations(problem, partial(candidates_of_leader, leader=leader), free, proposal.certificate.junior_price)


def relaxations_of_junior(problem: Problem, proposal: Proposal, junior: int) -> tuple[Relaxation, ...]:
    """Return the same for a junior; what the others would miss is a place of the leader."""
    free, proof = free_places(problem)[0], proposal.certificate
    prices = np.where((free > 1)[:, None], proof.further_price, proof.leader_price)
    return _relaxations(problem, partial(candidates_of_junior, junior=junior), free > 0, prices)


def _relaxations(
    problem: Problem, look: Callable[[Problem], Candidates], free: NDArray[np.bool_], prices: NDArray[np.int64]
) -> tuple[Relaxation, ...]:
    before = look(problem).refusals
    found = []
    for rule, rules in (*_steps(problem.rules), *_switched_off(problem.rules)):
        after = look(replace(problem, rules=rules)).refusals
        more = np.flatnonzero((after == 0) & (before != 0) & free)
        if len(more):
            cheapest = int(min(more, key=lambda one: tuple(prices[one])))
            found.append(Relaxation(rule, rules, len(more), cheapest, _levels(prices[cheapest])))
    return tuple(sorted(found, key=lambda one: (one.rules.on != problem.rules.on, one.costs_others)))


def _steps(rules: Rules) -> list[tuple[Rule, Rules]]:
    moved = {
        Rule.SENIORITY: replace(rules, seniority_gap=max(0, rules.seniority_gap - 1)),
        Rule.SKILL: replace(rules, minimum_offer=max(0, rules.minimum_offer - 1)),
        Rule.LANGUAGE: replace(rules, working_fluency=max(0, rules.working_fluency - 1)),
        Rule.TIME: replace(rules, shared_quarters=max(0, rules.shared_quarters - HOUR)),
    }
    return [(rule, one) for rule, one in moved.items() if rules.on & rule and one != rules]


def _switched_off(rules: Rules) -> list[tuple[Rule, Rules]]:
    return [(rule, replace(rules, on=rules.on & EVERY_RULE & ~rule)) for rule in RULES if rules.on & rule]


@dataclass(frozen=True)
class Recruit:
    """What one more junior who offers a skill would be worth at most: the mean over the circumstances tried.

    useful: share of them in which anything would be gained. leaders, points: gained at the first and at the last level.
    """

    skill: int
    useful: float
    leaders: float
    points: float


def recruits(problem: Problem, proposal: Proposal, level: int = TAUGHT) -> tuple[Recruit, ...]:
    """Return for every skill what the next junior offering it, and nothing else, is worth; the most wanted first.

    The new junior is in all other respects like one of those there are. What a place of such a junior is worth is what
    leaders would pay for it at their own prices: no more than that can be gained by the first who comes.
    """
    proof = proposal.certificate
    unknown = replace(proof, objective=replace(proof.objective, kept=np.empty((0, 2), np.int32)))
    alike = np.unique(np.linspace(0, problem.juniors - 1, min(ALIKE, problem.juniors)).astype(np.int64))
    found = []
    for skill in range(problem.offer_level.shape[1]):
        paid = worth_of_place(_offering(problem, alike, skill, level), unknown, alike)
        worth = paid.mean(axis=0) if len(paid) else np.zeros(LEVELS)
        useful = float((paid != 0).any(axis=1).mean()) if len(paid) else 0.0
        found.append(Recruit(skill, useful, float(worth[0]), float(worth[2])))
    return tuple(sorted(found, key=lambda one: (-one.leaders, -one.points, one.skill)))


def _offering(problem: Problem, juniors: NDArray[np.int64], skill: int, level: int) -> Problem:
    """These juniors are somebody new: nobody has named, met or forbidden them."""
    offers = problem.offer_level.copy()
    offers[juniors] = 0
    offers[juniors, skill] = level
    nobody = np.empty((0, 2), np.int32)
    return replace(
        problem,
        offer_level=offers,
        in_line=nobody,
        barred=nobody,
        forbidden=nobody,
        leader_wishes=nobody,
        junior_wishes=nobody,
    )


def worth_of_place(problem: Problem, proof: Certificate, juniors: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what the leaders would pay at most for one more place of each of these juniors (n, 3), by level."""
    block: Block = measure(problem, slice(None), juniors)
    allowed, bid = bids(block, proof, tables(problem), more=1)
    best = np.zeros((len(juniors), LEVELS), np.int64)
    for row in range(len(bid)):
        better = below(best, bid[row]) & allowed[row] & (bid[row, :, 0] > NO_PLACE // 2)
        best[better] = bid[row][better]
    return best


def is_in_every_optimum(problem: Problem, proposal: Proposal, leader: int, junior: int) -> bool:
    """Whether a proposed pair is made in whatever is as good (lots aside): the exact test, by solving without it."""
    if (problem.pinned == (leader, junior)).all(axis=1).any():
        return True
    without = np.concatenate([problem.forbidden, np.array([[leader, junior]], np.int32)])
    proof = proposal.certificate
    return solve(replace(problem, forbidden=without), proof.objective).certificate.worth != proof.worth
