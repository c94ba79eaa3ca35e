"""A market settled, compiled: an auction brings most places near, shortest paths make it exact.

A row is a free place of a leader, a column a junior with so many places. Always true: prices are not below nothing,
those of row and column come to at least the weight of every pair of the two, and to just that where they were given
to each other (a pair is tight). It is the best when besides no row without a column has a price, nor a column with a
place left. Searches are those of Dijkstra over what pairs lack to being tight [Edmonds and Karp 1972]; the auction is
that of Bertsekas [1988].
"""

import numpy as np

from matching.compiled import compiled, part
from matching.market import Longs
from matching.sheet import Ints

FAR = np.int64(1 << 62)


@part
def lift(distance: Longs, at: Longs, heap: Longs, place: int) -> None:
    """Move a column up the heap to where its distance belongs."""
    column = heap[place]
    key = distance[column]
    while place > 0:
        parent = (place - 1) >> 2
        other = heap[parent]
        if distance[other] <= key:
            break
        heap[place] = other
        at[other] = place
        place = parent
    heap[place] = column
    at[column] = place


@part
def nearest(distance: Longs, at: Longs, heap: Longs, size: int) -> int:
    """Take the nearest column off a heap of so many."""
    first = heap[0]
    at[first] = -1
    last = size - 1
    if last > 0:
        column = heap[last]
        key = distance[column]
        place = 0
        while True:
            child = 4 * place + 1
            if child >= last:
                break
            best = child
            for other in range(child + 1, min(child + 4, last)):
                if distance[heap[other]] < distance[heap[best]]:
                    best = other
            if distance[heap[best]] >= key:
                break
            heap[place] = heap[best]
            at[heap[place]] = place
            place = best
        heap[place] = column
        at[column] = place
    return first


@part
def reach(distance: Longs, at: Longs, heap: Longs, size: int, column: int, far: int) -> int:
    """Note a nearer way to a column; returns the size of the heap."""
    distance[column] = far
    if at[column] < 0:
        heap[size] = column
        at[column] = size
        size += 1
    lift(distance, at, heap, at[column])
    return size


@compiled
def bid(
    start: Longs, junior: Ints, weight: Longs, row_owner: Longs, bonus: Longs, capacity: Longs, slot: Longs, got: Longs,
    place: Longs, held: Longs, filled: Longs, price: Longs, paid: Longs, waiting: Longs, step: int, most: int,
) -> int:  # fmt: skip
    """Let the rows waiting bid for what they like best, each time by at least ``step`` more; at most so many bids.

    paid (slots,): what was bid for each place. Returns how many bids were made. What is bid may be too much by a step.
    """
    rows = len(row_owner)
    queue = np.empty(rows + 1, np.int64)
    queue[: len(waiting)] = waiting
    head, tail, bids = 0, len(waiting), 0
    while head != tail and bids < most:
        row = queue[head]
        head = head + 1 if head < rows else 0
        owner = row_owner[row]
        best, second, column = np.int64(-1), np.int64(-1), np.int64(-1)
        for arc in range(start[owner], start[owner + 1]):
            value = weight[arc] + bonus[row] - price[junior[arc]]
            if value > best:
                second = best
                best = value
                column = np.int64(junior[arc])
            elif value > second:
                second = value
        if column < 0:
            continue
        bids += 1
        asked = price[column] + best - max(second, np.int64(0)) + step
        first, last = slot[column], slot[column + 1]
        if filled[column] < capacity[column]:
            where = first
            while held[where] >= 0:
                where += 1
            filled[column] += 1
        else:
            where = first
            for other in range(first + 1, last):
                if paid[other] < paid[where]:
                    where = other
            loser = held[where]
            got[loser] = -1
            queue[tail] = loser
            tail = tail + 1 if tail < rows else 0
        held[where], paid[where], got[row], place[row] = row, asked, column, where
        if filled[column] == capacity[column]:
            lowest = paid[first]
            for other in range(first + 1, last):
                lowest = min(lowest, paid[other])
            price[column] = max(lowest, price[column])
    return bids


@compiled
def tighten(
    start: Longs, junior: Ints, weight: Longs, row_owner: Longs, bonus: Longs, got: Longs, place: Longs, held: Longs,
    filled: Longs, row_price: Longs, price: Longs,
) -> None:  # fmt: skip
    """Give every row the least price that its pairs allow, and take from it a column with which it is not tight."""
    for row in range(len(row_owner)):
        owner = row_owner[row]
        highest, mine = np.int64(0), np.int64(-1)
        for arc in range(start[owner], start[owner + 1]):
            value = weight[arc] + bonus[row] - price[junior[arc]]
            highest = max(highest, value)
            if junior[arc] == got[row]:
                mine = value
        row_price[row] = highest
        if got[row] >= 0 and mine < highest:
            held[place[row]] = -1
            filled[got[row]] -= 1
            got[row] = -1


@part
def move(got: Longs, place: Longs, held: Longs, filled: Longs, slot: Longs, row: int, column: int) -> int:
    """Take a row to a column that has a place for it; returns the column it leaves, or -1."""
    left = got[row]
    if left >= 0:
        held[place[row]] = -1
        filled[left] -= 1
    got[row] = column
    if column >= 0:
        where = slot[column]
        while held[where] >= 0:
            where += 1
        held[where] = row
        place[row] = where
        filled[column] += 1
    return left


