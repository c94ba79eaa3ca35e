"""What crosses the doors of programmes: presets and their changes, sign-ups, files of sign-ups, events."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from mentoring.directory.contracts import LineProblem
from mentoring.journal import Event
from mentoring.people.contracts import CLEAN
from mentoring.programmes.rules import (
    Cadence,
    Cap,
    ChangeCost,
    DaysAfter,
    End,
    EnrolmentState,
    Fluency,
    Hours,
    Ladder,
    Matching,
    MatchingRules,
    MatchingWeights,
    OfferLevel,
    Plan,
    PolicyName,
    Preset,
    Quota,
    Role,
    Rungs,
    Seed,
    SeniorityGap,
    SessionCount,
    SessionMinutes,
    Share,
    Steps,
    Switch,
    WeeklyHours,
)
from mentoring.skills.contracts import Code

Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\u202a-\u202e\u2066-\u2069]*\S$")]
Tool = Annotated[str, Meta(min_length=1, max_length=60, pattern=CLEAN)]
PersonRef = Annotated[str, Meta(min_length=1, max_length=254, pattern=CLEAN)]
"""A staff number, an address or an id."""
LanguageCode = Annotated[str, Meta(pattern=r"^[a-z]{2,3}$")]


class NewProgramme(Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    preset: Preset = Preset.STANDARD


class RulesChange(Struct, frozen=True, forbid_unknown_fields=True):
    """New values for some of the hard rules; what is left out stays. So with the four below."""

    reporting_line: Switch | UnsetType = UNSET
    unit: Switch | UnsetType = UNSET
    seniority: Switch | UnsetType = UNSET
    skill: Switch | UnsetType = UNSET
    language: Switch | UnsetType = UNSET
    time: Switch | UnsetType = UNSET
    seniority_gap: SeniorityGap | UnsetType = UNSET
    minimum_offer: OfferLevel | UnsetType = UNSET
    working_fluency: Fluency | UnsetType = UNSET
    shared_hours: WeeklyHours | UnsetType = UNSET


class WeightsChange(Struct, frozen=True, forbid_unknown_fields=True):
    need: Share | UnsetType = UNSET
    time: Share | UnsetType = UNSET
    wishes: Share | UnsetType = UNSET
    tools: Share | UnsetType = UNSET
    language: Share | UnsetType = UNSET
    across: Share | UnsetType = UNSET


class PlanChange(Struct, frozen=True, forbid_unknown_fields=True):
    sessions: SessionCount | UnsetType = UNSET
    minutes: SessionMinutes | UnsetType = UNSET
    every_days: Cadence | UnsetType = UNSET
    pulse_after_days: DaysAfter | UnsetType = UNSET
    midpoint_after_session: SessionCount | UnsetType = UNSET
    look_back_after_days: DaysAfter | UnsetType = UNSET


class LadderChange(Struct, frozen=True, forbid_unknown_fields=True):
    consent_reminders: Steps | UnsetType = UNSET
    consent_expires: End | UnsetType = UNSET
    check_in_follow_ups: Steps | UnsetType = UNSET
    check_in_lapses: End | UnsetType = UNSET
    first_session: Rungs | UnsetType = UNSET
    silence: Rungs | UnsetType = UNSET
    agreement: Rungs | UnsetType = UNSET


class MatchingChange(Struct, frozen=True, forbid_unknown_fields=True):
    policy: PolicyName | UnsetType = UNSET
    quota: Quota | UnsetType = UNSET
    change_cost: ChangeCost | UnsetType = UNSET
    cap: Cap | UnsetType = UNSET
    seed: Seed | UnsetType = UNSET


class ChangeProgramme(Struct, frozen=True, forbid_unknown_fields=True):
    """Only what is to change."""

    name: Name | UnsetType = UNSET
    open: bool | UnsetType = UNSET
    rules: RulesChange | UnsetType = UNSET
    weights: WeightsChange | UnsetType = UNSET
    matching: MatchingChange | UnsetType = UNSET
    plan: PlanChange | UnsetType = UNSET
    ladder: LadderChange | UnsetType = UNSET


class PersonName(Struct, frozen=True):
    id: UUID
    staff_no: str | None
    name: str


class ProgrammeSummary(Struct, frozen=True):
    """A programme in a list, as anybody may see it who could sign up."""

    id: UUID
    name: str
    preset: Preset
    open: bool
    plan: Plan
    coordinating: bool
    roles: list[Role]
    """In which the reader has signed up."""
    drafts: list[Role]
    """In which the reader has begun to."""
    shared_hours: float
    """Hours a week that two must share to be paired; 0 where that is no rule here."""


class RoleCount(Struct, frozen=True):
    """``ready`` are those who could be matched: enrolled, and prepared where that is asked."""

    enrolled: int = 0
    ready: int = 0


class ProgrammeView(Struct, frozen=True):
    """A programme with all that its coordinator decides."""

    id: UUID
    name: str
    preset: Preset
    open: bool
    created_at: datetime
    rules: MatchingRules
    weights: MatchingWeights
    matching: Matching
    plan: Plan
    ladder: Ladder
    leaders: RoleCount
    juniors: RoleCount
    coordinators: list[PersonName]


class NewCoordinator(Struct, frozen=True, forbid_unknown_fields=True):
    person: PersonRef


class SkillLevel(Struct, frozen=True, forbid_unknown_fields=True):
    """A need with the level held now, or an offer with the level offered."""

    code: Code
    level: Annotated[int, Meta(ge=0, le=4)]


class SignUp(Struct, frozen=True, forbid_unknown_fields=True):
    """A person's own sign-up. ``skills``: a leader's needs, the most urgent first; a junior's offers.

    ``hours``: weekday (Monday is 0), from and to in minutes after midnight of one's own wall clock. ``languages``:
    code to fluency (1 basic, 2 professional, 3 native); left out, they stay. ``exclusions``: people one should not be
    paired with, seen by the coordinator alone; left out, they stay as they were. ``version``: which state of the
    sign-up this changes; left out, whatever is there is replaced. ``draft``: the draft that it came from, by its
    ``saved_at``.
    """

    skills: Annotated[list[SkillLevel], Meta(max_length=50)]
    hours: Annotated[Hours, Meta(max_length=35)]
    tools: Annotated[list[Tool], Meta(max_length=30)] = []
    capacity: Annotated[int, Meta(ge=1, le=3)] = 1
    languages: Annotated[dict[LanguageCode, Fluency], Meta(min_length=1, max_length=20)] | None = None
    wishes: Annotated[list[PersonRef], Meta(max_length=10)] = []
    exclusions: Annotated[list[PersonRef], Meta(max_length=50)] | None = None
    evidence: Annotated[str, Meta(max_length=1000, pattern=CLEAN)] | None = None
    wants_back: Annotated[str, Meta(max_length=1000, pattern=CLEAN)] | None = None
    version: Annotated[str, Meta(max_length=64)] | None = None
    draft: datetime | None = None


class SignUpSummary(Struct, frozen=True):
    """A sign-up in a list, as the person sees it who made it."""

    programme_id: UUID
    programme: str
    role: Role
    prepared: bool


class SignUpView(Struct, frozen=True):
    """A sign-up as the person sees it who made it. Of the exclusions only how many: screens are looked at."""

    id: UUID
    programme_id: UUID
    programme: str
    role: Role
    state: EnrolmentState
    enrolled_at: datetime
    prepared: bool
    checklist: list[str]
    skills: list[SkillLevel]
    hours: Hours
    tools: list[str]
    capacity: int
    languages: dict[str, int]
    wishes: list[PersonName]
    exclusions: int
    evidence: str | None
    wants_back: str | None
    version: str
    """Other when anything else was said."""


class NewDraft(Struct, frozen=True, forbid_unknown_fields=True):
    """A sign-up as far as it is typed: the fields of the form, those ticked several times as lists.

    ``since``: the ``saved_at`` of the draft that this continues; empty for a first one.
    """

    typed: dict[Annotated[str, Meta(max_length=60, pattern=r"^[a-z]+(-[A-Za-z0-9._-]+)?$")], str | list[str]]
    since: datetime | None = None


class DraftView(Struct, frozen=True):
    """``stale``: the sign-up was changed after this draft was begun, so that it is not simply gone on with."""

    saved_at: datetime
    typed: dict[str, str | list[str]]
    stale: bool


class DraftSaved(Struct, frozen=True):
    saved_at: datetime


class OtherClock(Struct, frozen=True):
    """A zone in which many of the other side work, and what its clocks show at 9:00 of one's own."""

    zone: str
    winter: int
    summer: int
    """Minutes after midnight; under 0 is the day before, over 24 hours the day after."""


