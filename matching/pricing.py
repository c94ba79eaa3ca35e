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

from matching.ground import Ground, Pairs, Scan
from matching.market import Longs
from matching.sheet import Ints

SMALL = 1 << 20
"""Pairs below which all that may be made are considered at once."""

NEAR = 30
"""Pairs a leader that are considered first: enough that most prices are right at once."""

CLOSE = 4
"""The first look at all pairs also tells those that lack no more than this share of what near ones lacked."""

MANY = 50
"""Objections from more than one of so many leaders: it is quicker to settle anew."""

ASKED = 200
"""Leaders who tell how near pairs are as a rule."""

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
    nothing = np.zeros(len(ground.capacity), np.int64)
    if len(ground.leaders) * len(ground.capacity) <= SMALL:
        desk = tools.desk(ground, ground.tell(ground.leaders, ground.lowest(), ground.closed(nothing)))
        desk.settle(anew=True)
        desk.centre()
        return desk
    base, price = _estimated(tools, ground)
    told(0.2)
    near = _nearness(ground, base, price)
    desk = tools.desk(ground, ground.tell(ground.leaders, base - near, price))
    told(0.5)
    desk.settle(anew=True)
    desk.centre()
    told(0.6)
    base, price = ground.base(desk.row_price), ground.closed(desk.price)
    margin = near // CLOSE
    pairs = ground.tell(ground.leaders, base - margin, price)
    told(0.8)
    while _heard(desk, ground, pairs, base, price):
        fresh, asked = ground.base(desk.row_price), ground.closed(desk.price)
        pairs = ground.doubted(base - fresh, price - asked, margin, fresh, asked)
        base, price, margin = fresh, asked, 1
        told(0.9)
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
    """Bases and prices that are about right, from a sample that is settled."""
    part, leaders, juniors = ground.sample()
    desk = opened(tools, part, lambda _: None)
    price = ground.raised(leaders, part.base(desk.row_price))
    price[juniors] = desk.price
    return ground.among(juniors).best(ground.leaders, ground.lowest(), desk.price), ground.closed(price)


def _nearness(ground: Ground, base: Longs, price: Longs) -> int:
    """How much pairs may lack so that each leader has about NEAR."""
    some = np.sort(np.random.default_rng(1).permutation(len(ground.leaders))[:ASKED])
    pairs = ground.tell(ground.leaders[some], ground.lowest()[some], ground.closed(price * 0))
    lack = ground.lacking(pairs, base, price)
    wanted = min(NEAR * len(some), len(lack)) - 1
    return max(0, int(np.partition(lack, wanted)[wanted])) if len(lack) else 0
