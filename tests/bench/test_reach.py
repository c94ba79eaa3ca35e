"""What is said to be proven before the end is so at the end, and sums are right for any number of people."""

import numpy as np
import pytest

from matching import GREATEST_TOTAL, POINTS, solve
from tests.bench.market import organisation
from tests.bench.reach import watched, whole


def test_the_best_lies_between_what_is_made_and_what_none_can_exceed(capsys: pytest.CaptureFixture[str]) -> None:
    problem = organisation(3_000, 3_000)

    with watched(problem.juniors) as reach:
        proposal = solve(problem, GREATEST_TOTAL)

    assert len(reach.looks) > 0
    assert 0 < reach.made <= round(proposal.objective * POINTS) <= reach.bound
    assert "looked at all pairs" in capsys.readouterr().out


def test_a_sum_beyond_64_bits_is_right() -> None:
    price = np.array([2**62 + 1, 2**62 + 3, -5], np.int64)

    assert whole(price) == 2**63 - 1
    assert whole(price, np.array([3, 2, 1])) == 5 * 2**62 + 4
