"""Exact without the matrix: settle few pairs, look whether any other would pay more than the prices, and again.

The pairs first considered are those near to being tight under prices that a sample of the people suggests. What is
settled among them is the best of all as soon as no pair objects to its prices, which is looked at for every pair that
could: prices of others have not fallen [Dantzig and Wolfe 1960 on columns priced in; the certificate is that of
``Certificate``].
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from matching.ground import Ground, Pairs, Profiles, Scan
from matching.lots import LOT_BITS
from matching.market import Longs
from matching.sheet import Ints

SMALL = 1 << 20
"""Pairs below which all that may be made are considered at once."""

SMALL_PROFILES = 1 << 23
"""The same of profiles, which are settled only once and without lots."""

ALIKE = 8
"""Where there are so many times fewer pairs of profiles than pairs, profiles tell what to ask, not a sample."""

NEAR = 30
"""Pairs a leader that are considered first: enough that most prices are right at once."""

CLOSE = 16
"""Pairs a leader that the first look at all pairs tells: it is known of all others by how much they lack."""

MANY = 50
"""Objections from more than one of so many leaders: it is quicker to settle anew."""

ASKED = 200
"""Leaders who tell how near pairs are as a rule."""

FEW = 20
"""Pairs of equal points that each profile brings to each person who considers it."""

Told = Callable[[float], None]


class Settling(Protocol):
    """What settles the pairs under consideration: see ``desk`` and ``patient``."""

    start: Longs
    junior: Ints
    weight: Longs
    got: Longs
    row_price: Longs
    price: Longs

    def add(self, pairs: Pairs) -> None: ...
    def settle(self, *, anew: bool) -> None: ...
    def centre(self) -> None: ...
    def tight(self) -> tuple[Longs, Longs, Longs]: ...


@dataclass(frozen=True)
class Tools:
    """What looks at pairs and what settles them."""

    scan: Scan
    desk: Callable[[Ground, Pairs], Settling]


def opened(tools: Tools, ground: Ground, told: Told) -> Settling:
    """Settle the ground: the best over all pairs, with prices that no pair objects to, and all tight ones at hand."""
    if _size(ground) <= SMALL:
        return _all_considered(tools, ground)
    base, price = _estimated(tools, ground)
    told(0.2)
    near = _nearness(ground, base, price, NEAR)
    desk = tools.desk(ground, ground.tell(ground.leaders, base - near, price))
    told(0.5)
    desk.settle(anew=True)
    desk.centre()
    told(0.6)
    margin = -1
    while margin < 0:
        # where there are a great many objections, the strongest settle most of the others
        base, price = ground.base(desk.row_price), ground.closed(desk.price)
        margin = _nearness(ground, base, price, CLOSE)
        pairs = ground.tell(ground.leaders, base - margin, price)
        objected = _heard(desk, ground, pairs, base, price)
    told(0.8)
    while objected:
        fresh, asked = ground.base(desk.row_price), ground.closed(desk.price)
        pairs = ground.doubted(base - fresh, price - asked, margin, fresh, asked)
        base, price, margin = fresh, asked, 1
        objected = _heard(desk, ground, pairs, base, price)
        told(0.9)
    return desk


def _size(ground: Ground) -> int:
    return len(ground.leaders) * len(ground.capacity)


def _all_considered(tools: Tools, ground: Ground) -> Settling:
    nothing = ground.closed(np.zeros(len(ground.capacity), np.int64))
    desk = tools.desk(ground, ground.tell(ground.leaders, ground.lowest(), nothing))
    desk.settle(anew=True)
    desk.centre()
    return desk


def _heard(desk: Settling, ground: Ground, pairs: Pairs, base: Longs, price: Longs) -> bool:
    """Consider these pairs, too; whether one of them objected, so that all was settled again."""
    objections = int((ground.lacking(pairs, base, price) < 0).sum())
    if len(pairs.leader):
        desk.add(pairs)
    if not objections:
        return False
    anew = objections * MANY > len(ground.leaders)
    desk.settle(anew=anew)
    if anew:
        desk.centre()
    return True


def _estimated(tools: Tools, ground: Ground) -> tuple[Longs, Longs]:
    """Bases and prices that are about right: of people's profiles where many are alike, or else from a sample."""
    profiles = ground.profiles(ALIKE)
    if profiles is not None:
        return _of_profiles(tools, ground, profiles)
    part, leaders, juniors = ground.sample()
    desk = opened(tools, part, lambda _: None)
    price = ground.raised(leaders, part.base(desk.row_price))
    price[juniors] = desk.price
    return ground.among(juniors).best(ground.leaders, ground.lowest(), desk.price), ground.closed(price)


def _of_profiles(tools: Tools, ground: Ground, profiles: Profiles) -> tuple[Longs, Longs]:
    """What profiles ask, less for those whose choice is large: about FEW pairs of each person then lack nothing.

    Pairs of equal points differ by their lots alone: those with the highest are considered.
    """
    alike = profiles.ground
    desk = _all_considered(tools, alike) if _size(alike) <= SMALL_PROFILES else opened(tools, alike, lambda _: None)
    base, price = alike.base(desk.row_price), alike.closed(desk.price)
    tight = alike.tell(alike.leaders, base, price)
    leaders = np.bincount(profiles.leader)
    theirs = np.bincount(tight.leader, alike.capacity[tight.junior], len(base))
    ours = np.bincount(tight.junior, leaders[tight.leader], len(price))
    most = 1 << LOT_BITS if ground.room > 1 else 0
    lower, higher = (most * np.minimum(1, FEW / np.maximum(choice, 1)) for choice in (theirs, ours))
    base = base * ground.room - lower.astype(np.int64)
    price = desk.price * ground.room + most - higher.astype(np.int64)
    return base[profiles.leader], ground.closed(price[profiles.junior])


def _nearness(ground: Ground, base: Longs, price: Longs, number: int) -> int:
    """How much pairs may lack so that each leader has about so many; below nothing where more object."""
    some = np.sort(np.random.default_rng(1).permutation(len(ground.leaders))[:ASKED])
    pairs = ground.tell(ground.leaders[some], ground.lowest()[some], ground.closed(price * 0))
    lack = ground.lacking(pairs, base, price)
    wanted = min(number * len(some), len(lack)) - 1
    return int(np.partition(lack, wanted)[wanted]) if len(lack) else 0
