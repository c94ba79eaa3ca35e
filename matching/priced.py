"""A problem settled without its matrix, and its prices brought back to points."""

import importlib
import importlib.util
import os
from threading import Event

import numpy as np

from matching.ground import Ground
from matching.lots import drawn
from matching.market import SAFE, SAFER, Longs, Places, Scale, Settled, lot_bits, places_of, scale_for
from matching.objective import COVERAGE_FIRST, Objective
from matching.plain import Offers, by_lot
from matching.pricing import Settling, Told, Tools, opened
from matching.problem import ARRAYS, Problem
from matching.rules import Rules, Weights
from matching.sheet import sheet_of

SWITCH = "MATCHING_PLAIN"
"""Environment variable that, set to anything, does without what numba compiles: slower, the same proposals."""


AWAKE = Event()
"""Whether what is compiled is loaded in this process."""


def compiled() -> bool:
    """Whether numba is there and wanted."""
    return not os.environ.get(SWITCH) and importlib.util.find_spec("numba") is not None


def tools() -> Tools:
    """What is compiled is only imported when asked for: numba alone takes half a second."""
    module = importlib.import_module("matching.desk" if compiled() else "matching.patient")
    return Tools(module.scan, module.Desk)


def awaken() -> None:
    """Load what is compiled, by settling two people: who does it while waiting for a problem has it at once."""
    if not compiled():
        return
    sizes = {name: [one if isinstance(one, int) else 1 for one in field.dims] for name, field in ARRAYS.items()}
    nothing = {name: np.zeros(sizes[name], field.dtype) for name, field in ARRAYS.items()}
    places = {"leader_capacity": np.ones(1, np.int32), "junior_capacity": np.ones(1, np.int32)}
    priced(Problem(rules=Rules(), weights=Weights(), **(nothing | places)), COVERAGE_FIRST, lambda _share: None)


def priced(problem: Problem, objective: Objective, told: Told) -> tuple[Scale, Places, Settled] | None:
    """Settle a problem; None where the places of two people would be given to each other twice. Raises: TooLarge."""
    chosen, safe = tools(), SAFE
    while True:
        scale = scale_for(problem, objective, places_of(problem, objective).pairs, safe)
        places = places_of(problem, objective, scale)
        ground = ground_of(problem, objective, scale, places, chosen)
        settled = brought_back(problem, ground, opened(chosen, ground, told))
        if compiled():
            AWAKE.set()
        if scale.holds(settled.row_price, settled.column_price):
            break
        if safe > places.pairs:
            raise AssertionError("levels run into each other")
        safe *= SAFER
    meeting = np.stack([places.owner, settled.column], axis=1)[settled.column >= 0]
    return (scale, places, settled) if len(np.unique(meeting, axis=0)) == len(meeting) else None


def ground_of(problem: Problem, objective: Objective, scale: Scale, places: Places, tools: Tools) -> Ground:
    room = 1 << lot_bits(places.pairs) if compiled() else 1
    sheet = sheet_of(problem, objective, scale, room)
    return Ground(tools.scan, sheet, places.owner, places.bonus * room, places.capacity[sheet.junior], room)


def brought_back(problem: Problem, ground: Ground, desk: Settling) -> Settled:
    """Settle what is still as good by lot, in the order of the problem's juniors, with prices in points."""
    offers = tight_offers(problem, ground, desk)
    got = by_lot(offers, desk.got, (desk.row_price, desk.price), ground.capacity, first=ground.room == 1)
    return in_points(ground, desk, offers, got)


def in_points(ground: Ground, desk: Settling, offers: Offers, got: Longs) -> Settled:
    """What each row got by lot, in the order of the problem's juniors, with prices in points."""
    row_price, price = _without_lots(offers, got, desk.row_price, desk.price, ground.room)
    junior = ground.sheet.junior
    column_price = np.empty(len(junior), np.int64)
    column_price[junior] = np.where(ground.capacity > 0, price, 0)
    return Settled(np.where(got >= 0, junior[got], -1), row_price, column_price)


def tight_offers(problem: Problem, ground: Ground, desk: Settling) -> Offers:
    row, place, weight = desk.tight()
    lots = drawn(problem.leader_lot[ground.owner[row]], problem.junior_lot[ground.sheet.junior[place]])
    return Offers(row, place, weight, lots)


def _without_lots(offers: Offers, got: Longs, row_price: Longs, price: Longs, room: int) -> tuple[Longs, Longs]:
    """Prices without the room for lots, which prove as much.

    Prices of rows and what columns lack are the heights of a landscape: cut into storeys of ``room`` each, two floors
    are at least as far apart as the points of a pair. Exactly as far if no storey begins within the lot of a pair that
    was made; all lots together are smaller than a storey, so that it can begin where there is none.
    """
    if room == 1:
        return row_price, price
    made = got[offers.row] == offers.column
    lot = offers.weight[made] % room
    first = (price[offers.column[made]] - lot) % room
    over = np.maximum(first + lot - room, 0)
    begins = np.concatenate([first, np.zeros(len(first), np.int64)])
    order = np.argsort(begins, kind="stable")
    ends = np.maximum.accumulate(np.concatenate([[0], np.concatenate([first + lot - over, over])[order]]))
    free = np.flatnonzero(np.append(begins[order], room) > ends)
    start = int(ends[free[0]])
    return (row_price + start) // room, -((start - price) // room)
