"""What a programme decides: roles, presets, matching rules and weights, plan and ladder; and hours in the week."""

import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, structs

from mentoring.errors import Conflict, Invalid, NotFound

MOST_NEEDS = 3
MOST_WISHES = 3
MOST_CAPACITY = 3
QUARTERS_A_WEEK = 7 * 24 * 4
"""Stated hours are cut to quarter hours and laid on the week, Monday 00:00 UTC first."""
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|(data|file|javascript|mailto|vbscript):", re.IGNORECASE)
WEB_ADDRESS = re.compile(r"https?://[^\s/:@]+(\.[^\s/:@]+)+(:\d+)?(/\S*)?$", re.IGNORECASE)
"""Without a name or a password in it, and with a host that has a dot: what a reader may click on."""
LARGEST_DRAFT = 30_000
"""Characters of a sign-up that is being filled in: more than all its fields take."""
DRAFT_FIELDS = 400
SEEN_FROM = 5
"""People of the other side in one zone, at least, before a page names it: fewer could be told apart."""
MOST_CLOCKS = 3
CHECKLIST = ("guide", "conversation", "confidentiality", "time")
"""What a junior ticks before being matched: read the guide, planned a first conversation, knows what stays
between the two, and has the time."""

SETTLING_IN = timedelta(days=7)
"""Between the second yes and the first session: time to make room in two calendars."""
CLOSING_AFTER = timedelta(days=14)
"""From the end of the last session until the pairing is over: time to make up for a session that was missed."""

Minutes = Annotated[int, Meta(ge=0, le=24 * 60)]
Hours = list[tuple[Annotated[int, Meta(ge=0, le=6)], Minutes, Minutes]]
"""Weekday (Monday is 0), from and to in minutes after midnight of the person's own wall clock."""
Switch = bool
Share = Annotated[float, Meta(ge=0, le=100)]
SeniorityGap = Annotated[int, Meta(ge=0, le=30)]
OfferLevel = Annotated[int, Meta(ge=1, le=4)]
Fluency = Annotated[int, Meta(ge=1, le=3)]
WeeklyHours = Annotated[float, Meta(ge=0, le=40)]
SessionCount = Annotated[int, Meta(ge=1, le=52)]
SessionMinutes = Annotated[int, Meta(ge=15, le=240)]
Cadence = Annotated[int, Meta(ge=1, le=92)]
DaysAfter = Annotated[int, Meta(ge=1, le=365)]
End = Annotated[int, Meta(ge=1, le=90)]
Quota = Annotated[int, Meta(ge=0, le=100_000)]
ChangeCost = Annotated[float, Meta(ge=0, le=4)]
Cap = Annotated[float, Meta(ge=0.01, le=1)]
Seed = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Steps = Annotated[tuple[Annotated[int, Meta(ge=1, le=60)], ...], Meta(max_length=8)]
WHO = "junior|leader|delegate|coordinator|amber|red"
Rung = Annotated[str, Meta(max_length=60, pattern=rf"^\d{{1,3}}(\.\d{{1,2}})?:({WHO})(\+({WHO}))*$")]
"""How long after the beginning of the matter, and who is told then: ``7:leader+delegate``. ``amber`` and ``red`` put
the pairing into the coordinators' queue."""
Rungs = Annotated[tuple[Rung, ...], Meta(max_length=8)]


class Role(enum.StrEnum):
    LEADER = "leader"
    JUNIOR = "junior"


class Preset(enum.StrEnum):
    STANDARD = "standard"
    SPRINT = "sprint"
    EXTENDED = "extended"


class PolicyName(enum.StrEnum):
    """What a round puts first; how each is solved is the engine's matter."""

    STANDARD = "standard"
    GREATEST_TOTAL = "greatest_total"
    COVERAGE_FIRST = "coverage_first"
    RAISE_THE_WORST_OFF = "raise_the_worst_off"
    RAISE_IN_TURN = "raise_in_turn"
    STABLE = "stable"
    FEWEST_CHANGES = "fewest_changes"
    QUOTA = "quota"
    LOTTERY = "lottery"


CAPACITY = {Role.LEADER: 1, Role.JUNIOR: MOST_CAPACITY}
"""Partners at a time, at most."""


class EnrolmentState(enum.StrEnum):
    ENROLLED = "enrolled"
    WITHDRAWN = "withdrawn"


class MatchingRules(Struct, frozen=True, forbid_unknown_fields=True):
    """The hard rules with their switches and thresholds; product rules and defaults in docs/domain.md."""

    reporting_line: Switch = True
    unit: Switch = True
    seniority: Switch = True
    skill: Switch = True
    language: Switch = True
    time: Switch = True
    seniority_gap: SeniorityGap = 2
    minimum_offer: OfferLevel = 2
    working_fluency: Fluency = 2
    shared_hours: WeeklyHours = 2.0


