"""The ladder and the points, as tables."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from msgspec import structs

from mentoring.followups.rules import (
    AMBER,
    BETWEEN_RUNGS,
    RED,
    Facts,
    Finding,
    Level,
    Matter,
    NextAction,
    Pauses,
    Reason,
    Step,
    Taken,
    assess,
    elapsed,
    first_look,
    level_of,
    look,
    next_action,
    reached_at,
)
from mentoring.programmes.rules import Ladder, Plan, Tell, climbs

BEGAN = datetime(2026, 3, 3, 9, tzinfo=UTC)
DAY = timedelta(days=1)
CADENCE = timedelta(days=21)
WHO = uuid4()
QUIET = Facts(began_at=BEGAN, cadence=CADENCE, booked=True)
UNBOOKED = structs.replace(QUIET, booked=False)
MET = structs.replace(QUIET, held=[BEGAN])
LADDER = Ladder()

POINTS: dict[str, tuple[Facts, timedelta, list[tuple[Reason, int]]]] = {
    "nothing yet": (QUIET, 13 * DAY, []),
    "no first session by day 14": (QUIET, 14 * DAY, [(Reason.FIRST_SESSION, 20)]),
    "no first session by day 21": (QUIET, 21 * DAY, [(Reason.FIRST_SESSION, 40)]),
    "a first session, late": (structs.replace(QUIET, held=[BEGAN + 20 * DAY]), 21 * DAY, []),
    "a gap of nearly 1.5 cadences": (MET, 1.49 * CADENCE, []),
    "a gap of 1.5 cadences": (MET, 1.5 * CADENCE, [(Reason.GAP, 20)]),
    "a gap of 2 cadences": (MET, 2 * CADENCE, [(Reason.GAP, 40)]),
    "no gap after the last session of the plan": (structs.replace(MET, ends_at=BEGAN + DAY), 2 * CADENCE, []),
    "one cancellation": (structs.replace(MET, cancelled=1), DAY, [(Reason.CANCELLED, 10)]),
    "two running": (structs.replace(MET, cancelled=2), DAY, [(Reason.CANCELLED, 60)]),
    "five running": (structs.replace(MET, cancelled=5), DAY, [(Reason.CANCELLED, 60)]),
    "a fit of 2": (structs.replace(MET, fit=2), DAY, [(Reason.FIT, 40)]),
    "a fit of 3": (structs.replace(MET, fit=3), DAY, []),
    "cannot say what they think": (structs.replace(MET, unsafe=frozenset({WHO})), DAY, [(Reason.CANDOUR, 60)]),
    "unsigned at day 20": (structs.replace(MET, unsigned=frozenset({WHO})), 20 * DAY, []),
    "unsigned at day 21": (structs.replace(MET, unsigned=frozenset({WHO})), 21 * DAY, [(Reason.UNSIGNED, 15)]),
    "one check-in unanswered": (structs.replace(MET, unanswered=1), DAY, []),
    "two check-ins unanswered": (structs.replace(MET, unanswered=2), DAY, [(Reason.UNANSWERED, 20)]),
    "several at once": (
        structs.replace(QUIET, unanswered=2, cancelled=1),
        21 * DAY,
        [(Reason.CANCELLED, 10), (Reason.FIRST_SESSION, 40), (Reason.UNANSWERED, 20)],
    ),
}


@pytest.mark.parametrize("facts, age, found", POINTS.values(), ids=POINTS)
def test_each_reason_has_its_points(facts: Facts, age: timedelta, found: list[tuple[Reason, int]]) -> None:
    assert [(one.reason, one.points) for one in assess(facts, BEGAN + age)] == found


@pytest.mark.parametrize(
    "points, level",
    [(0, Level.GREEN), (AMBER - 1, Level.GREEN), (AMBER, Level.AMBER), (RED - 1, Level.AMBER), (RED, Level.RED)],
)
def test_thirty_points_are_amber_and_sixty_red(points: int, level: Level) -> None:
    assert (AMBER, RED) == (30, 60)
    assert level_of([Finding(Reason.GAP, points)]) is level


@pytest.mark.parametrize(
    "reasons, action",
    [
        ([(Reason.GAP, 20), (Reason.FIT, 40)], NextAction.OFFER_REMATCH),
        ([(Reason.CANDOUR, 60), (Reason.CANCELLED, 60)], NextAction.SPEAK_ALONE),
        ([(Reason.CONFIDENTIAL, 0), (Reason.CANCELLED, 60)], NextAction.ASK_ITS_COORDINATOR),
        ([(Reason.LADDER, 0)], NextAction.CALL_BOTH),
    ],
)
def test_what_weighs_most_says_what_to_do_next(reasons: list[tuple[Reason, int]], action: NextAction) -> None:
    assert next_action([Finding(*one) for one in reasons]) is action


@pytest.mark.parametrize("reason", list(Reason))
def test_there_is_something_to_do_about_every_reason(reason: Reason) -> None:
    assert next_action([Finding(reason, 20)]) in NextAction


def test_the_default_rungs_are_those_of_the_dictionary() -> None:
    assert [(one.after, [*one.tell]) for one in climbs(LADDER.first_session)] == [
        (3, [Tell.JUNIOR]),
        (7, [Tell.LEADER, Tell.DELEGATE]),
        (14, [Tell.AMBER]),
        (21, [Tell.RED]),
    ]
    assert [one.after for one in climbs(LADDER.silence)] == [1.5, 2, 3, 4]
    assert [one.after for one in climbs(LADDER.agreement)] == [7, 12, 21]


def climbed(
    facts: Facts, days: list[float], taken: dict[Matter, Taken] | None = None
) -> list[list[tuple[Matter, int]]]:
    """Which rungs are taken on looks at these days after the beginning, one after the other."""
    known: dict[Matter, Taken] = {}
    found = []
    for day in days:
        seen = look(facts, LADDER, known, BEGAN + day * DAY)
        for step in seen.taken:
            known[step.matter] = Taken(step.since, step.number + 1, BEGAN + day * DAY)
        found.append([(step.matter, step.number) for step in seen.taken])
    return found


def test_a_first_session_that_is_not_arranged_is_climbed_rung_by_rung() -> None:
    first = Matter.FIRST_SESSION

    assert climbed(UNBOOKED, [2.9, 3, 3.1, 7, 14, 21, 22]) == [
        [], [(first, 0)], [], [(first, 1)], [(first, 2)], [(first, 3)], [],
    ]  # fmt: skip


def test_after_an_outage_it_is_one_rung_and_the_next_comes_two_days_later() -> None:
    first = Matter.FIRST_SESSION

    assert climbed(UNBOOKED, [25, 26, 27, 27.5]) == [[(first, 0)], [], [(first, 1)], []]
    assert timedelta(hours=48) == BETWEEN_RUNGS


def test_silence_is_counted_in_cadences_from_the_last_sign_of_life() -> None:
    silence = Matter.SILENCE
    answered = structs.replace(QUIET, answered_at=BEGAN + 10 * DAY)

    assert climbed(QUIET, [31, 31.5, 42, 63, 84]) == [[], *([(silence, number)] for number in range(4))]
    assert climbed(answered, [31.5, 41.5]) == [[], [(silence, 0)]]


def test_a_sign_of_life_settles_what_was_said_and_begins_anew() -> None:
    met = structs.replace(QUIET, held=[BEGAN + 40 * DAY])

    seen = look(met, LADDER, {Matter.SILENCE: Taken(BEGAN, 2, BEGAN + 42 * DAY)}, BEGAN + 43 * DAY)

    assert (seen.over, seen.taken, seen.level) == ([Matter.SILENCE], [], Level.GREEN)


def test_a_rung_that_says_so_makes_it_amber_and_red_whatever_the_points() -> None:
    at_14 = look(UNBOOKED, LADDER, {Matter.FIRST_SESSION: Taken(BEGAN, 2, BEGAN + 7 * DAY)}, BEGAN + 14 * DAY)
    at_21 = look(UNBOOKED, LADDER, {Matter.FIRST_SESSION: Taken(BEGAN, 3, BEGAN + 14 * DAY)}, BEGAN + 21 * DAY)

    assert (at_14.points, at_14.level, at_21.points, at_21.level) == (20, Level.AMBER, 40, Level.RED)
    assert Finding(Reason.LADDER, 0) in at_14.findings


def test_an_agreement_is_asked_for_until_both_have_signed() -> None:
    unsigned = structs.replace(QUIET, unsigned=frozenset({WHO}))

    assert climbed(unsigned, [6, 7, 12, 21])[1:] == [[(Matter.AGREEMENT, number)] for number in range(3)]
    assert look(QUIET, LADDER, {Matter.AGREEMENT: Taken(BEGAN, 1, BEGAN)}, BEGAN + 8 * DAY).over == [Matter.AGREEMENT]


PAUSES: dict[str, tuple[Pauses, timedelta | None, timedelta]] = {
    "none": ([], 10 * DAY, 12 * DAY),
    "one that is over": ([(BEGAN + 2 * DAY, BEGAN + 5 * DAY)], 13 * DAY, 9 * DAY),
    "one that began before": ([(BEGAN - 2 * DAY, BEGAN + DAY)], 11 * DAY, 11 * DAY),
    "one before": ([(BEGAN - 9 * DAY, BEGAN - 8 * DAY)], 10 * DAY, 12 * DAY),
    "one that begins later": ([(BEGAN + 11 * DAY, BEGAN + 20 * DAY)], 10 * DAY, 11 * DAY),
    "one that lasts": ([(BEGAN + 2 * DAY, None)], None, 2 * DAY),
    "two": ([(BEGAN + 6 * DAY, BEGAN + 7 * DAY), (BEGAN + DAY, BEGAN + 2 * DAY)], 12 * DAY, 10 * DAY),
}


@pytest.mark.parametrize("pauses, after, by_day_12", PAUSES.values(), ids=PAUSES)
def test_a_pause_stops_the_clock(pauses: Pauses, after: timedelta | None, by_day_12: timedelta) -> None:
    reached = reached_at(BEGAN, 10 * DAY, pauses)

    assert (reached - BEGAN if reached else None) == after
    assert elapsed(BEGAN, BEGAN + 12 * DAY, pauses) == by_day_12


def test_nothing_is_taken_and_nothing_gets_worse_as_long_as_a_pause_lasts() -> None:
    paused = structs.replace(UNBOOKED, pauses=[(BEGAN + 2 * DAY, None)])

    seen = look(paused, LADDER, {}, BEGAN + 100 * DAY)

    assert (seen.taken, seen.points, seen.level, seen.wake_at) == ([], 0, Level.GREEN, None)


def test_the_first_look_is_when_something_can_first_be_due() -> None:
    assert first_look(BEGAN, Plan(), LADDER) == BEGAN + 3 * DAY
    assert first_look(BEGAN, Plan(), Ladder(first_session=())) == BEGAN + 14 * DAY


def test_a_look_says_when_the_next_is_due() -> None:
    """The first session is not held by day 14: that changes points, though no rung is due."""
    seen = look(QUIET, LADDER, {}, BEGAN)

    assert seen.wake_at == BEGAN + 14 * DAY
    assert look(QUIET, LADDER, {}, BEGAN + 14 * DAY).wake_at == BEGAN + 21 * DAY


def test_a_rung_says_whom_it_tells() -> None:
    seen = look(UNBOOKED, LADDER, {}, BEGAN + 3 * DAY)

    assert seen.taken == [Step(Matter.FIRST_SESSION, BEGAN, 0, (Tell.JUNIOR,))]
