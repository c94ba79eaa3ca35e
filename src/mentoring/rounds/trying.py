"""In the solver process: what a decision would change, and what each policy would give, before either is taken."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

import matching
from matching import POINTS, WEAK, Point, Problem, Proposal
from mentoring.rounds.aims import terms_of
from mentoring.rounds.otherwise import Otherwise, with_answers
from mentoring.rounds.proof import proposal_of
from mentoring.rounds.rules import Aim

Pairs = list[tuple[int, int]]
Told = Callable[[str, float], None]


class Edits(Struct, frozen=True):
    """What is tried, by number: pairs to have, pairs never to have, people who would not take part, juniors with so
    many places, and people who answer otherwise.
    """

    pins: Pairs = []
    forbids: Pairs = []
    leaders: list[int] = []
    juniors: list[int] = []
    places: list[tuple[int, int]] = []
    answers: list[Otherwise] = []


class Sums(Struct, frozen=True, array_like=True):
    """A proposal at each level."""

    matched: int
    weak: int
    total_fit: float
    lowest: float


class TriedPair(Struct, frozen=True, array_like=True):
    leader: int
    junior: int
    fit: float


class Tried(Struct, frozen=True, tag=True):
    """``given_up`` and ``made``: pairs of the proposal before and of the one after that the other has not."""

    before: Sums
    after: Sums
    given_up: list[TriedPair]
    made: list[TriedPair]


class RecruitRow(Struct, frozen=True, array_like=True):
    skill: int
    useful: float
    leaders: float
    fit: float


class Recruited(Struct, frozen=True, tag=True):
    """What the next junior who offers a skill would bring; see ``matching.Recruit``."""

    skills: list[RecruitRow]


def recruited(problem: Problem, proof: bytes) -> Recruited:
    """Raises: ProofUnreadable."""
    found = matching.recruits(problem, proposal_of(proof))
    return Recruited([RecruitRow(one.skill, one.useful, one.leaders, one.points / POINTS) for one in found])


class Unopened(Struct, frozen=True, tag=True):
    """The round is not open here: ask again with its problem and proof."""


class Ready(Struct, frozen=True, tag=True):
    """The round is open."""


def tried(problem: Problem, proof: bytes, edits: Edits, aim: Aim) -> Tried:
    """Solve the edited problem by the same policy and compare.

    Raises: as ``matching.propose``; CannotAnswer, ProofUnreadable.
    """
    return difference(proposal_of(proof), matching.propose(edited(problem, edits), aim.policy, terms_of(aim)).proposal)


def difference(before: Proposal, after: Proposal) -> Tried:
    """What one proposal has that the other has not."""
    ours, theirs = _by_pair(before), _by_pair(after)
    return Tried(
        sums_of(before),
        sums_of(after),
        [TriedPair(*pair, fit) for pair, fit in ours.items() if pair not in theirs],
        [TriedPair(*pair, fit) for pair, fit in theirs.items() if pair not in ours],
    )


def edited(problem: Problem, edits: Edits) -> Problem:
    """The problem with the edits; a pair that is pinned is no longer forbidden, and the other way round.

    Pins of who does not take part fall away. Raises: CannotAnswer.
    """
    problem = with_answers(problem, edits.answers)
    absent = np.isin(problem.pinned[:, 0], edits.leaders) | np.isin(problem.pinned[:, 1], edits.juniors)
    return replace(
        problem,
        pinned=_joined(_without(problem.pinned[~absent], edits.forbids), edits.pins),
        forbidden=_joined(_without(problem.forbidden, edits.pins), edits.forbids),
        leader_capacity=_emptied(problem.leader_capacity, edits.leaders),
        junior_capacity=_emptied(_placed(problem.junior_capacity, edits.places), edits.juniors),
    )


def _joined(pairs: NDArray[np.int32], more: Pairs) -> NDArray[np.int32]:
    return np.concatenate([pairs, np.array(more, np.int32).reshape(-1, 2)])


def _without(pairs: NDArray[np.int32], less: Pairs) -> NDArray[np.int32]:
    kept = [pair for pair in map(tuple, pairs.tolist()) if pair not in less]
    return np.array(kept, np.int32).reshape(-1, 2)


def _placed(capacity: NDArray[np.int32], places: Iterable[tuple[int, int]]) -> NDArray[np.int32]:
    placed = capacity.copy()
    for junior, number in places:
        placed[junior] = number
    return placed


def _emptied(capacity: NDArray[np.int32], people: Iterable[int]) -> NDArray[np.int32]:
    emptied = capacity.copy()
    emptied[list(people)] = 0
    return emptied


def sums_of(proposal: Proposal) -> Sums:
    lowest = float(proposal.fit.min()) if len(proposal.fit) else 0.0
    return Sums(proposal.matched, int((proposal.points < WEAK).sum()), proposal.total_fit, lowest)


def _by_pair(proposal: Proposal) -> dict[tuple[int, int], float]:
    return {
        (leader, junior): fit
        for (leader, junior), fit in zip(proposal.pairs.tolist(), proposal.fit.tolist(), strict=True)
    }


class PolicyRow(Struct, frozen=True):
    """What a policy gives; see ``matching.Row``. ``refused``: why it gives nothing: size or quota."""

    policy: str
    matched: int = 0
    weak: int = 0
    total_fit: float = 0.0
    lowest: float = 0.0
    lowest_tenth: float = 0.0
    across: int = 0
    blocking: int = 0
    changes: int = 0
    given_up: float = 0.0
    refused: str = ""


class PriceRow(Struct, frozen=True):
    """What a level of the standard policy brings over those before it, and the share of the total that it costs."""

    level: str
    leaders: int
    weak: int
    lowest: float
    total_fit: float
    given_up: float


class FrontierPoint(Struct, frozen=True):
    """The greatest total with a lowest fit, or with as many pairs across, as ``reached``."""

    reached: float
    total_fit: float
    matched: int


class Compared(Struct, frozen=True, tag=True):
    policies: list[PolicyRow]
    prices: list[PriceRow]
    lowest: list[FrontierPoint]
    across: list[FrontierPoint]


def compared(problem: Problem, aim: Aim, told: Told) -> Compared:
    """Propose by every policy; one that cannot says why."""
    terms, outcomes, refused = terms_of(aim), [], {}
    for place, policy in enumerate(matching.POLICIES):
        told("comparing", place / (len(matching.POLICIES) + 2))
        try:
            outcomes.append(matching.propose(problem, policy, terms))
        except matching.TooLarge:
            refused[policy] = "size"
        except matching.OutOfReach:
            refused[policy] = "quota"
    rows = {row.policy: row for row in matching.rows_of(problem, outcomes, terms)}
    told("comparing", 0.9)
    return Compared(
        [PolicyRow(one, refused=refused[one]) if one in refused else _row(rows[one]) for one in matching.POLICIES],
        [
            PriceRow(one.name, one.leaders, one.weak, one.lowest, one.total_fit, one.given_up)
            for one in matching.prices_of_standard(problem)
        ],
        _points(matching.frontier_of_lowest(problem)),
        _points(matching.frontier_across(problem, terms.groups_of(problem))),
    )


def _row(row: matching.Row) -> PolicyRow:
    return PolicyRow(**{name: getattr(row, name) for name in PolicyRow.__struct_fields__[:-1]})


def _points(points: Iterable[Point]) -> list[FrontierPoint]:
    return [FrontierPoint(float(one.reached), one.total_fit, one.matched) for one in points]
