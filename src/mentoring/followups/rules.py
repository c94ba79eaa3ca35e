"""What the ladder asks for, and how much a pairing is at risk: the same decisions for the clock and for a try-out.

Time that a pairing is paused does not count: neither towards a rung nor towards a point.
"""

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from mentoring.errors import NotFound
from mentoring.programmes.rules import Climb, Ladder, Plan, Role, Tell, climbs

BETWEEN_RUNGS = timedelta(hours=48)
"""A rung comes no sooner than this after the one before it, so that after an outage nobody skips being reminded."""
DAY = timedelta(days=1)

AMBER, RED = 30, 60
"""Points from which a pairing is at risk."""
NO_FIRST_SESSION = ((21 * DAY, 40), (14 * DAY, 20))
"""Since it began, without a session held: the first that holds counts. So with the gap, in cadences."""
GAP = ((2.0, 40), (1.5, 20))
CANCELLED_ONCE, CANCELLED_RUNNING = 10, 60
"""One session that did not take place; two or more, one after the other."""
LOW_ANSWER = 2
"""An answer of this or less, of 5, says that something is wrong."""
POOR_FIT = 40
UNSIGNED_AFTER, UNSIGNED = 21 * DAY, 15
UNANSWERED_AFTER, UNANSWERED = 2, 20
"""Check-ins in a row that one of the two let lapse."""

Pauses = Sequence[tuple[datetime, datetime | None]]
"""When it was paused, and until when; empty for a pause that lasts."""


class Matter(enum.StrEnum):
    """What a ladder is about."""

    FIRST_SESSION = "first_session"
    SILENCE = "silence"
    AGREEMENT = "agreement"


