"""In the solver process: whether a stored proposal still holds against the stored problem, looked at pair by pair."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

import matching
from matching import RULE_NAMES, RULES, Objective, Problem, Proposal, Verdict
from matching.verify import CAUSES as ENGINE_CAUSES
from mentoring.rounds.aims import AS_GIVEN, as_given, promised
from mentoring.rounds.proof import ProofUnreadable, proposal_of
from mentoring.rounds.rules import Aim

SHOWN = "shown"
"""The cause where the pairs that people see are not those that were proven."""
CAUSES = (*ENGINE_CAUSES, SHOWN)
AIMS = ("leaders", "weak", "total")
"""The levels of an objective, from the first on."""
FIRST_FEW = 10
"""Faults named; all are counted."""


class ShownPair(Struct, frozen=True, array_like=True):
    """A pair as the tables have it. ``alternate``: it was not in the proposal and need not be."""

    leader: int
    junior: int
    fit: float
    alternate: bool


class Fault(Struct, frozen=True, array_like=True):
    """What is wrong and with whom, by number; -1 is nobody in particular."""

    cause: str
    leader: int = -1
    junior: int = -1
    rules: list[str] = []


class Verified(Struct, frozen=True, tag=True):
    """``aims``: of ``leaders``, ``weak``, ``total`` those in which nothing is better, in order; ``floor``: among pairs
    with at least this fit.
    """

    holds: bool
    pairs: int
    eligible: int
    matched: int
    weak: int
    weak_below: float
    total_fit: float
    floor: float
    aims: list[str]
    found: int
    faults: list[Fault]


def verified(problem: Problem, proof: bytes, shown: Iterable[ShownPair], aim: Aim) -> Verified:
    """Check the bytes and what the tables show of them. Where a policy promises no best, rules and figures."""
    try:
        proposal = proposal_of(proof)
    except (ProofUnreadable, matching.InvalidProblem):
        return Verified(False, 0, 0, 0, 0, 0.0, 0.0, 0.0, [], 1, [Fault("malformed")])
    objective = promised(aim, proposal.certificate)
    verdict = matching.verify(_proven_in(problem, proposal, objective), proposal, objective)
    faults = [*_named(verdict), *_not_as_shown(proposal, shown)]
    found = verdict.found + len(faults) - len(verdict.violations)
    return Verified(
        holds=not found,
        pairs=verdict.pairs,
        eligible=verdict.eligible or 0,
        matched=proposal.matched,
        weak=proposal.weak,
        weak_below=proposal.certificate.objective.weak_below / matching.POINTS,
        total_fit=proposal.total_fit,
        floor=objective.floor / matching.POINTS if objective else 0.0,
        aims=aims_of(objective) if objective else [],
        found=found,
        faults=faults[:FIRST_FEW],
    )


def _proven_in(problem: Problem, proposal: Proposal, objective: Objective | None) -> Problem:
    """The problem that the proof speaks of: where pairs were chosen by other means, the one in which they are fixed."""
    chosen = objective is None and proposal.certificate.objective.weak_below == AS_GIVEN.weak_below
    return as_given(problem, proposal) if chosen and len(proposal.pairs) and proposal.pairs.min() >= 0 else problem


def aims_of(objective: Objective) -> list[str]:
    """The levels of the objective, by name."""
    aimed = (objective.coverage, objective.weak_below > 0, objective.total)
    return [name for name, one in zip(AIMS, aimed, strict=True) if one]


def _named(verdict: Verdict) -> Iterator[Fault]:
    for one in verdict.violations:
        rules = [name for rule, name in zip(RULES, RULE_NAMES, strict=True) if rule & one.rules]
        yield Fault(one.cause, one.leader, one.junior, rules)


def _not_as_shown(proposal: Proposal, shown: Iterable[ShownPair]) -> list[Fault]:
    """Pairs that the tables show otherwise than they were proven, and proven ones that they do not show."""
    proven = {
        (int(leader), int(junior)): float(fit)
        for (leader, junior), fit in zip(proposal.pairs, proposal.fit, strict=True)
    }
    kept = {(one.leader, one.junior): one for one in shown}
    otherwise = [pair for pair, one in kept.items() if not one.alternate and proven.get(pair) != one.fit]
    return [Fault(SHOWN, *pair) for pair in [*otherwise, *(pair for pair in proven if pair not in kept)]]
