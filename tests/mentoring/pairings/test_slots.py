"""Times that suit both: inside the hours that each stated, on each one's own clock, and while nobody is taken."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentoring.pairings.rules import moment_of
from mentoring.pairings.slots import A_DAY, Stated, shared_slots
from mentoring.programmes.rules import Hours

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(days=7)
MORNINGS: Hours = [(weekday, 9 * 60, 12 * 60) for weekday in range(5)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def offered(leader: Stated, junior: Stated, begin: datetime = MONDAY, span: timedelta = WEEK) -> list[datetime]:
    return shared_slots((leader, junior), begin, begin + span, 45, [], 100)


def test_only_what_both_state_is_offered() -> None:
    geneva = Stated("Europe/Zurich", "CH", [(0, 9 * 60, 12 * 60)])
    nairobi = Stated("Africa/Nairobi", "KE", [(0, 10 * 60, 13 * 60)])

    # From nine in Geneva, eleven in Nairobi, until one in Nairobi, eleven in Geneva.
    assert offered(geneva, nairobi) == [at("2026-03-02 08:00"), at("2026-03-02 08:30"), at("2026-03-02 09:00")]


def test_a_day_offers_its_ends_and_its_middle() -> None:
    here = Stated("UTC", "CH", [(0, 9 * 60, 17 * 60)])

    assert offered(here, here) == [at("2026-03-02 09:00"), at("2026-03-02 12:30"), at("2026-03-02 16:00")]


def test_who_stated_no_hours_is_thought_to_work_as_usual() -> None:
    here, silent = Stated("UTC", "CH", [(1, 7 * 60, 10 * 60)]), Stated("UTC", "CH", [])

    assert offered(here, silent) == [at("2026-03-03 09:00")]


def test_hours_that_end_at_midnight_reach_to_midnight() -> None:
    night = Stated("UTC", "CH", [(0, 22 * 60, 24 * 60)])

    assert offered(night, night)[-1] == at("2026-03-02 23:00")


def test_a_public_holiday_of_either_offers_nothing() -> None:
    may_day = datetime(2026, 5, 1, tzinfo=UTC)
    geneva, washington = Stated("UTC", "FR", MORNINGS), Stated("UTC", "US", MORNINGS)

    assert offered(geneva, washington, may_day, timedelta(days=1)) == []
    assert offered(washington, washington, may_day, timedelta(days=1)) != []


def test_what_is_taken_is_not_offered_and_what_touches_it_is() -> None:
    here = Stated("UTC", "CH", [(0, 9 * 60, 12 * 60)])
    taken = [(at("2026-03-02 09:45"), at("2026-03-02 10:30"))]

    assert shared_slots((here, here), MONDAY, MONDAY + WEEK, 45, taken, 9) == [
        at("2026-03-02 09:00"), at("2026-03-02 10:30"), at("2026-03-02 11:00"),
    ]  # fmt: skip


@pytest.mark.parametrize("most", [0, 1, 4])
def test_no_more_is_offered_than_was_asked_for(most: int) -> None:
    here = Stated("UTC", "CH", MORNINGS)

    assert len(shared_slots((here, here), MONDAY, MONDAY + WEEK, 45, [], most)) == most


def test_the_hours_move_with_the_clocks() -> None:
    """Nine in the morning is an hour earlier in UTC once summer time has come."""
    geneva = Stated("Europe/Zurich", "CH", [(0, 9 * 60, 10 * 60)])

    assert offered(geneva, geneva, at("2026-03-23"), 2 * WEEK) == [at("2026-03-23 08:00"), at("2026-03-30 07:00")]


ZONES = ["Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe", "UTC"]
spans = st.tuples(st.integers(0, 6), st.integers(0, 95), st.integers(1, 96)).map(
    lambda span: (span[0], 15 * min(span[1], span[2] - 1), 15 * span[2])
)
people = st.builds(
    Stated, st.sampled_from(ZONES), st.sampled_from(["CH", "US", "NP"]), st.lists(spans, min_size=1, max_size=6)
)
begins = st.integers(0, 365 * 24).map(lambda hours: MONDAY + timedelta(hours=hours))


def holds(one: Stated, start: datetime) -> bool:
    """Whether the whole session lies in one of the stated hours, by the clock on this person's wall."""
    day = start.astimezone(ZoneInfo(one.zone)).replace(tzinfo=None, hour=0, minute=0)
    return any(
        moment_of(at_ + timedelta(minutes=since), one.zone) <= start
        and start + timedelta(minutes=45) <= moment_of(at_ + timedelta(minutes=until), one.zone)
        for at_ in (day, day - timedelta(days=1))
        for weekday, since, until in one.hours
        if weekday == at_.weekday()
    )


@given(people, people, begins)
def test_every_offer_suits_both_whatever_their_zones_and_the_season(
    leader: Stated, junior: Stated, begin: datetime
) -> None:
    slots = offered(leader, junior, begin)

    assert [start for start in slots if not (holds(leader, start) and holds(junior, start))] == []
    assert slots == sorted(set(slots))
    assert all(begin <= start <= begin + WEEK - timedelta(minutes=45) for start in slots)
    assert max([sum(other.date() == one.date() for other in slots) for one in slots], default=0) <= A_DAY