@compiled
def seek_columns(
    start: Longs, junior: Ints, weight: Longs, row_owner: Longs, bonus: Longs, capacity: Longs, slot: Longs, got: Longs,
    place: Longs, held: Longs, filled: Longs, row_price: Longs, price: Longs, distance: Longs, at: Longs,
    by_row: Longs, heap: Longs, order: Longs, seekers: Longs,
) -> int:  # fmt: skip
    """Find each seeking row a column, by letting others move on, or leave it out for what that costs least.

    distance is FAR and at is -1 for all columns, before and after. Returns how many pairs were looked at.
    """
    looked = 0
    for seeker in seekers:
        if got[seeker] >= 0 or row_price[seeker] == 0:
            continue
        best, end_row, end_column = row_price[seeker], seeker, np.int64(-1)
        size, count, touched = 0, 0, 0
        row, base = seeker, np.int64(0)
        column = np.int64(-1)
        while True:
            # look around: at the seeker, then at all who hold a place of the column reached last
            first = slot[column] if column >= 0 else 0
            last = slot[column + 1] if column >= 0 else 1
            for where in range(first, last):
                row = held[where] if column >= 0 else seeker
                if row < 0:
                    continue
                if base + row_price[row] < best:
                    best, end_row, end_column = base + row_price[row], row, np.int64(-1)
                owner = row_owner[row]
                offset = base + row_price[row] - bonus[row]
                looked += start[owner + 1] - start[owner]
                for arc in range(start[owner], start[owner + 1]):
                    other = np.int64(junior[arc])
                    far = offset + price[other] - weight[arc]
                    if far >= best or far >= distance[other]:
                        continue
                    if filled[other] < capacity[other]:
                        best, end_row, end_column = far, row, other
                    elif capacity[other] > 0:
                        if distance[other] == FAR:
                            order[len(order) - 1 - touched] = other
                            touched += 1
                        by_row[other] = row
                        size = reach(distance, at, heap, size, other, far)
            if size == 0 or distance[heap[0]] >= best:
                break
            column = nearest(distance, at, heap, size)
            size -= 1
            base = distance[column]
            order[count] = column
            count += 1
        # prices: whoever was nearer than the end gives way by the difference
        row_price[seeker] -= best
        for place_ in range(count):
            column = order[place_]
            change = best - distance[column]
            price[column] += change
            for where in range(slot[column], slot[column + 1]):
                if held[where] >= 0:
                    row_price[held[where]] -= change
        # undo the marks
        for place_ in range(touched):
            other = order[len(order) - 1 - place_]
            distance[other] = FAR
            at[other] = -1
        # move everybody on the way one further
        row, column = end_row, end_column
        while True:
            left = move(got, place, held, filled, slot, row, column)
            if row == seeker:
                break
            column = left
            row = by_row[left]
    return looked


@compiled
def seek_rows(
    begin: Longs, owner: Ints, worth: Longs, rows: Longs, bonus: Longs, capacity: Longs, slot: Longs, got: Longs,
    place: Longs, held: Longs, filled: Longs, row_price: Longs, price: Longs, distance: Longs, at: Longs, by_row: Longs,
    by_column: Longs, heap: Longs, order: Longs, seekers: Longs,
) -> int:  # fmt: skip
    """Fill places of each seeking column that has a price, or lower its price to nothing, for what costs least."""
    looked = 0
    for seeker in seekers:
        while filled[seeker] < capacity[seeker] and price[seeker] > 0:
            best, end_row, end_column = price[seeker], np.int64(-1), seeker
            size, count, touched = 0, 0, 1
            column, base = seeker, np.int64(0)
            distance[seeker] = 0
            order[len(order) - 1] = seeker
            while True:
                order[count] = column
                count += 1
                looked += begin[column + 1] - begin[column]
                offset = base + price[column]
                for arc in range(begin[column], begin[column + 1]):
                    for row in range(rows[owner[arc]], rows[owner[arc] + 1]):
                        far = offset + row_price[row] - worth[arc] - bonus[row]
                        other = got[row]
                        if far >= best or other == column:
                            continue
                        if other < 0:
                            best, end_row, end_column = far, row, column
                        elif far < distance[other]:
                            if distance[other] == FAR:
                                order[len(order) - 1 - touched] = other
                                touched += 1
                            by_row[other], by_column[other] = row, column
                            size = reach(distance, at, heap, size, other, far)
                if size == 0 or distance[heap[0]] >= best:
                    break
                column = nearest(distance, at, heap, size)
                size -= 1
                base = distance[column]
                if base + price[column] < best:
                    best, end_row, end_column = base + price[column], np.int64(-1), column
            for place_ in range(count):
                column = order[place_]
                change = best - distance[column]
                price[column] -= change
                for where in range(slot[column], slot[column + 1]):
                    if held[where] >= 0:
                        row_price[held[where]] += change
            for place_ in range(touched):
                other = order[len(order) - 1 - place_]
                distance[other] = FAR
                at[other] = -1
            # whoever comes to a column on the way sends on the row by which it was reached
            row, column = end_row, end_column
            while row >= 0 or column != seeker:
                follower, target = np.int64(-1), column
                if column != seeker:
                    follower, target = by_row[column], by_column[column]
                    move(got, place, held, filled, slot, follower, np.int64(-1))
                if row >= 0:
                    move(got, place, held, filled, slot, row, column)
                row, column = follower, target
    return looked
