"""The hard rules: which of them refuse a pair."""

import numpy as np
from numpy.typing import NDArray

from matching.block import Block, Choice, measure
from matching.problem import Problem
from matching.rules import Rule


def refusals(problem: Problem, leaders: Choice, juniors: Choice) -> NDArray[np.uint16]:
    """Return, for each pair (l, j), a bit for every rule that refuses it: 0 is eligible.

    All of the rules, not only the first: what switching one off would bring can be read off.
    Rules that are switched off refuse nobody. Capacity is no matter of a pair.
    """
    return refused(measure(problem, leaders, juniors))


def refused(block: Block) -> NDArray[np.uint16]:
    """Return the refusals of a block that is measured already."""
    problem, bits = block.problem, np.zeros(block.fluency.shape, np.uint16)
    for rule, refuses in (
        (Rule.REPORTING_LINE, _same(problem.leader_manager, problem.junior_manager, block)),
        (Rule.REPORTING_LINE, _above(problem.leader_line, problem.junior_line, block)),
        (Rule.UNIT, _same(problem.leader_unit, problem.junior_unit, block)),
        (Rule.SENIORITY, _too_close_in_grade(block)),
        (Rule.SKILL, block.gain == 0),
        (Rule.LANGUAGE, block.fluency < problem.rules.working_fluency),
        (Rule.TIME, block.quarters < problem.rules.shared_quarters),
    ):
        bits |= refuses * np.uint16(rule)
    for rule, pairs in (
        (Rule.REPORTING_LINE, problem.in_line),
        (Rule.CONSENT, problem.barred),
        (Rule.FORBIDDEN, problem.forbidden),
    ):
        bits[block.cells(pairs)] |= np.uint16(rule)
    bits &= np.uint16(problem.rules.on)
    return bits


def _same(theirs: NDArray[np.int32], ours: NDArray[np.int32], block: Block) -> NDArray[np.bool_]:
    """Whether both have the same one; unknown (-1) is the same as nothing."""
    mine = block.theirs(theirs)
    same: NDArray[np.bool_] = (mine == block.ours(ours)) & (mine >= 0)
    return same


def _above(theirs: NDArray[np.int32], ours: NDArray[np.int32], block: Block) -> NDArray[np.bool_]:
    """Whether one is entered and left within the other, in the walk through the reporting tree."""
    (enter, leave), (entered, left) = (block.theirs(one) for one in theirs.T), (block.ours(one) for one in ours.T)
    above = ((enter < entered) & (entered < leave)) | ((entered < enter) & (enter < left))
    found: NDArray[np.bool_] = above & (enter >= 0) & (entered >= 0)
    return found


def _too_close_in_grade(block: Block) -> NDArray[np.bool_]:
    problem = block.problem
    return block.ours(problem.junior_grade) > block.theirs(problem.leader_grade) - problem.rules.seniority_gap
