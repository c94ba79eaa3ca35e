"""Pairs by lot: just the chances that are stated, never above the cap, and as good as any chances could be."""

from fractions import Fraction

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import InvalidProblem, Lottery, Problem, TooLarge, by_lot
from tests.matching.every_proposal import Everything, chosen
from tests.matching.problems import a_problem, assignments, scored

CAPS = st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(2, 5), Fraction(3, 4)])


def drawn_pairs(problem: Problem, lottery: Lottery, draw: int) -> tuple[tuple[int, int], ...]:
    pairs = np.concatenate([problem.pinned, lottery.pairs[lottery.draws[draw]]])
    return tuple(sorted(chosen(pairs)))


@given(assignments(), CAPS, st.integers(0, 1 << 40))
@settings(max_examples=50, deadline=None)
def test_chances_are_as_stated_and_none_is_above_the_cap(problem: Problem, cap: Fraction, seed: int) -> None:
    lottery = by_lot(problem, cap, seed)

    possible = set(Everything(problem).proposals)
    assert lottery.draws.shape == (lottery.whole, len(lottery.pairs))
    assert lottery.draws.sum(axis=0).tolist() == lottery.parts.tolist()
    assert all(Fraction(parts, lottery.whole) <= cap for parts in lottery.parts.tolist())
    assert all(drawn_pairs(problem, lottery, draw) in possible for draw in range(lottery.whole))
    assert chosen(lottery.proposal.pairs) == drawn_pairs(problem, lottery, lottery.drawn)


@given(assignments(), CAPS)
@settings(max_examples=40, deadline=None)
def test_no_chances_under_the_cap_are_better(problem: Problem, cap: Fraction) -> None:
    lottery = by_lot(problem, cap, 0)

    matched, total = best_chances(problem, cap)
    pins = sum(Everything(problem).total((pin,)) for pin in Everything(problem).pins)
    assert lottery.matched / lottery.whole == pytest.approx(matched, abs=1e-6)
    assert lottery.total / lottery.whole + pins == pytest.approx(total, abs=1)


def best_chances(problem: Problem, cap: Fraction) -> tuple[float, float]:
    """Leaders matched and total on average, over chances of whole proposals instead of pairs."""
    everything = Everything(problem)
    matched = np.array([everything.matched(pairs) for pairs in everything.proposals], np.float64)
    total = np.array([everything.total(pairs) for pairs in everything.proposals], np.float64)
    free = sorted(everything.open - everything.pins)
    inside = np.array([[pair in pairs for pairs in everything.proposals] for pair in free], np.float64)
    rows = inside.reshape(len(free), len(matched))
    once = np.ones((1, len(matched)))
    limits = np.full(len(free), float(cap))
    first = scipy.optimize.linprog(-matched, A_ub=rows, b_ub=limits, A_eq=once, b_eq=[1.0])
    assert first.x is not None
    most = float(matched @ first.x)
    held = np.concatenate([rows, -matched[None]])
    then = scipy.optimize.linprog(-total, A_ub=held, b_ub=np.append(limits, 1e-9 - most), A_eq=once, b_eq=[1.0])
    assert then.x is not None
    return most, float(total @ then.x)


def test_with_a_cap_of_a_half_each_of_two_is_as_likely() -> None:
    lottery = by_lot(scored([[12, 1], [1, 12]]), Fraction(1, 2), 3)

    assert chosen(lottery.pairs[np.lexsort(lottery.pairs.T[::-1])]) == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert lottery.parts.tolist() == [1, 1, 1, 1]
    assert {drawn_pairs(scored([[12, 1], [1, 12]]), lottery, draw) for draw in (0, 1)} == {
        ((0, 0), (1, 1)),
        ((0, 1), (1, 0)),
    }


def test_with_one_candidate_and_a_cap_somebody_goes_without_at_times() -> None:
    lottery = by_lot(scored([[12]]), Fraction(1, 4), 0)

    assert (lottery.matched, lottery.whole, lottery.parts.tolist()) == (1, 4, [1])


def test_a_pin_is_certain_whatever_the_cap() -> None:
    problem = scored([[12, 1], [1, 12]], pinned=[(0, 1)])

    draws = {chosen(by_lot(problem, Fraction(1, 2), seed).proposal.pairs) for seed in range(20)}

    assert draws == {((0, 1), (1, 0)), ((0, 1),)}


def test_the_seed_alone_decides_what_is_drawn() -> None:
    problem = scored([[12, 1, 3], [1, 12, 3], [4, 5, 6]])

    drawn = [by_lot(problem, Fraction(1, 3), seed) for seed in range(30)]

    assert {lottery.drawn for lottery in drawn} == {0, 1, 2}
    for lottery in drawn:
        again = by_lot(problem, Fraction(1, 3), drawn.index(lottery))
        assert chosen(again.proposal.pairs) == chosen(lottery.proposal.pairs)


@pytest.mark.parametrize("cap", [Fraction(0), Fraction(-1, 2), Fraction(3, 2), Fraction(1, 101)])
def test_a_cap_that_is_no_probability_in_hundredths_is_refused(cap: Fraction) -> None:
    with pytest.raises(InvalidProblem) as refusal:
        by_lot(scored([[12]]), cap, 0)

    assert (refusal.value.field, refusal.value.why) == ("cap", "range")


@pytest.mark.parametrize("seed", [-1, 1 << 64])
def test_a_seed_that_is_no_64_bit_number_is_refused(seed: int) -> None:
    with pytest.raises(InvalidProblem) as refusal:
        by_lot(scored([[12]]), Fraction(1, 2), seed)

    assert (refusal.value.field, refusal.value.why) == ("seed", "range")


def test_more_pairs_than_a_programme_takes_are_refused() -> None:
    with pytest.raises(TooLarge):
        by_lot(a_problem(500, 500), Fraction(1, 2), 0)


def test_with_nobody_there_is_nothing_to_draw() -> None:
    lottery = by_lot(a_problem(0, 0), Fraction(1, 2), 0)

    assert (chosen(lottery.proposal.pairs), lottery.matched, lottery.total) == ((), 0, 0)
