"""The pairs of a problem as they are looked at: row by row, tile by tile, never all at once."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from matching.lots import GOLDEN, mixed
from matching.market import Longs
from matching.sheet import ENTER, LEAVE, MANAGER, N_ROOM, TILE, UNIT, WAITING, Ints, Sheet

TELL, ROWS, COLUMNS = range(3)
"""What a scan does with a pair that it finds: see ``Scan``."""

FAR = np.int64(1 << 62)
CLOSED = np.int64(1 << 61)
"""Price of a junior without a free place: nobody objects to it."""

SAMPLE = 8
"""One of so many people stands for all where first prices are sought."""

CHUNKS = 16
"""Into which the rows of a pass are cut; more than there are processors, for some are quick."""

CHUNK = 1 << 14
"""Pairs that a part has at least: to look at fewer takes less time than a thread takes to start."""

BLAS = ThreadpoolController()

Found = TypeVar("Found")
Scan = Callable[..., tuple[int, int]]
"""scan(sheet, rows, least, price, asked, aim, first_tile, last_tile, begin, out_row, out_junior, out_weight).

Finds all pairs of some leaders (rows,) whose weight less the junior's price is at least ``least`` (rows,), in the tiles
from the first until the last of each row. TELL them, from row ``begin`` on, and return how many were told and the row
at which there was no more room; or raise what ROWS ask, in ``least``, until one above the best; or raise the prices of
COLUMNS until nobody gets more than ``least``. asked (J,): see ``asked_for``.
"""


class Pairs(NamedTuple):
    """Pairs (K,) by leader and place of the junior in the sheet, with their weights."""

    leader: Ints
    junior: Ints
    weight: Longs

    def chosen(self, which: NDArray[np.bool_]) -> "Pairs":
        return Pairs(self.leader[which], self.junior[which], self.weight[which])


NO_PAIRS = Pairs(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64))


@dataclass(eq=False)
class Ground:
    """A sheet and its places: rows (n,) with owner and bonus, columns (J,) with capacity, in the order of the sheet.

    room: weight of a point. leaders: those who have a place. rows (L + 1,): where the rows of each leader begin.
    """

    scan: Scan
    sheet: Sheet
    owner: Longs
    bonus: Longs
    capacity: Longs
    room: int

    def __post_init__(self) -> None:
        self.rows = np.searchsorted(self.owner, np.arange(len(self.sheet.needs) + 1)).astype(np.int64)
        self.leaders = np.unique(self.owner)
        self.tiles = len(self.sheet.tile_hours)

    def base(self, row_price: Longs) -> Longs:
        """What a pair must weigh beside the junior's price, at least, for each of ``leaders`` to care."""
        if not len(self.leaders):
            return np.empty(0, np.int64)
        return np.minimum.reduceat(row_price - self.bonus, self.rows[self.leaders])

    def lowest(self) -> Longs:
        """The base of each leader when places cost nothing."""
        return self.base(np.zeros(len(self.owner), np.int64))

    def lacking(self, pairs: Pairs, base: Longs, price: Longs) -> Longs:
        """By how much each pair weighs less than its people ask; below nothing, it objects."""
        spread = np.zeros(len(self.rows) - 1, np.int64)
        spread[self.leaders] = base
        return spread[pairs.leader] + price[pairs.junior] - pairs.weight

    def closed(self, price: Longs) -> Longs:
        return np.where(self.capacity > 0, price, CLOSED)

    def tell(self, leaders: Longs, least: Longs, price: Longs, last: Ints | None = None) -> Pairs:
        """All pairs of these leaders whose weight less the junior's price is at least ``least``; ``last``: in so many
        tiles of each."""
        asked = self._asked(price)
        until = np.full(len(leaders), self.tiles, np.int32) if last is None else last

        def some(part: slice) -> list[Pairs]:
            return list(self._told(leaders[part], least[part], price, asked, until[part]))

        found = [pairs for chunk in _in_parallel(some, _cut(len(leaders), len(price))) for pairs in chunk]
        return Pairs(*(np.concatenate(arrays) for arrays in zip(*found, strict=True))) if found else NO_PAIRS

    def _told(
        self, leaders: Longs, least: Longs, price: Longs, asked: NDArray[np.float32], last: Ints
    ) -> Iterator[Pairs]:
        size = max(2 * len(price), 1 << 16)
        out = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int64)
        begin = 0
        while begin < len(leaders):
            told, begin = self.scan(self.sheet, leaders, least, price, asked, TELL, 0, last, begin, *out)
            yield Pairs(leaders[out[0][:told]].astype(np.int32), out[1][:told].copy(), out[2][:told].copy())

    def best(self, leaders: Longs, least: Longs, price: Longs) -> Longs:
        """The most that any junior's weight less price brings each of these leaders, at least ``least``."""
        asked, raised = self._asked(price), least + 1
        last = np.full(len(leaders), self.tiles, np.int32)

        def some(part: slice) -> None:
            self.scan(self.sheet, leaders[part], raised[part], price, asked, ROWS, 0, last[part], 0, *NO_PAIRS)

        _in_parallel(some, _cut(len(leaders), len(price)))
        return raised - 1

    def raised(self, leaders: Longs, least: Longs) -> Longs:
        """The least prices of all juniors under which none of these leaders would get more than ``least``."""
        price = np.zeros(len(self.capacity), np.int64)
        asked = self._asked(price)

        def some(part: slice) -> None:
            last = np.full(len(leaders), part.stop, np.int32)
            self.scan(self.sheet, leaders, least, price, asked, COLUMNS, part.start, last, 0, *NO_PAIRS)

        _in_parallel(some, _cut(self.tiles, TILE * len(leaders)))
        return price

    def doubted(self, drop: Longs, fall: Longs, margin: int, base: Longs, price: Longs) -> Pairs:
        """All pairs that are tight or object, where others than known lacked at least ``margin`` before leaders asked
        so much less (drop) and juniors (fall). Only where drop and fall together come to the margin is looked at."""
        order = np.argsort(-fall, kind="stable")
        reach = int(drop.max(initial=0)) - margin
        order = order[: int(np.searchsorted(-fall[order], reach, side="right"))]
        if not len(order):
            return NO_PAIRS
        some = np.flatnonzero(drop + fall[order[0]] >= margin)
        last = np.searchsorted(-fall[order[::TILE]], drop[some] - margin, side="right").astype(np.int32)
        part = Ground(
            self.scan, taken(self.sheet, None, order), self.owner, self.bonus, self.capacity[order], self.room
        )
        pairs = part.tell(self.leaders[some], base[some], price[order], last)
        return Pairs(pairs.leader, order[pairs.junior].astype(np.int32), pairs.weight)

    def sample(self) -> tuple["Ground", Longs, Longs]:
        """A part of the ground that looks like it, its leaders and its juniors."""
        draw = np.random.default_rng(len(self.capacity))
        open_ = np.flatnonzero(self.capacity)
        leaders = np.sort(draw.permutation(self.leaders)[: -(-len(self.leaders) // SAMPLE)])
        juniors = np.sort(draw.permutation(open_)[: -(-len(open_) // SAMPLE)])
        rows = np.flatnonzero(np.isin(self.owner, leaders))
        owner = np.searchsorted(leaders, self.owner[rows])
        sheet = taken(self.sheet, leaders, juniors)
        return Ground(self.scan, sheet, owner, self.bonus[rows], self.capacity[juniors], self.room), leaders, juniors

    def profiles(self, fewer: int) -> "Profiles | None":
        """Those of all people, without lots and without what keeps single people apart; None where there are not so
        many times fewer pairs of profiles than of people.

        A pair weighs as much as its profiles at most, but for the wishes of the few who name somebody.
        """
        theirs = _alike(self.leaders, self.sheet, *ALIKE_LEADERS)
        ours = _alike(np.arange(len(self.capacity)), self.sheet, *ALIKE_JUNIORS)
        _, leaders, leader = np.unique(theirs, return_index=True, return_inverse=True)
        _, juniors, junior = np.unique(ours, return_index=True, return_inverse=True)
        if len(leaders) * len(juniors) * fewer > len(theirs) * len(ours):
            return None
        sheet, numbers = taken(self.sheet, self.leaders[leaders], juniors), self.sheet.numbers.copy()
        for facts in (sheet.leader_facts, sheet.junior_facts):
            facts[:, OF_ONE] = -1
        numbers[N_ROOM] = 1
        sheet = sheet._replace(
            numbers=numbers, mark_start=sheet.mark_start * 0, mark_junior=sheet.mark_junior[:0], mark=sheet.mark[:0]
        )
        owner = leader[np.searchsorted(self.leaders, self.owner)]
        rows = np.argsort(owner, kind="stable")
        capacity = np.zeros(len(juniors), np.int64)
        np.add.at(capacity, junior, self.capacity)
        ground = Ground(self.scan, sheet, owner[rows], self.bonus[rows] // self.room, capacity, 1)
        return Profiles(ground, leader, junior)

    def among(self, juniors: Longs) -> "Ground":
        """The same leaders with few juniors."""
        sheet = taken(self.sheet, None, juniors)
        return Ground(self.scan, sheet, self.owner, self.bonus, self.capacity[juniors], self.room)

    def _asked(self, price: Longs) -> NDArray[np.float32]:
        """Prices less waiting bonuses, in points, from below."""
        asked = price / self.room - self.sheet.junior_facts[:, WAITING]
        return (asked - 1 - np.abs(asked) / (1 << 21)).astype(np.float32)


class Profiles(NamedTuple):
    """A ground of profiles, each with the places of all who have it; and which each of ``leaders`` and junior has."""

    ground: Ground
    leader: Longs
    junior: Longs


def _alike(people: Longs, sheet: Sheet, facts: str, by_person: tuple[str, ...], by_thing: str = "") -> Longs:
    """A number for each of these people, the same for all who are alike; two who are not have the same once in 2^64."""
    shared = np.delete(getattr(sheet, facts)[people], OF_ONE, axis=1)
    columns = [shared, *(getattr(sheet, name)[people].reshape(len(people), -1) for name in by_person)]
    if by_thing:
        columns.append(getattr(sheet, by_thing)[:, people].T)
    key = np.zeros(len(people), np.uint64)
    for column in (one for some in columns for one in some.T):
        key = mixed(key * GOLDEN + column.astype(np.uint64))
    return key.view(np.int64)


def _in_parallel(work: Callable[[slice], Found], parts: list[slice]) -> list[Found]:
    if len(parts) < 2:
        return [work(part) for part in parts]
    # each thread is one of ours: products of matrices that start their own would only wait for each other
    with BLAS.limit(limits=1), ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(work, parts))


def _cut(length: int, pairs: int) -> list[slice]:
    """Parts of so many rows or tiles, with so many pairs in each."""
    parts = min(CHUNKS, length, 1 + length * pairs // CHUNK)
    edges = np.linspace(0, length, parts + 1).astype(int).tolist()
    return [slice(first, last) for first, last in pairwise(edges)]


OF_ONE = [UNIT, MANAGER, ENTER, LEAVE]
"""Facts that keep single people apart and bring nothing."""

ALIKE_LEADERS = "leader_facts", ("needs", "leader_tools", "leader_fluency", "leader_hours")
ALIKE_JUNIORS = "junior_facts", ("junior_tools", "junior_fluency", "junior_hours"), "gain"
OF_LEADERS = ("needs", "need_points", "leader_facts", "leader_tools", "leader_fluency", "leader_hours", "leader_lot",
              "leader_glance")  # fmt: skip
OF_JUNIORS = ("junior", "country", "junior_facts", "junior_tools", "junior_fluency", "junior_hours", "junior_lot",
              "junior_glance")  # fmt: skip
BY_JUNIOR = ("gain", "tool", "tongue")


def taken(sheet: Sheet, leaders: Longs | None, juniors: Longs | None) -> Sheet:
    """The sheet of some leaders and some juniors, in the order given."""
    if leaders is not None:
        length = np.diff(sheet.mark_start)[leaders]
        start = np.concatenate([[0], np.cumsum(length)])
        where = np.arange(start[-1]) + np.repeat(sheet.mark_start[leaders] - start[:-1], length)
        marks = {"mark_start": start, "mark_junior": sheet.mark_junior[where], "mark": sheet.mark[where]}
        sheet = sheet._replace(**marks, **{name: getattr(sheet, name)[leaders] for name in OF_LEADERS})
    if juniors is not None:
        place = np.full(len(sheet.junior), -1, np.int32)
        place[juniors] = np.arange(len(juniors))
        owner = np.repeat(np.arange(len(sheet.mark_start) - 1), np.diff(sheet.mark_start))
        here = place[sheet.mark_junior]
        order = np.lexsort((here, owner))
        order = order[here[order] >= 0]
        start = np.searchsorted(owner[order], np.arange(len(sheet.mark_start))).astype(np.int64)
        marks = {"mark_start": start, "mark_junior": here[order], "mark": sheet.mark[order]}
        sheet = sheet._replace(
            **marks,
            **{name: getattr(sheet, name)[juniors] for name in OF_JUNIORS},
            **{name: np.ascontiguousarray(getattr(sheet, name)[:, juniors]) for name in BY_JUNIOR},
        )
        tiles = np.arange(0, len(juniors), TILE)
        hours = sheet.junior_hours
        sheet = sheet._replace(tile_hours=np.bitwise_or.reduceat(hours, tiles) if len(tiles) else hours)
    return sheet
