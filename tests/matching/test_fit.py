"""The fit and its parts, by figures that a pocket calculator gives."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings

from matching import PART_NAMES, Problem, Rules, Weights, fit, parts
from matching.block import couples, measure
from matching.eligibility import refused
from matching.errors import InvalidProblem
from matching.fit import fit_of, parts_of
from matching.points import fit_points, tables
from tests.matching import reference
from tests.matching.problems import Changes, a_problem, hours, people

EVERYBODY = slice(None)

PARTS: dict[str, tuple[str, Changes, float]] = {
    "one need, two levels up": ("need", {"offer_level": [[2]]}, 1.0),
    "one need, one level up": ("need", {"need_level": [[1, 0, 0]], "offer_level": [[2]]}, 0.5),
    "four levels up count as two": ("need", {"offer_level": [[4]]}, 1.0),
    "basic does not count": ("need", {"offer_level": [[1]]}, 0.0),
    "no need, no part": ("need", {"need_skill": [[-1, -1, -1]]}, 0.0),
    "first of three": ("need", {"need_skill": [[0, 1, 2]], "offer_level": [[4, 0, 0]]}, 3 / 6),
    "second of three": ("need", {"need_skill": [[0, 1, 2]], "offer_level": [[0, 4, 0]]}, 2 / 6),
    "third of three": ("need", {"need_skill": [[0, 1, 2]], "offer_level": [[0, 0, 4]]}, 1 / 6),
    "first of two": ("need", {"need_skill": [[0, 1, -1]], "offer_level": [[4, 0]]}, 3 / 5),
    "second of two": ("need", {"need_skill": [[0, 1, -1]], "offer_level": [[0, 4]]}, 2 / 5),
    "half of the time": ("time", {"junior_hours": hours(12)}, 0.5),
    "six hours are all that counts": ("time", {"junior_hours": hours(30), "leader_hours": hours(30)}, 1.0),
    "the worse season counts": ("time", {"junior_hours": hours((24, 9))}, 9 / 24),
    "named by the leader": ("wishes", {"leader_wishes": [(0, 0)]}, 0.5),
    "named by the junior": ("wishes", {"junior_wishes": [(0, 0)]}, 0.5),
    "named by both": ("wishes", {"leader_wishes": [(0, 0)], "junior_wishes": [(0, 0)]}, 1.0),
    "named by nobody": ("wishes", {}, 0.0),
    "one tool of three": ("tools", {"wanted_tools": [[True] * 3], "offered_tools": [[False, True, False]]}, 1 / 3),
    "unwanted tools are nothing": ("tools", {"wanted_tools": [[True, False]], "offered_tools": [[True, True]]}, 1.0),
    "no tool wanted": ("tools", {"offered_tools": [[True]]}, 0.0),
    "both native": ("language", {}, 1.0),
    "one professional": ("language", {"junior_fluency": [[2]]}, 0.5),
    "one basic": ("language", {"junior_fluency": [[1]]}, 0.0),
    "none shared": ("language", {"junior_fluency": [[0]]}, 0.0),
    "best of two": ("language", {"leader_fluency": [[3, 2]], "junior_fluency": [[1, 3]]}, 0.5),
    "other countries": ("across", {"junior_country": [1]}, 1.0),
    "same country": ("across", {}, 0.0),
    "a country unknown": ("across", {"junior_country": [-1]}, 0.0),
}


@pytest.mark.parametrize("case", PARTS)
def test_a_part_is_what_the_table_says(case: str) -> None:
    name, changes, value = PARTS[case]

    found = parts(a_problem(**changes), EVERYBODY, EVERYBODY)[PART_NAMES.index(name), 0, 0]

    assert found == pytest.approx(value, abs=1e-12)


def test_the_fit_of_one_pair_adds_up_on_a_calculator() -> None:
    problem = a_problem(
        need_skill=[[0, 1, 2]],
        need_level=[[0, 1, 2]],
        offer_level=[[1, 4, 3]],  # too basic to count; two levels up; one level up
        junior_hours=hours(13),
        leader_wishes=[(0, 0)],
        wanted_tools=[[True] * 3],
        offered_tools=[[False, False, True]],
        junior_fluency=[[2]],
        junior_country=[5],
    )

    found = fit(problem, EVERYBODY, EVERYBODY)[0, 0]

    by_hand = 0.45 * 5 / 12 + 0.15 * 3.25 / 6 + 0.15 / 2 + 0.10 / 3 + 0.10 / 2 + 0.05
    assert by_hand == pytest.approx(0.477083, abs=1e-6)
    assert found == pytest.approx(by_hand, abs=1e-12)


def test_the_minimum_offer_also_says_what_counts_in_the_fit() -> None:
    problem = a_problem(offer_level=[[2]], rules=Rules(minimum_offer=3))

    assert parts(problem, EVERYBODY, EVERYBODY)[0, 0, 0] == 0


def test_weights_need_not_sum_to_one() -> None:
    twice = Weights(*(2 * weight for weight in astuple(Weights())))

    found = fit(a_problem(junior_hours=hours(9), weights=twice), EVERYBODY, EVERYBODY)

    assert found == pytest.approx(fit(a_problem(junior_hours=hours(9)), EVERYBODY, EVERYBODY))


@pytest.mark.parametrize(
    ("weights", "field"),
    [
        ({"time": -0.1}, "weights.time"),
        ({"across": float("nan")}, "weights.across"),
        ({"need": float("inf")}, "weights.need"),
        (dict.fromkeys(PART_NAMES, 0.0), "weights"),
        (dict.fromkeys(PART_NAMES, 1e308), "weights"),
    ],
)
def test_weights_without_a_mean_are_refused(weights: dict[str, float], field: str) -> None:
    with pytest.raises(InvalidProblem) as refusal:
        Weights(**weights)

    assert (refusal.value.field, refusal.value.why) == (field, "range")


@given(people())
@settings(max_examples=80, deadline=None)
def test_fit_and_parts_are_those_of_the_wording(problem: Problem) -> None:
    found, whole = parts(problem, EVERYBODY, EVERYBODY), fit(problem, EVERYBODY, EVERYBODY)

    for leader in range(problem.leaders):
        for junior in range(problem.juniors):
            by_hand = [float(part) for part in reference.parts_of(problem, leader, junior)]
            assert found[:, leader, junior].tolist() == pytest.approx(by_hand, abs=1e-12)
            assert whole[leader, junior] == pytest.approx(float(reference.fit_of(problem, leader, junior)), abs=1e-12)
    assert np.all((whole >= 0) & (whole <= 1))


@given(problem=people())
@settings(deadline=None)
def test_pairs_measured_one_by_one_measure_what_they_do_in_a_block(problem: Problem) -> None:
    every = np.argwhere(np.ones((problem.leaders, problem.juniors), np.bool_)).astype(np.int32)
    whole, counted = measure(problem, slice(None), slice(None)), tables(problem)

    for one in couples(problem, every):
        assert fit_of(one).tolist() == fit_of(whole).ravel().tolist()
        assert parts_of(one).tolist() == parts_of(whole).reshape(len(PART_NAMES), -1).tolist()
        assert refused(one).tolist() == refused(whole).ravel().tolist()
        assert fit_points(one, counted).tolist() == fit_points(whole, counted).ravel().tolist()
