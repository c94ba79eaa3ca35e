"""Whether a proposal keeps every rule and nothing could be better: an independent check, in whole numbers.

Shares nothing with the solver but the problem, the objective and the numbers that a coordinator may set. A certificate
that was tampered with is refused; so is one that is merely not right.
"""

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.assign import Proposal
from matching.certificate import Certificate
from matching.objective import LEVELS, POINTS, Objective
from matching.problem import Problem
from matching.rules import Rule
from matching.verify_pass import Demand, Facts, Longs, Looked, Passed, looked_at, pass_over
from matching.verify_sheet import fits

Pass = Callable[[Facts, Demand, bool, int], Passed]

MANY = 1 << 24
"""Pairs from which on the compiled pass is taken, where there is numba: with fewer, compiling would cost more."""

FIRST_FEW = 10
"""Violations named; all are counted."""

MOST = 1 << 62
"""Of a sum of prices: up to there 64-bit integers are exact with room to spare."""

CAUSES = ("malformed", "objective", "rule", "leader_capacity", "junior_capacity", "pin", "twice", "points", "claim",
          "negative_price", "worth", "price_sum", "better")  # fmt: skip


class Violation(NamedTuple):
    """What is wrong, and with whom: -1 is nobody in particular.

    cause: one of ``CAUSES``. malformed: not the arrays of this problem; objective: not the one asked for; rule: the
    pair is refused by ``rules``, or is below the floor (no rules); pin: not kept; points: other than the pair has;
    claim: a figure of the proposal is not that of its pairs; worth: the certificate claims another worth than the
    pairs have; price_sum: the prices do not come to the worth; better: the pair is worth more than the two prices.
    """

    cause: str
    leader: int = -1
    junior: int = -1
    rules: Rule = Rule(0)


@dataclass(frozen=True)
class Verdict:
    """Whether the proposal holds, what was looked at, and the first few violations.

    pairs: looked at. eligible: how many break no rule; None if they were not to be counted. worth: of the pairs made
    without pins, by level; price_sum: of all prices, each as often as there are places. They are equal where it holds.
    found: how many violations there are.
    """

    holds: bool
    pairs: int
    eligible: int | None
    worth: tuple[int, ...]
    price_sum: tuple[int, ...]
    found: int
    violations: tuple[Violation, ...]


def verify(problem: Problem, proposal: Proposal, objective: Objective | None = None, *, count: bool = True) -> Verdict:
    """Check a proposal and its certificate, in one pass over all pairs.

    Why it proves: each pair that may be made is worth no more than the prices of the places it takes. So whatever is
    made, together, is worth no more than all prices together; and that is what the proposal is worth.
    ``objective``: what was asked for, if it is known apart from the certificate. Without ``count`` the eligible pairs
    are not counted, so that pairs which are out of the question need no close look.
    """
    proof = proposal.certificate
    if not _well_formed(problem, proposal):
        return _refused("malformed")
    if objective is not None and not _same(objective, proof.objective):
        return _refused("objective")
    facts = Facts(problem, proof.objective)
    looked = looked_at(facts, *proposal.pairs.T.astype(np.int64))
    found = [*_broken(facts, proposal, looked), *_wrong_claims(facts, proposal, looked)]
    worth, priced = _worth(facts, proposal, looked), _price_sum(problem, proof)
    found += [Violation("worth")] * (worth != proof.worth) + [Violation("price_sum")] * (priced != worth)
    found += _negative(proof)
    passed = _pass_for(problem)(facts, _demand(facts, proof), count, FIRST_FEW)
    better = [Violation("better", leader, junior) for leader, junior in passed.first]
    return _verdict(problem, passed, found, better, worth, priced)


def _has_numba() -> bool:
    return importlib.util.find_spec("numba") is not None


def _pass_for(problem: Problem) -> Pass:
    """Return the plain pass or the compiled one; what they find is the same."""
    if problem.leaders * problem.juniors < MANY or not (fits(problem) and _has_numba()):
        return pass_over
    compiled: Pass = importlib.import_module("matching.verify_fast").pass_fast
    return compiled


def _refused(cause: str) -> Verdict:
    nothing = (0,) * LEVELS
    return Verdict(False, 0, None, nothing, nothing, 1, (Violation(cause),))


def _verdict(
    problem: Problem,
    passed: Passed,
    found: list[Violation],
    better: list[Violation],
    worth: tuple[int, ...],
    priced: tuple[int, ...],
) -> Verdict:
    number = len(found) + passed.short
    named = tuple((found + better)[:FIRST_FEW])
    return Verdict(not number, problem.leaders * problem.juniors, passed.eligible, worth, priced, number, named)


