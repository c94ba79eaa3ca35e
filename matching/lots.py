"""Lots: what settles between proposals of equal worth, whoever signed up first."""

import numpy as np
from numpy.typing import NDArray

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
LOT_BITS = 8
"""Of the first lot of a pair. Few, so that it fits below the points; what it leaves open the second lot settles."""

SECOND_LOT_BITS = 24
"""Of the second lot. Among the few ties that the first leaves, two sums are alike once in ten million."""


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers in which each bit depends on every bit given (the finaliser of SplitMix64)."""
    mixed = numbers ^ (numbers >> np.uint64(30))
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def drawn(leader_lot: NDArray[np.int64], junior_lot: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return the lot of each pair, from the lots of its two people; shapes broadcast."""
    return mixed(mixed(leader_lot.astype(np.uint64) + GOLDEN) ^ junior_lot.astype(np.uint64))


def first_lot(pair: NDArray[np.uint64]) -> NDArray[np.int64]:
    """From 1 on: a pair that may be made is better than none."""
    return (pair >> np.uint64(64 - LOT_BITS)).astype(np.int64) + 1


def second_lot(pair: NDArray[np.uint64]) -> NDArray[np.int64]:
    return (pair & np.uint64((1 << SECOND_LOT_BITS) - 1)).astype(np.int64) + 1
