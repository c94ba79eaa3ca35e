"""What if: the new best after an edit, who moves for it, what it costs, and the proof."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matching.assign import ALL_PAIRS, Proposal, solve
from matching.block import couples
from matching.edit import Answers, Edit, edited
from matching.objective import COVERAGE_FIRST, Objective
from matching.points import Tables, fit_points, full_points, tables
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
    """Tells the best pairs (P, 2) of an edited problem, and how to get the whole proposal; None where it cannot.

    answers: those of the edits, which are in the problem already.
    """

    def after(
        self, problem: Problem, answers: Sequence[Answers] = ()
    ) -> tuple[Pairs, Callable[[], Proposal]] | None: ...


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
            found = desk.after(problem) if desk else None
            if found is not None:
                return cls(problem, objective, *found, desk)
        proposal = solve(problem, objective)
        return cls(problem, objective, proposal.pairs, lambda: proposal, None)

    def tried(self, edits: Sequence[Edit]) -> Tried:
        """Find the best with these edits. The draft stays as it is.

        Raises: Infeasible when a pin is refused by a rule or exceeds a capacity; InvalidProblem.
        """
        problem, answers = edited(self.problem, edits), [edit for edit in edits if isinstance(edit, Answers)]
        found = self.desk.after(problem, answers) if self.desk else None
        if found is None:
            proposal = solve(problem, self.objective)
            found = proposal.pairs, lambda: proposal
        pairs, propose = found
        return Tried(problem, pairs, *self._moved(problem, pairs, answers), propose)

    def _moved(self, problem: Problem, pairs: Pairs, answers: Sequence[Answers]) -> tuple[Pairs, Pairs, int, int, int]:
        """Who moves and what it brings. Whoever answers otherwise brings something else in a pair that stays, too."""
        old, new = problem.keys(self.pairs), problem.keys(pairs)
        goes, comes = ~_among(old, new), ~_among(new, old)
        leaders = _different(pairs[:, 0]) - _different(self.pairs[:, 0])
        counted = tables(problem) if answers else self._tables
        weak, points = self._worth(problem, counted, pairs[comes | _answering(pairs, answers)])
        before = self.pairs[goes | _answering(self.pairs, answers)]
        weak_before, points_before = self._worth(self.problem, self._tables, before)
        return self.pairs[goes], pairs[comes], leaders, weak - weak_before, points - points_before

    @cached_property
    def _tables(self) -> Tables:
        return tables(self.problem)

    def _worth(self, problem: Problem, counted: Tables, pairs: Pairs) -> tuple[int, int]:
        """Weak pairs and points of some pairs."""
        weak, points = 0, 0
        for block in couples(problem, pairs):
            fit = fit_points(block, counted)
            weak += int((fit < self.objective.weak_below).sum())
            points += int(full_points(block, counted, self.objective, fit).sum())
        return weak, points


def _among(keys: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of some keys are among others; both in order."""
    if not len(others):
        return np.zeros(len(keys), np.bool_)
    there: NDArray[np.bool_] = others[np.minimum(np.searchsorted(others, keys), len(others) - 1)] == keys
    return there


def _answering(pairs: Pairs, answers: Sequence[Answers]) -> NDArray[np.bool_]:
    """Which pairs are of somebody whose answers these are."""
    sides = {side: [one.person for one in answers if one.side == side] for side in ("leader", "junior")}
    return np.isin(pairs[:, 0], sides["leader"]) | np.isin(pairs[:, 1], sides["junior"])


def _different(ordered: NDArray[np.int32]) -> int:
    return int((np.diff(ordered) != 0).sum()) + bool(len(ordered))
