"""A proposal that is right is proven; one that was tampered with, in whatever place, is refused."""

import ast
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import (
    COVERAGE_FIRST,
    EVERY_RULE,
    GREATEST_TOTAL,
    POINTS,
    WEAK,
    Certificate,
    Objective,
    Problem,
    Proposal,
    Rule,
    Rules,
    block,
    refusals,
    solve,
    verify,
    verify_pass,
)
from matching.fit import FULL_QUARTERS
from matching.points import fit_points, full_points, tables
from matching.verify import CAUSES
from matching.verify_fast import pass_fast
from matching.verify_pass import Demand, Facts, looked_at, pass_over
from matching.verify_sheet import fits
from tests.matching.cabinet import cabinet
from tests.matching.problems import a_problem, assignments, people, scored
from tests.matching.test_rules import LINES

EVERYBODY = slice(None)
Patch = pytest.MonkeyPatch


@pytest.fixture(scope="module")
def round_() -> tuple[Problem, Proposal]:
    problem = cabinet()
    return problem, solve(problem)


@st.composite
def objectives(draw: st.DrawFn, problem: Problem) -> Objective:
    group = st.integers(-1, 1)
    cells = st.tuples(st.integers(0, problem.leaders - 1), st.integers(0, problem.juniors - 1))
    return Objective(
        coverage=draw(st.booleans()),
        weak_below=draw(st.sampled_from([0, WEAK, 700_000])),
        total=draw(st.booleans()),
        floor=draw(st.sampled_from([0, 0, 300_000])),
        across=draw(st.sampled_from([0, 250_000])),
        leader_group=np.array(draw(st.lists(group, min_size=problem.leaders, max_size=problem.leaders)), np.int16),
        junior_group=np.array(draw(st.lists(group, min_size=problem.juniors, max_size=problem.juniors)), np.int16),
        keep=draw(st.sampled_from([0, 100_000])),
        kept=np.array(draw(st.lists(cells, max_size=3)), np.int32).reshape(-1, 2),
    )


def causes(problem: Problem, proposal: Proposal, objective: Objective | None = None) -> set[str]:
    verdict = verify(problem, proposal, objective)
    assert verdict.holds == (verdict.found == 0) == (not verdict.violations)
    assert {violation.cause for violation in verdict.violations} <= set(CAUSES)
    assert verify(problem, proposal, objective, count=False).violations == verdict.violations
    return {violation.cause for violation in verdict.violations}


def proved(proposal: Proposal, **changes: object) -> Proposal:
    return replace(proposal, certificate=replace(proposal.certificate, **changes))  # type: ignore[arg-type] # by name


def test_the_cabinet_round_is_proven(round_: tuple[Problem, Proposal]) -> None:
    problem, proposal = round_

    verdict = verify(problem, proposal, COVERAGE_FIRST)

    assert verdict.holds
    assert verdict.pairs == 427 * 329
    assert verdict.eligible == int((refusals(problem, EVERYBODY, EVERYBODY) == 0).sum())
    assert verdict.worth == verdict.price_sum == (408, 0, 219_160_412)


@given(st.data(), st.one_of(assignments(), people()))
@settings(max_examples=300, deadline=None)
def test_whatever_is_solved_is_proven(data: st.DataObject, problem: Problem) -> None:
    objective = data.draw(objectives(problem))

    assert causes(problem, solve(problem, objective), objective) == set()


@given(people())
@settings(max_examples=100, deadline=None)
def test_rules_and_points_are_those_of_the_engine_though_nothing_is_shared(problem: Problem) -> None:
    facts = Facts(problem, GREATEST_TOTAL)
    leaders, juniors = (one.ravel() for one in np.indices((problem.leaders, problem.juniors)))
    measured = block.measure(problem, EVERYBODY, EVERYBODY)
    points = fit_points(measured, tables(problem))

    looked = looked_at(facts, leaders, juniors)

    assert looked.rules.tolist() == refusals(problem, EVERYBODY, EVERYBODY).ravel().tolist()
    assert looked.fit.tolist() == points.ravel().tolist()
    everything = full_points(measured, tables(problem), GREATEST_TOTAL, points)
    assert (looked.fit + looked.bonus).tolist() == everything.ravel().tolist()