def _well_formed(problem: Problem, proposal: Proposal) -> bool:
    """Whether the arrays are of this problem, and whole numbers that can be summed exactly."""
    proof, pairs, made = proposal.certificate, proposal.pairs, len(proposal.pairs)
    shapes = (
        (pairs, (made, 2)),
        (proposal.points, (made,)),
        (proof.leader_price, (problem.leaders, LEVELS)),
        (proof.further_price, (problem.leaders, LEVELS)),
        (proof.junior_price, (problem.juniors, LEVELS)),
        (proof.pairs, (len(proof.pairs), 2)),
        (proof.pair_price, (len(proof.pairs), LEVELS)),
    )
    if any(array.shape != shape or array.dtype.kind != "i" for array, shape in shapes):
        return False
    if proposal.fit.shape != (made,) or proposal.parts.shape != (made, 6):
        return False
    ours, listed = proof.objective, (pairs, proof.pairs, proof.objective.kept)
    if ours.across and (len(ours.leader_group), len(ours.junior_group)) != (problem.leaders, problem.juniors):
        return False
    if len(np.unique(proof.pairs, axis=0)) < len(proof.pairs):
        return False
    sizes = np.array([problem.leaders, problem.juniors])
    return all(((some >= 0) & (some < sizes)).all() for some in listed) and _small_enough(problem, proof)


def _small_enough(problem: Problem, proof: Certificate) -> bool:
    """Whether no sum over all places, and no three levels in one number, goes beyond what is exact."""
    places = int(problem.leader_capacity.sum()) + int(problem.junior_capacity.sum()) + len(proof.pairs) + 1
    most = _most_by_level(problem, proof)
    leaders, weak, points = most
    return max(most) * places < MOST and (leaders + 1) * (weak + 1) * (points + 1) < MOST


def _most_by_level(problem: Problem, proof: Certificate) -> list[int]:
    """Return what all prices that meet in a pair, and its worth, come to at most at each level."""
    ours = proof.objective
    most = np.zeros(LEVELS, object)
    leader = np.concatenate([proof.leader_price, proof.further_price])
    for prices in (leader, proof.junior_price, proof.pair_price):
        highest, lowest = prices.max(axis=0, initial=0), prices.min(axis=0, initial=0)
        most += np.maximum(highest.astype(object), -lowest.astype(object))
    waiting = float(problem.leader_waiting.max(initial=0) + problem.junior_waiting.max(initial=0))
    worth = POINTS + int(POINTS * waiting) + ours.across + ours.keep + 16
    return [int(one) + more for one, more in zip(most, (1, 1, worth), strict=True)]


def _same(asked: Objective, proved: Objective) -> bool:
    numbers = ("coverage", "weak_below", "total", "floor", "across", "keep")
    arrays = ("leader_group", "junior_group", "kept")
    return all(getattr(asked, name) == getattr(proved, name) for name in numbers) and all(
        np.array_equal(getattr(asked, name), getattr(proved, name)) for name in arrays
    )


def _broken(facts: Facts, proposal: Proposal, looked: Looked) -> list[Violation]:
    """Return rules broken, pins not kept, pairs made twice, capacities exceeded."""
    problem, pairs = facts.problem, proposal.pairs
    keys = pairs[:, 0].astype(np.int64) * problem.juniors + pairs[:, 1]
    pins = facts.named["pinned"]
    poor = (looked.fit < facts.objective.floor) & ~np.isin(keys, pins)
    found = [
        Violation("rule", int(pairs[row, 0]), int(pairs[row, 1]), Rule(int(looked.rules[row])))
        for row in np.flatnonzero((looked.rules != 0) | poor)
    ]
    found += [Violation("pin", *divmod(int(key), problem.juniors)) for key in np.setdiff1d(pins, keys)]
    kinds, times = np.unique(keys, return_counts=True)
    found += [Violation("twice", *divmod(int(key), problem.juniors)) for key in kinds[times > 1]]
    over = np.bincount(pairs[:, 0], minlength=problem.leaders) > problem.leader_capacity
    found += [Violation("leader_capacity", leader=int(leader)) for leader in np.flatnonzero(over)]
    over = np.bincount(pairs[:, 1], minlength=problem.juniors) > problem.junior_capacity
    return found + [Violation("junior_capacity", junior=int(junior)) for junior in np.flatnonzero(over)]


