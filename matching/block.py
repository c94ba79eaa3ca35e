"""What two people share, measured once for a block of pairs; the rules and the fit both read it.

All numbers are small integers, so every machine and every BLAS gives the same ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.problem import NEEDS, SEASONS, Problem
from matching.rules import TOP_LEVEL

PRIORITY = (3, 2, 1)
"""Weights of the needs by priority: the first counts as much as the other two together."""

FULL_GAIN = 2
"""Levels. Half a year of mentoring rarely lifts anyone further, so more is not praised."""

PAIRS_AT_ONCE = 1 << 17
"""Pairs in a block: an array of numbers is 1 MB, which stays in the cache and is not mapped anew."""

COUPLES_AT_ONCE = 1 << 10
"""Pairs of their own measured at once: their hours are 1.4 MB."""

Value = TypeVar("Value", bound=np.generic)
Index = NDArray[np.intp] | NDArray[np.int32]
Choice = slice | Index


@dataclass(frozen=True, eq=False)
class Block:
    """Measures of the pairs ``leaders`` (l,) by ``juniors`` (j,), each person at most once.

    quarters: quarter hours a week inside both people's hours, in the worse season. fluency: best
    shared language, by the weaker of the two. gain: sum over the needs of priority weight times
    levels gained, at most FULL_GAIN each. All (l, j).
    """

    problem: Problem
    leaders: Index
    juniors: Index
    quarters: NDArray[np.float32]
    fluency: NDArray[np.int8]
    gain: NDArray[np.int8]

    def theirs(self, values: NDArray[Value]) -> NDArray[Value]:
        """Values (L,) of the leaders as they stand in the block."""
        return values[self.leaders][:, None]

    def ours(self, values: NDArray[Value]) -> NDArray[Value]:
        """Values (J,) of the juniors as they stand in the block."""
        return values[self.juniors]

    def of_leader(self, tables: NDArray[Value], place: NDArray[np.int8]) -> NDArray[Value]:
        """From the table (k,) of each leader (L, k), the value at the place of each pair."""
        return tables[self.leaders][np.arange(len(self.leaders))[:, None], place]

    def tools(self) -> NDArray[np.float32]:
        """How many of the tools wanted are offered."""
        wanted, offered = self.problem.wanted_tools[self.leaders], self.problem.offered_tools[self.juniors]
        found: NDArray[np.float32] = wanted.astype(np.float32) @ offered.astype(np.float32).T
        return found

    def cells(self, pairs: NDArray[np.int32]) -> tuple[Index, ...]:
        """Where in this block those of the pairs are that lie in it."""
        row = _places(self.leaders, self.problem.leaders)[pairs[:, 0]]
        column = _places(self.juniors, self.problem.juniors)[pairs[:, 1]]
        inside = (row >= 0) & (column >= 0)
        return row[inside], column[inside]


class Couples(Block):
    """Measures (p,) of one leader and one junior each: pairs of their own, each once, in order."""

    def theirs(self, values: NDArray[Value]) -> NDArray[Value]:
        return values[self.leaders]

    def of_leader(self, tables: NDArray[Value], place: NDArray[np.int8]) -> NDArray[Value]:
        return tables[self.leaders, place]

    def tools(self) -> NDArray[np.float32]:
        both = self.problem.wanted_tools[self.leaders] & self.problem.offered_tools[self.juniors]
        found: NDArray[np.float32] = np.count_nonzero(both, axis=1).astype(np.float32)
        return found

    def cells(self, pairs: NDArray[np.int32]) -> tuple[Index, ...]:
        mine = self.problem.keys(np.stack([self.leaders, self.juniors], axis=1))
        keys = self.problem.keys(pairs)
        where = np.searchsorted(mine, keys)
        inside = where < len(mine)
        inside[inside] = mine[where[inside]] == keys[inside]
        return (where[inside],)


@dataclass(frozen=True, eq=False)
class _Season:
    """The week of one season cut into stretches in which nobody's hours begin or end.

    starts (K,): a slot of each stretch. theirs (l, K): its quarter hours inside the leader's hours.
    Most people state whole hours, so this is a third of the week's slots.
    """

    starts: Index
    theirs: NDArray[np.float32]


def measure(problem: Problem, leaders: Choice, juniors: Choice) -> Block:
    rows, columns = np.arange(problem.leaders)[leaders], np.arange(problem.juniors)[juniors]
    return _measured(problem, rows, columns, _seasons(problem, rows, columns))


def couples(problem: Problem, pairs: NDArray[np.int32]) -> Iterator[Couples]:
    """Measure pairs (P, 2), which are in order and each once, some at a time."""
    for start in range(0, len(pairs), COUPLES_AT_ONCE):
        leaders, juniors = pairs[start : start + COUPLES_AT_ONCE].T
        both = problem.leader_hours[:, leaders] & problem.junior_hours[:, juniors]
        quarters = np.count_nonzero(both, axis=2).min(axis=0).astype(np.float32)
        fluency = np.minimum(problem.leader_fluency[leaders], problem.junior_fluency[juniors]).max(axis=1, initial=0)
        skills, weights = problem.need_skill[leaders], _need_weights(problem, leaders)
        offers = (
            problem.offer_level[juniors[:, None], np.maximum(skills, 0)] if problem.offer_level.size else skills * 0
        )
        gains = _gained(problem, offers, problem.need_level[leaders])
        yield Couples(problem, leaders, juniors, quarters, fluency, (weights * gains).sum(axis=1, dtype=np.int8))


def blocks(problem: Problem, leaders: Choice = slice(None), juniors: Choice = slice(None)) -> Iterator[Block]:
    """Measure all leaders chosen with all juniors chosen, some juniors at a time, in order."""
    return (measured() for measured in pieces(problem, leaders, juniors))


def pieces(
    problem: Problem, leaders: Choice = slice(None), juniors: Choice = slice(None)
) -> Iterator[Callable[[], Block]]:
    """The same, each block measured by whoever calls for it: several threads may."""
    rows, columns = np.arange(problem.leaders)[leaders], np.arange(problem.juniors)[juniors]
    seasons = _seasons(problem, rows, columns)
    width = max(1, PAIRS_AT_ONCE // max(1, len(rows)))
    for start in range(0, len(columns), width):
        yield partial(_measured, problem, rows, columns[start : start + width], seasons)


def full_gain(problem: Problem) -> NDArray[np.int64]:
    """Return the gain that a leader's needs could bring at most (L,), 0 without needs."""
    weights: NDArray[np.int64] = np.where(problem.need_skill >= 0, np.array(PRIORITY), 0).sum(axis=1)
    return weights * FULL_GAIN


