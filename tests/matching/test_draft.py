"""Edits on a settled round: the same as solving anew, proven, and the draft stays as it was."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from matching import (
    COVERAGE_FIRST,
    GREATEST_TOTAL,
    NEEDS,
    POINTS,
    Answers,
    Draft,
    Edit,
    Forbid,
    Infeasible,
    InvalidProblem,
    JuniorPlaces,
    LeaderPlaces,
    Objective,
    Pin,
    Problem,
    Release,
    assign,
    draft,
    edited,
    pricing,
    refusals,
    solve,
    verify,
)
from matching.rules import TOP_LEVEL
from tests.matching.cabinet import cabinet
from tests.matching.problems import PEOPLED, SCORED, Dice, assignment, hours, organisation, scored, thrown

SAID = 23
"""Numbers that answers take at most."""
OBJECTIVES = {"coverage": COVERAGE_FIRST, "total": GREATEST_TOTAL, "weak": Objective(weak_below=400_000)}


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have even the smallest round kept at hand, and considered few pairs at a time."""
    monkeypatch.setattr(assign, "ALL_PAIRS", 0)
    monkeypatch.setattr(draft, "ALL_PAIRS", 0)
    monkeypatch.setattr(pricing, "SMALL", 2)
    monkeypatch.setattr(pricing, "NEAR", 1)


def answers(draw: Dice, problem: Problem) -> list[Edit]:
    """Other needs, offers and hours of somebody's."""
    leader, junior = draw.one(range(problem.leaders)), draw.one(range(problem.juniors))
    skills, level = problem.offer_level.shape[1], range(TOP_LEVEL + 1)
    free = hours(draw.one([0, 3, 12, 24]))[:, 0]
    skill, held, offered = draw.row(NEEDS, range(-1, skills)), draw.row(NEEDS, level), draw.row(skills, level)
    needs = {"need_skill": np.array(skill), "need_level": np.array(held)}
    return [
        Answers("leader", leader, draw.one([needs, {"leader_hours": free}])),
        Answers("junior", junior, draw.one([{"offer_level": np.array(offered)}, {"junior_hours": free}])),
    ]


def edited_round(draw: Dice) -> tuple[Problem, list[Edit]]:
    problem = assignment(draw)
    allowed = np.argwhere(refusals(problem, slice(None), slice(None)) == 0).tolist()

    def edit() -> Edit:
        leader, junior = draw.one(range(problem.leaders)), draw.one(range(problem.juniors))
        places: list[Edit] = [LeaderPlaces(leader, draw.one(range(3))), JuniorPlaces(junior, draw.one(range(4)))]
        pins = [Pin(*draw.one(allowed))] if allowed else []
        kinds: list[Edit] = [Forbid(leader, junior), *places, *answers(draw, problem), *pins]
        return draw.one(kinds)

    return problem, [edit() for _ in range(draw.one(range(1, 4)))]


def answered_round(draw: Dice) -> tuple[Problem, list[Edit]]:
    problem = organisation(draw)
    return problem, [draw.one(answers(draw, problem)) for _ in range(draw.one(range(1, 4)))]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("name", OBJECTIVES)
@given(drawn=thrown(edited_round, SCORED + 1 + 3 * (6 + SAID)))
@settings(max_examples=150, deadline=None)
def test_an_edit_finds_what_solving_anew_finds(name: str, drawn: tuple[Problem, Sequence[Edit]]) -> None:
    problem, edits = drawn
    opened = Draft.opened(problem, OBJECTIVES[name])
    before = opened.pairs.tolist()

    try:
        tried = opened.tried(edits)
    except Infeasible:
        with pytest.raises(Infeasible):
            solve(edited(problem, edits), OBJECTIVES[name])
        return

    assert tried.pairs.tolist() == solve(tried.problem, OBJECTIVES[name]).pairs.tolist()
    assert verify(tried.problem, tried.proposal, OBJECTIVES[name]).holds
    assert opened.pairs.tolist() == before


@pytest.mark.usefixtures("kept")
@given(drawn=thrown(answered_round, PEOPLED + 1 + 3 * (1 + SAID)))
@settings(max_examples=150, deadline=None)
def test_other_answers_under_every_rule_and_weight_find_what_solving_anew_finds(
    drawn: tuple[Problem, Sequence[Edit]],
) -> None:
    problem, edits = drawn
    opened = Draft.opened(problem)

    tried = opened.tried(edits)

    after = solve(edited(problem, edits))
    assert tried.pairs.tolist() == after.pairs.tolist()
    assert verify(tried.problem, tried.proposal).holds
    assert (tried.proposal.total_fit, tried.proposal.parts.tolist()) == (after.total_fit, after.parts.tolist())


