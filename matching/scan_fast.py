"""Looking at pairs, compiled: whole rows at a time by bounds, and exactly where a bound does not settle it.

Arrays are handed over one by one: taking one out of a tuple, or a row out of one, costs more than most of what is done
with it here.
"""

import numpy as np
from numpy.typing import NDArray

from matching.compiled import compiled, ones, part, rough_part
from matching.ground import ROWS, TELL
from matching.lots import LOT_BITS
from matching.problem import NEEDS, SEASONS
from matching.sheet import (
    COUNTRY,
    ENTER,
    GLANCE,
    GLANCES,
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
    N_ROOM,
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
    WORDS,
    Bits,
    Ints,
)  # fmt: skip

NEVER = np.int64(-(1 << 62))
"""Weight of a pair that a rule refuses, or that is not worth telling."""

MARKED = 2
FULL_GAIN, FULL_QUARTERS, MOST_LOT = 2, 24, 1 << LOT_BITS
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
THIRTY, LESS, MORE, LOT_SHIFT = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(64 - LOT_BITS)

Bytes = NDArray[np.uint8]
Longs = NDArray[np.int64]
Floats = NDArray[np.float32]


@part
def lot_of(leader: np.uint64, junior: np.uint64) -> int:
    """The first lot of a pair; as in ``lots``, where the leader's number is mixed already."""
    mixed = leader ^ junior
    mixed = (mixed ^ (mixed >> THIRTY)) * FIRST
    mixed = (mixed ^ (mixed >> LESS)) * SECOND
    mixed = mixed ^ (mixed >> MORE)
    return np.int64(mixed >> LOT_SHIFT) + 1


@part
def gain_of(needs: Ints, gain: Bytes, leader: int, junior: int) -> int:
    total = np.int64(0)
    for need in range(NEEDS):
        total += needs[leader, NEEDS + need] * np.int64(gain[needs[leader, need], junior])
    return total


@part
def quarters_of(leader_hours: Bits, junior_hours: Bits, leader: int, junior: int, least: int) -> int:
    """Quarter hours shared in the worse season; -1 where one season has fewer than the least."""
    worst = np.int64(1 << 20)
    for season in range(SEASONS):
        shared = np.uint64(0)
        for word in range(WORDS):
            shared += ones(leader_hours[leader, season, word] & junior_hours[junior, season, word])
        if np.int64(shared) < least:
            return -1
        worst = min(worst, np.int64(shared))
    return worst


@part
def most_quarters(leader_glance: Bits, junior_glance: Bits, leader: int, junior: int) -> int:
    """What two people can share at most that counts, by their rough weeks."""
    most = np.int64(FULL_QUARTERS)
    for season in range(SEASONS):
        both = np.uint64(0)
        for word in range(GLANCES):
            both += ones(leader_glance[leader, season, word] & junior_glance[junior, season, word])
        most = min(most, np.int64(both) * GLANCE)
    return most


@part
def mark_of(mark_start: Longs, mark_junior: Ints, mark: Bytes, leader: int, junior: int) -> int:
    low, high = mark_start[leader], mark_start[leader + 1]
    stop = high
    while low < high:
        middle = (low + high) >> 1
        if mark_junior[middle] < junior:
            low = middle + 1
        else:
            high = middle
    if low < stop and mark_junior[low] == junior:
        return np.int64(mark[low])
    return 0


@part
def keeps_apart(leader_facts: Ints, junior_facts: Ints, numbers: Longs, leader: int, junior: int) -> bool:
    """Whether a rule about what they are refuses the two: grades, unit, line."""
    if numbers[N_SENIORITY] and leader_facts[leader, GRADE] - junior_facts[junior, GRADE] < numbers[N_GAP]:
        return True
    if numbers[N_UNIT] and leader_facts[leader, UNIT] == junior_facts[junior, UNIT] and junior_facts[junior, UNIT] >= 0:
        return True
    if numbers[N_LINE]:
        manager = junior_facts[junior, MANAGER]
        if leader_facts[leader, MANAGER] == manager and manager >= 0:
            return True
        theirs, ours = leader_facts[leader, ENTER], junior_facts[junior, ENTER]
        if theirs >= 0 and ours >= 0:
            if theirs < ours and ours < leader_facts[leader, LEAVE]:
                return True
            if ours < theirs and theirs < junior_facts[junior, LEAVE]:
                return True
    return False


