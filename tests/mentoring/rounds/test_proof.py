"""A proposal put away as bytes comes back as it was, or not at all."""

import io

import numpy as np
import pytest
from hypothesis import given, settings

from matching import Objective, Problem, Proposal, solve
from mentoring.rounds.proof import ProofUnreadable, proof_of, proposal_of
from tests.matching.problems import a_problem, assignments

THREE = a_problem(3, 3)


def same(one: Proposal, other: Proposal) -> bool:
    return _arrays(one) == _arrays(other)


def _arrays(one: Proposal) -> list[object]:
    certificate = one.certificate
    told = [getattr(one, name) for name in one.__dataclass_fields__ if name != "certificate"]
    told += [getattr(certificate, name) for name in certificate.__dataclass_fields__ if name != "objective"]
    told += [getattr(certificate.objective, name) for name in certificate.objective.__dataclass_fields__]
    return [(np.asarray(value).tolist(), np.asarray(value).shape) for value in told]


@given(assignments())
@settings(max_examples=50, deadline=None)
def test_what_was_put_away_comes_back_as_it_was(problem: Problem) -> None:
    proposal = solve(problem)

    assert same(proposal_of(proof_of(proposal)), proposal)


def test_the_objective_is_kept_whole() -> None:
    objective = Objective(
        coverage=False,
        weak_below=400_000,
        floor=1_000,
        across=50_000,
        leader_group=np.array([0, 1, -1], np.int16),
        junior_group=np.array([1, 1, 0], np.int16),
        keep=2_000,
        kept=np.array([[0, 1]], np.int32),
    )
    proposal = solve(THREE, objective)

    assert same(proposal_of(proof_of(proposal)), proposal)


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_what_was_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(ProofUnreadable):
        proposal_of(proof_of(solve(THREE))[:cut])


def test_what_is_written_in_another_form_is_refused() -> None:
    with np.load(io.BytesIO(proof_of(solve(THREE)))) as archive:
        stored = {name: archive[name] for name in archive.files}
    other = io.BytesIO()
    np.savez_compressed(other, allow_pickle=False, **(stored | {"format": np.array(99)}))

    with pytest.raises(ProofUnreadable):
        proposal_of(other.getvalue())
