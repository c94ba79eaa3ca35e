"""The fit score in [0, 1]: a weighted mean of six parts that a pocket calculator reproduces."""

from collections.abc import Iterator
from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray

from matching.block import Block, Choice, full_gain, measure
from matching.problem import Problem
from matching.rules import TOP_FLUENCY

FULL_QUARTERS = 24
"""Quarter hours a week, 6 hours: more is no better, so that scarce hours are not rewarded."""


def parts(problem: Problem, leaders: Choice, juniors: Choice) -> NDArray[np.float64]:
    """Return the six parts (6, l, j), each in [0, 1], in the order of ``PART_NAMES``.

    Parts are given for all pairs, also those that a rule refuses.
    """
    return parts_of(measure(problem, leaders, juniors))


def fit(problem: Problem, leaders: Choice, juniors: Choice) -> NDArray[np.float64]:
    """Return the fit (l, j): the mean of the parts by the problem's weights."""
    return fit_of(measure(problem, leaders, juniors))


def parts_of(block: Block) -> NDArray[np.float64]:
    return np.stack(list(_parts(block)))


def fit_of(block: Block) -> NDArray[np.float64]:
    """Add part by part, always in the same order: rounding is then the same everywhere."""
    weights = astuple(block.problem.weights)
    total = np.zeros(block.fluency.shape)
    for weight, part in zip(weights, _parts(block), strict=True):
        total += weight * part
    # the mean of ones may round to the next number above one
    total /= sum(weights)
    return np.minimum(total, 1.0, out=total)


def _parts(block: Block) -> Iterator[NDArray[np.float64]]:
    yield block.gain / block.theirs(np.maximum(full_gain(block.problem), 1))
    yield np.minimum(block.quarters, FULL_QUARTERS).astype(np.float64) / FULL_QUARTERS
    yield _wishes(block)
    yield _tools(block)
    yield np.maximum(block.fluency - 1, 0).astype(np.float64) / (TOP_FLUENCY - 1)
    yield _across(block)


def _wishes(block: Block) -> NDArray[np.float64]:
    """Half for each of the two who named the other."""
    wishes = np.zeros(block.fluency.shape)
    for named in (block.problem.leader_wishes, block.problem.junior_wishes):
        wishes[block.cells(named)] += 0.5
    return wishes


def _tools(block: Block) -> NDArray[np.float64]:
    """Share of the tools wanted that are offered; 0 where none is wanted."""
    wanted = block.problem.wanted_tools.sum(axis=1, dtype=np.float64)
    share: NDArray[np.float64] = block.tools() / block.theirs(np.maximum(wanted, 1))
    return share


def _across(block: Block) -> NDArray[np.float64]:
    """1 where both countries are known and differ."""
    theirs, ours = block.theirs(block.problem.leader_country), block.ours(block.problem.junior_country)
    across: NDArray[np.float64] = ((theirs != ours) & (theirs >= 0) & (ours >= 0)).astype(np.float64)
    return across