@part
def weight_of(
    needs: Ints, need_points: Ints, gain: Bytes, leader_facts: Ints, junior_facts: Ints, leader_tools: Bits,
    junior_tools: Bits, tool_points: Ints, leader_fluency: Bytes, junior_fluency: Bytes, leader_hours: Bits,
    junior_hours: Bits, leader_lot: Bits, junior_lot: Bits, numbers: Longs, leader: int, junior: int, mark: int,
    least: int,
) -> int:  # fmt: skip
    """Weight of a pair with these marks, with its first lot where there is room; NEVER where it is refused or less."""
    gained = gain_of(needs, gain, leader, junior)
    if mark & REFUSED or (numbers[N_SKILL] and gained == 0):
        return NEVER
    fluency = np.int64(0)
    for language in range(leader_fluency.shape[1]):
        shared = min(np.int64(leader_fluency[leader, language]), np.int64(junior_fluency[junior, language]))
        fluency = max(fluency, shared)
    if numbers[N_LANGUAGE] and fluency < numbers[N_FLUENCY]:
        return NEVER
    fit = np.int64(need_points[leader, gained]) + numbers[N_FLUENT + fluency]
    found = np.uint64(0)
    for word in range(leader_tools.shape[1]):
        found += ones(leader_tools[leader, word] & junior_tools[junior, word])
    fit += tool_points[leader_facts[leader, WANTED], np.int64(found)]
    country, group = junior_facts[junior, COUNTRY], junior_facts[junior, GROUP]
    if leader_facts[leader, COUNTRY] != country and leader_facts[leader, COUNTRY] >= 0 and country >= 0:
        fit += numbers[N_ACROSS]
    fit += numbers[N_WISH] * (np.int64(mark & WISHED_ONCE != 0) + np.int64(mark & WISHED_TWICE != 0))
    bonus = np.int64(leader_facts[leader, WAITING]) + junior_facts[junior, WAITING]
    bonus += numbers[N_KEEP] * np.int64(mark & KEPT != 0)
    if leader_facts[leader, GROUP] != group and leader_facts[leader, GROUP] >= 0 and group >= 0:
        bonus += numbers[N_GROUP]
    lot = lot_of(leader_lot[leader], junior_lot[junior]) if numbers[N_ROOM] > 1 else 0
    most = fit + numbers[N_SHARED + FULL_QUARTERS]
    if most < numbers[N_FLOOR] or (most + bonus) * numbers[N_TOTAL] * numbers[N_ROOM] + lot < least:
        return NEVER
    if keeps_apart(leader_facts, junior_facts, numbers, leader, junior):
        return NEVER
    quarters = quarters_of(leader_hours, junior_hours, leader, junior, numbers[N_TIME] * numbers[N_QUARTERS])
    if quarters < 0:
        return NEVER
    fit += numbers[N_SHARED + min(quarters, FULL_QUARTERS)]
    if fit < numbers[N_FLOOR]:
        return NEVER
    weight = (fit + bonus) * numbers[N_TOTAL]
    if fit < numbers[N_WEAK]:
        weight -= numbers[N_WEAK_COST]
    weight = weight * numbers[N_ROOM] + lot
    return weight if weight >= least else NEVER


@part
def floor_of(least: int, rest: int, room: int, total: int) -> np.float32:
    """From below: what is left for needs, tools, languages, hours and countries to bring, in points."""
    floor = (least - MOST_LOT) / room - rest
    if not total and least <= MOST_LOT:
        floor = -np.inf
    return np.float32(floor - 8 - abs(floor) / (1 << 21))