class Checklist(Struct, frozen=True, forbid_unknown_fields=True):
    """What a junior has ticked; all of it makes them ready to be matched."""

    ticked: Annotated[list[Literal["guide", "conversation", "confidentiality", "time"]], Meta(max_length=4)]


class EnrolledSkill(Struct, frozen=True):
    """``level`` is a junior's offer; a leader's levels are not the coordinator's to see."""

    code: str
    level: int | None


class EnrolmentView(Struct, frozen=True):
    """A sign-up as the coordinator sees it."""

    id: UUID
    person: PersonName
    role: Role
    state: EnrolmentState
    enrolled_at: datetime
    prepared: bool
    skills: list[EnrolledSkill]
    tools: list[str]
    capacity: int
    waited_rounds: int


class ExclusionView(Struct, frozen=True):
    """``person`` must not be paired with ``excluded``."""

    person: PersonName
    role: Role
    excluded: PersonName


class SignUpsUpload(Struct, frozen=True):
    """A file of sign-ups, whoever sent it."""

    content: bytes
    filename: str
    mapping: dict[str, str] = {}
    apply: bool = False


class SignUpChange(Struct, frozen=True):
    """One sign-up that the file changes: ``added``, or ``changed`` in ``columns``."""

    what: Literal["added", "changed"]
    staff_no: str
    role: Role
    columns: list[str] = []


class SignUpsReport(Struct, frozen=True):
    """What a file of sign-ups changes, or would change (``applied`` is false)."""

    applied: bool
    rows: int
    leaders: int
    juniors: int
    added: int
    changed: int
    unchanged: int
    problems: list[LineProblem]
    changes: list[SignUpChange]
    changes_total: int


class ProgrammeCreated(Event, frozen=True):
    programme_id: UUID


class ProgrammeChanged(Event, frozen=True):
    """``names`` of what was set: ``open``, ``rules.unit`` and so on."""

    programme_id: UUID
    names: list[str]


class CoordinatorAdded(Event, frozen=True):
    programme_id: UUID
    person_id: UUID


class CoordinatorRemoved(Event, frozen=True):
    programme_id: UUID
    person_id: UUID


class PersonSignedUp(Event, frozen=True):
    """Somebody signed up, or came back after withdrawing."""

    enrolment_id: UUID


class SignUpChanged(Event, frozen=True):
    enrolment_id: UUID


class PersonPrepared(Event, frozen=True):
    """A junior has ticked the whole checklist."""

    enrolment_id: UUID


class PersonWithdrew(Event, frozen=True):
    enrolment_id: UUID


class SignUpsImported(Event, frozen=True):
    programme_id: UUID
    added: int
    changed: int
