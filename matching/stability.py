"""Both sides' own view of a pair, proposals that nobody would leave for each other, and those who would in others.

The fit is what the programme makes of a pair; here each of the two looks from their own chair.

A leader's own score is what the leader gets: need + tools + time + language + own wish.
A junior's own score is what the junior gets: time + language + own wish + across.

Each part counts its points in the fit, by the programme's weights, and the own wish counts whole: the half that is the
other's wish says nothing about me. Need and tools are the leader's alone, for the junior teaches them and learns
nothing of them. Across is the junior's alone: to have the ear of a leader in another country is why juniors sign up,
while a leader is asked no such thing. Time and language make a session easy or hard for both.
"""

import heapq
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.assign import Proposal
from matching.block import PAIRS_AT_ONCE, Block, Index, blocks, measure
from matching.eligibility import refused
from matching.fit import FULL_QUARTERS
from matching.given import among, as_given
from matching.lots import drawn
from matching.points import Tables, fit_points, tables
from matching.problem import Problem

ASKED_FIRST = 64
"""Juniors of whom a leader keeps a list. Most need no more; who does gets one twice as long."""

NOBODY = -1
"""Below every score: whoever has a free place would rather have anybody."""

CONTENT = 1 << 40
"""Above every score: whoever has nothing but pins cannot leave."""


class Views(NamedTuple):
    """Own scores of leaders and of juniors for each other, in points (l, j)."""

    leader: NDArray[np.int32]
    junior: NDArray[np.int32]


def views(block: Block, counted: Tables) -> Views:
    """Return what both sides see in the pairs of a block."""
    problem = block.problem
    shared = counted.time[np.minimum(block.quarters, FULL_QUARTERS).astype(np.int8)] + counted.language[block.fluency]
    across = _across(block, counted)
    # what is left of the fit is need and tools
    theirs = fit_points(block, counted) - across
    for named in (problem.leader_wishes, problem.junior_wishes):
        theirs[block.cells(named)] -= counted.wish
    ours = shared + across
    theirs[block.cells(problem.leader_wishes)] += 2 * counted.wish
    ours[block.cells(problem.junior_wishes)] += 2 * counted.wish
    return Views(theirs, ours)


def _across(block: Block, counted: Tables) -> NDArray[np.int32]:
    theirs = block.problem.leader_country[block.leaders][:, None]
    ours = block.problem.junior_country[block.juniors]
    across: NDArray[np.int32] = np.int32(counted.across) * ((theirs != ours) & (theirs >= 0) & (ours >= 0))
    return across


def stable(problem: Problem) -> Proposal:
    """Return the proposal in which no two would rather have each other; of all such, each leader's best.

    Leaders ask juniors in the order of their own scores; a junior with as many as there are places lets the least
    liked go for a better one (deferred acceptance [Gale and Shapley 1962, doi:10.2307/2312726], for places on both
    sides [Roth 1984, doi:10.2307/1913473]). Of two of equal score the pair's lot says who is liked better, so there are
    no ties and the order of people never counts. Pins are kept and take their places. Coverage is no goal: a leader
    with two places may get two juniors where another gets none.

    Takes as long as looking at all pairs, and as many steps as leaders ask. Memory: ASKED_FIRST candidates a leader.
    """
    free = [
        np.maximum(capacity - np.bincount(problem.pinned[:, side], minlength=len(capacity)), 0)
        for side, capacity in enumerate((problem.leader_capacity, problem.junior_capacity))
    ]
    held = _accepted(problem, free[0].tolist(), free[1].tolist())
    pairs = np.array([(one[2], junior) for junior, some in enumerate(held) for one in some], np.int32).reshape(-1, 2)
    return as_given(problem, np.concatenate([problem.pinned, pairs]))


Held = list[tuple[int, int, int]]
"""Of one junior, as a heap: the junior's score, lot and number of each leader held, the least liked first."""


