"""A settled round kept at hand: the best after an edit is found from the prices before it, and proven like them.

An edit frees at most a few people. Searches from them settle the market again, and only pairs whose people now ask less
than when all pairs were looked at can object: those of few leaders and few juniors.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.assign import Facts, Proposal, certified, check_pins, explained, facts_of, solve
from matching.desk import Desk
from matching.edit import Answers
from matching.ground import CLOSED, Ground, Pairs
from matching.market import SAFE, Longs, Places, Scale, Settled, places_of, scale_for
from matching.objective import Objective
from matching.plain import by_lot
from matching.points import Tables, tables
from matching.priced import ground_of, in_points, tight_offers, tools
from matching.pricing import opened
from matching.problem import Problem
from matching.sheet import revised

MARGIN = 40_000
"""Points that pairs at hand may lack: an edit rarely moves prices further, and then hardly a pair must be looked at."""

RETIRED = -(np.int64(1) << 60)
"""Bonus of a place that is not there, and weight of a pair that is not: nothing makes up for it."""

STATE = ("got", "place", "held", "filled", "price", "row_price")

REVISED = {"need_skill", "need_level", "offer_level", "leader_hours", "junior_hours"}
"""What may be answered otherwise without settling anew. A waiting bonus, say, may outgrow the scale."""


@dataclass(eq=False)
class Kept:
    """A problem's desk with prices in the middle, and all pairs at hand that lack less than the margin by them.

    base (of ground.leaders), price (J,): what was asked when all pairs were looked at. sheet_place (J,): where a junior
    stands in the sheet. known: the facts of the pairs first told of.
    """

    problem: Problem
    objective: Objective
    scale: Scale
    ground: Ground
    desk: Desk
    base: Longs
    price: Longs
    sheet_place: Longs
    known: tuple[NDArray[np.int32], Facts] | None = None

    def after(
        self, problem: Problem, answers: Sequence[Answers] = ()
    ) -> tuple[NDArray[np.int32], Callable[[], Proposal]] | None:
        """See ``draft.Desk``: None for changes of leaders with several places, of pins that were there before and of
        people who are pinned, and for answers of another kind than REVISED.

        Raises: Infeasible.
        """
        check_pins(problem)
        if any(not REVISED.issuperset(answer.values) for answer in answers):
            return None
        changes = _Changes.between(self.problem, problem, answers)
        if not self._knows(changes):
            return None
        fork = _Fork(self, problem)
        fork.change(changes)
        fork.settle()
        offers = tight_offers(problem, fork.ground, fork.desk)
        got = by_lot(offers, fork.desk.got, (fork.desk.row_price, fork.desk.price), fork.ground.capacity, first=False)
        made = got >= 0
        pairs = np.stack([fork.ground.owner[made], self.ground.sheet.junior[got[made]]], axis=1)
        every = np.concatenate([problem.pinned, pairs.astype(np.int32)])
        every = every[np.lexsort((every[:, 1], every[:, 0]))]
        if problem.leader_capacity.max(initial=0) > 1 and len(np.unique(every, axis=0)) < len(every):
            return None
        return every, lambda: fork.proposal(every, in_points(fork.ground, fork.desk, offers, got))

    def facts(self, pairs: NDArray[np.int32]) -> Facts:
        """Those of pairs in order as the round has them, of which most are known."""
        if not self.known or not len(self.known[0]):
            self.known = pairs, facts_of(self.problem, self._tables, self.objective, pairs)
        before, known = self.known
        keys, theirs = self.problem.keys(pairs), self.problem.keys(before)
        where = np.minimum(np.searchsorted(theirs, keys), len(theirs) - 1)
        new = np.flatnonzero(theirs[where] != keys)
        few = facts_of(self.problem, self._tables, self.objective, pairs[new])
        facts = Facts(known.fit[where], known.parts[where], known.points[where], known.worth[where])
        facts.fit[new], facts.parts[new], facts.points[new], facts.worth[new] = few
        return facts

    @cached_property
    def _tables(self) -> Tables:
        return tables(self.problem)

    def _knows(self, changes: "_Changes") -> bool:
        leaders = np.concatenate([changes.leaders, changes.theirs, changes.pins[:, 0], changes.parted[:, 0]])
        places = np.maximum(self.problem.leader_capacity[leaders], changes.places[leaders])
        pinned = self.problem.pinned
        return not (
            changes.released
            or (places > 1).any()
            or np.isin(leaders, pinned[:, 0]).any()
            or np.isin(np.concatenate([changes.juniors, changes.ours]), pinned[:, 1]).any()
        )


@dataclass(frozen=True, eq=False)
class _Changes:
    """What differs between two problems, however many edits it took.

    leaders, juniors: those with other places than before. places (L,), room (J,): places after. pins, parted (K, 2):
    pairs that are pinned and forbidden now and were not. released: whether a pin is gone. theirs, ours: leaders and
    juniors who answer otherwise.
    """

    leaders: NDArray[np.intp]
    juniors: NDArray[np.intp]
    places: NDArray[np.int32]
    room: NDArray[np.int32]
    pins: NDArray[np.int32]
    parted: NDArray[np.int32]
    released: bool
    theirs: NDArray[np.intp]
    ours: NDArray[np.intp]

    @classmethod
    def between(cls, before: Problem, after: Problem, answers: Sequence[Answers]) -> "_Changes":
        return cls(
            np.flatnonzero(before.leader_capacity != after.leader_capacity),
            np.flatnonzero(before.junior_capacity != after.junior_capacity),
            after.leader_capacity,
            after.junior_capacity,
            _fresh(before.pinned, after.pinned),
            _fresh(before.forbidden, after.forbidden),
            len(_fresh(after.pinned, before.pinned)) > 0,
            np.unique(np.array([one.person for one in answers if one.side == "leader"], np.intp)),
            np.unique(np.array([one.person for one in answers if one.side == "junior"], np.intp)),
        )


def _fresh(before: NDArray[np.int32], after: NDArray[np.int32]) -> NDArray[np.int32]:
    """Which pairs are among those after and not among those before, each once."""
    known = set(map(tuple, before.tolist()))
    fresh = sorted({(leader, junior) for leader, junior in after.tolist()} - known)
    return np.array(fresh, np.int32).reshape(-1, 2)


class Revised(NamedTuple):
    """Who answered otherwise, and the points of parts by what is counted for them now."""

    leaders: Longs
    juniors: Longs
    tables: Tables


class _Fork:
    """A copy of what is kept, on which edits are made."""

    def __init__(self, origin: Kept, problem: Problem) -> None:
        self.origin, self.problem = origin, problem
        self.ground, self.desk = copy.copy(origin.ground), copy.copy(origin.desk)
        self.ground.bonus, self.ground.capacity = self.ground.bonus.copy(), self.ground.capacity.copy()
        self.desk.ground = self.ground
        for name in STATE:
            setattr(self.desk, name, getattr(self.desk, name).copy())
        self.base, self.price = origin.base, origin.price
        self.apart: list[tuple[int, int]] = []
        self.revised: Revised | None = None

    def change(self, changes: _Changes) -> None:
        if len(changes.theirs) or len(changes.ours):
            self._revise(changes.theirs, changes.ours)
        for junior in changes.juniors.tolist():
            places = min(int(changes.room[junior]), self.problem.leaders)
            self._places(int(self.origin.sheet_place[junior]), places)
        for leader in changes.leaders.tolist():
            (self._join if changes.places[leader] else self._retire)(leader)
        for leader, junior in changes.pins.tolist():
            place = int(self.origin.sheet_place[junior])
            self._retire(leader)
            self._places(place, int(self.ground.capacity[place]) - 1)
        for leader, junior in changes.parted.tolist():
            self._part(leader, int(self.origin.sheet_place[junior]))

    def _revise(self, leaders: Longs, juniors: Longs) -> None:
        """Have people answer otherwise: as if they left and came as somebody else."""
        places = self.origin.sheet_place[juniors]
        room = self.ground.capacity[places]
        for leader in leaders.tolist():
            self._retire(leader)
        for place in places.tolist():
            self._places(place, 0)
        self.revised = Revised(leaders, juniors, tables(self.problem))
        self.ground.sheet = revised(self.ground.sheet, self.problem, self.revised.tables, leaders, places)
        self.desk.forget(leaders, places)
        for place, before in zip(places.tolist(), room.tolist(), strict=True):
            self._places(place, before)
        for leader in leaders[self.problem.leader_capacity[leaders] > 0].tolist():
            self._join(leader)

    def _row(self, leader: int) -> int:
        return int(self.ground.rows[leader])

    def _leave(self, row: int) -> None:
        desk = self.desk
        if desk.got[row] >= 0:
            desk.held[desk.place[row]] = -1
            desk.filled[desk.got[row]] -= 1
            desk.got[row] = -1

    def _retire(self, leader: int) -> None:
        row = self._row(leader)
        self._leave(row)
        self.ground.bonus[row], self.desk.row_price[row] = RETIRED, 0

    def _join(self, leader: int) -> None:
        """Ask of the newcomer what the best junior brings beside their price, and consider who is near to that."""
        row, who = self._row(leader), np.array([leader])
        if self.ground.bonus[row] != RETIRED:
            return
        self.ground.bonus[row] = self.origin.scale.leader * self.ground.room
        asked = self.ground.closed(self.desk.price)
        best = self.ground.best(who, -self.ground.bonus[[row]], asked)
        self.desk.row_price[row] = best[0] + self.ground.bonus[row]
        self.desk.add(self._allowed(self.ground.tell(who, best - MARGIN * self.ground.room, asked)))
        self.base = self.base.copy()
        self.base[np.searchsorted(self.ground.leaders, leader)] = best[0]

    def _places(self, place: int, places: int) -> None:
        desk, before = self.desk, int(self.ground.capacity[place])
        for where in range(desk.slot[place], desk.slot[place + 1]):
            if desk.filled[place] > places and desk.held[where] >= 0:
                self._leave(int(desk.held[where]))
        self.ground.capacity[place] = places
        if places > desk.slot[place + 1] - desk.slot[place]:
            self._widen(place, places)
        if not places:
            desk.price[place] = CLOSED
        elif not before:
            self._open(place)

    def _widen(self, place: int, places: int) -> None:
        desk = self.desk
        end, more = desk.slot[place + 1], places - int(desk.slot[place + 1] - desk.slot[place])
        desk.held = np.insert(desk.held, end, np.full(more, -1))
        desk.place = np.where(desk.place >= end, desk.place + more, desk.place)
        desk.slot = desk.slot.copy()
        desk.slot[place + 1 :] += more

    def _open(self, place: int) -> None:
        """Ask for the newcomer the least that no leader objects to, and consider who is near to that."""
        few = self.ground.among(np.array([place]))
        base = self.ground.base(self.desk.row_price)
        price = few.raised(self.ground.leaders, base)
        near = few.tell(self.ground.leaders, base - MARGIN * self.ground.room, price)
        self.desk.price[place] = price[0]
        self.desk.add(self._allowed(near._replace(junior=np.full(len(near.leader), place, np.int32))))
        self.price = self.price.copy()
        self.price[place] = price[0]

    def _allowed(self, pairs: Pairs) -> Pairs:
        """Without those that an edit forbids."""
        for leader, place in self.apart:
            pairs = pairs.chosen((pairs.leader != leader) | (pairs.junior != place))
        return pairs

    def _part(self, leader: int, place: int) -> None:
        desk = self.desk
        if desk.weight is self.origin.desk.weight:
            desk.weight, desk.worth = desk.weight.copy(), desk.worth.copy()
        theirs = slice(desk.start[leader], desk.start[leader + 1])
        desk.weight[theirs][desk.junior[theirs] == place] = RETIRED
        ours = slice(desk.begin[place], desk.begin[place + 1])
        desk.worth[ours][desk.owner[ours] == leader] = RETIRED
        if desk.got[self._row(leader)] == place:
            self._leave(self._row(leader))
        self.apart.append((leader, place))

    def settle(self) -> None:
        """Search for whoever was freed, until no pair objects."""
        while True:
            self.desk.seek()
            base, price = self.ground.base(self.desk.row_price), self.ground.closed(self.desk.price)
            pairs = self._allowed(self._doubted(base, price))
            fresh = self.desk.unknown(pairs)
            if not fresh.any():
                return
            objects = bool((self.ground.lacking(pairs, base, price) < 0).any())
            self.desk.add(pairs)
            if not objects:
                return
            self.desk.settle(anew=False)

    def _doubted(self, base: Longs, price: Longs) -> Pairs:
        """All pairs that are tight or object and are not at hand: of leaders or juniors who ask for much less now."""
        ground, margin = self.ground, MARGIN * self.ground.room
        drop, fall = self.base - base, self.price - price
        half = margin // 2
        some, few = np.flatnonzero(drop > half), np.flatnonzero(fall >= margin - half)
        theirs = ground.tell(ground.leaders[some], base[some], price)
        if not len(few):
            return theirs
        ours = ground.among(few).tell(ground.leaders, base, price[few])
        ours = ours._replace(junior=few[ours.junior].astype(np.int32))
        ours = ours.chosen(~np.isin(ours.leader, ground.leaders[some]))
        return Pairs(
            np.concatenate([theirs.leader, ours.leader]),
            np.concatenate([theirs.junior, ours.junior]),
            np.concatenate([theirs.weight, ours.weight]),
        )

    def proposal(self, pairs: NDArray[np.int32], settled: Settled) -> Proposal:
        """The whole proposal with these pairs, proven by the prices at hand."""
        origin, ground = self.origin, self.ground
        if not origin.scale.holds(settled.row_price, settled.column_price):
            return solve(self.problem, origin.objective)
        capacity = np.empty(len(ground.capacity), np.int64)
        capacity[ground.sheet.junior] = ground.capacity
        places = Places(ground.owner, ground.bonus, capacity)
        _, certificate = certified(
            self.problem, origin.objective, origin.scale, places, settled, [], np.empty(0, np.int64)
        )
        return explained(origin.objective, pairs, self._facts(pairs), certificate)

    def _facts(self, pairs: NDArray[np.int32]) -> Facts:
        facts = self.origin.facts(pairs)
        if self.revised is not None:
            leaders, juniors, counted = self.revised
            mine = np.isin(pairs[:, 0], leaders) | np.isin(pairs[:, 1], juniors)
            few = facts_of(self.problem, counted, self.origin.objective, pairs[mine])
            facts.fit[mine], facts.parts[mine], facts.points[mine], facts.worth[mine] = few
        return facts


def kept(problem: Problem, objective: Objective) -> Kept:
    """Settle a problem and keep it at hand. Raises: Infeasible, TooLarge."""
    seated = replace(problem, leader_capacity=np.maximum(problem.leader_capacity, 1))
    pairs = places_of(seated, objective).pairs
    scale = scale_for(seated, objective, pairs, SAFE)
    places = places_of(seated, objective, scale)
    ground = ground_of(problem, objective, scale, places, tools())
    ground.bonus = np.where(problem.leader_capacity[places.owner] == 0, RETIRED, ground.bonus)
    desk = opened(tools(), ground, lambda _: None)
    assert isinstance(desk, Desk)
    base, price = _all_near(ground, desk)
    sheet_place = np.empty(problem.juniors, np.int64)
    sheet_place[ground.sheet.junior] = np.arange(problem.juniors)
    return Kept(problem, objective, scale, ground, desk, base, price, sheet_place)


def _all_near(ground: Ground, desk: Desk) -> tuple[Longs, Longs]:
    """Have all pairs at hand that lack less than the margin, by prices in the middle that none objects to."""
    desk.centre()
    while True:
        base, price = ground.base(desk.row_price), ground.closed(desk.price)
        pairs = ground.tell(ground.leaders, base - MARGIN * ground.room, price)
        desk.add(pairs)
        if not (ground.lacking(pairs, base, price) < 0).any():
            desk.price = price
            return base, price
        desk.settle(anew=False)