def _places(people: Index, count: int) -> Index:
    places = np.full(count, -1, np.intp)
    places[people] = np.arange(len(people))
    return places


def _measured(problem: Problem, leaders: Index, juniors: Index, seasons: list[_Season]) -> Block:
    return Block(
        problem,
        leaders,
        juniors,
        _shared_quarters(problem, juniors, seasons),
        _shared_fluency(problem, leaders, juniors),
        _gain(problem, leaders, juniors),
    )


def _seasons(problem: Problem, leaders: Index, juniors: Index) -> list[_Season]:
    seasons = []
    for season in range(SEASONS):
        theirs = problem.leader_hours[season][leaders]
        stated = np.flatnonzero(theirs.any(axis=0))
        theirs, ours = theirs[:, stated], problem.junior_hours[season][juniors][:, stated]
        begins = np.ones(len(stated), np.bool_)
        begins[1:] = _changes(theirs) | _changes(ours)
        starts = np.flatnonzero(begins)
        lengths = np.diff(starts, append=len(stated))
        seasons.append(_Season(stated[starts], (theirs[:, starts] * lengths).astype(np.float32)))
    return seasons


def _changes(hours: NDArray[np.bool_]) -> NDArray[np.bool_]:
    changes: NDArray[np.bool_] = (hours[:, 1:] != hours[:, :-1]).any(axis=0)
    return changes


def _shared_quarters(problem: Problem, juniors: Index, seasons: list[_Season]) -> NDArray[np.float32]:
    """Sums of whole numbers: below 2**24 they are exact in float32, in whatever order BLAS adds."""
    shared = []
    for season, stretches in enumerate(seasons):
        ours = problem.junior_hours[season][juniors][:, stretches.starts].astype(np.float32)
        shared.append(stretches.theirs @ ours.T)
    winter, summer = shared
    worse: NDArray[np.float32] = np.minimum(winter, summer)
    return worse


def _shared_fluency(problem: Problem, leaders: Index, juniors: Index) -> NDArray[np.int8]:
    theirs, ours = problem.leader_fluency[leaders], problem.junior_fluency[juniors]
    best = np.zeros((len(leaders), len(juniors)), np.int8)
    for language in np.flatnonzero(theirs.any(axis=0) & ours.any(axis=0)):
        shared = np.minimum(theirs[:, language, None], ours[None, :, language])
        np.maximum(best, shared, out=best)
    return best


def _gain(problem: Problem, leaders: Index, juniors: Index) -> NDArray[np.int8]:
    """Look each need up in a table of skill and level held; a need that is none weighs nothing."""
    offers = problem.offer_level[juniors].T[:, None, :]
    table = _gained(problem, offers, np.arange(TOP_LEVEL + 1, dtype=np.int8)[:, None])
    skills, levels = problem.need_skill[leaders], problem.need_level[leaders]
    weights = _need_weights(problem, leaders)
    gain = np.zeros((len(leaders), len(juniors)), np.int8)
    if len(table):
        for need in range(NEEDS):
            gain += weights[:, need, None] * table[np.maximum(skills[:, need], 0), levels[:, need]]
    return gain


def _gained(problem: Problem, offered: NDArray[np.int8], held: NDArray[np.int8]) -> NDArray[np.int8]:
    """Levels that an offer brings to somebody who holds so many, those that count."""
    counts = (offered > held) & (offered >= problem.rules.minimum_offer)
    return np.where(counts, np.minimum(offered - held, FULL_GAIN), 0).astype(np.int8)


def _need_weights(problem: Problem, leaders: Index) -> NDArray[np.int8]:
    return np.where(problem.need_skill[leaders] >= 0, np.array(PRIORITY, np.int8), 0).astype(np.int8)
