"""What is proven before the end: ``python -m tests.bench.reach PROBLEM [SECONDS]``, a problem as in ``arena``.

Solves as the engine does. Whenever pairs are settled it says how long that took, what they make, and what no round can
exceed: the prices under which they are the best of those considered, raised until no other pair could object, as all
others were looked at and weigh less than the look asked for. Ends when the time is over.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np

from matching import GREATEST_TOTAL, POINTS, solve
from matching.desk import Desk
from matching.ground import Ground, Pairs
from matching.market import Longs
from matching.sheet import Ints
from tests.bench.arena import OUR_WARM_UP, named_problem, peak_mb
from tests.bench.market import organisation

HOUR = 3600
REBATES = 257
"""Ways tried to share between the two sides what prices lack."""

HALF = 32
LOWER = (1 << HALF) - 1

Look = tuple[Longs, Longs]
"""(least, price): no other pair of a leader weighs as much as ``least`` and the junior's price together."""


class Reach:
    """What is made and proven on the way, in points, of the whole ground: that with so many juniors."""

    def __init__(self, juniors: int) -> None:
        self.juniors = juniors
        self.looks: list[Look] = []
        self.made, self.bound = 0, sys.maxsize
        self._began = time.perf_counter()

    def looked(self, look: Look) -> None:
        self.looks.append(look)
        self.say("looked at all pairs")

    def settled(self, desk: Desk) -> None:
        """Pairs under consideration make as much as their people's prices come to."""
        value = whole(desk.row_price) + whole(desk.price, desk.ground.capacity)
        proven = (value + min(_rise(desk, *look) for look in self.looks)) // desk.ground.room + 1
        self.made, self.bound = value // desk.ground.room, min(self.bound, proven)
        gap = (self.bound - self.made) / self.bound
        self.say(f"{int((desk.got >= 0).sum()):,} pairs make {self.made:,}, none {self.bound:,} points: gap {gap:.3%}")

    def say(self, what: str) -> None:
        wall, processors = time.perf_counter() - self._began, time.process_time()
        print(f"{wall:8.1f} s ({processors:,.0f} of processors), {peak_mb():,.0f} MB: {what}", flush=True)


def whole(prices: Longs, times: Longs | int = 1) -> int:
    """The sum of so many times each price, in two halves: those of a million people together need more than 64 bits."""
    return (int(((prices >> HALF) * times).sum()) << HALF) + int(((prices & LOWER) * times).sum())


def _rise(desk: Desk, least: Longs, price: Longs) -> int:
    """By how much prices must rise: of juniors to those of the look less a rebate, of leaders to its least and that."""
    ground = desk.ground
    taken, places = ground.capacity > 0, np.bincount(ground.owner)[ground.leaders]
    fallen, capacity = (price - desk.price)[taken], ground.capacity[taken]
    lacking = least - 1 - ground.base(desk.row_price)

    def rise(rebate: int) -> int:
        return whole(np.maximum(fallen - rebate, 0), capacity) + whole(np.maximum(lacking + rebate, 0), places)

    return min(rise(int(rebate)) for rebate in np.linspace(fallen.min(), fallen.max(), REBATES))


@contextmanager
def watched(juniors: int) -> Iterator[Reach]:
    """Listen to the looks at all pairs and to what is settled among so many juniors."""
    reach, tell, settle = Reach(juniors), Ground.tell, Desk.settle

    def told(ground: Ground, leaders: Longs, least: Longs, price: Longs, last: Ints | None = None) -> Pairs:
        pairs = tell(ground, leaders, least, price, last)
        if last is None and (len(price), len(leaders)) == (juniors, len(ground.leaders)):
            reach.looked((least, price))
        return pairs

    def settled(desk: Desk, *, anew: bool) -> None:
        settle(desk, anew=anew)
        if len(desk.price) == juniors:
            reach.settled(desk)

    with patch.object(Ground, "tell", told), patch.object(Desk, "settle", settled):
        yield reach


def _over(*_: object) -> None:
    print("the time is over", flush=True)
    os._exit(0)


def main(arguments: Sequence[str]) -> None:
    problem = named_problem(arguments[0])
    solve(organisation(OUR_WARM_UP, OUR_WARM_UP), GREATEST_TOTAL)
    signal.signal(signal.SIGALRM, _over)
    signal.setitimer(signal.ITIMER_REAL, float(arguments[1]) if len(arguments) > 1 else HOUR)
    with watched(problem.juniors) as reach:
        proposal = solve(problem, GREATEST_TOTAL)
        reach.say(f"{len(proposal.pairs):,} pairs make {round(proposal.objective * POINTS):,} points: proven")


if __name__ == "__main__":
    main(sys.argv[1:])
