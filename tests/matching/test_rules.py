"""Each hard rule at its line, and every pair against the wording of the rules."""

import numpy as np
import pytest
from hypothesis import given, settings

from matching import EVERY_RULE, RULE_NAMES, RULES, Problem, Rule, Rules, refusals
from tests.matching import reference
from tests.matching.problems import Changes, a_problem, hours, people

EVERYBODY = slice(None)

LINES: dict[str, tuple[Changes, Rule]] = {
    "nothing in the way": ({}, Rule(0)),
    "one stands above the other": ({"in_line": [(0, 0)]}, Rule.REPORTING_LINE),
    "the same manager": ({"leader_manager": [7], "junior_manager": [7]}, Rule.REPORTING_LINE),
    "different managers": ({"leader_manager": [7], "junior_manager": [8]}, Rule(0)),
    "both without a manager": ({"leader_manager": [-1], "junior_manager": [-1]}, Rule(0)),
    "the same unit": ({"leader_unit": [3], "junior_unit": [3]}, Rule.UNIT),
    "both units unknown": ({"leader_unit": [-1], "junior_unit": [-1]}, Rule(0)),
    "two grades below": ({"leader_grade": [12], "junior_grade": [10]}, Rule(0)),
    "one grade below": ({"leader_grade": [11], "junior_grade": [10]}, Rule.SENIORITY),
    "the junior above": ({"leader_grade": [10], "junior_grade": [12]}, Rule.SENIORITY),
    "intermediate over basic": ({"need_level": [[1, 0, 0]], "offer_level": [[2]]}, Rule(0)),
    "basic over nothing": ({"need_level": [[0, 0, 0]], "offer_level": [[1]]}, Rule.SKILL),
    "no more than is held": ({"need_level": [[3, 0, 0]], "offer_level": [[3]]}, Rule.SKILL),
    "only what is not needed": ({"offer_level": [[0, 4]]}, Rule.SKILL),
    "only the third need": ({"need_skill": [[0, -1, 1]], "offer_level": [[0, 2]]}, Rule(0)),
    "no needs at all": ({"need_skill": [[-1, -1, -1]]}, Rule.SKILL),
    "both professional": ({"leader_fluency": [[2]], "junior_fluency": [[2]]}, Rule(0)),
    "one of them basic": ({"leader_fluency": [[3]], "junior_fluency": [[1]]}, Rule.LANGUAGE),
    "each native in another": ({"leader_fluency": [[3, 0]], "junior_fluency": [[0, 3]]}, Rule.LANGUAGE),
    "two hours": ({"junior_hours": hours(8)}, Rule(0)),
    "a quarter less in winter": ({"junior_hours": hours((7, 8))}, Rule.TIME),
    "a quarter less in summer": ({"junior_hours": hours((8, 7))}, Rule.TIME),
    "no hours": ({"junior_hours": hours(0)}, Rule.TIME),
    "barred": ({"barred": [(0, 0)]}, Rule.CONSENT),
    "forbidden": ({"forbidden": [(0, 0)]}, Rule.FORBIDDEN),
    "two at once": ({"barred": [(0, 0)], "offer_level": [[0]]}, Rule.CONSENT | Rule.SKILL),
}

THRESHOLDS: dict[str, tuple[Rules, Changes, Rule]] = {
    "gap of one": (Rules(seniority_gap=1), {"leader_grade": [11]}, Rule(0)),
    "gap of three": (Rules(seniority_gap=3), {"leader_grade": [12]}, Rule.SENIORITY),
    "basic may teach": (Rules(minimum_offer=1), {"offer_level": [[1]]}, Rule(0)),
    "advanced must teach": (Rules(minimum_offer=3), {"offer_level": [[2]]}, Rule.SKILL),
    "basic will do": (Rules(working_fluency=1), {"leader_fluency": [[1]]}, Rule(0)),
    "one hour will do": (Rules(shared_quarters=4), {"leader_hours": hours(4)}, Rule(0)),
    "three hours must be": (Rules(shared_quarters=12), {"leader_hours": hours(11)}, Rule.TIME),
}


def the_pair(problem: Problem) -> Rule:
    return Rule(int(refusals(problem, EVERYBODY, EVERYBODY)[0, 0]))


@pytest.mark.parametrize("case", LINES)
def test_a_rule_draws_its_line_where_it_says(case: str) -> None:
    changes, refused = LINES[case]

    assert the_pair(a_problem(**changes)) == refused


@pytest.mark.parametrize("case", LINES)
def test_a_rule_that_is_switched_off_refuses_nobody(case: str) -> None:
    changes, refused = LINES[case]

    assert the_pair(a_problem(**changes, rules=Rules(on=EVERY_RULE & ~refused))) == Rule(0)


@pytest.mark.parametrize("case", THRESHOLDS)
def test_a_threshold_moves_the_line(case: str) -> None:
    rules, changes, refused = THRESHOLDS[case]

    assert the_pair(a_problem(rules=rules, **{"junior_grade": [10], **changes})) == refused


def test_names_and_bits_of_rules_are_those_of_stored_rounds() -> None:
    assert dict(zip(RULE_NAMES, map(int, RULES), strict=True)) == {
        "reporting_line": 1,
        "unit": 2,
        "seniority": 4,
        "skill": 8,
        "language": 16,
        "time": 32,
        "consent": 64,
        "forbidden": 128,
    }


@given(people())
@settings(max_examples=80, deadline=None)
def test_refusals_are_those_of_the_wording(problem: Problem) -> None:
    found = refusals(problem, EVERYBODY, EVERYBODY)

    assert found.tolist() == [
        [reference.refusals_of(problem, leader, junior) for junior in range(problem.juniors)]
        for leader in range(problem.leaders)
    ]


def test_a_block_by_numbers_is_cut_from_the_whole() -> None:
    problem = a_problem(3, 4, leader_grade=[22, 11, 22], offer_level=[[4], [0], [4], [2]], forbidden=[(2, 3)])
    leaders, juniors = np.array([2, 1]), np.array([3, 0, 1])

    whole = refusals(problem, EVERYBODY, EVERYBODY)

    assert refusals(problem, leaders, juniors).tolist() == whole[np.ix_(leaders, juniors)].tolist()
