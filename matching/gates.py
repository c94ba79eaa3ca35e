"""Where two people have several places each, a gate between them lets them meet once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from matching.market import Longs, Market, Places, Settled


class Gate(NamedTuple):
    owner: int
    junior: int


def gated(market: Market, gates: Sequence[Gate]) -> Market:
    """Replace the pair behind each gate by a column for its leader, and add a place that fights for that column.

    The place must be filled, as it carries more than any pair does. Either it takes the gate's own column, and the two
    do not meet, or it takes one of the junior's places and leaves the column to one of the leader's: they meet, once.
    """
    if not gates:
        return market
    places, start = market.places, market.start
    owners, juniors = len(start) - 1, len(places.capacity)
    leader = np.repeat(np.arange(owners), np.diff(start))
    junior, weight, lot = market.junior.astype(np.int64), market.weight.copy(), market.lot
    must = 2 * int(weight.max() + places.bonus.max(initial=0)) + 1
    for number, gate in enumerate(gates):
        junior[(leader == gate.owner) & (junior == gate.junior)] = juniors + number
    ours = np.arange(len(gates))
    leader = np.concatenate([leader, owners + ours, owners + ours])
    junior = np.concatenate([junior, juniors + ours, np.array([gate.junior for gate in gates])])
    weight = np.concatenate([weight, np.full(2 * len(gates), must)])
    lot = np.concatenate([lot, np.zeros(2 * len(gates), np.uint64)])
    order = np.lexsort((junior, leader))
    wider = Places(
        np.concatenate([places.owner, owners + ours]),
        np.concatenate([places.bonus, np.zeros(len(gates), np.int64)]),
        np.concatenate([places.capacity, np.ones(len(gates), np.int64)]),
    )
    start = np.searchsorted(leader[order], np.arange(owners + len(gates) + 1)).astype(np.int64)
    return Market(wider, start, junior[order], weight[order], lot[order])


def passed(settled: Settled, market: Market, gates: Sequence[Gate]) -> tuple[Settled, Longs]:
    """Take the gates away again; return also the price (G,) of passing each."""
    rows, juniors = len(market.places.owner), len(market.places.capacity)
    behind = np.concatenate([np.arange(juniors), np.array([gate.junior for gate in gates], np.int64), [-1]])
    prices = settled.column_price
    passing = np.maximum(prices[juniors:] - prices[behind[juniors:-1]], 0)
    return Settled(behind[settled.column[:rows]], settled.row_price[:rows], prices[:juniors]), passing
