"""When a proposal is reminded of and expires; when sessions are; what each of the two sees."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from mentoring.pairings.rules import (
    ConsentStep,
    PairingState,
    Standing,
    consent_step,
    moment_of,
    plan_starts,
    standing,
)

wall = datetime.fromisoformat
ASKED = datetime(2026, 3, 3, 9, tzinfo=UTC)
REMINDERS = [ASKED + timedelta(days=2), ASKED + timedelta(days=6)]
EXPIRES = ASKED + timedelta(days=7)

STEPS = {
    "before the first reminder": (0, timedelta(days=1), ConsentStep.WAIT, 0, REMINDERS[0]),
    "at the first reminder": (0, timedelta(days=2), ConsentStep.REMIND, 1, REMINDERS[1]),
    "just after it": (1, timedelta(days=3), ConsentStep.WAIT, 1, REMINDERS[1]),
    "at the second": (1, timedelta(days=6), ConsentStep.REMIND, 2, EXPIRES),
    "so late that both are due: one mail": (0, timedelta(days=6, hours=1), ConsentStep.REMIND, 2, EXPIRES),
    "at the end": (2, timedelta(days=7), ConsentStep.EXPIRE, 2, None),
    "long after the end": (0, timedelta(days=90), ConsentStep.EXPIRE, 0, None),
}


@pytest.mark.parametrize("reminded, since, step, reminders, wake_at", STEPS.values(), ids=STEPS)
def test_an_unanswered_proposal_takes_one_step(
    reminded: int, since: timedelta, step: ConsentStep, reminders: int, wake_at: datetime | None
) -> None:
    assert consent_step(reminded, ASKED + since, REMINDERS, EXPIRES) == (step, reminders, wake_at)


def test_a_ladder_without_reminders_only_expires() -> None:
    assert consent_step(0, ASKED, [], EXPIRES) == (ConsentStep.WAIT, 0, EXPIRES)


SEEN = [
    (PairingState.ASKING_LEADER, True, False, Standing.PROPOSED),
    (PairingState.ASKING_JUNIOR, True, False, Standing.ARRANGING),
    (PairingState.ASKING_JUNIOR, False, False, Standing.PROPOSED),
    (PairingState.ACTIVE, True, False, Standing.ACTIVE),
    (PairingState.ACTIVE, False, False, Standing.ACTIVE),
    (PairingState.DECLINED, True, True, Standing.DECLINED),
    (PairingState.DECLINED, True, False, Standing.NOT_ARRANGED),
    (PairingState.EXPIRED, True, False, Standing.NOT_ARRANGED),
    (PairingState.EXPIRED, True, True, Standing.EXPIRED),
    (PairingState.DECLINED, False, True, Standing.DECLINED),
    (PairingState.EXPIRED, False, True, Standing.EXPIRED),
    (PairingState.WITHDRAWN, True, False, Standing.WITHDRAWN),
    (PairingState.ENDED, False, False, Standing.ENDED),
]


@pytest.mark.parametrize("state, leader, by_me, seen", SEEN)
def test_a_juniors_no_and_a_juniors_silence_look_alike_to_the_leader(
    state: PairingState, leader: bool, by_me: bool, seen: Standing
) -> None:
    assert standing(state, leader=leader, by_me=by_me) is seen


def always(_: datetime) -> bool:
    return True


def weekdays(moment: datetime) -> bool:
    return moment.weekday() < 5


MONDAY_NINE = 9 * 4


def test_the_first_session_takes_the_first_shared_slot_a_week_later_and_the_others_keep_the_cadence() -> None:
    starts = plan_starts(ASKED, 4, 21, "Europe/Paris", [MONDAY_NINE], weekdays)

    # The slot is shared in UTC, so the clock in Paris shows an hour more once summer time has come on 29 March.
    assert starts == [
        wall("2026-03-16 10:00"),
        wall("2026-04-06 11:00"),
        wall("2026-04-27 11:00"),
        wall("2026-05-18 11:00"),
    ]


def test_a_slot_less_than_a_week_after_the_beginning_is_too_soon() -> None:
    began = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
    tuesday_nine = 96 + 9 * 4

    starts = plan_starts(began, 1, 21, "UTC", [tuesday_nine, tuesday_nine + 4], always)

    assert starts == [wall("2026-03-10 10:00")]


def test_without_a_shared_slot_sessions_are_at_ten_on_the_leaders_clock() -> None:
    starts = plan_starts(ASKED, 2, 30, "Asia/Tokyo", [], weekdays)

    assert starts == [wall("2026-03-11 10:00"), wall("2026-04-10 10:00")]


def test_days_on_which_one_of_the_two_does_not_work_are_passed_over() -> None:
    holiday = datetime(2026, 3, 16, 9, tzinfo=UTC)

    starts = plan_starts(ASKED, 1, 21, "UTC", [MONDAY_NINE], lambda moment: moment != holiday)

    assert starts == [wall("2026-03-23 09:00")]


def test_where_no_day_suits_the_first_slot_is_taken_all_the_same() -> None:
    starts = plan_starts(ASKED, 1, 21, "UTC", [MONDAY_NINE], lambda _: False)

    assert starts == [wall("2026-03-16 09:00")]


WALL = {
    "an ordinary day": (wall("2026-03-16 10:00"), "Europe/Paris", datetime(2026, 3, 16, 9, tzinfo=UTC)),
    "an hour that the clocks skip counts from before": (
        wall("2026-03-29 02:30"),
        "Europe/Paris",
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    ),
    "an hour that they show twice is the first": (
        wall("2026-10-25 02:30"),
        "Europe/Paris",
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    ),
    "clocks that move by half an hour": (
        wall("2026-10-04 02:15"),
        "Australia/Lord_Howe",
        datetime(2026, 10, 3, 15, 45, tzinfo=UTC),
    ),
}


@pytest.mark.parametrize("local, zone, moment", WALL.values(), ids=WALL)
def test_a_wall_time_means_what_calendars_make_of_it(local: datetime, zone: str, moment: datetime) -> None:
    assert moment_of(local, zone) == moment


def test_every_planned_session_lies_on_a_shared_slot_in_every_season_and_zone() -> None:
    slots = [36, 132, 260]
    for zone in ("Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "Africa/Casablanca"):
        starts = plan_starts(ASKED, 9, 30, zone, slots, weekdays)

        moments = [moment_of(start, zone) for start in starts]
        assert [m.weekday() * 96 + m.hour * 4 + m.minute // 15 in slots for m in moments] == [True] * 9
        assert all(later - earlier >= timedelta(days=29) for earlier, later in pairwise(moments))
