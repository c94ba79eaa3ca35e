"""A problem laid out for looking at pairs one by one, without a matrix: bit sets, bytes and small tables."""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.block import FULL_GAIN, PRIORITY
from matching.lots import GOLDEN, mixed
from matching.market import Longs, Scale
from matching.objective import Objective
from matching.points import Tables, tables
from matching.problem import SEASONS, Problem
from matching.rules import RULES, TOP_FLUENCY, TOP_LEVEL, WEEK, Rule

WORDS = -(-WEEK // 64)
"""Of 64 bits that a week of quarter hours takes."""

TILE = 512
"""Juniors whose hours are summed up together: a leader whose hours meet none of them skips them all."""

GLANCE = 4
"""Quarter hours in a stretch of the rough week. Most people state whole hours: then it is not rough at all."""

GLANCES = -(-WEEK // GLANCE // 64)
"""Words that a rough week takes."""

REFUSED, WISHED_ONCE, WISHED_TWICE, KEPT = 1, 2, 4, 8
"""Marks of single pairs."""

Number = TypeVar("Number", bound=np.generic)
Bits = NDArray[np.uint64]
Ints = NDArray[np.int32]


class Sheet(NamedTuple):
    """Everything about L leaders and J juniors; the juniors stand by time of day, ``junior`` says who stands where.

    needs (L, 6): row of ``gain`` and priority of each of three. need_points (L, 13): by gain in all needs.
    gain (5 S, J): levels gained by whoever holds 0 to 4 in a skill. tool (T, J): 1 where offered. tongue (G, J):
    fluency. country (J,). glance (n, SEASONS, GLANCES): a rough week, see GLANCE. facts (n, 9): country and so
    on, as numbered below. tool_points: by tools wanted and found. hours (n, SEASONS, WORDS); tile_hours: of all juniors
    in a tile together. mark_start (L + 1,), mark_junior, mark: single pairs that rules refuse or wishes praise.
    numbers: rules, bonuses, points by fluency and by quarter hours, as numbered below.
    """

    junior: Longs
    needs: Ints
    need_points: Ints
    gain: NDArray[np.uint8]
    tool: NDArray[np.uint8]
    tongue: NDArray[np.uint8]
    country: Ints
    leader_glance: Bits
    junior_glance: Bits
    leader_facts: Ints
    junior_facts: Ints
    leader_tools: Bits
    junior_tools: Bits
    tool_points: Ints
    leader_fluency: NDArray[np.uint8]
    junior_fluency: NDArray[np.uint8]
    leader_hours: Bits
    junior_hours: Bits
    tile_hours: Bits
    leader_lot: Bits
    junior_lot: Bits
    mark_start: Longs
    mark_junior: Ints
    mark: NDArray[np.uint8]
    numbers: Longs


FACTS = COUNTRY, UNIT, GRADE, MANAGER, ENTER, LEAVE, GROUP, WAITING, WANTED = range(9)
NUMBERS = (
    N_LINE, N_UNIT, N_SENIORITY, N_SKILL, N_LANGUAGE, N_TIME, N_GAP, N_FLUENCY, N_QUARTERS, N_WISH, N_ACROSS, N_FLOOR,
    N_WEAK, N_WEAK_COST, N_TOTAL, N_GROUP, N_KEEP, N_ROOM,
) = range(18)  # fmt: skip
N_FLUENT = len(NUMBERS)
"""Where the points by fluency (4) begin, and behind them those by quarter hours (25)."""
N_SHARED = N_FLUENT + TOP_FLUENCY + 1


def sheet_of(problem: Problem, objective: Objective, scale: Scale, room: int) -> Sheet:
    """Lay out a problem. ``room``: what a point weighs, so that all first lots stay below one; 1: no lots."""
    order = _by_time_of_day(problem)
    place = np.empty(problem.juniors, np.int64)
    place[order] = np.arange(problem.juniors)
    counted = tables(problem)
    hours = _week_bits(problem.junior_hours, order)
    everybody = np.arange(problem.leaders)
    start, junior, mark = _marks(problem, objective, place)
    return Sheet(
        junior=order,
        needs=_needs(problem),
        need_points=counted.need,
        gain=_gains(problem, order),
        tool=_bytes(problem.offered_tools[order].T),
        tongue=_bytes(problem.junior_fluency[order].T),
        country=problem.junior_country[order].astype(np.int32),
        leader_glance=_rough_bits(problem.leader_hours, everybody),
        junior_glance=_rough_bits(problem.junior_hours, order),
        leader_facts=_facts(problem, "leader", objective.leader_group, counted.leader_waiting, counted.wanted),
        junior_facts=_facts(problem, "junior", objective.junior_group, counted.junior_waiting, order * 0)[order],
        leader_tools=_bits(problem.wanted_tools),
        junior_tools=_bits(problem.offered_tools[order]),
        tool_points=counted.tools,
        leader_fluency=_bytes(problem.leader_fluency),
        junior_fluency=_bytes(problem.junior_fluency[order]),
        leader_hours=_week_bits(problem.leader_hours, everybody),
        junior_hours=hours,
        tile_hours=np.bitwise_or.reduceat(hours, np.arange(0, len(hours), TILE)) if len(hours) else hours,
        leader_lot=mixed(problem.leader_lot.astype(np.uint64) + GOLDEN),
        junior_lot=problem.junior_lot.astype(np.uint64)[order],
        mark_start=start,
        mark_junior=junior,
        mark=mark,
        numbers=_numbers(problem, objective, scale, counted, room),
    )


def revised(sheet: Sheet, problem: Problem, counted: Tables, leaders: Longs, places: Longs) -> Sheet:
    """The sheet with the needs and hours of these leaders, and the offers and hours of the juniors at these places, as
    the problem has them now.
    """
    juniors = sheet.junior[places]
    hours = _with(sheet.junior_hours, places, _week_bits(problem.junior_hours, juniors))
    tile_hours, gain = sheet.tile_hours.copy(), sheet.gain.copy()
    for tile in np.unique(places // TILE):
        tile_hours[tile] = np.bitwise_or.reduce(hours[tile * TILE : (tile + 1) * TILE])
    gain[:, places] = _gains(problem, juniors)
    return sheet._replace(
        needs=_with(sheet.needs, leaders, _needs(problem)[leaders]),
        need_points=_with(sheet.need_points, leaders, counted.need[leaders]),
        gain=gain,
        leader_glance=_with(sheet.leader_glance, leaders, _rough_bits(problem.leader_hours, leaders)),
        junior_glance=_with(sheet.junior_glance, places, _rough_bits(problem.junior_hours, juniors)),
        leader_hours=_with(sheet.leader_hours, leaders, _week_bits(problem.leader_hours, leaders)),
        junior_hours=hours,
        tile_hours=tile_hours,
    )


def _with(rows: NDArray[Number], where: Longs, others: NDArray[Number]) -> NDArray[Number]:
    changed = rows.copy()
    changed[where] = others
    return changed


def _needs(problem: Problem) -> Ints:
    weight = np.where(problem.need_skill >= 0, np.array(PRIORITY), 0)
    held = np.maximum(problem.need_skill, 0) * (TOP_LEVEL + 1) + problem.need_level
    return np.concatenate([held, weight], axis=1).astype(np.int32)


def _gains(problem: Problem, juniors: Longs) -> NDArray[np.uint8]:
    levels = problem.offer_level[juniors]
    offered = np.where(levels >= problem.rules.minimum_offer, levels, 0).T
    skills = max(1, len(offered))
    gains = np.zeros((skills, TOP_LEVEL + 1, len(juniors)), np.uint8)
    for held in range(TOP_LEVEL + 1):
        gains[: len(offered), held] = np.clip(offered - held, 0, FULL_GAIN)
    return gains.reshape(skills * (TOP_LEVEL + 1), len(juniors))


def _glance(hours: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The stretches of each week in which somebody has any hours."""
    found = hours.reshape(*hours.shape[:2], WEEK // GLANCE, GLANCE)
    stretches: NDArray[np.bool_] = found[..., 0] | found[..., 1] | found[..., 2] | found[..., 3]
    return stretches


def _bytes(small: NDArray[np.int8] | NDArray[np.bool_]) -> NDArray[np.uint8]:
    """As bytes of our own: for what may not be written numba would compile all of it once more."""
    return np.array(small, order="C").view(np.uint8)


def _by_time_of_day(problem: Problem) -> Longs:
    """Order juniors by the middle of their hours on the day's circle: neighbours are free at the same time."""
    days = problem.junior_hours[0].reshape(problem.juniors, 7, WEEK // 7).sum(axis=1, dtype=np.float32)
    angle = np.arange(WEEK // 7) * (2 * np.pi * 7 / WEEK)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    across = np.rint((days @ circle) * 16)
    return np.argsort(np.rint(np.degrees(np.arctan2(across[:, 1], across[:, 0]))), kind="stable")


def _bits(flags: NDArray[np.bool_]) -> Bits:
    """Pack flags (n, k) into 64-bit words (n, at least 1)."""
    packed = np.packbits(flags, axis=-1, bitorder="little")
    words = np.zeros((len(flags), max(1, -(-packed.shape[-1] // 8)) * 8), np.uint8)
    words[:, : packed.shape[-1]] = packed
    return words.view(np.uint64)


def _week_bits(hours: NDArray[np.bool_], people: Longs) -> Bits:
    """Of these people, in this order."""
    return np.ascontiguousarray(np.stack([_bits(hours[season][people]) for season in range(SEASONS)], axis=1))


def _rough_bits(hours: NDArray[np.bool_], people: Longs) -> Bits:
    return _week_bits(_glance(hours[:, people]), np.arange(len(people)))


def _facts(problem: Problem, side: str, group: NDArray[np.int16], waiting: Ints, wanted: Longs) -> Ints:
    columns = [getattr(problem, f"{side}_{name}") for name in ("country", "unit", "grade", "manager")]
    line = getattr(problem, f"{side}_line")
    groups = group if len(group) else np.full(len(line), -1)
    facts = np.stack([*columns, line[:, 0], line[:, 1], groups, waiting, wanted], axis=1)
    return np.ascontiguousarray(facts, np.int32)


def _marks(problem: Problem, objective: Objective, place: Longs) -> tuple[Longs, Ints, NDArray[np.uint8]]:
    on = problem.rules.on
    listed = [
        (problem.in_line if on & Rule.REPORTING_LINE else problem.in_line[:0], REFUSED),
        (problem.barred if on & Rule.CONSENT else problem.barred[:0], REFUSED),
        (problem.forbidden if on & Rule.FORBIDDEN else problem.forbidden[:0], REFUSED),
        (problem.pinned, REFUSED),
        (problem.leader_wishes, WISHED_ONCE),
        (problem.junior_wishes, WISHED_TWICE),
        (objective.kept, KEPT),
    ]
    pairs = np.concatenate([some for some, _ in listed]).astype(np.int64)
    bits = np.concatenate([np.full(len(some), bit, np.uint8) for some, bit in listed])
    keys = pairs[:, 0] * problem.juniors + place[pairs[:, 1]] if len(pairs) else np.empty(0, np.int64)
    unique, where = np.unique(keys, return_inverse=True)
    mark = np.zeros(len(unique), np.uint8)
    np.bitwise_or.at(mark, where, bits)
    leader, junior = np.divmod(unique, max(problem.juniors, 1))
    return np.searchsorted(leader, np.arange(problem.leaders + 1)).astype(np.int64), junior.astype(np.int32), mark


def _numbers(problem: Problem, objective: Objective, scale: Scale, counted: Tables, room: int) -> Longs:
    rules = problem.rules
    switches = [int(bool(rules.on & rule)) for rule in RULES[:6]]
    thresholds = [rules.seniority_gap, rules.working_fluency, rules.shared_quarters]
    bonuses = [counted.wish, counted.across, objective.floor, objective.weak_below, scale.weak, int(objective.total)]
    numbers = [*switches, *thresholds, *bonuses, objective.across, objective.keep, room]
    return np.array([*numbers, *counted.language, *counted.time], np.int64)