def _accepted(problem: Problem, wanting: list[int], places: list[int]) -> list[Held]:
    held: list[Held] = [[] for _ in places]
    asking = list(_lists(problem))
    free = [leader for leader, want in enumerate(wanting) for _ in range(want)]
    while free:
        leader = free.pop()
        asked = next(asking[leader], None)
        if asked is None:
            continue
        score, lot, junior = asked
        if len(held[junior]) < places[junior]:
            heapq.heappush(held[junior], (score, lot, leader))
        else:
            free.append(heapq.heappushpop(held[junior], (score, lot, leader))[2] if places[junior] else leader)
    return held


Asked = tuple[int, int, int]
"""The junior's score of the leader, the pair's lot, the junior."""


def _lists(problem: Problem) -> Iterator[Iterator[Asked]]:
    """For each leader, in order, give an iterator over juniors from the best liked on."""
    counted = tables(problem)
    height = max(1, PAIRS_AT_ONCE // max(1, problem.juniors))
    for start in range(0, problem.leaders, height):
        leaders = np.arange(start, min(start + height, problem.leaders))
        for leader, asked in zip(leaders, _ranked(problem, counted, leaders, 0, ASKED_FIRST), strict=True):
            yield _from(problem, counted, int(leader), asked)


def _from(problem: Problem, counted: Tables, leader: int, asked: list[Asked]) -> Iterator[Asked]:
    done, more = 0, ASKED_FIRST
    while asked:
        yield from asked
        done, more = done + more, 2 * more
        asked = _ranked(problem, counted, np.array([leader]), done, more)[0]


def _ranked(problem: Problem, counted: Tables, leaders: Index, skipped: int, more: int) -> list[list[Asked]]:
    """Return, for some leaders, those who come after so many juniors in the order of their liking."""
    block = measure(problem, leaders, slice(None))
    theirs, ours = views(block, counted)
    may = refused(block) == 0
    may[block.cells(problem.pinned)] = False
    lots = drawn(problem.leader_lot[leaders][:, None], problem.junior_lot)
    ranked = []
    for row in range(len(leaders)):
        juniors = np.flatnonzero(may[row])
        order = juniors[np.lexsort((lots[row, juniors], theirs[row, juniors]))[::-1]][skipped : skipped + more]
        ranked.append(list(zip(ours[row, order].tolist(), lots[row, order].tolist(), order.tolist(), strict=True)))
    return ranked


def blocking_pairs(problem: Problem, proposal: Proposal) -> int:
    """Return how many eligible pairs would both rather have each other than somebody they got, or than a free place.

    Rather means a higher own score; equals do not part. A pin cannot be left for another.
    """
    counted = tables(problem)
    theirs, ours = _worst(problem, proposal, counted)
    blocking = 0
    for block in blocks(problem):
        view = views(block, counted)
        would = (view.leader > theirs[block.leaders][:, None]) & (view.junior > ours[block.juniors])
        would &= refused(block) == 0
        would[block.cells(proposal.pairs)] = False
        blocking += int(would.sum())
    return blocking


def _worst(problem: Problem, proposal: Proposal, counted: Tables) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the own score of the least liked pair of each leader and junior, pins aside."""
    scores = np.zeros((2, len(proposal.pairs)), np.int64)
    for block in blocks(problem):
        row, column = block.cells(proposal.pairs)
        inside = np.isin(proposal.pairs[:, 1], block.juniors)
        scores[:, inside] = np.stack(views(block, counted))[:, row, column]
    movable = ~among(problem, proposal.pairs, problem.pinned)
    found = []
    for side, capacity in enumerate((problem.leader_capacity, problem.junior_capacity)):
        people = proposal.pairs[:, side]
        worst = np.full(len(capacity), CONTENT, np.int64)
        np.minimum.at(worst, people[movable], scores[side, movable])
        worst[np.bincount(people, minlength=len(capacity)) < capacity] = NOBODY
        found.append(worst)
    return found[0], found[1]
