"""Who comes next for one person when nobody else may be moved: the best pair by the objective, then the second best."""

import numpy as np
from numpy.typing import NDArray

from matching.block import Block, measure
from matching.eligibility import refused
from matching.lots import drawn, first_lot, second_lot
from matching.objective import Objective
from matching.points import fit_points, full_points, tables
from matching.problem import Problem


def next_for_leader(problem: Problem, objective: Objective, leader: int) -> NDArray[np.intp]:
    """Return the juniors whom no rule refuses this leader, the best first.

    As ``solve`` would choose were this one place all that there is: pairs that are not weak, then points, then lots.
    The floor is no bar: it never costs anybody the only partner.
    """
    block = measure(problem, np.array([leader]), slice(None))
    return _ranked(block, objective)


def next_for_junior(problem: Problem, objective: Objective, junior: int) -> NDArray[np.intp]:
    """Return the leaders whom no rule refuses this junior, the best first; see ``next_for_leader``."""
    block = measure(problem, slice(None), np.array([junior]))
    return _ranked(block, objective)


def _ranked(block: Block, objective: Objective) -> NDArray[np.intp]:
    counted = tables(block.problem)
    fit = fit_points(block, counted)
    points = full_points(block, counted, objective, fit) * objective.total
    lots = drawn(block.problem.leader_lot[block.leaders][:, None], block.problem.junior_lot[block.juniors])
    weak = fit < objective.weak_below
    levels = [level.ravel() for level in (second_lot(lots), first_lot(lots), points, ~weak)]
    order: NDArray[np.intp] = np.lexsort(levels)[::-1]
    allowed: NDArray[np.bool_] = refused(block).ravel()[order] == 0
    return order[allowed]