@part
def asked_of(price: int, waiting: int, room: int) -> np.float32:
    asked = price / room - waiting
    return np.float32(asked - 1 - abs(asked) / (1 << 21))


@rough_part
def set_needs(first: Bytes, second: Bytes, third: Bytes, points: Floats, asked: Floats, brought: Floats) -> None:
    """Set what juniors (t,) bring to three needs, less what their price asks."""
    one, two, three = points[0], points[1], points[2]
    for junior in range(len(brought)):
        needs = np.float32(first[junior]) * one + np.float32(second[junior]) * two + np.float32(third[junior]) * three
        brought[junior] = needs - asked[junior]


@rough_part
def add_tool(tool: Bytes, points: np.float32, brought: Floats) -> None:
    for junior in range(len(brought)):
        brought[junior] += np.float32(tool[junior]) * points


@rough_part
def set_tongue(tongue: Bytes, mine: np.uint8, shared: Bytes) -> None:
    for junior in range(len(shared)):
        both = tongue[junior] if tongue[junior] < mine else mine
        shared[junior] = both if both > shared[junior] else shared[junior]


@rough_part
def add_rest(
    shared: Bytes, enough: np.uint8, points: np.float32, country: Ints, mine: int, across: np.float32, brought: Floats,
    least: np.float32, flags: Bytes,
) -> None:  # fmt: skip
    """Add what languages and countries bring; flag juniors who then come to the least and speak well enough."""
    one, two, none = np.uint8(1), np.uint8(2), np.float32(0)
    for junior in range(len(brought)):
        fluent = (points if shared[junior] > one else none) + (points if shared[junior] > two else none)
        far = across if country[junior] != mine else none
        sum_ = brought[junior] + fluent + far
        brought[junior] = sum_
        flags[junior] = np.uint8(sum_ >= least) & np.uint8(shared[junior] >= enough)


@part
def meets(leader_hours: Bits, tile_hours: Bits, numbers: Longs, leader: int, tile: int) -> bool:
    """Whether a leader's hours meet those of all juniors in a tile together often enough."""
    return quarters_of(leader_hours, tile_hours, leader, tile, numbers[N_TIME] * numbers[N_QUARTERS]) >= 0


