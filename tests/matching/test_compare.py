"""What policies give and cost: by hand on a small round, and the figures of the real one that the documents state."""

from dataclasses import astuple
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from matching import (
    POINTS,
    POLICIES,
    WEAK,
    Groups,
    Outcome,
    Problem,
    Row,
    Terms,
    blocking_pairs,
    compare,
    frontier_across,
    frontier_of_lowest,
    prices_of_standard,
    propose,
    rows_of,
)
from matching.compare import LOWEST_SHARE
from matching.lottery import MOST_PARTS
from matching.policies import CHANGE_COST
from matching.programme import MOST_PROGRAMME
from matching.raising import MOST_LEVELS
from tests.matching.cabinet import cabinet
from tests.matching.problems import a_problem, scored

DOCUMENT = Path(__file__).parents[2] / "docs" / "matching.md"


def test_a_row_says_what_a_policy_gives() -> None:
    published = np.array([(0, 0), (1, 1)], np.int32)
    problem = scored([[12, 6, 0], [6, 3, 0], [0, 0, 9]], leader_country=[0, 0, 1], junior_country=[0, 1, 1])
    terms = Terms(published=published)

    coverage, standard = compare(problem, ("coverage_first", "standard"), terms)

    blocking = blocking_pairs(problem, propose(problem).proposal)
    assert (coverage.policy, standard.policy) == ("coverage_first", "standard")
    assert astuple(coverage)[1:] == pytest.approx((3, 1, 2.0, 0.25, 0.25, 1, 0, 0, 0.0))
    assert astuple(standard)[1:] == pytest.approx((3, 0, 1.75, 0.5, 0.5, 1, blocking, 2, 0.125))


def test_a_round_without_pairs_gives_up_nothing() -> None:
    (row,) = compare(a_problem(0, 0), ("standard",))

    assert (row.matched, row.total_fit, row.lowest, row.lowest_tenth, row.given_up) == (0, 0, 0, 0, 0)
    assert rows_of(a_problem(0, 0), []) == []


def test_the_lowest_tenth_of_eleven_is_two() -> None:
    twelfths = [[0] * 11 for _ in range(11)]
    for person in range(11):
        twelfths[person][person] = person + 1

    (row,) = compare(scored(twelfths), ("standard",))

    assert row.lowest_tenth == pytest.approx(1.5 / 12)


def test_each_level_says_what_it_brought_and_what_it_cost() -> None:
    # one leader more costs 2 of 23 twelfths, no weak pair 3 of the 21 left, the last choice none
    problem = scored([[12, 5, 0, 0], [5, 0, 0, 0], [0, 0, 7, 5], [0, 0, 5, 4]], leader_lot=[1, 2, 3, 4])

    steps = prices_of_standard(problem)

    assert [step.name for step in steps] == ["total", "pins", "leaders", "weak", "lowest"]
    brought = [(step.leaders, step.weak, 12 * step.lowest, 12 * step.total_fit) for step in steps]
    assert brought == [
        pytest.approx((0, 0, 0, 23)),
        pytest.approx((0, 0, 0, 23)),
        pytest.approx((1, 0, 0, 21)),
        pytest.approx((0, 1, 1, 20)),
        pytest.approx((0, 0, 0, 20)),
    ]
    assert [step.given_up for step in steps] == pytest.approx([0, 0, 2 / 23, 1 / 21, 0])


def test_pins_have_their_price_too() -> None:
    _, pins, *_ = prices_of_standard(scored([[12, 6], [6, 12]], pinned=[(0, 1)]))

    assert pins.given_up == pytest.approx(0.5)


def test_a_higher_lowest_fit_costs_total_and_then_leaders() -> None:
    points = frontier_of_lowest(scored([[12, 3], [3, 2]]))

    assert [astuple(point) for point in points] == [
        pytest.approx((2 / 12, 14 / 12, 2), abs=1e-6),
        pytest.approx((3 / 12, 6 / 12, 2), abs=1e-6),
    ]