class MatchingWeights(Struct, frozen=True, forbid_unknown_fields=True):
    """How much each part of the fit score counts: a weighted mean, so only the proportions matter."""

    need: Share = 0.45
    time: Share = 0.15
    wishes: Share = 0.15
    tools: Share = 0.10
    language: Share = 0.10
    across: Share = 0.05


class Matching(Struct, frozen=True, forbid_unknown_fields=True):
    """The policy of a programme's rounds, and what some policies need besides; the others look at none of it.

    ``quota``: pairs of two countries, at least. ``change_cost``: what giving up a published pair costs, in perfect
    fits. ``cap``: the highest probability of any pair in a lottery, which ``seed`` draws.
    """

    policy: PolicyName = PolicyName.STANDARD
    quota: Quota = 0
    change_cost: ChangeCost = 4.0
    cap: Cap = 0.5
    seed: Seed = 0


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """How often a pairing meets, for how long, and when it is asked how it goes."""

    sessions: SessionCount = 7
    minutes: SessionMinutes = 45
    every_days: Cadence = 21
    pulse_after_days: DaysAfter = 30
    midpoint_after_session: SessionCount = 3
    look_back_after_days: DaysAfter = 90


class Tell(enum.StrEnum):
    """Who is told on a rung of the ladder; the last two are for the coordinators' queue."""

    JUNIOR = "junior"
    LEADER = "leader"
    DELEGATE = "delegate"
    COORDINATOR = "coordinator"
    AMBER = "amber"
    RED = "red"


class Climb(NamedTuple):
    """A rung as it is read: how long after, in the unit of its matter, and who is told."""

    after: float
    tell: tuple[Tell, ...]


class Ladder(Struct, frozen=True, forbid_unknown_fields=True):
    """How long we wait before we ask again, and whom.

    Consent counts working days, silence counts cadences of the plan, all else counts days.
    """

    consent_reminders: Steps = (2, 4)
    consent_expires: End = 5
    check_in_follow_ups: Steps = (1, 4)
    check_in_lapses: End = 7
    first_session: Rungs = ("3:junior", "7:leader+delegate", "14:amber", "21:red")
    silence: Rungs = ("1.5:junior", "2:leader+delegate", "3:amber", "4:red")
    agreement: Rungs = ("7:leader+junior", "12:leader+junior", "21:coordinator")


PLANS = {
    Preset.STANDARD: Plan(),
    Preset.SPRINT: Plan(sessions=6, every_days=14),
    Preset.EXTENDED: Plan(sessions=9, minutes=60, every_days=30),
}


class ProgrammeNotFound(NotFound):
    """No programme with this id or name, or none that you may see."""


class ProgrammeNameTaken(Conflict):
    """Another programme has this name."""


class SignUpClosed(Conflict):
    """The programme takes no sign-ups now."""


class SettingUnknown(Invalid):
    """``name`` is no rule, weight, plan or ladder entry; ``known`` lists those that are."""


class SettingOutOfRange(Invalid):
    """``name`` cannot be set to ``value``; ``takes`` says what it takes."""


class LadderOutOfOrder(Invalid):
    """Reminders must rise and come before the end."""


class RungsOutOfOrder(Invalid):
    """The rungs of ``name`` must come one after the other."""


class NeedsMissing(Invalid):
    """Nobody can be matched without at least one need or offer."""


class HoursMissing(Invalid):
    """Nobody can be matched without hours that usually hold."""


class TooManyNeeds(Invalid):
    """A leader names at most ``most`` needs, so that a pairing can reach them."""


class TooManyWishes(Invalid):
    """More wishes than the ``most`` allowed."""


class CapacityTooLarge(Invalid):
    """More partners at a time than the ``most`` that this role allows."""


class SkillDoubled(Invalid):
    """The skill ``code`` is named twice."""


class OfferNeedsLevel(Invalid):
    """A junior offers ``code`` at level 0: there is nothing to teach."""


class SkillUnknown(Invalid):
    """No skill has this ``code``."""


class HoursBackwards(Invalid):
    """An hour ends before it begins."""


class PersonUnknown(Invalid):
    """A wish or an exclusion names (``who``) nobody who can be named."""


class OneselfNamed(Invalid):
    """A wish or an exclusion names the person who signs up."""


class EvidenceNotALink(Invalid):
    """``link`` is an address that no browser should follow: only http and https are."""


class SignUpChangedElsewhere(Conflict):
    """The sign-up is not as it was when this change of it was begun."""


