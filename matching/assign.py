"""The proposal: pins kept, then level by level the best that there is, with the prices that prove it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.block import couples, measure
from matching.certificate import Certificate
from matching.eligibility import refused
from matching.errors import Infeasible
from matching.fit import fit_of, parts_of
from matching.gates import Gate, gated, passed
from matching.market import SAFE, SAFER, Longs, Market, Places, Scale, Settled, market_of, places_of, scale_for
from matching.objective import COVERAGE_FIRST, LEVELS, POINTS, Objective
from matching.plain import settle
from matching.points import Tables, all_arcs, check_fits, fit_points, full_points, tables
from matching.priced import AWAKE, priced
from matching.problem import Problem
from matching.rules import PART_NAMES, Rule

ALL_PAIRS = 1 << 18
"""Pairs up to which it is quicker to settle all of them at once, with what is compiled still to be loaded."""

MEASURED = 1 << 22
"""Pairs of which it may be asked how many may be made at all: to look at them takes a fifth of a second."""

ASKED = 32
"""Leaders who tell how many that will be, evenly spread."""

Progress = Callable[[str, float], None]
"""Told a stage (scoring, assigning, explaining) and the share of it that is done."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """The pairs (P, 2) by leader and then junior, and for each its fit (P,), its parts (P, 6) and its points (P,).

    total_fit: sum of the fit. matched: leaders with a pair. weak: pairs below the objective's ``weak_below``.
    objective: what was made as large as possible at the level of points: fit and bonuses, to the millionth.
    points: fit of each pair in whole points, which the rounding of fit to POINTS gives or misses by 3.
    """

    pairs: NDArray[np.int32]
    fit: NDArray[np.float64]
    parts: NDArray[np.float64]
    points: NDArray[np.int32]
    total_fit: float
    objective: float
    matched: int
    weak: int
    certificate: Certificate


def solve(problem: Problem, objective: Objective = COVERAGE_FIRST, progress: Progress | None = None) -> Proposal:
    """Pair leaders with juniors as well as can be by the objective; pins come first.

    Only eligible pairs are made, each once. The same people get the same pairs in whatever order they are given, on any
    machine: what the objective leaves open the lots settle.
    Raises: Infeasible when a pin is refused by a rule or exceeds a capacity; InvalidProblem; TooLarge.
    """
    told = progress or unheard
    check_fits(problem, objective)
    check_pins(problem)
    made, certificate = _made(problem, objective, told)
    pairs = np.concatenate([problem.pinned, made])
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].astype(np.int32)
    return explained(objective, pairs, facts_of(problem, tables(problem), objective, pairs, told), certificate)


def unheard(stage: str, share: float) -> None:
    """Stand in for a listener."""


def check_pins(problem: Problem) -> None:
    """Raises: Infeasible when a pin is refused by a rule or exceeds a capacity."""
    for side, cause, capacity in (
        (0, "leader_capacity", problem.leader_capacity),
        (1, "junior_capacity", problem.junior_capacity),
    ):
        people = problem.pinned[:, side]
        over = np.flatnonzero(np.bincount(people, minlength=len(capacity)) > capacity)
        if len(over):
            proof = [(int(leader), int(junior)) for leader, junior in problem.pinned[people == over[0]]]
            raise Infeasible(cause, tuple(proof), Rule(0))
    pins = np.unique(problem.pinned, axis=0)
    for block in couples(problem, pins):
        bits = refused(block)
        for pin in np.flatnonzero(bits)[:1]:
            raise Infeasible("refused", ((int(block.leaders[pin]), int(block.juniors[pin])),), Rule(int(bits[pin])))


def _made(problem: Problem, objective: Objective, told: Progress) -> tuple[NDArray[np.int32], Certificate]:
    if not _are_few(problem):
        told("scoring", 1.0)
        told("assigning", 0.0)
        found = priced(problem, objective, lambda share: told("assigning", share))
        if found is not None:
            told("assigning", 1.0)
            return certified(problem, objective, *found, [], np.empty(0, np.int64))
    return _all_pairs(problem, objective, told)


def _are_few(problem: Problem) -> bool:
    """Whether all pairs are few, or those that may be made seem to be and nothing quicker is at hand."""
    pairs = problem.leaders * problem.juniors
    if pairs <= ALL_PAIRS or pairs > MEASURED or AWAKE.is_set():
        return pairs <= ALL_PAIRS
    some = np.unique(np.linspace(0, problem.leaders - 1, ASKED).astype(np.int64))
    share = float((refused(measure(problem, some, slice(None))) == 0).mean())
    return share * pairs < ALL_PAIRS


def _all_pairs(problem: Problem, objective: Objective, told: Progress) -> tuple[NDArray[np.int32], Certificate]:
    """Settle the market of all pairs that may be made."""
    arcs = all_arcs(problem, objective, lambda share: told("scoring", share))
    told("assigning", 0.0)
    safe, holding = SAFE, False
    while not holding:
        scale = scale_for(problem, objective, places_of(problem, objective).pairs, safe)
        places = places_of(problem, objective, scale)
        weight = arcs.points - scale.weak * (arcs.fit < objective.weak_below)
        market = market_of(problem, places, arcs.leader, arcs.junior, weight)
        settled, gates, passing = _each_pair_once(market)
        holding, safe = scale.holds(settled.row_price, settled.column_price), safe * SAFER
    told("assigning", 1.0)
    return certified(problem, objective, scale, places, settled, gates, passing)


def _each_pair_once(market: Market) -> tuple[Settled, list[Gate], Longs]:
    """Settle; where the places of two people were given to each other twice, put a gate between them and settle again.

    What is found with gates is the best of a looser problem and allowed in the true one, hence the best there as well.
    """
    gates: list[Gate] = []
    while True:
        settled, passing = passed(settle(gated(market, gates)), market, gates)
        meeting = np.stack([market.places.owner, settled.column], axis=1)[settled.column >= 0]
        pairs, times = np.unique(meeting, axis=0, return_counts=True)
        if times.max(initial=1) == 1:
            return settled, gates, passing
        gates += [Gate(int(owner), int(junior)) for owner, junior in pairs[times > 1]]


def certified(
    problem: Problem,
    objective: Objective,
    scale: Scale,
    places: Places,
    settled: Settled,
    gates: Sequence[Gate],
    passing: Longs,
) -> tuple[NDArray[np.int32], Certificate]:
    """Return the pairs made (P, 2), by leader and junior numbers, and their certificate."""
    made = settled.column >= 0
    pairs = np.stack([places.owner[made], settled.column[made]], axis=1).astype(np.int32)
    prices = scale.levels(settled.row_price)
    first = np.ones(len(places.owner), np.bool_)
    first[1:] = places.owner[1:] != places.owner[:-1]
    leader_price, further_price = np.zeros((2, problem.leaders, LEVELS), np.int64)
    leader_price[places.owner[first]] = prices[first]
    further_price[places.owner[~first]] = prices[~first]
    junior_price, pair_price = scale.levels(settled.column_price), scale.levels(passing)
    worth = prices.sum(axis=0) + places.capacity @ junior_price + pair_price.sum(axis=0)
    leaders, weak, points = (int(level) for level in worth)
    paired = np.array([tuple(gate) for gate in gates], np.int32).reshape(-1, 2)
    return pairs, Certificate(
        objective, leader_price, further_price, junior_price, paired, pair_price, (leaders, weak, points)
    )


class Facts(NamedTuple):
    """What is said of pairs: see ``Proposal``. worth (P,): what each counts at the level of points."""

    fit: NDArray[np.float64]
    parts: NDArray[np.float64]
    points: NDArray[np.int32]
    worth: NDArray[np.int64]


def facts_of(
    problem: Problem, counted: Tables, objective: Objective, pairs: NDArray[np.int32], told: Progress = unheard
) -> Facts:
    """Measure pairs in order, each once."""
    done = 0
    facts = Facts(
        np.empty(len(pairs)),
        np.empty((len(pairs), len(PART_NAMES))),
        np.empty(len(pairs), np.int32),
        np.empty(len(pairs), np.int64),
    )
    for block in couples(problem, pairs):
        some = slice(done, done + len(block.leaders))
        facts.fit[some], facts.parts[some] = fit_of(block), parts_of(block).T
        facts.points[some] = fit_points(block, counted)
        facts.worth[some] = full_points(block, counted, objective, facts.points[some])
        done = some.stop
        told("explaining", done / len(pairs))
    return facts


def explained(objective: Objective, pairs: NDArray[np.int32], facts: Facts, certificate: Certificate) -> Proposal:
    return Proposal(
        pairs=pairs,
        fit=facts.fit,
        parts=facts.parts,
        points=facts.points,
        total_fit=math.fsum(facts.fit),
        objective=int(facts.worth.sum()) / POINTS,
        matched=len(np.unique(pairs[:, 0])),
        weak=int((facts.points < objective.weak_below).sum()),
        certificate=certificate,
    )