@pytest.mark.usefixtures("kept")
def test_other_answers_of_people_with_a_place_are_not_settled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Draft.opened(cabinet())
    leader, junior = opened.pairs[7].tolist()
    monkeypatch.setattr(draft, "solve", None)

    tried = opened.tried(
        [
            Answers("leader", leader, {"leader_hours": opened.problem.leader_hours[:, leader] * False}),
            Answers("junior", junior, {"offer_level": opened.problem.offer_level[junior] * 0}),
            JuniorPlaces(junior, 2),
        ]
    )

    assert not set(tried.pairs[:, 0].tolist()) & {leader}
    assert not set(tried.pairs[:, 1].tolist()) & {junior}
    assert verify(tried.problem, tried.proposal).holds


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("name", OBJECTIVES)
def test_edits_of_a_real_round_are_proven(name: str) -> None:
    problem, objective = cabinet(), OBJECTIVES[name]
    opened = Draft.opened(problem, objective)
    leader, junior = opened.pairs[7].tolist()

    for edits in ([Forbid(leader, junior)], [LeaderPlaces(leader, 0)], [JuniorPlaces(junior, 0)]):
        tried = opened.tried(edits)

        assert tried.pairs.tolist() == solve(tried.problem, objective).pairs.tolist()
        assert verify(tried.problem, tried.proposal, objective).holds


@pytest.mark.usefixtures("kept")
def test_who_comes_and_goes_and_what_it_costs_is_told() -> None:
    opened = Draft.opened(scored([[9, 8], [9, 1]]))

    tried = opened.tried([Pin(0, 0)])

    assert (tried.gone.tolist(), tried.come.tolist()) == ([[0, 1], [1, 0]], [[0, 0], [1, 1]])
    assert (tried.leaders, tried.points) == (0, -583_334)


@pytest.mark.usefixtures("kept")
def test_a_pin_that_breaks_a_rule_is_refused() -> None:
    opened = Draft.opened(scored([[9, 0], [9, 1]]))

    with pytest.raises(Infeasible):
        opened.tried([Pin(0, 1)])


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    "edits",
    [
        [Pin(0, 0), Pin(0, 0)],
        [Pin(0, 0), Forbid(0, 0)],
        [Pin(0, 0), JuniorPlaces(0, 2)],
        [Pin(0, 0), LeaderPlaces(0, 1)],
        [LeaderPlaces(0, 0), LeaderPlaces(0, 1)],
        [Forbid(0, 0), Forbid(0, 0)],
        [Pin(0, 1), Release(0, 1), Pin(0, 0)],
    ],
    ids=str,
)
def test_edits_of_the_same_people_add_up(edits: list[Edit]) -> None:
    opened = Draft.opened(scored([[9, 8], [9, 1]]))

    tried = opened.tried(edits)

    assert tried.pairs.tolist() == solve(tried.problem).pairs.tolist()
    assert verify(tried.problem, tried.proposal).holds


@pytest.mark.usefixtures("kept")
def test_a_pin_can_be_released() -> None:
    opened = Draft.opened(scored([[9, 8], [9, 1]], pinned=[(0, 0)]))

    assert opened.tried([Release(0, 0)]).pairs.tolist() == [[0, 1], [1, 0]]


@pytest.mark.usefixtures("kept")
def test_who_left_may_come_back() -> None:
    opened = Draft.opened(scored([[9, 8], [9, 1]], leader_capacity=[0, 1], junior_capacity=[1, 0]))

    assert opened.tried([LeaderPlaces(0, 1), JuniorPlaces(1, 1)]).pairs.tolist() == [[0, 1], [1, 0]]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("name", OBJECTIVES)
def test_other_answers_of_one_person_find_what_solving_anew_finds(name: str) -> None:
    opened = Draft.opened(cabinet(), OBJECTIVES[name])
    leader, junior = opened.pairs[7].tolist()
    fewer = opened.problem.junior_hours[:, junior] & (np.arange(opened.problem.junior_hours.shape[2]) < 200)
    edits = [
        Answers("leader", leader, {"leader_waiting": np.array(0.15)}),
        Answers("junior", junior, {"junior_hours": fewer, "offer_level": opened.problem.offer_level[junior] // 2}),
        Answers("leader", leader, {"need_level": np.zeros(NEEDS, np.int8)}),
    ]

    for some in (edits[:2], edits[1:2], edits[2:], edits[1:]):
        tried = opened.tried(some)

        before, after = opened.propose(), solve(tried.problem, OBJECTIVES[name])
        assert tried.pairs.tolist() == after.pairs.tolist()
        assert verify(tried.problem, tried.proposal, OBJECTIVES[name]).holds
        assert tried.points == round((after.objective - before.objective) * POINTS)
        assert tried.weak == after.weak - before.weak


@pytest.mark.parametrize(
    ("values", "said"),
    [({"junior_hours": np.zeros(3)}, "junior_hours: shape"), ({"leader_grade": np.array(3)}, "leader_grade: kind")],
)
def test_answers_that_are_none_are_refused_by_name(values: dict[str, NDArray[np.generic]], said: str) -> None:
    opened = Draft.opened(scored([[9, 8], [9, 1]]))

    with pytest.raises(InvalidProblem, match=said):
        opened.tried([Answers("junior", 0, values)])