@compiled
def scan_rows(
    needs: Ints, need_points: Ints, gain: Bytes, leader_facts: Ints, junior_facts: Ints, leader_tools: Bits,
    junior_tools: Bits, tool_points: Ints, leader_fluency: Bytes, junior_fluency: Bytes, leader_hours: Bits,
    junior_hours: Bits, leader_lot: Bits, junior_lot: Bits, numbers: Longs, leader_glance: Bits, junior_glance: Bits,
    tool: Bytes, tongue: Bytes, country: Ints, tile_hours: Bits, mark_start: Longs, mark_junior: Ints, mark: Bytes,
    rows: Longs, least: Longs, price: Longs, asked: Floats, aim: int, first_tile: int, last_tile: Ints, begin: int,
    out_row: Ints, out_junior: Ints, out_weight: Longs,
) -> tuple[int, int]:  # fmt: skip
    """A ``Scan``, see ``ground``, with the fields of the sheet one by one."""
    juniors = gain.shape[1]
    flags, shared, brought = np.zeros(TILE, np.uint8), np.zeros(TILE, np.uint8), np.zeros(TILE, np.float32)
    words = flags.view(np.uint64)
    points = np.zeros(NEEDS, np.float32)
    room, total = numbers[N_ROOM], numbers[N_TOTAL]
    fluent, across = np.float32(numbers[N_FLUENT + 2]), np.float32(numbers[N_ACROSS])
    enough, quarters_wanted = np.uint8(numbers[N_FLUENCY] * numbers[N_LANGUAGE]), numbers[N_QUARTERS] * numbers[N_TIME]
    full = np.float32(numbers[N_SHARED + FULL_QUARTERS])
    hours = np.zeros(FULL_QUARTERS + 1, np.float32)
    for quarters in range(FULL_QUARTERS + 1):
        hours[quarters] = full - numbers[N_SHARED + quarters]
    told = 0
    for row in range(begin, len(rows)):
        if aim == TELL and told + juniors > len(out_row):
            return told, row
        leader = rows[row]
        whole = 0
        for need in range(NEEDS):
            whole += needs[leader, NEEDS + need] * FULL_GAIN
        for need in range(NEEDS):
            points[need] = needs[leader, NEEDS + need] * need_points[leader, whole] / max(whole, 1)
        rest = full + leader_facts[leader, WAITING] + numbers[N_GROUP]
        floor = floor_of(least[row], rest, room, total)
        first, second, third = needs[leader, 0], needs[leader, 1], needs[leader, 2]
        wanted = leader_facts[leader, WANTED]
        each = np.float32(tool_points[wanted, wanted] / max(wanted, 1))
        place, stop_place = mark_start[leader], mark_start[leader + 1]
        while place < stop_place and mark_junior[place] < first_tile * TILE:
            place += 1
        for tile in range(first_tile, last_tile[row]):
            if not meets(leader_hours, tile_hours, numbers, leader, tile):
                continue
            start, stop = tile * TILE, min(tile * TILE + TILE, juniors)
            size = stop - start
            set_needs(
                gain[first, start:stop], gain[second, start:stop], gain[third, start:stop], points,
                asked[start:stop], brought[:size],
            )  # fmt: skip
            if wanted > 0:
                for index in range(tool.shape[0]):
                    if leader_tools[leader, index >> 6] >> np.uint64(index & 63) & np.uint64(1):
                        add_tool(tool[index, start:stop], each, brought[:size])
            shared[:] = 0
            for language in range(tongue.shape[0]):
                if leader_fluency[leader, language]:
                    set_tongue(tongue[language, start:stop], leader_fluency[leader, language], shared[:size])
            add_rest(
                shared[:size], enough, fluent, country[start:stop], leader_facts[leader, COUNTRY], across,
                brought[:size], floor, flags[:size],
            )  # fmt: skip
            flags[size:] = 0
            while place < stop_place and mark_junior[place] < start:
                place += 1
            while place < stop_place and mark_junior[place] < stop:
                # a mark may be a wish, which no bound knows
                flags[mark_junior[place] - start] = MARKED
                place += 1
            for word in range(TILE // 8):
                if words[word]:
                    for junior in range(start + word * 8, start + word * 8 + 8):
                        if flags[junior - start]:
                            wish = 0
                            if flags[junior - start] == MARKED:
                                wish = mark_of(mark_start, mark_junior, mark, leader, junior)
                            else:
                                most = most_quarters(leader_glance, junior_glance, leader, junior)
                                if most < quarters_wanted or brought[junior - start] - hours[most] < floor:
                                    continue
                            weight = weight_of(
                                needs, need_points, gain, leader_facts, junior_facts, leader_tools, junior_tools,
                                tool_points, leader_fluency, junior_fluency, leader_hours, junior_hours, leader_lot,
                                junior_lot, numbers, leader, junior, wish, least[row] + price[junior],
                            )  # fmt: skip
                            if weight == NEVER:
                                continue
                            if aim == TELL:
                                out_row[told], out_junior[told], out_weight[told] = row, junior, weight
                                told += 1
                            elif aim == ROWS:
                                least[row] = weight - price[junior] + 1
                                floor = floor_of(least[row], rest, room, total)
                            else:
                                price[junior] = weight - least[row]
                                asked[junior] = asked_of(price[junior], junior_facts[junior, WAITING], room)
    return told, len(rows)