def test_pairs_across_cost_more_and_more() -> None:
    problem = scored([[12, 11, 0, 0], [0, 0, 12, 8]])
    groups = Groups(np.array([0, 0], np.int16), np.array([0, 1, 0, 1], np.int16))

    points = frontier_across(problem, groups)

    assert [astuple(point) for point in points] == [
        pytest.approx((0, 24 / 12, 2)),
        pytest.approx((1, 23 / 12, 2)),
        pytest.approx((2, 19 / 12, 2)),
    ]


def test_with_nobody_there_is_no_frontier() -> None:
    problem = a_problem(0, 0)

    assert frontier_of_lowest(problem) == []
    assert [point.total_fit for point in frontier_across(problem, Terms().groups_of(problem))] == [0]


def test_the_dictionary_states_the_defaults_of_policies() -> None:
    written = (DOCUMENT.parent / "domain.md").read_text(encoding="utf-8")

    assert f"| weak pair | a fit below {WEAK / POINTS:.2f} |" in written
    assert f"| costs {CHANGE_COST / POINTS:.1f} of fit |" in written
    assert Terms().cap == Fraction(1, 2)
    assert "| one half; in whole hundredths at most |" in written
    assert MOST_PARTS == 100
    assert f"| fits raised one after another | at most {MOST_LEVELS} |" in written
    assert f"| {MOST_PROGRAMME:,} |" in written
    assert LOWEST_SHARE == 10


@pytest.fixture(scope="module")
def problem() -> Problem:
    return cabinet()


@pytest.fixture(scope="module")
def terms(problem: Problem) -> Terms:
    """What the documents say: a quota of 400, and changes are counted against the standard proposal."""
    return Terms(published=propose(problem).proposal.pairs, quota=400)


@pytest.fixture(scope="module")
def outcomes(problem: Problem, terms: Terms) -> list[Outcome]:
    return [propose(problem, policy, terms) for policy in POLICIES]


def test_the_documents_state_the_real_round_by_every_policy(
    problem: Problem, terms: Terms, outcomes: list[Outcome]
) -> None:
    written = DOCUMENT.read_text(encoding="utf-8")

    for row in rows_of(problem, outcomes, terms):
        assert as_written(row) in written


def as_written(row: Row) -> str:
    cells = (
        f"`{row.policy}`",
        row.matched,
        row.weak,
        f"{row.total_fit:.3f}",
        f"{100 * row.given_up:.1f} %",
        f"{row.lowest:.3f}",
        f"{row.lowest_tenth:.3f}",
        row.across,
        row.blocking,
        row.changes,
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def test_the_documents_state_the_price_of_each_level(problem: Problem) -> None:
    written = DOCUMENT.read_text(encoding="utf-8")

    for step in prices_of_standard(problem):
        cells = (step.name, step.leaders, step.weak, f"{step.total_fit:.3f}", f"{100 * step.given_up:.1f} %")
        assert "| " + " | ".join(map(str, cells)) + " |" in written


def test_the_documents_state_the_frontiers(problem: Problem) -> None:
    written = DOCUMENT.read_text(encoding="utf-8")

    of_lowest = frontier_of_lowest(problem)
    across = frontier_across(problem, Terms().groups_of(problem))

    for points, digits in ((of_lowest, 3), (across, 0)):
        totals = [point.total_fit for point in points]
        assert totals == sorted(totals, reverse=True)
        for point in points:
            assert f"| {point.reached:.{digits}f} | {point.matched} | {point.total_fit:.3f} |" in written


def test_the_real_round_is_raised_in_turn_as_far_as_the_documents_say(outcomes: list[Outcome]) -> None:
    in_turn = outcomes[list(POLICIES).index("raise_in_turn")]

    written = DOCUMENT.read_text(encoding="utf-8")
    assert not in_turn.ended
    assert f"proven for its {in_turn.settled} lowest pairs" in written
