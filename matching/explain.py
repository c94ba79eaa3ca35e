"""Why a person has nobody, and what would help; who else there would be."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.block import Block, Choice, Index, blocks, measure, pieces
from matching.eligibility import refused
from matching.fit import fit_of
from matching.problem import Problem
from matching.rules import EVERY_RULE, RULES

_CODES = int(EVERY_RULE) + 1
_BITS = np.arange(_CODES)
_FIRST = np.array([rule == (_BITS & -_BITS) for rule in RULES]).T
_ANY = np.array([(_BITS & rule) != 0 for rule in RULES]).T
_ALONE = np.array([rule == _BITS for rule in RULES]).T

_Counts = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Taken (n, R), eligible (n,) and gained (n, R), as in a ``Funnel``."""
_NOBODY = np.zeros((0, len(RULES)), np.int64), np.zeros(0, np.int64), np.zeros((0, len(RULES)), np.int64)


@dataclass(frozen=True, eq=False)
class Funnel:
    """How the candidates of some people (n,) become fewer, rule by rule in the order of ``RULES``.

    candidates: everybody on the other side. taken (n, R): how many a rule takes away of those whom
    the rules before it have left. eligible (n,): how many remain. gained (n, R): how many more there
    would be if that one rule were switched off. candidates == taken.sum(axis=1) + eligible.
    """

    people: Index
    candidates: int
    taken: NDArray[np.int64]
    eligible: NDArray[np.int64]
    gained: NDArray[np.int64]

    def best_relaxations(self) -> NDArray[np.int64]:
        """Return for each person the place in ``RULES`` of the one rule that, switched off, would
        help most; the first of equals; -1 where no single rule would help."""
        best = self.gained.argmax(axis=1)
        return np.where(self.gained.max(axis=1, initial=0) > 0, best, -1)


@dataclass(frozen=True, eq=False)
class EligibleCounts:
    """How many people each leader (L,) and each junior (J,) may be paired with, capacity aside.

    rule_shares (R,): share of all pairs that a rule refuses, whatever the other rules say.
    """

    leaders: NDArray[np.int64]
    juniors: NDArray[np.int64]
    rule_shares: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Everybody on the other side of one person: fit (n,) and refusals (n,); 0 is eligible."""

    fit: NDArray[np.float64]
    refusals: NDArray[np.uint16]


def funnel(problem: Problem, leaders: Choice = slice(None)) -> Funnel:
    """Return the funnel of some leaders, each named once, in the order given."""
    people = np.arange(problem.leaders)[leaders]
    counts = np.zeros((len(people), _CODES), np.int64)
    for block in blocks(problem, leaders=people):
        counts += _histogram(refused(block))
    return Funnel(people, problem.juniors, *_counts(counts))


def funnel_of_juniors(problem: Problem, juniors: Choice = slice(None)) -> Funnel:
    """Return the funnel of some juniors, each named once, in the order given."""
    people = np.arange(problem.juniors)[juniors]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        found = list(pool.map(_taken, pieces(problem, juniors=people)))
    taken, eligible, gained = (np.concatenate(some) for some in zip(_NOBODY, *found, strict=True))
    return Funnel(people, problem.leaders, taken, eligible, gained)


def _taken(measured: Callable[[], Block]) -> _Counts:
    """Of the juniors in a block."""
    return _counts(_histogram(refused(measured()).T))


def eligible_counts(problem: Problem) -> EligibleCounts:
    """Return what the readiness report needs, in one pass over all pairs."""
    leaders, codes = np.zeros(problem.leaders, np.int64), np.zeros(_CODES, np.int64)
    juniors = np.zeros(problem.juniors, np.int64)
    for block, bits in _refused(problem):
        leaders += (bits == 0).sum(axis=1)
        juniors[block.juniors] = (bits == 0).sum(axis=0)
        codes += np.bincount(bits.ravel(), minlength=_CODES)
    return EligibleCounts(leaders, juniors, codes @ _ANY / max(1, problem.leaders * problem.juniors))


def candidates_of_leader(problem: Problem, leader: int) -> Candidates:
    """Return fit and refusals of one leader with all juniors (J,)."""
    block = measure(problem, np.array([leader]), slice(None))
    return Candidates(fit_of(block)[0], refused(block)[0])


def candidates_of_junior(problem: Problem, junior: int) -> Candidates:
    """Return fit and refusals of one junior with all leaders (L,)."""
    block = measure(problem, slice(None), np.array([junior]))
    return Candidates(fit_of(block)[:, 0], refused(block)[:, 0])


def _refused(problem: Problem) -> Iterator[tuple[Block, NDArray[np.uint16]]]:
    for block in blocks(problem):
        yield block, refused(block)


def _histogram(bits: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Count, for each row, how often each combination of refusals occurs."""
    keys = bits + np.arange(len(bits))[:, None] * _CODES
    return np.bincount(keys.ravel(), minlength=len(bits) * _CODES).reshape(-1, _CODES)


def _counts(codes: NDArray[np.int64]) -> _Counts:
    return codes @ _FIRST, codes[:, 0], codes @ _ALONE
