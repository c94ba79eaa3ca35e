"""Pairs as the columns of a programme for HiGHS: what an assignment with further conditions is made of.

People stand in the order of their lots, so the same people give the same programme and the same answer in whatever
order they are given.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

from matching.market import Longs
from matching.points import Arcs
from matching.problem import Problem

MOST_PROGRAMME = 200_000
"""Pairs that a programme takes on. HiGHS needs seconds up to here and minutes beyond."""

Matrix: TypeAlias = "scipy.sparse.csr_array"  # its name alone: to load it takes a quarter of a second


@dataclass(frozen=True, eq=False)
class Programme:
    """Columns are the pairs (A,) by lots. Rows: ``leader`` (L, A) and ``junior`` (J, A) sum up the pairs of a person.

    leader_free (L,), junior_free (J,): places that pins leave. prized (L,): leaders who are not matched by a pin.
    """

    arcs: Arcs
    leader: Matrix
    junior: Matrix
    leader_free: Longs
    junior_free: Longs
    prized: NDArray[np.bool_]

    def sides(self) -> Matrix:
        """Rows of leaders, then of juniors."""
        return scipy.sparse.csr_array(scipy.sparse.vstack([self.leader, self.junior]))

    def pairs(self, made: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return leaders and juniors, by their numbers in the problem, of some columns."""
        return np.stack([self.arcs.leader[made], self.arcs.junior[made]], axis=1).astype(np.int32)


def programme_of(problem: Problem, arcs: Arcs) -> Programme:
    order = np.lexsort((problem.junior_lot[arcs.junior], problem.leader_lot[arcs.leader]))
    leader, junior, fit, points = arcs
    sorted_arcs = Arcs(leader[order], junior[order], fit[order], points[order])
    people, rows = [], []
    for side, (lots, capacity) in enumerate(
        ((problem.leader_lot, problem.leader_capacity), (problem.junior_lot, problem.junior_capacity))
    ):
        ranked = np.argsort(lots)
        rows.append(_sums(np.argsort(ranked)[sorted_arcs[side]], len(lots)))
        taken = np.bincount(problem.pinned[:, side], minlength=len(lots))
        people.append((ranked, (capacity - taken)[ranked].astype(np.int64)))
    (leaders, leader_free), (_, junior_free) = people
    prized = ~np.isin(leaders, problem.pinned[:, 0])
    return Programme(sorted_arcs, rows[0], rows[1], leader_free, junior_free, prized)


def _sums(row: NDArray[np.intp], rows: int) -> Matrix:
    columns = np.arange(len(row))
    return scipy.sparse.csr_array((np.ones(len(row)), (row, columns)), shape=(rows, len(row)))
