"""What a try-out says is what the clock does; and who tries it out, and how."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from mentoring.db import Database, open_database
from mentoring.followups.contracts import Said, Scenario
from mentoring.followups.simulation import ANSWERS_AFTER, PAUSED_FOR, Where, simulate
from mentoring.pairings.life import Pause
from mentoring.pairings.pausing import pause_pairing
from mentoring.people.rules import MOST_A_WEEK, OFFICE_CLOSES, OFFICE_OPENS, working
from mentoring.programmes.rules import PLANS, Ladder, Plan, Preset
from tests.builders import as_actor
from tests.mentoring.followups.living import LOOKING_BACK, begun, live, proposed, signed, told

ZURICH, NAIROBI, RIYADH = Where("CH", "Europe/Zurich"), Where("KE", "Africa/Nairobi"), Where("SA", "Asia/Riyadh")
DAY = date(2026, 3, 2)
SHORT = Plan(sessions=2, every_days=14)
REMINDERS = ("nudge_", "look_", "at_risk")


@pytest.fixture
async def living(sqlite_database_url: str) -> AsyncIterator[Database]:
    """Some thousand transactions a life; what they do is tried on either database elsewhere."""
    opened = open_database(sqlite_database_url)
    yield opened
    await opened.close()


def asked_at(place: Where) -> datetime:
    return datetime.combine(DAY, time(10), ZoneInfo(place.zone))


@pytest.mark.parametrize("scenario, leader, junior", [
    (Scenario.SILENT, ZURICH, NAIROBI), (Scenario.SILENT, RIYADH, ZURICH), (Scenario.FINE, ZURICH, NAIROBI),
])  # fmt: skip
async def test_a_simulated_pairing_is_told_what_a_real_one_is(
    living: Database, scenario: Scenario, leader: Where, junior: Where
) -> None:
    at = asked_at(leader)
    pairing = await proposed(living, SHORT, Ladder(), leader, junior, at)

    await begun(living, pairing, at)
    if scenario is Scenario.FINE:
        await signed(living, pairing, at + 2 * ANSWERS_AFTER)
    await live(living, at + LOOKING_BACK, answering=scenario is Scenario.FINE)

    who = {pairing.leader_id: "leader", pairing.junior_id: "junior"}
    assert await told(living, who) == out_of(simulate(SHORT, Ladder(), scenario, leader, junior, DAY))


@pytest.mark.parametrize("every_days", [7, 14])
async def test_a_simulated_pause_is_a_real_one(living: Database, every_days: int) -> None:
    plan, at = Plan(sessions=4, every_days=every_days), asked_at(ZURICH)
    pairing = await proposed(living, plan, Ladder(), ZURICH, NAIROBI, at)
    said = simulate(plan, Ladder(), Scenario.PAUSED, ZURICH, NAIROBI, DAY)
    [paused_at] = [one.at for one in said if one.kind == "pairing_paused"]

    await begun(living, pairing, at)
    await signed(living, pairing, at + 2 * ANSWERS_AFTER)
    await live(living, paused_at - timedelta(seconds=1), answering=True)
    async with living.sessions.begin() as db:
        until = (paused_at.astimezone(ZoneInfo(ZURICH.zone)) + PAUSED_FOR).date()
        await pause_pairing(db, as_actor(pairing.leader_id, zone=ZURICH.zone), pairing.id, Pause(until), paused_at)
    await live(living, at + LOOKING_BACK, answering=True)

    assert await told(living, {pairing.leader_id: "leader", pairing.junior_id: "junior"}) == out_of(said)


def out_of(said: list[Said]) -> list[tuple[datetime, str, str, tuple[str, ...]]]:
    return sorted((one.at, one.to, one.kind, tuple(sorted(part.kind for part in one.parts))) for one in said)


def kinds(said: list[Said]) -> Counter[str]:
    return Counter(one.kind for whole in said for one in (whole.parts or [whole]))


def test_a_pairing_that_falls_silent_climbs_the_ladder() -> None:
    said = simulate(PLANS[Preset.STANDARD], Ladder(), Scenario.SILENT, ZURICH, NAIROBI, DAY)

    assert kinds(said)["nudge_silence"] == 2
    assert [one.about for whole in said for one in (whole.parts or [whole]) if one.kind == "at_risk"] == [
        "amber",
        "red",
    ]


def test_a_pairing_that_does_well_is_not_reminded_of_anything() -> None:
    said = simulate(PLANS[Preset.STANDARD], Ladder(), Scenario.FINE, ZURICH, NAIROBI, DAY)

    assert {kind for kind in kinds(said) if kind.startswith(REMINDERS)} == set()
    assert (kinds(said)["check_in"], kinds(said)["pulse"]) == (2 * 7, 2 * 4)


def test_nobody_is_asked_or_reminded_during_a_pause() -> None:
    said = simulate(PLANS[Preset.STANDARD], Ladder(), Scenario.PAUSED, ZURICH, NAIROBI, DAY)
    asked = sorted(one.at for one in said if one.kind == "check_in")
    longest = max(later - earlier for earlier, later in pairwise(asked))

    assert longest >= PAUSED_FOR
    assert {kind for kind in kinds(said) if kind.startswith(REMINDERS)} == set()


def test_a_longer_ladder_says_more() -> None:
    ladder = Ladder(silence=("0.5:junior", "1:leader", "1.5:coordinator", "2:leader+junior"))

    more = kinds(simulate(Plan(), ladder, Scenario.SILENT, ZURICH, NAIROBI, DAY))

    assert (more["nudge_silence"], more["look_silence"]) == (4, 1)


@pytest.mark.parametrize("leader", [ZURICH, NAIROBI, RIYADH], ids=lambda place: place.country)
@pytest.mark.parametrize("scenario", Scenario)
def test_reminders_come_in_working_hours_and_no_more_than_twice_a_week(scenario: Scenario, leader: Where) -> None:
    said = simulate(Plan(every_days=7), Ladder(), scenario, leader, ZURICH, DAY)
    places = {"leader": leader, "junior": ZURICH, "coordinator": leader}
    paced = [one for one in said if one.kind in ("check_in", "pulse", "bundle") or one.kind.startswith(REMINDERS)]

    weeks = Counter((one.to, *local(one.at, places[one.to]).isocalendar()[:2]) for one in paced)
    late = [one for one in paced if one.kind.startswith(REMINDERS) or "+" in one.about]

    assert max(weeks.values()) <= MOST_A_WEEK
    assert all(in_office(one.at, places[one.to]) for one in late)


def local(at: datetime, place: Where) -> datetime:
    return at.astimezone(ZoneInfo(place.zone))


def in_office(at: datetime, place: Where) -> bool:
    there = local(at, place)
    return working(there, place.country) and OFFICE_OPENS <= there.time() < OFFICE_CLOSES


def test_a_plan_of_one_session_has_an_end() -> None:
    said = simulate(Plan(sessions=1), Ladder(), Scenario.SILENT, ZURICH, ZURICH, DAY)

    assert said[-1].at - said[0].at < timedelta(days=120)