class Level(enum.StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


SEVERITY = {Level.GREEN: 0, Level.AMBER: 1, Level.RED: 2}


class Reason(enum.StrEnum):
    """Why a pairing is at risk. ``candour`` is told in confidence; ``ladder``: a rung of the ladder says so."""

    CANDOUR = "candour"
    CANCELLED = "cancelled"
    FIRST_SESSION = "first_session"
    GAP = "gap"
    FIT = "fit"
    UNANSWERED = "unanswered"
    UNSIGNED = "unsigned"
    LADDER = "ladder"
    CONFIDENTIAL = "confidential"


class NextAction(enum.StrEnum):
    """The next best thing that a coordinator can do."""

    SPEAK_ALONE = "speak_alone"
    PROTECT_TIME = "protect_time"
    OFFER_SLOTS = "offer_slots"
    CALL_BOTH = "call_both"
    OFFER_REMATCH = "offer_rematch"
    CALL = "call"
    SEND_AGREEMENT = "send_agreement"
    ASK_ITS_COORDINATOR = "ask_its_coordinator"


NEXT_ACTION = {
    Reason.CANDOUR: NextAction.SPEAK_ALONE,
    Reason.CANCELLED: NextAction.PROTECT_TIME,
    Reason.FIRST_SESSION: NextAction.OFFER_SLOTS,
    Reason.GAP: NextAction.CALL_BOTH,
    Reason.FIT: NextAction.OFFER_REMATCH,
    Reason.UNANSWERED: NextAction.CALL,
    Reason.UNSIGNED: NextAction.SEND_AGREEMENT,
    Reason.LADDER: NextAction.CALL_BOTH,
    Reason.CONFIDENTIAL: NextAction.ASK_ITS_COORDINATOR,
}


ADDRESSED = {
    NextAction.SPEAK_ALONE: (),
    NextAction.PROTECT_TIME: (Role.LEADER,),
    NextAction.OFFER_SLOTS: (Role.LEADER, Role.JUNIOR),
    NextAction.CALL_BOTH: (Role.LEADER, Role.JUNIOR),
    NextAction.OFFER_REMATCH: (Role.LEADER, Role.JUNIOR),
    NextAction.CALL: (Role.LEADER, Role.JUNIOR),
    NextAction.SEND_AGREEMENT: (Role.LEADER, Role.JUNIOR),
    NextAction.ASK_ITS_COORDINATOR: (),
}
"""To whom a mail is proposed, each alone. Who confided in somebody is spoken with: a mail is read over shoulders."""


class PairingNotAtRisk(NotFound):
    """No pairing of yours that is at risk."""


class Finding(Struct, frozen=True):
    """One reason with its points."""

    reason: Reason
    points: int


class Facts(Struct, frozen=True):
    """What is known of a pairing that is under way."""

    began_at: datetime
    cadence: timedelta
    booked: bool
    """Whether a session was arranged with both, whatever became of it."""
    chosen_at: datetime | None = None
    """When one of the two, or the leader's delegate, last chose a time for a session."""
    held: Sequence[datetime] = ()
    """When the sessions that were held began, in order."""
    answered_at: datetime | None = None
    """When one of the two last answered a check-in."""
    cancelled: int = 0
    """Sessions that did not take place, one after the other, since the last that did."""
    fit: int | None = None
    """The lower of what both said last of their fit."""
    unsafe: frozenset[UUID] = frozenset()
    """Who said last that they cannot say what they think."""
    unanswered: int = 0
    """Check-ins that one of the two let lapse in a row, the greater of both."""
    unsigned: frozenset[UUID] = frozenset()
    """Who has not signed the agreement."""
    ends_at: datetime | None = None
    """When the last planned session begins: nobody is silent who has no more sessions to come."""
    pauses: Pauses = ()


class Taken(NamedTuple):
    """How far the ladder of a matter was climbed."""

    since: datetime
    rungs: int
    at: datetime


class Step(NamedTuple):
    """A rung that is taken now; they count from 0."""

    matter: Matter
    since: datetime
    number: int
    tell: tuple[Tell, ...]


class Look(NamedTuple):
    """What a look at a pairing finds. ``taken``: rungs that it takes now, at most one a matter.

    ``over``: matters that are settled, or began anew, so that what was said about them makes no sense any more.
    """

    taken: list[Step]
    over: list[Matter]
    findings: list[Finding]
    points: int
    level: Level
    wake_at: datetime | None


def elapsed(since: datetime, now: datetime, pauses: Pauses) -> timedelta:
    """How long it is that ``since`` was, without the time in which the pairing was paused."""
    paused = (min(end or now, now) - max(begin, since) for begin, end in pauses)
    return now - since - sum((span for span in paused if span > timedelta()), timedelta())


def reached_at(since: datetime, after: timedelta, pauses: Pauses) -> datetime | None:
    """When ``after`` has passed since then, without pauses; None as long as a pause without an end is in the way."""
    at = since + after
    for begin, end in sorted(pauses, key=lambda pause: pause[0]):
        if begin >= at:
            break
        if end is None:
            return None
        at += max(end - max(begin, since), timedelta())
    return at


def since_when(matter: Matter, facts: Facts, now: datetime) -> datetime | None:
    """When a matter began that is open; None where it is settled."""
    if matter is Matter.FIRST_SESSION:
        return None if facts.booked else facts.began_at
    if matter is Matter.AGREEMENT:
        return facts.began_at if facts.unsigned else None
    if _at_its_end(facts, now):
        return None
    signs = (facts.began_at, facts.answered_at, facts.chosen_at, *facts.held)
    return max(at for at in signs if at is not None)


def _at_its_end(facts: Facts, now: datetime) -> bool:
    return facts.ends_at is not None and now >= facts.ends_at


def look(facts: Facts, ladder: Ladder, taken: Mapping[Matter, Taken], now: datetime) -> Look:
    """Decide what a pairing needs now, and when to look again. However late we are it is one rung a matter."""
    stands = [_stand(matter, facts, ladder, taken.get(matter), now) for matter in Matter]
    alarm = max((one.alarm for one in stands), key=SEVERITY.__getitem__)
    findings = assess(facts, now)
    if alarm is not Level.GREEN:
        findings.append(Finding(Reason.LADDER, 0))
    ahead = [at for at in (*_thresholds(facts, now), *(one.wake_at for one in stands)) if at is not None]
    return Look(
        taken=[one.rung for one in stands if one.rung is not None],
        over=[one.matter for one in stands if one.over],
        findings=findings,
        points=sum(one.points for one in findings),
        level=max(alarm, level_of(findings), key=SEVERITY.__getitem__),
        wake_at=min(ahead, default=None),
    )


def first_look(began_at: datetime, plan: Plan, ladder: Ladder) -> datetime | None:
    """When a pairing that has just begun must be looked at for the first time."""
    facts = Facts(began_at=began_at, cadence=timedelta(days=plan.every_days), booked=False)
    return look(facts, ladder, {}, began_at).wake_at


class _Stand(NamedTuple):
    """Where a matter stands after a look."""

    matter: Matter
    over: bool
    rung: Step | None = None
    alarm: Level = Level.GREEN
    wake_at: datetime | None = None


def _stand(matter: Matter, facts: Facts, ladder: Ladder, before: Taken | None, now: datetime) -> _Stand:
    since = since_when(matter, facts, now)
    over = before is not None and before.since != since
    if since is None:
        return _Stand(matter, over)
    before = None if over else before
    steps: list[Climb] = climbs(getattr(ladder, matter.value))
    unit = facts.cadence if matter is Matter.SILENCE else DAY
    number, wake_at = climb(since, [step.after * unit for step in steps], before, facts.pauses, now)
    done = number + 1 if number is not None else before.rungs if before else 0
    rung = Step(matter, since, number, steps[number].tell) if number is not None else None
    return _Stand(matter, over, rung, _alarm(steps[:done]), wake_at)


def climb(
    since: datetime, after: Sequence[timedelta], before: Taken | None, pauses: Pauses, now: datetime
) -> tuple[int | None, datetime | None]:
    """Return which rung is taken now, if any, and when the next one is due. Rungs count from 0."""
    number = before.rungs if before else 0
    due = _due(number, since, after, before.at if before else None, pauses)
    if due is None or due > now:
        return None, due
    return number, _due(number + 1, since, after, now, pauses)


def _due(
    number: int, since: datetime, after: Sequence[timedelta], last: datetime | None, pauses: Pauses
) -> datetime | None:
    if number >= len(after):
        return None
    reached = reached_at(since, after[number], pauses)
    rested = None if last is None else reached_at(last, BETWEEN_RUNGS, pauses)
    return reached if reached is None or last is None or rested is None else max(reached, rested)


def _alarm(steps: Sequence[Climb]) -> Level:
    told = {one for step in steps for one in step.tell}
    return Level.RED if Tell.RED in told else Level.AMBER if Tell.AMBER in told else Level.GREEN


def _thresholds(facts: Facts, now: datetime) -> list[datetime]:
    """When points will change though nothing happens."""
    spans = [(facts.began_at, UNSIGNED_AFTER)] if facts.unsigned else []
    if facts.held:
        spans += [(facts.held[-1], gap * facts.cadence) for gap, _ in GAP]
    else:
        spans += [(facts.began_at, after) for after, _ in NO_FIRST_SESSION]
    reached = [facts.ends_at, *(reached_at(since, after, facts.pauses) for since, after in spans)]
    return [at for at in reached if at is not None and at > now]


def assess(facts: Facts, now: datetime) -> list[Finding]:
    """Every reason for which a pairing is at risk, with its points, the gravest first."""
    age = elapsed(facts.began_at, now, facts.pauses)
    points = {
        Reason.CANDOUR: RED if facts.unsafe else 0,
        Reason.CANCELLED: (0, CANCELLED_ONCE, CANCELLED_RUNNING)[min(facts.cancelled, 2)],
        Reason.FIRST_SESSION: 0
        if facts.held
        else next((worth for after, worth in NO_FIRST_SESSION if age >= after), 0),
        Reason.GAP: _gap(facts, now),
        Reason.FIT: POOR_FIT if facts.fit is not None and facts.fit <= LOW_ANSWER else 0,
        Reason.UNANSWERED: UNANSWERED if facts.unanswered >= UNANSWERED_AFTER else 0,
        Reason.UNSIGNED: UNSIGNED if facts.unsigned and age >= UNSIGNED_AFTER else 0,
    }
    return [Finding(reason, worth) for reason, worth in points.items() if worth]


def _gap(facts: Facts, now: datetime) -> int:
    if not facts.held or _at_its_end(facts, now):
        return 0
    gap = elapsed(facts.held[-1], now, facts.pauses)
    return next((worth for cadences, worth in GAP if gap >= cadences * facts.cadence), 0)


def level_of(findings: Sequence[Finding]) -> Level:
    points = sum(one.points for one in findings)
    return Level.RED if points >= RED else Level.AMBER if points >= AMBER else Level.GREEN


def next_action(findings: Sequence[Finding]) -> NextAction:
    """What is best done first: about what is told in confidence before all else, then about what weighs most."""
    gravest = max(findings, key=lambda one: (one.reason in (Reason.CANDOUR, Reason.CONFIDENTIAL), one.points))
    return NEXT_ACTION[gravest.reason]
