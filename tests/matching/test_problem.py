"""What a problem must be, and that it survives being stored."""

import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import ArrayLike

from matching import POINTS, InvalidProblem, Objective, Problem, Rule, Rules, solve
from matching.objective import MOST_BONUS
from matching.problem import ARRAYS, PAIRS
from tests.matching.problems import a_problem, assignments, people

WRONG: dict[str, tuple[str, ArrayLike, str]] = {
    "two needs": ("need_skill", [[0, 1]], "shape"),
    "a need of an unknown skill": ("need_skill", [[1, -1, -1]], "range"),
    "a level above 4": ("need_level", [[5, 0, 0]], "range"),
    "a level below 0": ("offer_level", [[-1]], "range"),
    "a level that is half": ("offer_level", [[2.5]], "kind"),
    "a fluency above 3": ("junior_fluency", [[4]], "range"),
    "other languages for juniors": ("junior_fluency", [[3, 3]], "shape"),
    "other tools for juniors": ("offered_tools", [[True, True]], "shape"),
    "hours as text": ("leader_hours", np.full((2, 1, 672), "x"), "kind"),
    "a week of days": ("leader_hours", np.zeros((2, 1, 7), np.bool_), "shape"),
    "one season": ("junior_hours", np.zeros((1, 1, 672), np.bool_), "shape"),
    "a country below -1": ("leader_country", [-2], "range"),
    "a country that does not fit": ("junior_country", [40_000], "range"),
    "units for two leaders": ("leader_unit", [0, 0], "shape"),
    "a unit in a list of lists": ("junior_unit", [[0]], "shape"),
    "a grade out of this world": ("junior_grade", [1001], "range"),
    "a manager below -1": ("junior_manager", [-5], "range"),
    "a negative capacity": ("leader_capacity", [-1], "range"),
    "waiting that is no number": ("leader_waiting", [float("nan")], "range"),
    "waiting below 0": ("junior_waiting", [-0.05], "range"),
    "waiting without end": ("junior_waiting", [float("inf")], "range"),
    "a line to an unknown junior": ("in_line", [(0, 1)], "range"),
    "a bar on an unknown leader": ("barred", [(1, 0)], "range"),
    "a negative leader forbidden": ("forbidden", [(-1, 0)], "range"),
    "a pin of three": ("pinned", [(0, 0, 0)], "shape"),
    "a wish by text": ("leader_wishes", [("0", "0")], "kind"),
    "a wish by fractions": ("junior_wishes", [(0.0, 0.5)], "kind"),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_field_that_is_wrong_is_named(case: str) -> None:
    field, value, why = WRONG[case]

    with pytest.raises(InvalidProblem) as refusal:
        a_problem(**{field: value})

    assert (refusal.value.field, refusal.value.why) == (field, why)


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        ({"weak_below": POINTS + 1}, "objective.weak_below", "range"),
        ({"floor": -1}, "objective.floor", "range"),
        ({"across": 1}, "objective.across", "shape"),
        ({"keep": MOST_BONUS + 1}, "objective.keep", "range"),
    ],
)
def test_an_objective_that_cannot_be_is_named(wrong: dict[str, int], field: str, why: str) -> None:
    with pytest.raises(InvalidProblem) as refusal:
        Objective(**wrong)  # type: ignore[arg-type]  # the names above are those of numbers

    assert (refusal.value.field, refusal.value.why) == (field, why)


@pytest.mark.parametrize("pair", [(2, 0), (0, 3), (-1, 0), (0, -1)])
def test_keeping_a_pair_of_somebody_who_is_not_there_is_refused(pair: tuple[int, int]) -> None:
    kept = np.array([(0, 0), (1, 2), pair], np.int32)

    with pytest.raises(InvalidProblem) as refusal:
        solve(a_problem(2, 3), Objective(keep=1, kept=kept))

    assert (refusal.value.field, refusal.value.why) == ("objective.kept", "range")


@pytest.mark.parametrize(
    ("threshold", "value"),
    [("seniority_gap", -1), ("minimum_offer", 5), ("working_fluency", 4), ("shared_quarters", 673)],
)
def test_a_threshold_out_of_range_is_named(threshold: str, value: int) -> None:
    with pytest.raises(InvalidProblem) as refusal:
        Rules(**{threshold: value})  # type: ignore[arg-type]  # the names above are those of thresholds

    assert refusal.value.field == f"rules.{threshold}"


def test_a_problem_cannot_be_changed_behind_the_engine() -> None:
    problem = a_problem()

    with pytest.raises(ValueError, match="read-only"):
        problem.leader_grade[0] = 1


def test_the_arrays_of_the_caller_stay_as_they_were() -> None:
    grades = np.array([22], np.int16)

    a_problem(leader_grade=grades)
    grades[0] = 23

    assert grades.tolist() == [23]


def test_pairs_are_kept_once_and_in_order() -> None:
    problem = a_problem(2, 2, barred=[(1, 0), (0, 1), (1, 0)])

    assert problem.barred.tolist() == [[0, 1], [1, 0]]


@given(people())
@settings(max_examples=40, deadline=None)
def test_a_stored_problem_comes_back_as_it_was(problem: Problem) -> None:
    again = Problem.from_bytes(problem.to_bytes())

    for name in (*ARRAYS, *PAIRS):
        before, after = getattr(problem, name), getattr(again, name)
        assert (after.dtype, after.shape, after.tolist()) == (before.dtype, before.shape, before.tolist())
    assert (again.rules, again.weights) == (problem.rules, problem.weights)
    assert again.to_bytes() == problem.to_bytes()


@given(assignments())
@settings(max_examples=25, deadline=None)
def test_a_stored_problem_is_solved_to_the_same_proposal(problem: Problem) -> None:
    before, after = solve(problem), solve(Problem.from_bytes(problem.to_bytes()))

    assert after.pairs.tolist() == before.pairs.tolist()
    assert after.fit.tolist() == before.fit.tolist()


def test_a_problem_without_anybody_comes_back_too() -> None:
    again = Problem.from_bytes(a_problem(0, 0).to_bytes())

    assert (again.leaders, again.juniors) == (0, 0)


def test_switched_rules_are_stored() -> None:
    problem = a_problem(rules=Rules(on=Rule.SKILL | Rule.TIME, seniority_gap=3))

    assert Problem.from_bytes(problem.to_bytes()).rules == problem.rules


def test_bytes_that_are_no_problem_are_refused() -> None:
    blob = a_problem().to_bytes()
    broken = [b"", b"PK", b"nonsense", pickle.dumps([1]), blob[:-30], blob[: len(blob) // 2]]

    for some in broken:
        with pytest.raises(InvalidProblem) as refusal:
            Problem.from_bytes(some)
        assert (refusal.value.field, refusal.value.why) == ("format", "bytes")


def test_a_blob_that_lacks_a_field_is_refused() -> None:
    with np.load(io.BytesIO(a_problem().to_bytes())) as stored:
        fields = {name: stored[name] for name in stored.files if name != "leader_grade"}
    blob = io.BytesIO()
    np.savez(blob, allow_pickle=False, **fields)

    with pytest.raises(InvalidProblem):
        Problem.from_bytes(blob.getvalue())


def test_bytes_with_a_flipped_bit_are_refused() -> None:
    blob = bytearray(a_problem(leader_grade=[22]).to_bytes())
    blob[blob.index(b"leader_grade.npy") + 60] ^= 1

    with pytest.raises(InvalidProblem):
        Problem.from_bytes(bytes(blob))