class DraftKeptElsewhere(Conflict):
    """Another window or device has kept a later draft of the same sign-up."""


class DraftTooLarge(Invalid):
    """More than anybody fills in."""


class WeightsEmpty(Invalid):
    """Without any weight every pair would be as good as every other."""


class NotSignedUp(NotFound):
    """You have not signed up for this programme in this role."""


class NotPreparing(Conflict):
    """Only a junior who has signed up prepares."""


def check_ladder(ladder: Ladder) -> None:
    """Raises ``LadderOutOfOrder`` where a reminder would come after the end, or before the one before it.

    Raises ``RungsOutOfOrder`` where a rung comes no later than the one before it.
    """
    for steps, end in (
        (ladder.consent_reminders, ladder.consent_expires),
        (ladder.check_in_follow_ups, ladder.check_in_lapses),
    ):
        if list(steps) != sorted(set(steps)) or (steps and steps[-1] >= end):
            raise LadderOutOfOrder(steps=", ".join(map(str, steps)), end=end)

    for name in ("first_session", "silence", "agreement"):
        after = [rung.after for rung in climbs(getattr(ladder, name))]
        if after != sorted(set(after)):
            raise RungsOutOfOrder(name=name)


def climbs(rungs: Sequence[str]) -> list[Climb]:
    """The rungs as they are read."""
    parted = (rung.partition(":") for rung in rungs)
    return [Climb(float(after), tuple(map(Tell, tell.split("+")))) for after, _, tell in parted]


def shares_of(weights: MatchingWeights) -> dict[str, float]:
    """How much each part counts once they are made to sum to one; all nought where no weight is left."""
    total = sum(structs.astuple(weights))
    return {name: weight / total if total else 0.0 for name, weight in structs.asdict(weights).items()}


def check_weights(weights: MatchingWeights) -> None:
    """Raises ``WeightsEmpty``."""
    if sum(structs.astuple(weights)) <= 0:
        raise WeightsEmpty()


def check_sign_up(role: Role, skills: Sequence[tuple[str, int]], hours: Hours, capacity: int, wishes: int) -> None:
    """Raises the first thing that is wrong with a sign-up, whoever it is from. ``skills``: codes with their levels."""
    for fault in faults_of_sign_up(role, skills, hours, capacity, wishes):
        raise fault


def faults_of_sign_up(
    role: Role, skills: Sequence[tuple[str, int]], hours: Hours, capacity: int, wishes: int
) -> Iterator[Invalid]:
    """All that is wrong with a sign-up, in the order of the form."""
    codes = [code for code, _ in skills]
    if not skills:
        yield NeedsMissing()
    if role is Role.LEADER and len(skills) > MOST_NEEDS:
        yield TooManyNeeds(most=MOST_NEEDS)
    yield from (SkillDoubled(code=code) for code in dict.fromkeys(codes) if codes.count(code) > 1)
    yield from (OfferNeedsLevel(code=code) for code, level in skills if role is Role.JUNIOR and level == 0)
    if not hours:
        yield HoursMissing()
    yield from (HoursBackwards(weekday=weekday) for weekday, begin, end in hours if begin >= end)
    if capacity > CAPACITY[role]:
        yield CapacityTooLarge(most=CAPACITY[role])
    if wishes > MOST_WISHES:
        yield TooManyWishes(most=MOST_WISHES)


def check_draft(typed: Mapping[str, str | list[str]]) -> None:
    """Raises ``DraftTooLarge``."""
    size = sum(len(value) if isinstance(value, str) else sum(map(len, value)) for value in typed.values())
    if size > LARGEST_DRAFT or len(typed) > DRAFT_FIELDS:
        raise DraftTooLarge()


def links_of(evidence: str) -> list[str]:
    """The web addresses in what somebody gives as evidence. Raises ``EvidenceNotALink`` for any other kind."""
    addresses = [word for word in evidence.split() if ADDRESS.match(word)]
    if other := [one for one in addresses if not WEB_ADDRESS.match(one)]:
        raise EvidenceNotALink(link=other[0])
    return addresses


def clock_there(here: str, there: str, year: int, month: int) -> int:
    """Minutes after midnight ``there`` when it is 9:00 ``here``, in the middle of a month."""
    ahead = offset_quarters(there, year, month) - offset_quarters(here, year, month)
    return 9 * 60 + 15 * ahead


def offset_quarters(zone: str, year: int, month: int) -> int:
    """The zone's offset from UTC, in quarter hours, at noon UTC on the fifteenth of ``month``."""
    offset = datetime(year, month, 15, 12, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds() // 900)