def test_it_knows_nothing_of_the_solver_but_what_a_proposal_is() -> None:
    known = {
        f"{node.module}.{alias.name}"
        for path in Path(block.__file__).parent.glob("verify*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("matching")
        for alias in node.names
    }
    data = ("matching.problem.", "matching.objective.", "matching.rules.", "matching.verify", "matching.certificate.")

    assert {name for name in known if not name.startswith(data)} == {"matching.assign.Proposal"}


def test_its_numbers_are_those_of_the_engine() -> None:
    assert tuple(verify_pass.PRIORITIES) == block.PRIORITY
    assert verify_pass.MOST_LEVELS == block.FULL_GAIN
    assert verify_pass.FULL_HOURS == FULL_QUARTERS


def _partner_flipped(proposal: Proposal) -> Proposal:
    pairs = proposal.pairs.copy()
    pairs[0, 1] = next(junior for junior in range(3) if junior not in pairs[:, 1])
    return replace(proposal, pairs=pairs)


def _swapped(proposal: Proposal) -> Proposal:
    pairs = proposal.pairs.copy()
    pairs[:2, 1] = pairs[1::-1, 1]
    return replace(proposal, pairs=pairs)


def _dropped(proposal: Proposal) -> Proposal:
    few = {name: getattr(proposal, name)[1:] for name in ("pairs", "fit", "parts", "points")}
    return replace(
        proposal,
        **few,
        total_fit=float(few["fit"].sum()),
        objective=int(few["points"].sum()) / POINTS,
        matched=1,
    )


def _claimed(proposal: Proposal) -> Proposal:
    leaders, weak, points = proposal.certificate.worth
    return proved(proposal, worth=(leaders, weak, points + 1))


def _lowered(name: str) -> Callable[[Proposal], Proposal]:
    def lowered(proposal: Proposal) -> Proposal:
        prices = getattr(proposal.certificate, name).copy()
        prices[int(prices[:, 2].argmax()), 2] -= 1
        return proved(proposal, **{name: prices})

    return lowered


def _paid_twice(proposal: Proposal) -> Proposal:
    """A leader pays what a junior was paid: the sum is right and some pair is not covered."""
    leader, junior = proposal.certificate.leader_price.copy(), proposal.certificate.junior_price.copy()
    leader[0, 2] += 200_000
    leader[1, 2] -= 200_000
    return proved(proposal, leader_price=leader, junior_price=junior)


TAMPERED: dict[str, tuple[Callable[[Proposal], Proposal], set[str]]] = {
    "one partner flipped": (_partner_flipped, {"points", "claim", "worth", "price_sum"}),
    "two pairs swapped": (_swapped, {"points", "claim", "worth", "price_sum"}),
    "a pair dropped, and all that is said of the pairs mended": (_dropped, {"worth", "price_sum"}),
    "another worth claimed": (_claimed, {"worth"}),
    "a leader's price lowered": (_lowered("leader_price"), {"price_sum", "better"}),
    "a junior's price lowered": (_lowered("junior_price"), {"price_sum", "better"}),
    "a price moved from one leader to another": (_paid_twice, {"better"}),
    "the total claimed too high": (lambda made: replace(made, total_fit=made.total_fit + 0.01), {"claim"}),
    "the objective claimed too high": (lambda made: replace(made, objective=made.objective + 1e-6), {"claim"}),
    "a leader more claimed": (lambda made: replace(made, matched=made.matched + 1), {"claim"}),
    "a weak pair hidden": (lambda made: replace(made, weak=made.weak + 1), {"claim"}),
    "the points of a pair raised": (lambda made: replace(made, points=made.points + 1), {"points"}),
    "the fit of a pair raised": (lambda made: replace(made, fit=made.fit + 1e-4), {"points", "claim"}),
    "the parts of a pair raised": (lambda made: replace(made, parts=made.parts + 1e-4), {"points"}),
    "a pair made twice": (
        lambda made: replace(made, **{name: getattr(made, name)[[0, 0, 1]] for name in ("pairs", "fit", "parts")},
                             points=made.points[[0, 0, 1]]),
        {"twice", "leader_capacity", "junior_capacity", "claim", "worth", "price_sum"},
    ),
    "prices of other people": (
        lambda made: proved(made, leader_price=made.certificate.leader_price[1:]),
        {"malformed"},
    ),
    "prices that no integer holds": (
        lambda made: proved(made, junior_price=made.certificate.junior_price + (1 << 61)),
        {"malformed"},
    ),
    "prices that are no whole numbers": (
        lambda made: proved(made, junior_price=made.certificate.junior_price.astype(np.float64)),
        {"malformed"},
    ),
    "a person who is not there": (lambda made: replace(made, pairs=made.pairs + 5), {"malformed"}),
    "proof of an easier question": (
        lambda made: proved(made, objective=replace(made.certificate.objective, coverage=False)),
        {"objective"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERED)
def test_what_was_tampered_with_is_refused(how: str) -> None:
    problem = scored([[12, 9, 5], [9, 7, 3]])
    proposal = solve(problem)
    assert causes(problem, proposal, COVERAGE_FIRST) == set()
    tamper, expected = TAMPERED[how]

    assert causes(problem, tamper(proposal), COVERAGE_FIRST) == expected


@pytest.mark.parametrize(
    ("changes", "pair", "expected"),
    [
        ({"forbidden": [(0, 0)]}, (0, 0), Rule.FORBIDDEN),
        ({"junior_unit": [0, 1]}, (0, 0), Rule.UNIT),
        ({"leader_line": [(3, 9), (10, 12)], "junior_line": [(4, 5), (20, 21)]}, (0, 0), Rule.REPORTING_LINE),
    ],
)
def test_a_pair_that_breaks_a_rule_is_named(changes: dict[str, object], pair: tuple[int, int], expected: Rule) -> None:
    allowed = scored([[12, 0], [0, 12]])
    proposal = solve(allowed)

    verdict = verify(scored([[12, 0], [0, 12]], **changes), proposal)  # type: ignore[arg-type] # fields by name

    assert (*pair, expected) in [tuple(one)[1:] for one in verdict.violations if one.cause == "rule"]


def test_a_pin_that_was_not_kept_is_named() -> None:
    problem = scored([[1, 12], [12, 1]], pinned=[(0, 0)])

    verdict = verify(problem, solve(scored([[1, 12], [12, 1]])))

    assert ("pin", 0, 0) in [tuple(one)[:3] for one in verdict.violations]


def test_a_price_below_nothing_is_refused_level_by_level() -> None:
    problem = scored([[6]])
    proposal = solve(problem)
    price = np.array([[1, 0, 600_000]])
    below = proved(proposal, leader_price=price, junior_price=np.array([[0, 0, -100_000]]))
    higher_level = proved(proposal, leader_price=np.array([[0, 0, 600_000]]), junior_price=np.array([[1, 0, -100_000]]))

    assert causes(problem, below) == {"negative_price"}
    assert causes(problem, higher_level) == set()


def test_two_who_may_meet_once_have_a_price_of_their_own_that_is_checked_as_well() -> None:
    problem = scored([[12, 3], [3, 1]], leader_capacity=[2, 2], junior_capacity=[2, 2])
    proposal = solve(problem)
    assert causes(problem, proposal) == set()
    proof: Certificate = proposal.certificate
    if len(proof.pairs):
        lower = proof.pair_price.copy()
        lower[0, 2] -= 1
        assert causes(problem, proved(proposal, pair_price=lower)) >= {"price_sum"}
    twice = proved(proposal, pairs=np.zeros((2, 2), np.int32), pair_price=np.zeros((2, 3), np.int64))
    assert causes(problem, twice) == {"malformed"}


def test_a_fit_is_believed_to_the_rounding_and_no_further(round_: tuple[Problem, Proposal]) -> None:
    problem, proposal = round_

    def told_higher(points: float) -> Proposal:
        return replace(proposal, fit=proposal.fit + points / POINTS)

    assert "points" not in causes(problem, told_higher(3.4))
    assert "points" in causes(problem, told_higher(4.5))


def test_nobody_and_nothing_is_proven_as_well() -> None:
    for problem in (a_problem(0, 0), a_problem(2, 0), a_problem(0, 2), scored([[0, 0]])):
        assert causes(problem, solve(problem)) == set()


@pytest.mark.parametrize("case", LINES)
def test_each_rule_counts_where_it_is_on_and_nowhere_else(case: str) -> None:
    changes, refused = LINES[case]
    on, off = a_problem(**changes), a_problem(**changes, rules=Rules(on=EVERY_RULE & ~refused))

    assert [verify(one, solve(one)).eligible for one in (on, off)] == [int(refused == Rule(0)), 1]


@given(st.data(), assignments())
@settings(max_examples=200, deadline=None)
def test_a_worse_proposal_is_never_proven_whatever_its_prices(data: st.DataObject, problem: Problem) -> None:
    """Prices that cover all pairs come to the best at least; so what is worth less cannot reach their sum."""
    best = solve(problem)
    free = np.flatnonzero(~np.isin(best.pairs @ [10, 1], problem.pinned @ [10, 1]))
    if not len(free):
        return
    left = np.delete(np.arange(len(best.pairs)), data.draw(st.sampled_from(free.tolist())))
    few = {name: getattr(best, name)[left] for name in ("pairs", "fit", "parts", "points")}
    shift = data.draw(st.integers(-3, 3)) * 100_000
    price = best.certificate.leader_price - [0, 0, shift]
    worse = replace(proved(best, leader_price=price), **few, matched=len(np.unique(few["pairs"][:, 0])))

    assert not verify(problem, worse).holds


@given(st.data(), st.one_of(assignments(), people()), st.booleans())
@settings(max_examples=150, deadline=None)
def test_the_compiled_pass_finds_what_the_plain_one_finds(data: st.DataObject, problem: Problem, count: bool) -> None:
    facts = Facts(problem, data.draw(objectives(problem)))
    price = st.integers(0, 1_200_000)
    demand = Demand(
        np.array(data.draw(st.lists(price, min_size=problem.leaders, max_size=problem.leaders))),
        np.array(data.draw(st.lists(price, min_size=problem.juniors, max_size=problem.juniors))),
        data.draw(st.sampled_from([1, 1 << 30])),
        np.array(data.draw(st.sampled_from([[], [0]])), np.int64),
        np.array([400_000]),
    )

    assert pass_fast(facts, demand, count, 2) == pass_over(facts, demand, count, 2)


def test_both_passes_find_the_same_in_a_real_round(round_: tuple[Problem, Proposal]) -> None:
    problem, _ = round_
    facts = Facts(problem, COVERAGE_FIRST)
    nothing = np.empty(0, np.int64)
    too_low = Demand(np.full(problem.leaders, 400_000), np.full(problem.juniors, 100_000), 1, nothing, nothing)

    found = pass_over(facts, too_low, True, 10)

    assert found.short > 1000
    assert pass_fast(facts, too_low, True, 10) == found
    assert pass_fast(facts, too_low, False, 10) == replace(found, eligible=None)


def test_with_many_pairs_the_compiled_pass_is_taken(round_: tuple[Problem, Proposal], monkeypatch: Patch) -> None:
    problem, proposal = round_
    plain = verify(problem, proposal)
    monkeypatch.setattr(sys.modules["matching.verify"], "MANY", 0)

    assert verify(problem, proposal) == plain
    many_languages = replace(
        problem,
        leader_fluency=np.repeat(problem.leader_fluency, 12, axis=1),
        junior_fluency=np.repeat(problem.junior_fluency, 12, axis=1),
    )
    assert not fits(many_languages)
    assert verify(many_languages, proposal) == plain
