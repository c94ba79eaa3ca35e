"""Looking at pairs with numpy alone: blocks of rows and tiles by a bound, and exactly what no bound settles.

The bound is what needs and tools bring, by one product of matrices, less what languages and countries lose, against
what is asked less the most that anything else can bring. What is left goes through one filter after the other, hours
last, as in ``scan_fast``. A point weighs 1.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.ground import ROWS, TELL
from matching.market import Longs
from matching.problem import NEEDS
from matching.rules import TOP_FLUENCY, WEEK
from matching.sheet import (
    COUNTRY,
    ENTER,
    GLANCE,
    GRADE,
    GROUP,
    KEPT,
    LEAVE,
    MANAGER,
    N_ACROSS,
    N_FLOOR,
    N_FLUENCY,
    N_FLUENT,
    N_GAP,
    N_GROUP,
    N_KEEP,
    N_LANGUAGE,
    N_LINE,
    N_QUARTERS,
    N_SENIORITY,
    N_SHARED,
    N_SKILL,
    N_TIME,
    N_TOTAL,
    N_UNIT,
    N_WEAK,
    N_WEAK_COST,
    N_WISH,
    REFUSED,
    TILE,
    UNIT,
    WAITING,
    WANTED,
    WISHED_ONCE,
    WISHED_TWICE,
    Bits,
    Ints,
    Sheet,
)  # fmt: skip

FULL_GAIN, FULL_QUARTERS = 2, 24

GROUP_ROWS = 256
"""Rows looked at before what was found is given back."""

BLOCK_ROWS = 64
"""Rows by tile whose bounds stay in the cache."""

AT_ONCE = 1 << 14
"""Pairs looked at exactly at once."""

BEST_FIRST = 8
"""Of each tile: what is sought first where only the best of a row counts, so that most others need no look."""

ENDLESS = np.float32(1e30)
"""More than any points and prices."""

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float32]


class Some(NamedTuple):
    """Pairs (K,): places among the rows, leaders, places of the juniors, marks, and what the bound exceeds."""

    row: Longs
    leader: Longs
    junior: Longs
    mark: Longs
    above: Floats

    def chosen(self, which: Flags | Longs | slice) -> "Some":
        return Some(self.row[which], self.leader[which], self.junior[which], self.mark[which], self.above[which])


NO_LONGS = np.empty(0, np.int64)
NONE = Some(NO_LONGS, NO_LONGS, NO_LONGS, NO_LONGS, np.empty(0, np.float32))


def _joined(parts: list[Some]) -> Some:
    return Some(*(np.concatenate([getattr(part, name) for part in parts]) for name in Some._fields))


class Look:
    """One scan: what is the same for all of its rows."""

    def __init__(self, sheet: Sheet, rows: Longs, price: Longs, asked: Floats, first_tile: int, last_tile: Ints):
        self.sheet, self.rows, self.price, self.asked = sheet, rows, price, asked
        self.first, self.last = first_tile, last_tile
        self.numbers = [int(number) for number in sheet.numbers]
        self.tiles = range(first_tile, int(last_tile.max(initial=first_tile)))
        tiles = [slice(tile * TILE, tile * TILE + TILE) for tile in self.tiles]
        self.brought = [np.concatenate([sheet.gain[:, tile], sheet.tool[:, tile]]).astype(np.float32) for tile in tiles]
        self.tongues, self.tongue = np.unique(sheet.junior_fluency, axis=0, return_inverse=True)
        self.buffers = np.empty((2, BLOCK_ROWS * TILE), np.float32)
        self.least_quarters = self.numbers[N_TIME] * self.numbers[N_QUARTERS]
        self.enough = self.numbers[N_LANGUAGE] * self.numbers[N_FLUENCY]
        self.hours = sheet.numbers[N_SHARED : N_SHARED + FULL_QUARTERS + 1]
        self.fluent = sheet.numbers[N_FLUENT : N_FLUENT + TOP_FLUENCY + 1]
        shared = np.arange(WEEK // GLANCE + 1) * GLANCE
        self.by_glance = np.where(
            shared < self.least_quarters, ENDLESS, self.hours[-1] - self.hours[np.minimum(shared, FULL_QUARTERS)]
        ).astype(np.float32)
        owner = np.repeat(np.arange(len(sheet.mark_start) - 1), np.diff(sheet.mark_start))
        self.marks = owner * len(sheet.junior) + sheet.mark_junior

    def worth(self, leaders: Longs) -> Floats:
        """What each level gained and each tool (n, levels and tools, as in ``brought``) is worth to leaders."""
        sheet = self.sheet
        weight = sheet.needs[leaders, NEEDS:]
        whole = weight.sum(axis=1) * FULL_GAIN
        full = sheet.need_points[leaders, whole] / np.maximum(whole, 1)
        wanted = sheet.leader_facts[leaders, WANTED]
        each = sheet.tool_points[wanted, wanted] / np.maximum(wanted, 1)
        bits = np.unpackbits(sheet.leader_tools[leaders].view(np.uint8), axis=1, bitorder="little")
        worth = np.zeros((len(leaders), len(sheet.gain) + len(sheet.tool)), np.float32)
        for need in range(NEEDS):
            worth[np.arange(len(leaders)), sheet.needs[leaders, need]] += weight[:, need] * full
        worth[:, len(sheet.gain) :] = bits[:, : len(sheet.tool)] * each[:, None]
        return worth

    def lost(self, leaders: Longs) -> Floats:
        """What leaders (n,) lose by the language that they share with whoever speaks as in ``tongues`` (n, tongues)."""
        best = np.zeros((len(leaders), len(self.tongues)), np.uint8)
        for language in range(self.tongues.shape[1]):
            mine = self.sheet.leader_fluency[leaders, language, None]
            np.maximum(best, np.minimum(mine, self.tongues[:, language]), out=best)
        found: Floats = np.where(best < self.enough, ENDLESS, self.fluent[-1] - self.fluent[best]).astype(np.float32)
        return found

    def floor(self, leaders: Longs, least: Longs) -> Floats:
        """From below: what is left for needs and tools to bring."""
        numbers, sheet = self.numbers, self.sheet
        rest = self.hours[-1] + self.fluent[-1] + numbers[N_ACROSS] + numbers[N_GROUP]
        floor = (least - (rest + sheet.leader_facts[leaders, WAITING])).astype(np.float64)
        if not numbers[N_TOTAL]:
            floor[least <= 0] = -ENDLESS
        found: Floats = (floor - 8 - np.abs(floor) / (1 << 21)).astype(np.float32)
        return found

    def meets(self, leaders: Longs, tile: int) -> Flags:
        found: Flags = _shared(self.sheet.leader_hours[leaders] & self.sheet.tile_hours[tile]) >= self.least_quarters
        return found

    def bounds(self, start: int, stop: int, least: Longs) -> Iterator[tuple[Longs, int, Floats]]:
        """Rows, first junior and by how much the bound of each pair (b, t) exceeds what is asked."""
        sheet, leaders = self.sheet, self.rows[start:stop]
        worth, lost, floor = self.worth(leaders), self.lost(leaders), self.floor(leaders, least[start:stop])[:, None]
        across, mine = np.float32(self.numbers[N_ACROSS]), sheet.leader_facts[leaders, COUNTRY, None]
        for tile in self.tiles:
            there, brought = slice(tile * TILE, tile * TILE + TILE), self.brought[tile - self.first]
            open_ = np.flatnonzero(self.meets(leaders, tile) & (tile < self.last[start:stop]))
            for place in range(0, len(open_), BLOCK_ROWS):
                some = open_[place : place + BLOCK_ROWS]
                above, more = (buffer[: len(some) * brought.shape[1]].reshape(len(some), -1) for buffer in self.buffers)
                np.matmul(worth[some], brought, out=above)
                np.subtract(above, self.asked[there], out=above)
                np.subtract(above, floor[some], out=above)
                np.take(lost[some], self.tongue[there], axis=1, out=more, mode="clip")
                np.subtract(above, more, out=above)
                if across:
                    np.multiply(mine[some] == sheet.country[there], across, out=more)
                    np.subtract(above, more, out=above)
                yield start + some, there.start, above

    def marked(self, start: int, stop: int) -> Some:
        """Pairs with marks, which no bound knows."""
        sheet, leaders = self.sheet, self.rows[start:stop]
        length = sheet.mark_start[leaders + 1] - sheet.mark_start[leaders]
        row = start + np.repeat(np.arange(len(leaders)), length)
        where = np.arange(len(row)) + np.repeat(sheet.mark_start[leaders] - (np.cumsum(length) - length), length)
        junior = sheet.mark_junior[where].astype(np.int64)
        tile = junior // TILE
        here = (tile >= self.first) & (tile < self.last[row])
        found = Some(row, self.rows[row], junior, sheet.mark[where].astype(np.int64), np.zeros(len(row), np.float32))
        return found.chosen(here)


def scan(
    sheet: Sheet, rows: Longs, least: Longs, price: Longs, asked: Floats, aim: int, first_tile: int, last_tile: Ints,
    begin: int, out_row: Ints, out_junior: Ints, out_weight: Longs,
) -> tuple[int, int]:  # fmt: skip
    """A ``Scan``, see ``ground``."""
    look = Look(sheet, rows, price, asked, first_tile, last_tile)
    told, most = 0, 8
    while begin < len(rows):
        stop = min(len(rows), begin + most)
        if aim == ROWS:
            _raise_rows(look, begin, stop, least)
        elif aim != TELL:
            _raise_columns(look, begin, stop, least)
        else:
            some, weight = _found(look, begin, stop, least)
            ends = np.searchsorted(some.row, np.arange(begin, stop), side="right")
            full = int(np.searchsorted(ends, len(out_row) - told, side="right"))
            count = int(ends[full - 1]) if full else 0
            out_row[told : told + count], out_junior[told : told + count] = some.row[:count], some.junior[:count]
            out_weight[told : told + count] = weight[:count]
            told += count
            if begin + full < stop:
                return told, begin + full
            most = (len(out_row) - told) * (stop - begin) // (2 * len(some.row) + 1)
        begin, most = stop, max(1, min(GROUP_ROWS, most if aim == TELL else GROUP_ROWS))
    return told, len(rows)


def _found(look: Look, start: int, stop: int, least: Longs) -> tuple[Some, Longs]:
    """All pairs of these rows that weigh enough, by row, and their weights."""
    promised = [_promised(look, *block) for block in look.bounds(start, stop, least)]
    some, weight = _weighed(look, _joined([look.marked(start, stop), *promised]), least)
    order = np.lexsort((some.junior, some.row))
    return some.chosen(order), weight[order]


def _raise_rows(look: Look, start: int, stop: int, least: Longs) -> None:
    def take(some: Some, weight: Longs) -> None:
        np.maximum.at(least, some.row, weight - look.price[some.junior] + 1)

    take(*_weighed(look, look.marked(start, stop), least))
    first = []
    for rows, begin, above in look.bounds(start, stop, least):
        few = min(BEST_FIRST, above.shape[1])
        best = np.argpartition(above, -few, axis=1)[:, -few:]
        only = np.full_like(above, -ENDLESS)
        np.put_along_axis(only, best, np.take_along_axis(above, best, axis=1), axis=1)
        first.append(_promised(look, rows, begin, only))
    take(*_weighed(look, _joined([NONE, *first]), least))
    then = [_promised(look, *block) for block in look.bounds(start, stop, least)]
    take(*_weighed(look, _joined([NONE, *then]), least))


def _raise_columns(look: Look, start: int, stop: int, least: Longs) -> None:
    def take(some: Some, weight: Longs) -> None:
        np.maximum.at(look.price, some.junior, weight - least[some.row])
        asked = look.price[some.junior] - look.sheet.junior_facts[some.junior, WAITING]
        look.asked[some.junior] = asked - 1 - np.abs(asked) / (1 << 21)

    take(*_weighed(look, look.marked(start, stop), least))
    for block in look.bounds(start, stop, least):
        take(*_weighed(look, _promised(look, *block), least))


def _promised(look: Look, rows: Longs, first: int, above: Floats) -> Some:
    """Of a block of bounds: those without marks that come to what is asked."""
    flat = np.flatnonzero(above >= 0)
    row, column = np.divmod(flat, above.shape[1])
    row = rows[row]
    some = Some(row, look.rows[row], first + column, np.zeros(len(row), np.int64), above.ravel()[flat])
    return _unmarked(look, _promising(look, some))


def _promising(look: Look, some: Some) -> Some:
    """Those that still do with the rough week."""
    sheet = look.sheet
    both = _shared(sheet.leader_glance[some.leader] & sheet.junior_glance[some.junior])
    above = some.above - look.by_glance[both]
    return some.chosen(above >= 0)


def _unmarked(look: Look, some: Some) -> Some:
    """Those without marks: the others are looked at with them."""
    if not len(look.marks):
        return some
    keys = some.leader * len(look.sheet.junior) + some.junior
    where = np.minimum(np.searchsorted(look.marks, keys), len(look.marks) - 1)
    return some.chosen(look.marks[where] != keys)


def _weighed(look: Look, some: Some, least: Longs) -> tuple[Some, Longs]:
    """Those that no rule refuses and that weigh enough, and their weights."""
    parts = [
        _exactly(look, some.chosen(slice(start, start + AT_ONCE)), least)
        for start in range(0, max(len(some.row), 1), AT_ONCE)
    ]
    kept = _joined([some for some, _ in parts])
    return kept, np.concatenate([weight for _, weight in parts])


def _exactly(look: Look, some: Some, least: Longs) -> tuple[Some, Longs]:
    sheet, numbers = look.sheet, look.numbers
    gained = np.zeros(len(some.row), np.int64)
    for need in range(NEEDS):
        gain = sheet.gain[sheet.needs[some.leader, need], some.junior]
        gained += sheet.needs[some.leader, NEEDS + need] * gain.astype(np.int64)
    fluency = _fluency(sheet, some)
    may = ~_kept_apart(look, some) & (some.mark & REFUSED == 0) & (fluency >= look.enough)
    if numbers[N_SKILL]:
        may &= gained > 0
    some, gained, fluency = some.chosen(may), gained[may], fluency[may]
    fit = _fit(look, some, gained, fluency)
    bonus = _bonus(look, some)
    asked = least[some.row] + look.price[some.junior]
    most = fit + look.hours[-1]
    may = (most >= numbers[N_FLOOR]) & ((most + bonus) * numbers[N_TOTAL] >= asked)
    some, fit, bonus, asked = some.chosen(may), fit[may], bonus[may], asked[may]
    quarters = _shared(sheet.leader_hours[some.leader] & sheet.junior_hours[some.junior])
    fit += look.hours[np.minimum(quarters, FULL_QUARTERS)]
    weight = (fit + bonus) * numbers[N_TOTAL] - numbers[N_WEAK_COST] * (fit < numbers[N_WEAK])
    may = (quarters >= look.least_quarters) & (fit >= numbers[N_FLOOR]) & (weight >= asked)
    return some.chosen(may), weight[may]


def _fit(look: Look, some: Some, gained: Longs, fluency: Bytes) -> Longs:
    """The fit of pairs but for their hours."""
    sheet, numbers = look.sheet, look.numbers
    fit = sheet.need_points[some.leader, gained] + look.fluent[fluency]
    found = np.bitwise_count(sheet.leader_tools[some.leader] & sheet.junior_tools[some.junior]).sum(axis=1)
    fit += sheet.tool_points[sheet.leader_facts[some.leader, WANTED], found]
    fit += numbers[N_ACROSS] * _differ(sheet, some, COUNTRY)
    wishes = (some.mark & WISHED_ONCE != 0).astype(np.int64) + (some.mark & WISHED_TWICE != 0)
    found_fit: Longs = fit + numbers[N_WISH] * wishes
    return found_fit


def _bonus(look: Look, some: Some) -> Longs:
    sheet, numbers = look.sheet, look.numbers
    bonus: Longs = sheet.leader_facts[some.leader, WAITING] + sheet.junior_facts[some.junior, WAITING].astype(np.int64)
    bonus += numbers[N_KEEP] * (some.mark & KEPT != 0)
    bonus += numbers[N_GROUP] * _differ(sheet, some, GROUP)
    return bonus


def _differ(sheet: Sheet, some: Some, fact: int) -> Flags:
    theirs, ours = sheet.leader_facts[some.leader, fact], sheet.junior_facts[some.junior, fact]
    found: Flags = (theirs != ours) & (theirs >= 0) & (ours >= 0)
    return found


def _kept_apart(look: Look, some: Some) -> Flags:
    """Whether a rule about what they are refuses pairs: grades, unit, line."""
    numbers = look.numbers
    theirs, ours = look.sheet.leader_facts[some.leader], look.sheet.junior_facts[some.junior]
    apart = np.zeros(len(some.row), np.bool_)
    if numbers[N_SENIORITY]:
        apart |= theirs[:, GRADE] - ours[:, GRADE] < numbers[N_GAP]
    if numbers[N_UNIT]:
        apart |= (theirs[:, UNIT] == ours[:, UNIT]) & (ours[:, UNIT] >= 0)
    if numbers[N_LINE]:
        apart |= (theirs[:, MANAGER] == ours[:, MANAGER]) & (ours[:, MANAGER] >= 0)
        above, below = theirs[:, ENTER], ours[:, ENTER]
        known = (above >= 0) & (below >= 0)
        apart |= known & (above < below) & (below < theirs[:, LEAVE])
        apart |= known & (below < above) & (above < ours[:, LEAVE])
    return apart


def _fluency(sheet: Sheet, some: Some) -> Bytes:
    shared = np.minimum(sheet.leader_fluency[some.leader], sheet.junior_fluency[some.junior])
    found: Bytes = shared.max(axis=1, initial=0)
    return found


def _shared(hours: Bits) -> Longs:
    """How many bits weeks (n, SEASONS, words) have in the worse season (n,)."""
    found: Longs = np.bitwise_count(hours).sum(axis=2, dtype=np.int64).min(axis=1)
    return found
