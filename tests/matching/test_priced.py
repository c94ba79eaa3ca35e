"""Without the matrix: the same proposal as from all pairs, whatever is considered first and however prices begin."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings

from matching import COVERAGE_FIRST, GREATEST_TOTAL, WEAK, Objective, Problem, assign, awaken, pricing, solve, verify
from matching import priced as priced_problem
from matching.priced import AWAKE, compiled
from tests.bench.market import organisation
from tests.matching.cabinet import cabinet
from tests.matching.problems import assignments, people, scored

OBJECTIVES = {
    "coverage": COVERAGE_FIRST,
    "total": GREATEST_TOTAL,
    "weak": Objective(weak_below=WEAK),
    "floor": Objective(floor=300_000),
    "leaders alone": Objective(total=False),
}


WAYS = list(itertools.product(["with numba", "without numba"], ["all considered", "sampled", "by profiles"]))


@contextmanager
def without_the_matrix(numba: str, considered: str) -> Iterator[None]:
    """Have even the smallest problem go without its matrix, and by way of a sample or of profiles."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(priced_problem, "compiled", lambda: numba == "with numba")
        patch.setattr(assign, "ALL_PAIRS", 0)
        if considered != "all considered":
            patch.setattr(pricing, "SMALL", 2)
            patch.setattr(pricing, "NEAR", 1)
            patch.setattr(pricing, "CLOSE", 1)
        if considered == "by profiles":
            patch.setattr(pricing, "ALIKE", 0)
        yield


@pytest.fixture(params=WAYS, ids="-".join)
def priced(request: pytest.FixtureRequest) -> Iterator[None]:
    with without_the_matrix(*request.param):
        yield


def the_same_on_every_way(problem: Problem, objective: Objective) -> None:
    """One problem for all ways: to draw it and to settle it with the matrix takes as long as a way."""
    wanted = of_all_pairs(problem, objective)
    for way in WAYS:
        with without_the_matrix(*way):
            found = solve(problem, objective)
        assert found.pairs.tolist() == wanted, way
        assert verify(problem, found, objective).holds, way


def of_all_pairs(problem: Problem, objective: Objective) -> list[list[int]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assign, "ALL_PAIRS", 1 << 40)
        pairs: list[list[int]] = solve(problem, objective).pairs.tolist()
    return pairs


@pytest.mark.parametrize("name", OBJECTIVES)
@given(problem=assignments())
@settings(max_examples=60, deadline=None)
def test_drawn_scores_get_the_same_pairs_without_the_matrix(name: str, problem: Problem) -> None:
    the_same_on_every_way(problem, OBJECTIVES[name])


@pytest.mark.usefixtures("priced")
def test_where_first_lots_are_alike_too_the_second_decides() -> None:
    problem = scored(
        [[1, 1, 0], [0, 0, 5]],
        leader_lot=[3495094703666104698, 3748405668235166124],
        junior_lot=[4067430322932077642, 8292802480601777560, 8627891665598316072],
    )

    assert solve(problem).pairs.tolist() == of_all_pairs(problem, COVERAGE_FIRST) == [[0, 1], [1, 2]]


@pytest.mark.parametrize("name", OBJECTIVES)
@given(problem=people())
@settings(max_examples=60, deadline=None)
def test_drawn_people_get_the_same_pairs_without_the_matrix(name: str, problem: Problem) -> None:
    the_same_on_every_way(problem, OBJECTIVES[name])


@pytest.mark.usefixtures("priced")
@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_real_round_gets_the_same_proposal_and_proof_without_the_matrix(name: str) -> None:
    problem, objective = cabinet(), OBJECTIVES[name]

    found = solve(problem, objective)

    assert found.pairs.tolist() == of_all_pairs(problem, objective)
    assert verify(problem, found, objective).holds


def test_few_pairs_that_may_be_made_are_settled_at_once_to_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = cabinet()
    awaken()
    assert AWAKE.is_set() == compiled()
    monkeypatch.setattr(assign, "ALL_PAIRS", problem.leaders * problem.juniors // 2)
    quick = solve(problem)
    monkeypatch.setattr(assign, "AWAKE", Event())

    few = solve(problem)

    assert few.pairs.tolist() == quick.pairs.tolist()
    assert few.certificate.worth == quick.certificate.worth
    assert verify(problem, few).holds
    assert verify(problem, quick).holds


def test_people_in_another_order_get_the_same_pairs() -> None:
    problem = cabinet()
    order = np.random.default_rng(1).permutation(problem.juniors)
    turned = {
        name: getattr(problem, name)[order]
        for name in problem.__dataclass_fields__
        if name.startswith("junior_") and name not in ("junior_hours", "junior_wishes")
    }
    place = np.argsort(order)
    pairs = {
        name: np.stack([getattr(problem, name)[:, 0], place[getattr(problem, name)[:, 1]]], axis=1)
        for name in ("in_line", "barred", "forbidden", "pinned", "leader_wishes", "junior_wishes")
    }
    kept = {name: getattr(problem, name) for name in problem.__dataclass_fields__}
    other = Problem(
        **kept
        | turned
        | pairs
        | {
            "junior_hours": problem.junior_hours[:, order],
            "offer_level": problem.offer_level[order],
            "offered_tools": problem.offered_tools[order],
        }
    )

    found = [[leader, int(order[junior])] for leader, junior in solve(other).pairs.tolist()]

    assert sorted(found) == solve(problem).pairs.tolist()


@pytest.mark.usefixtures("priced")
def test_people_alike_by_the_hundred_get_the_same_pairs_without_the_matrix() -> None:
    problem = organisation(300, 280, kind="ties")

    found = solve(problem)

    assert found.pairs.tolist() == of_all_pairs(problem, COVERAGE_FIRST)
    assert verify(problem, found).holds
