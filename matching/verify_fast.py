"""The pass of ``verify_pass`` compiled: the same rules, the same points, the same verdict, for many pairs.

The cheap tests run over all juniors of a leader at once; hours, the costliest, only where the rest leaves the pair in
question. Threads share the leaders out; what they find does not depend on how many there are.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from matching.problem import SEASONS
from matching.verify_pass import Demand, Facts, Longs, Passed, among, pairs_of, special
from matching.verify_sheet import Sheet, Words, sheet_of

THREADS = 2

TURN = 256
"""Leaders that a thread takes at a time."""

STRIDE = 1 << 13
"""Juniors at a time, so that what is asked of them stays in the cache while the leaders of a turn go by."""

Given = ParamSpec("Given")
Back = TypeVar("Back")


def compiled(function: Callable[Given, Back]) -> Callable[Given, Back]:
    """Compile at the first call, for good where there is a folder to keep it in; other threads run meanwhile."""
    made: Callable[Given, Back]
    try:
        made = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:
        made = numba.njit(nogil=True)(function)
    return made


def part(function: Callable[Given, Back]) -> Callable[Given, Back]:
    """Compile into the loop that calls it."""
    made: Callable[Given, Back] = numba.njit(nogil=True, forceinline=True)(function)
    return made


def pass_fast(facts: Facts, demand: Demand, count: bool, most: int) -> Passed:
    """Look at all pairs; ``verify_pass.pass_over`` says what is returned."""
    problem, apart = facts.problem, special(facts, demand)
    eligible, named = among(facts, demand, apart)
    sheet = sheet_of(facts, demand, apart)

    def turn(begin: int) -> tuple[int, int, Longs]:
        end = min(begin + TURN, problem.leaders)
        first = np.full(most, -1, np.int64)
        found, short = _scanned(sheet, begin, end, STRIDE, count, first)
        if short > most:  # the first few by leader, then junior, are wanted
            found, short = _scanned(sheet, begin, end, problem.juniors, count, first)
        return found, short, first[first >= 0]

    with ThreadPoolExecutor(THREADS) as threads:
        turns = list(threads.map(turn, range(0, problem.leaders, TURN)))
    first = np.sort(np.concatenate([named, *(keys for _, _, keys in turns)]))[:most]
    short = len(named) + sum(one for _, one, _ in turns)
    found = eligible + sum(one for one, _, _ in turns)
    return Passed(found if count else None, short, pairs_of(first, problem.juniors))


def _scanned(sheet: Sheet, begin: int, end: int, stride: int, count: bool, first: Longs) -> tuple[int, int]:
    marks = np.zeros(-(-stride // 8), np.uint64)
    room = np.empty((3, stride), np.int64)
    eligible, short = 0, 0
    for low in range(0, len(sheet.key), stride):
        high = min(low + stride, len(sheet.key))
        span = (begin, end, low, high)
        allowed, better = _scan(sheet, span, count, first[min(short, len(first)) :], marks, marks.view(np.uint8), room)
        eligible, short = eligible + int(allowed), short + int(better)
    return eligible, short


@compiled
def _scan(
    sheet: Sheet,
    span: tuple[int, int, int, int],
    count: bool,
    first: Longs,
    marks: Words,
    mark: NDArray[np.uint8],
    room: NDArray[np.int64],
) -> tuple[int, int]:
    """Return how many pairs of the span break no rule, and how many ask too much; put the first into ``first``.

    span: leaders from and to, juniors from and to. marks, mark: one byte for each junior, eight at a time and one by
    one. room (3, n): for so many juniors: who is left, their points, their bonuses.
    """
    begin, end, low, high = span
    left, fit, bonus = room[0], room[1], room[2]
    eligible, short = 0, 0
    for leader in range(begin, end):
        _mark(sheet, leader, low, high, count, mark)
        for place in range(sheet.start[leader], sheet.start[leader + 1]):
            if low <= sheet.apart[place] < high:
                mark[sheet.apart[place] - low] = 0
        number = _listed(marks, mark, low, high, left)
        number = _outside_the_line(sheet, leader, left, number)
        _count_besides_hours(sheet, leader, left, number, fit, bonus)
        allowed, better = _meet(sheet, leader, left, number, fit, bonus, count)
        eligible += allowed
        for place in range(min(better, max(0, len(first) - short))):
            first[short + place] = leader * len(sheet.key) + left[place]
        short += better
    return eligible, short


@compiled
def _mark(sheet: Sheet, leader: int, low: int, high: int, count: bool, mark: NDArray[np.uint8]) -> None:
    """Mark whom grade, unit, manager, skill and language leave to this leader and who might be worth too much."""
    one = sheet.gains[sheet.skill[leader, 0], sheet.held[leader, 0], low:high]
    two = sheet.gains[sheet.skill[leader, 1], sheet.held[leader, 1], low:high]
    three = sheet.gains[sheet.skill[leader, 2], sheet.held[leader, 2], low:high]
    highest, theirs, manager = sheet.leaders.grade[leader], sheet.leaders.unit[leader], sheet.leaders.manager[leader]
    grade, unit, under = sheet.juniors.grade[low:high], sheet.juniors.unit[low:high], sheet.juniors.manager[low:high]
    theirs_spoken, spoken = sheet.leaders.speaks[leader], sheet.juniors.speaks[low:high]
    key, least, step = sheet.key[low:high], sheet.least_gain, sheet.step[leader]
    most = sheet.most[leader] - sheet.leaders.price[leader]
    if count:
        step, most = 0, 1 << 62
    for junior in range(high - low):
        gain = 3 * one[junior] + 2 * two[junior] + three[junior]
        mark[junior] = (
            (gain >= least)
            & (gain * step + most > key[junior])
            & (spoken[junior] & theirs_spoken != 0)
            & (grade[junior] <= highest)
            & (unit[junior] != theirs)
            & (under[junior] != manager)
        )


@compiled
def _listed(marks: Words, mark: NDArray[np.uint8], low: int, high: int, left: Longs) -> int:
    """Put the marked juniors into ``left``; return how many."""
    number = 0
    for eight in range(-(-(high - low) // 8)):
        if marks[eight]:
            for place in range(8 * eight, min(8 * eight + 8, high - low)):
                left[number] = low + place
                number += mark[place]
    return number


@compiled
def _outside_the_line(sheet: Sheet, leader: int, left: Longs, number: int) -> int:
    """Keep those who are neither above the leader nor below."""
    line = sheet.juniors.line
    enter, leave = sheet.leaders.line[leader, 0], sheet.leaders.line[leader, 1]
    if enter < 0:
        return number
    kept = 0
    for place in range(number):
        junior = left[place]
        entered = line[junior, 0]
        above = (enter < entered and entered < leave) or (entered < enter and enter < line[junior, 1])
        left[kept] = junior
        kept += not (above and entered >= 0)
    return kept


@compiled
def _count_besides_hours(sheet: Sheet, leader: int, left: Longs, number: int, fit: Longs, bonus: Longs) -> None:
    """Put in points of all parts but time, and bonuses; wishes and kept pairs are looked at apart."""
    one = sheet.gains[sheet.skill[leader, 0], sheet.held[leader, 0]]
    two = sheet.gains[sheet.skill[leader, 1], sheet.held[leader, 1]]
    three = sheet.gains[sheet.skill[leader, 2], sheet.held[leader, 2]]
    need, wanted, known = sheet.need[leader], sheet.leaders.tools[leader], sheet.leaders.known
    tools, language, abroad = sheet.tools[_ones(wanted)], sheet.language, sheet.abroad
    country, group, across = sheet.leaders.country[leader], sheet.leaders.group[leader], sheet.across
    waiting = sheet.leaders.waiting[leader]
    juniors = sheet.juniors
    offered, spoken, lands, groups, waits = (
        juniors.tools,
        juniors.known,
        juniors.country,
        juniors.group,
        juniors.waiting,
    )
    for place in range(number):
        junior = left[place]
        points = need[3 * one[junior] + 2 * two[junior] + three[junior]] + tools[_ones(wanted & offered[junior])]
        if known[3, leader] & spoken[3, junior]:
            points += language[3]
        elif known[2, leader] & spoken[2, junior]:
            points += language[2]
        fit[place] = points + abroad * _differ(country, lands[junior])
        bonus[place] = waiting + waits[junior] + across * _differ(group, groups[junior])


@compiled
def _meet(
    sheet: Sheet, leader: int, left: Longs, number: int, fit: Longs, bonus: Longs, count: bool
) -> tuple[int, int]:
    """Return how many have hours in common, and how many of them ask too much, who are put first into ``left``.

    Hours are counted only where they could still matter: all of them, or as many as the rule asks for.
    """
    week, theirs, price, time = sheet.juniors.week, sheet.leaders.week[leader], sheet.juniors.price, sheet.time
    total, offered, least, full = sheet.total, sheet.leaders.price[leader], sheet.quarters, len(sheet.time) - 1
    weak, weak_below, floor = sheet.weak, sheet.weak_below, sheet.floor
    allowed, better = 0, 0
    for place in range(number):
        junior = left[place]
        spare = offered + price[junior] - total * bonus[place]
        might = total * (fit[place] + time[full]) > spare
        if might or count:
            quarters = _shared(theirs, week, junior)
            if quarters >= least:
                allowed += 1
                points = fit[place] + time[min(quarters, full)]
                asked = total * points - (weak if points < weak_below else 0)
                left[better] = junior
                better += might and asked > spare and points >= floor
    return allowed, better


@part
def _differ(one: int, other: int) -> bool:
    return one != other and one >= 0 and other >= 0


@part
def _shared(theirs: Words, week: Words, junior: int) -> int:
    """Return the quarter hours shared in the worse season."""
    worse = np.int64(1 << 20)
    for season in range(SEASONS):
        shared = np.int64(0)
        for word in range(theirs.shape[1]):
            shared += _ones(theirs[season, word] & week[junior, season, word])
        worse = min(worse, shared)
    return int(worse)


@part
def _ones(word: np.uint64) -> np.int64:
    """Count the bits of a word: sums of two, of four, of eight bits, and their sum by one multiplication."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))
