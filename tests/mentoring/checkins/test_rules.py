"""When we ask, when we ask again, and when we stop."""

from datetime import UTC, datetime, timedelta

import pytest

from mentoring.checkins.rules import CheckInNotOpen, CheckInState, Step, ensure_open, pulses, silent, wake

FIRED = datetime(2026, 3, 10, 10, tzinfo=UTC)
DAY = timedelta(days=1)
CHASE, LAPSES = (DAY, 4 * DAY), 7 * DAY

STEPS = {
    "when it is due": (None, FIRED, Step.FIRE, FIRED + DAY),
    "after a day": (FIRED, FIRED + DAY, Step.FOLLOW_UP, FIRED + 4 * DAY),
    "after four": (FIRED, FIRED + 4 * DAY, Step.FOLLOW_UP, FIRED + 7 * DAY),
    "after an outage over both: one mail": (FIRED, FIRED + 5 * DAY, Step.FOLLOW_UP, FIRED + 7 * DAY),
    "after a week": (FIRED, FIRED + 7 * DAY, Step.LAPSE, None),
    "after a year": (FIRED, FIRED + 365 * DAY, Step.LAPSE, None),
}


@pytest.mark.parametrize("fired_at, now, step, wake_at", STEPS.values(), ids=STEPS)
def test_a_woken_check_in_takes_one_step(
    fired_at: datetime | None, now: datetime, step: Step, wake_at: datetime | None
) -> None:
    assert wake(fired_at, now, CHASE, LAPSES) == (step, wake_at)


@pytest.mark.parametrize("state", [state for state in CheckInState if state is not CheckInState.OPEN])
def test_only_an_open_check_in_can_be_answered(state: CheckInState) -> None:
    with pytest.raises(CheckInNotOpen):
        ensure_open(state)


def test_pulses_come_at_day_thirty_midpoint_end_and_ninety_days_on() -> None:
    ends = [FIRED + week * 7 * DAY for week in range(1, 8)]

    assert pulses(FIRED, ends, 30, 3, 90) == {
        "day_30": FIRED + 30 * DAY,
        "midpoint": ends[2],
        "end": ends[6],
        "look_back": ends[6] + 90 * DAY,
    }


def test_the_midpoint_of_a_short_plan_is_its_end() -> None:
    assert pulses(FIRED, [FIRED + DAY], 30, 3, 90)["midpoint"] == FIRED + DAY


A, L = CheckInState.ANSWERED, CheckInState.LAPSED


@pytest.mark.parametrize(
    "latest, expected", [([], False), ([L], False), ([L, L], True), ([A, L, L], False), ([L, A], False)]
)
def test_two_lapses_in_a_row_are_silence(latest: list[CheckInState], expected: bool) -> None:
    assert silent(latest) is expected