def _wrong_claims(facts: Facts, proposal: Proposal, looked: Looked) -> list[Violation]:
    """Return what is said of the pairs and is not so; fit and parts, which are no whole numbers, to the rounding."""
    rounding = np.array([0.51, 0.51, 1.01, 0.51, 0.51, 0.51])[:, None]  # there may be two wishes
    near = (np.abs(proposal.parts.T * facts.weights[:, None] - looked.parts) < rounding).all(axis=0)
    near &= np.abs(proposal.fit * POINTS - looked.fit) < 4
    wrong = np.flatnonzero((proposal.points != looked.fit) | ~near)
    found = [Violation("points", int(leader), int(junior)) for leader, junior in proposal.pairs[wrong]]
    worth = int((looked.fit + looked.bonus).sum())
    claims = (
        proposal.objective == worth / POINTS,
        abs(proposal.total_fit - float(proposal.fit.sum())) <= 1e-9 * (1 + len(proposal.pairs)),
        proposal.matched == len(np.unique(proposal.pairs[:, 0])),
        proposal.weak == int((looked.fit < facts.objective.weak_below).sum()),
    )
    return found + [Violation("claim")] * (not all(claims))


def _worth(facts: Facts, proposal: Proposal, looked: Looked) -> tuple[int, ...]:
    """Return the worth by level of the pairs that are no pins; a leader with a pin is matched already."""
    problem, objective, pairs = facts.problem, facts.objective, proposal.pairs
    pinned = np.isin(pairs[:, 0].astype(np.int64) * problem.juniors + pairs[:, 1], facts.named["pinned"])
    matched = np.setdiff1d(pairs[~pinned, 0], problem.pinned[:, 0])
    weak = int((looked.fit < objective.weak_below)[~pinned].sum())
    points = int((looked.fit + looked.bonus)[~pinned].sum())
    return len(matched) * objective.coverage, -weak, points * objective.total


def _free(problem: Problem) -> tuple[Longs, Longs]:
    """Return places beside pins: of leaders (L,), of juniors (J,); nobody meets more people than there are."""
    pins = problem.pinned
    leaders = problem.leader_capacity - np.bincount(pins[:, 0], minlength=problem.leaders)
    juniors = problem.junior_capacity - np.bincount(pins[:, 1], minlength=problem.juniors)
    return np.clip(leaders, 0, problem.juniors), np.clip(juniors, 0, problem.leaders)


def _price_sum(problem: Problem, proof: Certificate) -> tuple[int, ...]:
    leaders, juniors = _free(problem)
    total = np.minimum(leaders, 1) @ proof.leader_price + np.maximum(leaders - 1, 0) @ proof.further_price
    total += juniors @ proof.junior_price + proof.pair_price.sum(axis=0)
    return tuple(int(level) for level in total)


def _negative(proof: Certificate) -> list[Violation]:
    def below(prices: Longs) -> NDArray[np.int64]:
        leaders, weak, points = prices.T
        lower = (leaders < 0) | (leaders == 0) & ((weak < 0) | (weak == 0) & (points < 0))
        return np.flatnonzero(lower)

    of_leaders = np.union1d(below(proof.leader_price), below(proof.further_price))
    found = [Violation("negative_price", leader=int(leader)) for leader in of_leaders]
    found += [Violation("negative_price", junior=int(junior)) for junior in below(proof.junior_price)]
    return found + [
        Violation("negative_price", int(leader), int(junior)) for leader, junior in proof.pairs[below(proof.pair_price)]
    ]


def _demand(facts: Facts, proof: Certificate) -> Demand:
    """Put the levels into one number each, in which order and differences are those of the levels.

    A leader's first place must offer a leader matched besides; a further place, where there is one, must not.
    """
    problem = facts.problem
    _, weak, points = _most_by_level(problem, proof)
    scale = np.array([(weak + 1) * (points + 1), points + 1, 1])
    leaders, juniors = _free(problem)
    prize = scale[0] * facts.objective.coverage * ~np.isin(np.arange(problem.leaders), problem.pinned[:, 0])
    beyond = MOST >> 2
    first = np.where(leaders > 0, proof.leader_price @ scale - prize, beyond)
    further = np.where(leaders > 1, proof.further_price @ scale, beyond)
    offered = np.where(juniors > 0, proof.junior_price @ scale, beyond)
    paired = proof.pairs[:, 0].astype(np.int64) * problem.juniors + proof.pairs[:, 1]
    order = np.argsort(paired)
    prices = (proof.pair_price @ scale)[order]
    return Demand(np.minimum(first, further), offered, int(scale[1]), paired[order], prices)
