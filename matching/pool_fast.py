"""The pairs under consideration, by leader and by junior, compiled."""

import numpy as np
from numpy.typing import NDArray

from matching.compiled import compiled, part
from matching.market import Longs
from matching.sheet import Ints


@compiled
def absent(start: Longs, junior: Ints, juniors: int, more_owner: Ints, more_junior: Ints) -> NDArray[np.bool_]:
    """Which of these pairs (K,) are not there yet. Quick where those of an owner stand together."""
    fresh = np.ones(len(more_owner), np.bool_)
    seen = np.full(juniors, -1, np.int64)
    first = 0
    for place in range(len(more_owner)):
        owner = more_owner[place]
        if place == 0 or owner != more_owner[first]:
            first = place
            for arc in range(start[owner], start[owner + 1]):
                seen[junior[arc]] = place
        fresh[place] = seen[more_junior[place]] != first
    return fresh


@compiled
def merged(
    start: Longs, junior: Ints, weight: Longs, more_owner: Ints, more_junior: Ints, more_weight: Longs
) -> tuple[Longs, Ints, Longs]:
    """Add pairs to those of their owners."""
    owners = len(start) - 1
    fresh = np.zeros(owners + 1, np.int64)
    for owner in more_owner:
        fresh[owner + 1] += 1
    for owner in range(owners):
        fresh[owner + 1] += fresh[owner] + start[owner + 1] - start[owner]
    juniors = np.empty(fresh[owners], np.int32)
    weights = np.empty(fresh[owners], np.int64)
    cursor = np.empty(owners, np.int64)
    for owner in range(owners):
        length = start[owner + 1] - start[owner]
        juniors[fresh[owner] : fresh[owner] + length] = junior[start[owner] : start[owner + 1]]
        weights[fresh[owner] : fresh[owner] + length] = weight[start[owner] : start[owner + 1]]
        cursor[owner] = fresh[owner] + length
    for place in range(len(more_owner)):
        owner = more_owner[place]
        juniors[cursor[owner]], weights[cursor[owner]] = more_junior[place], more_weight[place]
        cursor[owner] += 1
    return fresh, juniors, weights


@compiled
def turned(start: Longs, junior: Ints, weight: Longs, juniors: int) -> tuple[Longs, Ints, Longs]:
    """The same pairs by junior: where each begins (J + 1,), owner (A,), weight (A,)."""
    begin = np.zeros(juniors + 1, np.int64)
    for one in junior:
        begin[one + 1] += 1
    for one in range(juniors):
        begin[one + 1] += begin[one]
    cursor = begin[:-1].copy()
    owners = np.empty(len(junior), np.int32)
    worth = np.empty(len(junior), np.int64)
    for owner in range(len(start) - 1):
        for arc in range(start[owner], start[owner + 1]):
            where = cursor[junior[arc]]
            owners[where], worth[where] = owner, weight[arc]
            cursor[junior[arc]] += 1
    return begin, owners, worth


@part
def longer(values: Longs, size: int) -> Longs:
    more = np.empty(size, np.int64)
    more[: len(values)] = values
    return more


@compiled
def tight(
    start: Longs, junior: Ints, weight: Longs, row_owner: Longs, bonus: Longs, row_price: Longs, price: Longs
) -> tuple[Longs, Longs, Longs]:
    """Rows, columns and weights of all offers whose two prices come to just their weight."""
    place, size = 0, len(row_owner) * 2
    rows, columns, weights = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    for row in range(len(row_owner)):
        first, last = start[row_owner[row]], start[row_owner[row] + 1]
        if place + last - first > size:
            size = 2 * size + last - first
            rows, columns, weights = longer(rows, size), longer(columns, size), longer(weights, size)
        asked = row_price[row] - bonus[row]
        for arc in range(first, last):
            if asked + price[junior[arc]] == weight[arc]:
                rows[place], columns[place], weights[place] = row, junior[arc], weight[arc] + bonus[row]
                place += 1
    return rows[:place], columns[:place], weights[:place]
