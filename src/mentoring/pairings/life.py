"""What crosses the doors while a pairing is under way: sessions to book, agreement, pause, end, what is confided."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mentoring.pairings.rules import Occasion, PairingState, SessionState
from mentoring.people.contracts import CLEAN, ONE_LINE

Words = Annotated[str, Meta(max_length=2000, pattern=CLEAN)]
Level = Annotated[int, Meta(ge=0, le=4)]


class SessionDetail(Struct, frozen=True):
    """A session as whoever books it sees it: one of the two, or the leader's delegate (``my_role``)."""

    id: UUID
    pairing_id: UUID
    number: int
    leader: str
    junior: str
    my_role: str
    pairing_state: PairingState
    state: SessionState
    starts_at: datetime
    minutes: int
    booked: bool
    sequence: int


class Slot(Struct, frozen=True):
    """A time that suits both: the moment, and how the reader's clock and those of the two show it."""

    starts_at: datetime
    local_start: datetime
    leader_start: datetime
    junior_start: datetime


class BookSession(Struct, frozen=True, forbid_unknown_fields=True):
    """A time for a session: wall time as ``2026-03-29T10:30``, in a zone, which is the booker's own when left out.

    ``sequence`` is that of the session when the booker looked; where it has changed since, nothing is booked.
    """

    local_start: Annotated[str, Meta(max_length=40)]
    time_zone: Annotated[str, Meta(max_length=60)] = ""
    sequence: int | None = None


class ReportSession(Struct, frozen=True, forbid_unknown_fields=True):
    held: bool


class WriteAgreement(Struct, frozen=True, forbid_unknown_fields=True):
    """The words of the one page. The promises that every pairing makes are not among them: they are always the same."""

    every_days: Annotated[int, Meta(ge=1, le=92)]
    minutes: Annotated[int, Meta(ge=15, le=240)]
    language: Annotated[str, Meta(min_length=2, max_length=10, pattern=r"^[a-zA-Z-]+$")]
    skill_goal: Words = ""
    perspective_goal: Words = ""
    junior_wants: Words = ""


class SignAgreement(Struct, frozen=True, forbid_unknown_fields=True):
    """``version`` and ``revision`` of the words that one has read."""

    version: int
    revision: int


class AgreementView(Struct, frozen=True):
    """One version, for the two alone."""

    version: int
    revision: int
    occasion: Occasion
    every_days: int
    minutes: int
    language: str
    skill_goal: str
    perspective_goal: str
    junior_wants: str
    written_at: datetime
    leader_signed_at: datetime | None
    junior_signed_at: datetime | None
    agreed_at: datetime | None


class Agreements(Struct, frozen=True):
    """The version in force, and the one that waits for signatures; ``proposed`` fills a page that is empty."""

    in_force: AgreementView | None
    open: AgreementView | None
    proposed: WriteAgreement
    signed_by_me: bool


class SetGoal(Struct, frozen=True, forbid_unknown_fields=True):
    words: Annotated[str, Meta(max_length=300, pattern=ONE_LINE)]


class TickGoal(Struct, frozen=True, forbid_unknown_fields=True):
    reached: bool


class GoalView(Struct, frozen=True):
    """What the two want to have done together."""

    id: UUID
    words: str
    set_at: datetime
    reached_at: datetime | None


class Pause(Struct, frozen=True, forbid_unknown_fields=True):
    until: date


class EndPairing(Struct, frozen=True, forbid_unknown_fields=True):
    """``reason`` is for the coordinator alone. ``rematch``: look for somebody else for me at once."""

    reason: Words = ""
    rematch: bool = False


class LeaveProgramme(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Words = ""


class NameDelegate(Struct, frozen=True, forbid_unknown_fields=True):
    """``person``: id, staff number or address."""

    person: Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)]


class DelegateView(Struct, frozen=True):
    id: UUID
    name: str
    named_at: datetime


class DelegatedSession(Struct, frozen=True):
    """A session that one may book for a leader."""

    id: UUID
    leader: str
    junior: str
    number: int
    starts_at: datetime
    minutes: int
    state: SessionState


class FeedShown(Struct, frozen=True):
    """The one time that the address of a feed is shown."""

    url: str
    made_at: datetime


class FeedView(Struct, frozen=True):
    made_at: datetime | None


class RaiseConcern(Struct, frozen=True, forbid_unknown_fields=True):
    message: Annotated[str, Meta(min_length=1, max_length=4000, pattern=CLEAN)]


class ConcernView(Struct, frozen=True):
    """What was told in confidence, as the programme's own coordinator reads it."""

    id: UUID
    programme_id: UUID
    programme: str
    pairing_id: UUID
    person: str
    email: str
    role: str
    partner: str
    words: str
    raised_at: datetime


class AssessedSkill(Struct, frozen=True, forbid_unknown_fields=True):
    """``after``: the level now. ``before``: the level at the start, as one sees it now."""

    skill: Annotated[str, Meta(max_length=60)]
    after: Level
    before: Level


class Assess(Struct, frozen=True, forbid_unknown_fields=True):
    skills: Annotated[list[AssessedSkill], Meta(min_length=1, max_length=20)]


class AssessmentView(Struct, frozen=True):
    """What is assessed, and what one has said; ``open`` once no session lies ahead."""

    open: bool
    skills: list[str]
    mine: list[AssessedSkill]
    assessed_at: datetime | None
