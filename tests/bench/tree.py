"""A reporting tree of any size, and a walk through it: who is entered while another is not left is below that other."""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Tree(NamedTuple):
    """manager (n,): -1 for the head, who is the first. line (n, 2): when the walk enters and leaves a person."""

    manager: Ints
    line: NDArray[np.int32]


def grown(rng: Generator, layer: Ints, unit: Ints, leading: NDArray[np.bool_]) -> Tree:
    """Give everybody a manager: somebody who leads, of the same unit and a layer above, and near rather than far above.

    ``layer`` (n,) grows from the head's 0; whoever has nobody above in the unit reports to the head.
    """
    wide = int(layer.max()) + 1
    places = np.flatnonzero(leading)
    key = unit[places] * wide + layer[places]
    order = np.argsort(key, kind="stable")
    places, key = places[order], key[order]
    first, beyond = np.searchsorted(key, unit * wide), np.searchsorted(key, unit * wide + layer)
    chosen = first + ((beyond - first) * rng.random(len(layer)) ** 0.5).astype(np.int64)
    manager = np.where(beyond > first, places[np.minimum(chosen, len(places) - 1)], 0)
    manager[0] = -1
    return Tree(manager, _walked(manager, layer))


def _walked(manager: Ints, layer: Ints) -> NDArray[np.int32]:
    """Sizes from the lowest layer up, then places from the head down: a manager is always of a layer above."""
    below = [np.flatnonzero(layer == one) for one in range(1, int(layer.max()) + 1)]
    size = np.ones(len(manager), np.int64)
    for people in reversed(below):
        size += np.bincount(manager[people], weights=size[people], minlength=len(size)).astype(np.int64)
    enter = np.zeros(len(manager), np.int64)
    taken = np.ones(len(manager), np.int64)
    for people in below:
        ordered = people[np.argsort(manager[people], kind="stable")]
        theirs = manager[ordered]
        before = np.cumsum(size[ordered]) - size[ordered]
        firsts = np.flatnonzero(np.diff(theirs, prepend=-1))
        of_same = before - np.repeat(before[firsts], np.diff(firsts, append=len(ordered)))
        enter[ordered] = enter[theirs] + taken[theirs] + of_same
        taken += np.bincount(theirs, weights=size[ordered], minlength=len(size)).astype(np.int64)
    return np.stack([enter, enter + size], axis=1).astype(np.int32)
