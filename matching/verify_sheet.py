"""What the compiled pass reads: plain arrays, made once, in the order in which they are read."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.problem import Problem
from matching.rules import TOP_FLUENCY, TOP_LEVEL, Rule
from matching.verify_pass import FULL_HOURS, MOST_LEVELS, Demand, Facts, Longs, rounded

BITS = 64
"""Languages and tools that find room in one word; with more the plain pass is taken."""

NOBODY = -2
"""A unit or manager that nobody has."""

Words = NDArray[np.uint64]


class Side(NamedTuple):
    """What is asked of the people of one side (n,): what refuses them, what the prices offer, what they bring.

    grade: of a leader the highest that a junior may have. speaks, known (4, n): languages known well enough, and at
    least so well, as bits. tools: as bits. week (n, SEASONS, WORDS): hours as bits.
    """

    grade: NDArray[np.int16]
    unit: NDArray[np.int32]
    manager: NDArray[np.int32]
    line: NDArray[np.int32]
    price: Longs
    waiting: Longs
    speaks: Words
    known: Words
    tools: Words
    week: Words
    country: NDArray[np.int16]
    group: NDArray[np.int16]


class Sheet(NamedTuple):
    """Everything that the pass reads.

    gains (S + 1, 5, J): levels gained by skill and level held, which are (L, 3). step, most (L,): no pair of the
    leader is worth more than ``step`` for each gain and ``most`` for the rest. key (J,): price less waiting.
    need (L, 13), time (25,), tools (65, 65), language (4,): points by what is counted. apart: juniors of the pairs
    that are looked at apart, of each leader from ``start`` on.
    """

    leaders: Side
    juniors: Side
    gains: NDArray[np.int8]
    skill: Longs
    held: Longs
    step: Longs
    most: Longs
    key: Longs
    need: Longs
    time: Longs
    tools: Longs
    language: Longs
    start: Longs
    apart: Longs
    quarters: int
    least_gain: int
    abroad: int
    across: int
    floor: int
    weak_below: int
    weak: int
    total: int


def fits(problem: Problem) -> bool:
    return bool(max(problem.leader_fluency.shape[1], problem.wanted_tools.shape[1]) <= BITS)


def sheet_of(facts: Facts, demand: Demand, apart: Longs) -> Sheet:
    problem, objective, rules = facts.problem, facts.objective, facts.problem.rules
    total, weights = int(objective.total), facts.weights
    spread = facts.need_points[:, -1] // np.maximum(facts.full_gain, 1) + 1
    counts = np.arange(BITS + 1)
    shares = np.minimum(counts / np.maximum(counts, 1)[:, None], 1)
    return Sheet(
        leaders=_leaders(facts, demand),
        juniors=_juniors(facts, demand),
        gains=_gains(facts),
        skill=problem.need_skill.astype(np.int64) % len(facts.offers),
        held=problem.need_level.astype(np.int64),
        step=spread * total,
        most=(facts.most_besides_need + 2) * total,
        key=demand.junior - facts.junior_waiting * total,
        need=facts.need_points,
        time=rounded(weights[1] * np.arange(FULL_HOURS + 1) / FULL_HOURS),
        tools=rounded(weights[3] * shares),
        language=rounded(weights[4] * np.array([0, 0, 1, 2]) / 2),
        start=np.searchsorted(apart, np.arange(problem.leaders + 1) * problem.juniors),
        apart=apart % max(1, problem.juniors),
        quarters=rules.shared_quarters if rules.on & Rule.TIME else 0,
        least_gain=1 if rules.on & Rule.SKILL else 0,
        abroad=int(rounded(weights[5])),
        across=objective.across,
        floor=objective.floor,
        weak_below=objective.weak_below,
        weak=demand.weak,
        total=total,
    )


def _leaders(facts: Facts, demand: Demand) -> Side:
    problem, on = facts.problem, facts.problem.rules.on
    highest = problem.leader_grade - np.int16(problem.rules.seniority_gap)
    lined, groups = bool(on & Rule.REPORTING_LINE), facts.objective.leader_group
    return Side(
        grade=highest if on & Rule.SENIORITY else np.full(problem.leaders, 1 << 14, np.int16),
        unit=_known(problem.leader_unit, bool(on & Rule.UNIT)),
        manager=_known(problem.leader_manager, lined),
        line=problem.leader_line if lined else np.full((problem.leaders, 2), -1, np.int32),
        price=demand.leader,
        waiting=facts.leader_waiting,
        speaks=_speaks(problem, problem.leader_fluency),
        known=_languages(problem.leader_fluency),
        tools=_word(problem.wanted_tools),
        week=np.ascontiguousarray(facts.leader_week.transpose(1, 0, 2)),
        country=problem.leader_country,
        group=groups if facts.objective.across else np.full(problem.leaders, -1, np.int16),
    )


def _juniors(facts: Facts, demand: Demand) -> Side:
    problem = facts.problem
    return Side(
        grade=problem.junior_grade,
        unit=problem.junior_unit,
        manager=problem.junior_manager,
        line=problem.junior_line,
        price=demand.junior,
        waiting=facts.junior_waiting,
        speaks=_speaks(problem, problem.junior_fluency),
        known=_languages(problem.junior_fluency),
        tools=_word(problem.offered_tools),
        week=np.ascontiguousarray(facts.junior_week.transpose(1, 0, 2)),
        country=problem.junior_country,
        group=facts.objective.junior_group if facts.objective.across else np.full(problem.juniors, -1, np.int16),
    )


def _known(places: NDArray[np.int32], on: bool) -> NDArray[np.int32]:
    """Replace what is unknown, or does not matter, by what nobody has."""
    return np.where(on & (places >= 0), places, np.int32(NOBODY))


def _word(marks: NDArray[np.bool_]) -> Words:
    """Return marks (n, up to 64) as the bits of one word each."""
    bits = np.zeros((len(marks), BITS), np.bool_)
    bits[:, : marks.shape[1]] = marks
    return np.packbits(bits, axis=1).view(np.uint64).ravel()


def _speaks(problem: Problem, fluency: NDArray[np.int8]) -> Words:
    """Where no language is asked for, all have one in common."""
    if problem.rules.on & Rule.LANGUAGE and problem.rules.working_fluency:
        return _word(fluency >= problem.rules.working_fluency)
    return np.ones(len(fluency), np.uint64)


def _languages(fluency: NDArray[np.int8]) -> Words:
    return np.stack([_word(fluency >= level) for level in range(TOP_FLUENCY + 1)])


def _gains(facts: Facts) -> NDArray[np.int8]:
    """Return levels gained by skill, level held and junior; the last skill is none."""
    offered, held = facts.offers[:, None, :], np.arange(TOP_LEVEL + 1, dtype=np.int8)[:, None]
    serves = (offered > held) & (offered >= facts.problem.rules.minimum_offer)
    # numpy may lay a product out otherwise, and each way is compiled by itself
    return np.ascontiguousarray(serves * np.minimum(offered - held, np.int8(MOST_LEVELS)))
