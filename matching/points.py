"""The worth of pairs in whole points, from tables small enough to be looked at.

Each part is rounded once, and so is each waiting bonus: the points of a pair differ from its fit by at most 3, with
both bonuses by at most 4, millionths; of a total of P pairs by at most P / 250,000.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.block import FULL_GAIN, PRIORITY, Block, Index, blocks, full_gain
from matching.eligibility import refused
from matching.errors import InvalidProblem
from matching.fit import FULL_QUARTERS
from matching.objective import POINTS, Objective
from matching.problem import Problem
from matching.rules import TOP_FLUENCY

MOST_GAIN = sum(PRIORITY) * FULL_GAIN


@dataclass(frozen=True, eq=False)
class Tables:
    """Points of each part by what is counted for it.

    need (L, 13): by gain. time (25,): by quarter hours shared. wish: of one of two wishes. tools (W + 1, W + 1): by
    tools wanted and tools found. language (4,): by fluency. across: of two countries. waiting: bonuses.
    """

    need: NDArray[np.int32]
    time: NDArray[np.int32]
    wish: int
    tools: NDArray[np.int32]
    wanted: NDArray[np.int64]
    language: NDArray[np.int32]
    across: int
    leader_waiting: NDArray[np.int32]
    junior_waiting: NDArray[np.int32]


def tables(problem: Problem) -> Tables:
    weights = np.array(astuple(problem.weights)) * POINTS / sum(astuple(problem.weights))
    need, time, wishes, tools, language, across = weights
    wanted = problem.wanted_tools.sum(axis=1)
    counts = np.arange(int(wanted.max(initial=0)) + 1)
    gains = np.arange(MOST_GAIN + 1) / np.maximum(full_gain(problem), 1)[:, None]
    return Tables(
        need=_rounded(need * np.minimum(gains, 1)),
        time=_rounded(time * np.arange(FULL_QUARTERS + 1) / FULL_QUARTERS),
        wish=round(float(wishes) / 2),
        tools=_rounded(tools * np.minimum(counts / np.maximum(counts, 1)[:, None], 1)),
        wanted=wanted,
        language=_rounded(language * np.maximum(np.arange(TOP_FLUENCY + 1) - 1, 0) / (TOP_FLUENCY - 1)),
        across=round(float(across)),
        leader_waiting=_rounded(problem.leader_waiting * POINTS),
        junior_waiting=_rounded(problem.junior_waiting * POINTS),
    )


def _rounded(points: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.rint(points).astype(np.int32)


def fit_points(block: Block, tables: Tables) -> NDArray[np.int32]:
    """Return the fit of each pair (l, j) in points."""
    problem = block.problem
    points = block.of_leader(tables.need, block.gain)
    points += tables.time[np.minimum(block.quarters, FULL_QUARTERS).astype(np.int8)]
    for named in (problem.leader_wishes, problem.junior_wishes):
        points[block.cells(named)] += tables.wish
    points += tables.tools[block.theirs(tables.wanted), block.tools().astype(np.int16)]
    points += tables.language[block.fluency]
    points += np.int32(tables.across) * _differ(block, problem.leader_country, problem.junior_country)
    return points


def full_points(block: Block, tables: Tables, objective: Objective, fit: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return what a pair counts at the level of points: its fit and all bonuses."""
    points = fit.astype(np.int64)
    points += block.theirs(tables.leader_waiting)
    points += block.ours(tables.junior_waiting)
    if objective.across:
        points += objective.across * _differ(block, objective.leader_group, objective.junior_group)
    points[block.cells(objective.kept)] += objective.keep
    return points


def _differ(block: Block, leaders: NDArray[np.int16], juniors: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Which pairs are of two groups, both known."""
    theirs, ours = block.theirs(leaders), block.ours(juniors)
    found: NDArray[np.bool_] = (theirs != ours) & (theirs >= 0) & (ours >= 0)
    return found


class Arcs(NamedTuple):
    """Pairs that may be made: leader (A,), junior (A,), fit in points and all points (A,), by leader, then junior."""

    leader: Index
    junior: Index
    fit: NDArray[np.int64]
    points: NDArray[np.int64]


def all_arcs(problem: Problem, objective: Objective, told: Callable[[float], None]) -> Arcs:
    """All pairs that break no rule, are not under the floor and not pinned. ``told`` the share of pairs looked at."""
    counted = tables(problem)
    found = [Arcs(*np.empty((4, 0), np.int64))]
    for block in blocks(problem):
        fit = fit_points(block, counted)
        allowed = (refused(block) == 0) & (fit >= objective.floor)
        allowed[block.cells(problem.pinned)] = False
        row, column = np.nonzero(allowed)
        points = full_points(block, counted, objective, fit)[row, column] * objective.total
        found.append(Arcs(block.leaders[row], block.juniors[column], fit[row, column].astype(np.int64), points))
        told((int(block.juniors[-1]) + 1) / problem.juniors)
    return Arcs(*(np.concatenate(some) for some in zip(*found, strict=True)))


def check_fits(problem: Problem, objective: Objective) -> None:
    """Raises: InvalidProblem where the objective speaks of people that the problem has not."""
    if objective.across and (len(objective.leader_group), len(objective.junior_group)) != (
        problem.leaders,
        problem.juniors,
    ):
        raise InvalidProblem("objective.across", "shape")
    kept = objective.kept
    if len(kept) and (kept.min() < 0 or kept[:, 0].max() >= problem.leaders or kept[:, 1].max() >= problem.juniors):
        raise InvalidProblem("objective.kept", "range")
