"""Every pair looked at once, by nothing but the wording of the rules and the fit: what ``verify`` rests on.

Written apart from the solver on purpose, numbers and all: an error there must not hide itself here.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matching.objective import POINTS, Objective
from matching.problem import PAIRS, SEASONS, Problem
from matching.rules import WEEK, Rule

PRIORITIES = np.array([3, 2, 1])
MOST_LEVELS = 2
MOST_GAIN = 12
FULL_HOURS = 24
"""Quarter hours."""

WORDS = -(-WEEK // 64)
"""64-bit words of a week of quarter hours."""

TILE = 1 << 18
"""Pairs at once: some 20 MB of intermediate numbers."""

Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Looked:
    """Of listed pairs: bits of the rules that refuse each (K,), points of its six parts (6, K), of its bonuses (K,)."""

    rules: Longs
    parts: Longs
    bonus: Longs

    @property
    def fit(self) -> Longs:
        points: Longs = self.parts.sum(axis=0)
        return points


@dataclass(frozen=True, eq=False)
class Demand:
    """What the prices offer, each in one number, and what a pair asks of them: its points less ``weak`` if it is weak.

    leader (L,), junior (J,): a pair asks too much where it asks more than both together (and the price of the pair,
    where there is one: paired, pair_price). Who has no free place asks nothing: the number is beyond all that is asked.
    """

    leader: Longs
    junior: Longs
    weak: int
    paired: Longs
    pair_price: Longs


@dataclass(frozen=True)
class Passed:
    """How many pairs break no rule (None: not counted), how many ask too much, and the first few of those."""

    eligible: int | None
    short: int
    first: tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Facts:
    """A problem and an objective, with what is read off them once."""

    problem: Problem
    objective: Objective

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """Points that each part of the fit is worth in full."""
        weights = astuple(self.problem.weights)
        return np.array([weight * POINTS / sum(weights) for weight in weights])

    @cached_property
    def offers(self) -> NDArray[np.int8]:
        """By skill, then junior; the last row is the need that is none (-1)."""
        nothing = np.zeros((1, self.problem.juniors), np.int8)
        return np.concatenate([self.problem.offer_level.T, nothing])

    @cached_property
    def full_gain(self) -> Longs:
        full: Longs = MOST_LEVELS * ((self.problem.need_skill >= 0) @ PRIORITIES)
        return full

    @cached_property
    def need_points(self) -> Longs:
        """Of each leader by gain (L, 13)."""
        share = np.arange(MOST_GAIN + 1) / np.maximum(self.full_gain, 1)[:, None]
        return rounded(self.weights[0] * np.minimum(share, 1))

    @cached_property
    def leader_waiting(self) -> Longs:
        return rounded(self.problem.leader_waiting * POINTS)

    @cached_property
    def junior_waiting(self) -> Longs:
        return rounded(self.problem.junior_waiting * POINTS)

    @cached_property
    def leader_week(self) -> NDArray[np.uint64]:
        return bits_of(self.problem.leader_hours)

    @cached_property
    def junior_week(self) -> NDArray[np.uint64]:
        return bits_of(self.problem.junior_hours)

    @cached_property
    def most_besides_need(self) -> Longs:
        """Points that a leader's pair can have at most (L,) besides need, the junior's waiting, and what is named."""
        _, _, _, tools, language, across = rounded(self.weights)
        hours = self.problem.leader_hours.sum(axis=-1).min(axis=0)
        most: Longs = rounded(self.weights[1] * np.minimum(hours, FULL_HOURS) / FULL_HOURS)
        most += np.where(self.problem.wanted_tools.any(axis=1), tools, 0)
        fluency = self.problem.leader_fluency.max(axis=1, initial=0)
        most += np.array([0, 0, (language + 1) // 2, language])[fluency] + across
        return most + self.leader_waiting + self.objective.across + 2

    @cached_property
    def named(self) -> Mapping[str, Longs]:
        """The pairs of which something is said by name, as sorted numbers."""
        lists = {name: getattr(self.problem, name) for name in PAIRS} | {"kept": self.objective.kept}
        return {name: self.keys(pairs) for name, pairs in lists.items()}

    def keys(self, pairs: NDArray[np.int32]) -> Longs:
        """Each pair (K, 2) as one number, sorted, once."""
        return np.unique(pairs[:, 0].astype(np.int64) * self.problem.juniors + pairs[:, 1])


def rounded(points: NDArray[np.float64]) -> Longs:
    return np.rint(points).astype(np.int64)


def bits_of(hours: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return weeks (SEASONS, n, 672) as bits (SEASONS, n, WORDS)."""
    people = hours.shape[1]
    packed = np.zeros((SEASONS, people, WORDS * 8), np.uint8)
    packed[:, :, : WEEK // 8] = np.packbits(hours, axis=-1)
    return packed.view(np.uint64)


def listed(keys: Longs, pairs: Longs) -> NDArray[np.bool_]:
    """Whether each of the pairs, as numbers, is among the sorted keys."""
    if not len(keys):
        return np.zeros(len(pairs), np.bool_)
    found: NDArray[np.bool_] = keys[np.minimum(np.searchsorted(keys, pairs), len(keys) - 1)] == pairs
    return found


def looked_at(facts: Facts, leaders: Longs, juniors: Longs) -> Looked:
    """Look at listed pairs (K,), with everything that is said of them."""
    gain, levels = _gain(facts, leaders, juniors)
    shared = _shared_quarters(facts, leaders, juniors)
    problem = facts.problem
    fluency = np.minimum(problem.leader_fluency[leaders], problem.junior_fluency[juniors]).max(axis=1, initial=0)
    rules = _refusing(facts, leaders, juniors, levels, fluency, shared)
    need, time, wish, tools, language, across = facts.weights
    wanted = problem.wanted_tools[leaders]
    found, wants = (wanted & problem.offered_tools[juniors]).sum(axis=1), np.maximum(wanted.sum(axis=1), 1)
    keys = leaders * problem.juniors + juniors
    wishes = listed(facts.named["leader_wishes"], keys) * 1 + listed(facts.named["junior_wishes"], keys)
    abroad = _differ(problem.leader_country[leaders], problem.junior_country[juniors])
    parts = (
        rounded(need * np.minimum(gain / np.maximum(facts.full_gain[leaders], 1), 1)),
        rounded(time * np.minimum(shared, FULL_HOURS) / FULL_HOURS),
        wishes * rounded(wish / 2),
        rounded(tools * (found / wants)),
        rounded(language * np.maximum(fluency.astype(np.int64) - 1, 0) / 2),
        abroad * rounded(across),
    )
    return Looked(rules, np.stack(parts), _bonus(facts, leaders, juniors, keys))


def _bonus(facts: Facts, leaders: Longs, juniors: Longs, keys: Longs) -> Longs:
    objective = facts.objective
    bonus = facts.leader_waiting[leaders] + facts.junior_waiting[juniors]
    if objective.across:
        bonus += objective.across * _differ(objective.leader_group[leaders], objective.junior_group[juniors])
    return bonus + objective.keep * listed(facts.named["kept"], keys)


def _differ(theirs: NDArray[np.int16], ours: NDArray[np.int16]) -> NDArray[np.bool_]:
    differ: NDArray[np.bool_] = (theirs != ours) & (theirs >= 0) & (ours >= 0)
    return differ


def _gain(facts: Facts, leaders: Longs, juniors: Longs) -> tuple[Longs, NDArray[np.bool_]]:
    """Return the weighted gain, and whether any need is served."""
    problem = facts.problem
    offered = facts.offers[problem.need_skill[leaders], juniors[:, None]].astype(np.int64)
    gained = offered - problem.need_level[leaders]
    serves = (gained > 0) & (offered >= problem.rules.minimum_offer) & (problem.need_skill[leaders] >= 0)
    gain: Longs = (serves * np.minimum(gained, MOST_LEVELS)) @ PRIORITIES
    return gain, gain > 0


def _shared_quarters(facts: Facts, leaders: Longs, juniors: Longs) -> Longs:
    winter, summer = (
        np.bitwise_count(theirs[leaders] & ours[juniors]).sum(axis=1, dtype=np.int64)
        for theirs, ours in zip(facts.leader_week, facts.junior_week, strict=True)
    )
    worse: Longs = np.minimum(winter, summer)
    return worse


def _refusing(
    facts: Facts, leaders: Longs, juniors: Longs, serves: NDArray[np.bool_], fluency: NDArray[np.int8], shared: Longs
) -> Longs:
    problem, rules = facts.problem, facts.problem.rules
    keys = leaders * problem.juniors + juniors
    manager, unit = problem.leader_manager[leaders], problem.leader_unit[leaders]
    gap = problem.leader_grade[leaders].astype(np.int64) - problem.junior_grade[juniors]
    refusing = {
        Rule.REPORTING_LINE: (manager >= 0) & (manager == problem.junior_manager[juniors])
        | _one_above_the_other(problem.leader_line[leaders], problem.junior_line[juniors])
        | listed(facts.named["in_line"], keys),
        Rule.UNIT: (unit >= 0) & (unit == problem.junior_unit[juniors]),
        Rule.SENIORITY: gap < rules.seniority_gap,
        Rule.SKILL: ~serves,
        Rule.LANGUAGE: fluency < rules.working_fluency,
        Rule.TIME: shared < rules.shared_quarters,
        Rule.CONSENT: listed(facts.named["barred"], keys),
        Rule.FORBIDDEN: listed(facts.named["forbidden"], keys),
    }
    bits = np.zeros(len(leaders), np.int64)
    for rule, refuses in refusing.items():
        bits += int(rule & rules.on) * refuses
    return bits


def _one_above_the_other(theirs: NDArray[np.int32], ours: NDArray[np.int32]) -> NDArray[np.bool_]:
    (enter, leave), (entered, left) = theirs.T, ours.T
    above = (enter < entered) & (entered < leave) | (entered < enter) & (enter < left)
    known: NDArray[np.bool_] = above & (enter >= 0) & (entered >= 0)
    return known


def special(facts: Facts, demand: Demand) -> Longs:
    """Return the pairs of which something is said by name: looked at one by one, apart from all the others."""
    return np.unique(np.concatenate([*facts.named.values(), demand.paired]))


def pass_over(facts: Facts, demand: Demand, count: bool, most: int) -> Passed:
    """Look at all pairs, some leaders at a time; return at most so many of those that ask too much."""
    juniors = facts.problem.juniors
    apart = special(facts, demand)
    height = max(1, TILE // max(1, juniors))
    eligible, short = among(facts, demand, apart)
    for start in range(0, facts.problem.leaders, height):
        rows = np.arange(start, min(start + height, facts.problem.leaders))
        leaders, columns = _worth_a_look(facts, demand, rows, apart, count)
        one, more = among(facts, demand, leaders * juniors + columns)
        eligible, short = eligible + one, np.concatenate([short, more])
    first = np.sort(short)[:most]
    return Passed(eligible if count else None, len(short), pairs_of(first, juniors))


def pairs_of(keys: Longs, juniors: int) -> tuple[tuple[int, int], ...]:
    return tuple((int(key) // juniors, int(key) % juniors) for key in keys)


def among(facts: Facts, demand: Demand, keys: Longs) -> tuple[int, Longs]:
    """Return how many of these pairs break no rule, and which of them ask more than the prices offer."""
    eligible, short = 0, [np.empty(0, np.int64)]
    for start in range(0, len(keys), TILE // 8):
        some = keys[start : start + TILE // 8]
        leaders, juniors = np.divmod(some, facts.problem.juniors)
        looked = looked_at(facts, leaders, juniors)
        allowed = looked.rules == 0
        offered = demand.leader[leaders] + demand.junior[juniors]
        if len(demand.paired):
            place = np.minimum(np.searchsorted(demand.paired, some), len(demand.paired) - 1)
            offered += np.where(demand.paired[place] == some, demand.pair_price[place], 0)
        open_to = allowed & (looked.fit >= facts.objective.floor) & ~listed(facts.named["pinned"], some)
        asked = asked_by(facts.objective, looked, demand.weak)
        eligible += int(allowed.sum())
        short.append(some[open_to & (asked > offered)])
    return eligible, np.concatenate(short)


def asked_by(objective: Objective, looked: Looked, weak: int) -> Longs:
    """Return what each pair is worth below the level of leaders, in one number."""
    return (looked.fit + looked.bonus) * objective.total - weak * (looked.fit < objective.weak_below)


def _worth_a_look(facts: Facts, demand: Demand, rows: Longs, apart: Longs, count: bool) -> tuple[Longs, Longs]:
    """Return those pairs of these leaders that the cheap rules leave and, unless all are counted, that may ask much."""
    problem, juniors = facts.problem, facts.problem.juniors
    left = _cheaply_allowed(problem, rows)
    gain = _gains(facts, rows)
    if problem.rules.on & Rule.SKILL:
        left &= gain > 0
    if not count:
        need = np.take_along_axis(facts.need_points[rows], gain, axis=1)
        most = (need + facts.most_besides_need[rows, None] + facts.junior_waiting) * facts.objective.total
        left &= most > demand.leader[rows, None] + demand.junior
    mine = apart[np.searchsorted(apart, rows[0] * juniors) : np.searchsorted(apart, (rows[-1] + 1) * juniors)]
    left.ravel()[mine - rows[0] * juniors] = False
    row, column = np.nonzero(left)
    return rows[row], column


def _cheaply_allowed(problem: Problem, rows: Longs) -> NDArray[np.bool_]:
    """Grade, unit and manager, of these leaders with all juniors."""
    on = problem.rules.on
    left = np.ones((len(rows), problem.juniors), np.bool_)
    if on & Rule.SENIORITY:
        left &= problem.junior_grade <= (problem.leader_grade[rows] - problem.rules.seniority_gap)[:, None]
    for rule, theirs, ours in (
        (Rule.UNIT, problem.leader_unit, problem.junior_unit),
        (Rule.REPORTING_LINE, problem.leader_manager, problem.junior_manager),
    ):
        if on & rule:
            left &= (theirs[rows, None] != ours) | (ours < 0)
    return left


def _gains(facts: Facts, rows: Longs) -> Longs:
    problem = facts.problem
    gain = np.zeros((len(rows), problem.juniors), np.int8)
    for need, priority in enumerate(PRIORITIES):
        skill, held = problem.need_skill[rows, need], problem.need_level[rows, need, None]
        offered = facts.offers[skill]
        serves = (offered > held) & (offered >= problem.rules.minimum_offer)
        gain += serves * np.minimum(offered - held, MOST_LEVELS) * np.int8(priority)
    return gain.astype(np.int64)
