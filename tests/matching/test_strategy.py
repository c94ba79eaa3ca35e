"""Leaving something out does not pay on average; the long version is ``make bench-strategy``."""

import pytest

from tests.bench.strategy import HIDINGS, Outcome, interval, measured


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    return measured(number=4, people=5, seed=5)


@pytest.mark.parametrize("how", HIDINGS)
def test_leaving_something_out_raises_neither_the_true_fit_nor_the_chance_of_a_match(
    outcomes: dict[str, Outcome], how: str
) -> None:
    for differences in (outcomes[how].fit, outcomes[how].matched):
        _, low, _ = interval(differences)
        assert low <= 0


def test_whoever_lists_fewer_hours_loses(outcomes: dict[str, Outcome]) -> None:
    for how in ("a leader lists half the days", "a junior lists half the days"):
        assert interval(outcomes[how].fit)[0] < 0
        assert interval(outcomes[how].matched)[0] <= 0
