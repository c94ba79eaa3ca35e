"""How far prices could move and still prove the same, compiled: searches from what cannot move at all."""

import numpy as np

from matching.compiled import compiled, part
from matching.market import Longs
from matching.settle_fast import FAR, nearest, reach
from matching.sheet import Ints


@compiled
def room_below(
    begin: Longs, owner: Ints, worth: Longs, rows: Longs, bonus: Longs, capacity: Longs, slot: Longs, got: Longs,
    held: Longs, filled: Longs, row_price: Longs, price: Longs, distance: Longs, at: Longs, heap: Longs,
) -> None:  # fmt: skip
    """Set distance (J,): by how much at most the rows of each full column could pay less, and the column ask more.

    Columns with a place left and their rows, and rows without a column, cannot move at all.
    """
    size = 0
    for column in range(len(capacity)):
        distance[column] = 0
        if capacity[column] > 0 and filled[column] == capacity[column]:
            least = FAR
            for where in range(slot[column], slot[column + 1]):
                least = min(least, row_price[held[where]])
            distance[column] = FAR
            size = reach(distance, at, heap, size, column, least)
    for column in range(len(capacity)):
        if filled[column] < capacity[column]:
            size = _below(begin, owner, worth, rows, bonus, got, row_price, price, distance, at, heap, size, column)
    while size > 0:
        column = nearest(distance, at, heap, size)
        size -= 1
        size = _below(begin, owner, worth, rows, bonus, got, row_price, price, distance, at, heap, size, column)


@part
def _below(
    begin: Longs, owner: Ints, worth: Longs, rows: Longs, bonus: Longs, got: Longs, row_price: Longs, price: Longs,
    distance: Longs, at: Longs, heap: Longs, size: int, column: int,
) -> int:  # fmt: skip
    """A row cannot pay less than lets it stay with its column rather than go to this one."""
    base = distance[column] + price[column]
    for arc in range(begin[column], begin[column + 1]):
        for row in range(rows[owner[arc]], rows[owner[arc] + 1]):
            other = got[row]
            if other >= 0 and other != column:
                far = base + row_price[row] - worth[arc] - bonus[row]
                if far < distance[other]:
                    size = reach(distance, at, heap, size, other, far)
    return size


@compiled
def room_above(
    start: Longs, junior: Ints, weight: Longs, row_owner: Longs, bonus: Longs, capacity: Longs, slot: Longs, got: Longs,
    held: Longs, filled: Longs, row_price: Longs, price: Longs, distance: Longs, at: Longs, heap: Longs,
) -> None:  # fmt: skip
    """Set distance (J,): by how much at most the rows of each full column could pay more, and the column ask less."""
    size = 0
    for column in range(len(capacity)):
        distance[column] = 0
        if capacity[column] > 0 and filled[column] == capacity[column]:
            distance[column] = FAR
            size = reach(distance, at, heap, size, column, price[column])
    for row in range(len(row_owner)):
        column = got[row]
        if column < 0 or filled[column] < capacity[column]:
            size = _above(start, junior, weight, row_owner, bonus, row_price, price, distance, at, heap, size, row, 0)
    while size > 0:
        column = nearest(distance, at, heap, size)
        size -= 1
        for where in range(slot[column], slot[column + 1]):
            if held[where] >= 0:
                size = _above(
                    start, junior, weight, row_owner, bonus, row_price, price, distance, at, heap, size, held[where],
                    distance[column],
                )  # fmt: skip


@part
def _above(
    start: Longs, junior: Ints, weight: Longs, row_owner: Longs, bonus: Longs, row_price: Longs, price: Longs,
    distance: Longs, at: Longs, heap: Longs, size: int, row: int, base: int,
) -> int:  # fmt: skip
    """A column cannot ask so little that this row would rather have it."""
    owner = row_owner[row]
    offset = base + row_price[row] - bonus[row]
    for arc in range(start[owner], start[owner + 1]):
        other = np.int64(junior[arc])
        far = offset + price[other] - weight[arc]
        if far < distance[other]:
            size = reach(distance, at, heap, size, other, far)
    return size
