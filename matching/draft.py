"""What if: the new best after an edit, who moves for it, what it costs, and the proof."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matching.assign import ALL_PAIRS, Proposal, solve
from matching.block import measure
from matching.edit import Edit, edited
from matching.objective import COVERAGE_FIRST, Objective
from matching.points import fit_points, full_points, tables
from matching.priced import compiled
from matching.problem import Problem

Pairs = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Tried:
    """What some edits would do; nothing is changed yet. ``problem`` is the one with the edits.

    pairs (P, 2): the best then. gone, come (K, 2): pairs that were proposed and no longer are, and those that are new.
    leaders, weak: how many more leaders are matched and pairs weak. points: by how much the sum at the level of points
    changes; 1,000,000 are a fit of 1.
    """

    problem: Problem
    pairs: Pairs
    gone: Pairs
    come: Pairs
    leaders: int
    weak: int
    points: int
    propose: Callable[[], Proposal]

    @cached_property
    def proposal(self) -> Proposal:
        """The best then, with its certificate."""
        return self.propose()


class Desk(Protocol):
    """Tells the best pairs (P, 2) after some edits, and how to get the whole proposal; None where it cannot."""

    def after(self, problem: Problem, edits: Sequence[Edit]) -> tuple[Pairs, Callable[[], Proposal]] | None: ...


@dataclass(frozen=True, eq=False)
class Draft:
    """A settled round on which edits are tried. pairs (P, 2): the best without any."""

    problem: Problem
    objective: Objective
    pairs: Pairs
    propose: Callable[[], Proposal]
    desk: Desk | None

    @classmethod
    def opened(cls, problem: Problem, objective: Objective = COVERAGE_FIRST) -> "Draft":
        """Settle a round and keep it at hand. Raises what ``solve`` raises."""
        if compiled() and problem.leaders * problem.juniors > ALL_PAIRS:
            desk: Desk | None = importlib.import_module("matching.kept").kept(problem, objective)
            found = desk.after(problem, ()) if desk else None
            if found is not None:
                return cls(problem, objective, *found, desk)
        proposal = solve(problem, objective)
        return cls(problem, objective, proposal.pairs, lambda: proposal, None)

    def tried(self, edits: Sequence[Edit]) -> Tried:
        """Find the best with these edits. The draft stays as it is.

        Raises: Infeasible when a pin is refused by a rule or exceeds a capacity.
        """
        problem = edited(self.problem, edits)
        found = self.desk.after(problem, edits) if self.desk else None
        if found is None:
            proposal = solve(problem, self.objective)
            found = proposal.pairs, lambda: proposal
        pairs, propose = found
        return Tried(problem, pairs, *self._moved(pairs), propose)

    def _moved(self, pairs: Pairs) -> tuple[Pairs, Pairs, int, int, int]:
        width = max(self.problem.juniors, 1)
        old, new = self.pairs.astype(np.int64) @ [width, 1], pairs.astype(np.int64) @ [width, 1]
        gone, come = self.pairs[~np.isin(old, new)], pairs[~np.isin(new, old)]
        leaders = len(np.unique(pairs[:, 0])) - len(np.unique(self.pairs[:, 0]))
        (weak, points), (weak_before, points_before) = self._worth(come), self._worth(gone)
        return gone, come, leaders, weak - weak_before, points - points_before

    def _worth(self, pairs: Pairs) -> tuple[int, int]:
        """Weak pairs and points of some pairs, which are few."""
        leaders, row = np.unique(pairs[:, 0], return_inverse=True)
        juniors, column = np.unique(pairs[:, 1], return_inverse=True)
        block, counted = measure(self.problem, leaders, juniors), tables(self.problem)
        fit = fit_points(block, counted)
        points = full_points(block, counted, self.objective, fit)[row, column]
        return int((fit[row, column] < self.objective.weak_below).sum()), int(points.sum())
