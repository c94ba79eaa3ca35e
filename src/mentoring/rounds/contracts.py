"""What crosses the doors of rounds: commands, views, events."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from mentoring.journal import Event
from mentoring.pairings.contracts import Reasons
from mentoring.programmes.contracts import MatchingChange
from mentoring.programmes.rules import Matching, Role
from mentoring.rounds.rules import ExportFormat, OverrideKind, RoundState

Line = Annotated[str, Meta(min_length=1, max_length=320, pattern=r"^[^\x00-\x1f]*$")]
Remark = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]
LAST_REVISION = 2**31 - 1
"""What the column holds."""


class Vocabulary(Struct, frozen=True):
    """What the numbers of a problem stand for: skill codes, tools and language codes, in the engine's order."""

    skills: list[str]
    tools: list[str]
    languages: list[str]


class Propose(Struct, frozen=True, forbid_unknown_fields=True):
    """``year``: whose winter and summer offsets count; this year's unless another is given. ``matching``: what this
    round does otherwise than the programme's rounds do.
    """

    year: Annotated[int, Meta(ge=2000, le=2100)] | None = None
    matching: MatchingChange | UnsetType = UNSET


class OverridePair(Struct, frozen=True, forbid_unknown_fields=True):
    """Two people by staff number, address or id, and why the coordinator decides."""

    leader: Line
    junior: Line
    reason: Remark


class NamedPair(Struct, frozen=True, forbid_unknown_fields=True):
    leader: Line
    junior: Line


class Publish(Struct, frozen=True, forbid_unknown_fields=True):
    """``revision``: the one that was looked at; publishing another one is refused. Without it, whatever is there."""

    revision: Annotated[int, Meta(ge=0, le=LAST_REVISION)] | None = None


class Failure(Struct, frozen=True):
    """Why there is no proposal: ``code`` names the cause, ``details`` fill the placeholders of its text."""

    code: str
    details: dict[str, object]


class RoundSummary(Struct, frozen=True):
    """A round in one line. ``leaders`` and ``juniors`` are those who could be matched."""

    round: UUID
    name: str
    programme: UUID
    state: RoundState
    matching: Matching
    revision: int
    leaders: int
    juniors: int
    matched: int
    total_fit: float
    seconds: float
    stage: str | None
    progress: float
    failure: Failure | None
    requested_at: datetime
    solved_at: datetime | None
    published_at: datetime | None
    undone_at: datetime | None


class PairRow(Struct, frozen=True):
    """A proposed pair as the coordinator sees it. ``leader_ref`` and ``junior_ref`` name them to every command."""

    leader_ref: str
    leader_staff_no: str | None
    leader: str
    leader_unit: str
    junior_ref: str
    junior_staff_no: str | None
    junior: str
    junior_unit: str
    fit: float
    reasons: Reasons
    pinned: bool
    alternate: bool
    pairing_id: UUID | None


class UnmatchedRow(Struct, frozen=True):
    """Somebody left over: how many candidates each rule took away, and which one, switched off, would help most."""

    staff_no: str | None
    name: str
    role: str
    candidates: int
    eligible: int
    taken_away: dict[str, int]
    relaxation: str | None
    relaxation_gain: int


class OverrideRow(Struct, frozen=True):
    kind: OverrideKind
    leader_staff_no: str | None
    leader: str
    junior_staff_no: str | None
    junior: str
    reason: str
    at: datetime


class HeldOutRow(Struct, frozen=True):
    """Somebody who takes no part in this round."""

    person: UUID
    staff_no: str | None
    name: str
    role: Role
    reason: str
    at: datetime


class Changed(Struct, frozen=True):
    """What a decision of a coordinator's did to the proposal."""

    before: RoundSummary
    after: RoundSummary


class RoundView(Struct, frozen=True):
    """A round with its pairs, weakest fit first, and all for whom nobody was found."""

    summary: RoundSummary
    pairs: list[PairRow]
    pair_count: int
    unmatched: list[UnmatchedRow]
    """Leaders first."""
    unmatched_leaders: int
    unmatched_juniors: int
    overrides: list[OverrideRow]
    held_out: list[HeldOutRow]


class Competence(Struct, frozen=True):
    """Demand and supply of one skill: leaders who need it, juniors who offer it at a level that can be taught."""

    code: str
    leaders: int
    juniors: int
    places: int


class Readiness(Struct, frozen=True):
    """What a coordinator should know before running a round."""

    programme: str
    leaders: int
    juniors: int
    juniors_unprepared: int
    places: int
    competences: list[Competence] = []
    """Scarcest first."""
    leaders_with_nobody: list[UnmatchedRow] = []
    juniors_with_nobody: int = 0
    rule_shares: dict[str, float] = {}
    """The share of all pairs that each rule refuses, whatever the other rules say."""


class Dropped(Struct, frozen=True):
    """A proposed pair that was not made into a pairing. ``cause``: left, withdrawn, taken, excluded or rules."""

    leader_staff_no: str | None
    junior_staff_no: str | None
    cause: str
    leader: str
    junior: str


class PublishedRound(Struct, frozen=True):
    round: UUID
    name: str
    pairings: int
    dropped: list[Dropped]


class UndoneRound(Struct, frozen=True):
    round: UUID
    name: str
    withdrawn: int


class Replay(Struct, frozen=True):
    """A round solved again from its stored inputs. ``engine`` is today's, ``stored_engine`` that of the round."""

    round: UUID
    name: str
    same: bool
    matched: int
    total_fit: float
    seconds: float
    engine: str
    stored_engine: str


class ExportRow(Struct, frozen=True):
    """A line of an export; the names are its columns."""

    leader_staff_no: str
    leader_name: str
    junior_staff_no: str
    junior_name: str
    fit: float
    need: float
    time: float
    wishes: float
    tools: float
    language: float
    across: float
    pinned: bool


class Export(Struct, frozen=True):
    content: bytes
    media_type: str
    filename: str


class RoundRequested(Event, frozen=True):
    """Somebody asked for the round to be solved, for the first time or again."""

    round_id: UUID
    revision: int


class RoundProposed(Event, frozen=True):
    """The round was solved; its pairs wait for review."""

    round_id: UUID
    revision: int


class RoundFailed(Event, frozen=True):
    round_id: UUID
    revision: int
    code: str


class PairOverridden(Event, frozen=True):
    round_id: UUID
    leader_enrolment_id: UUID
    junior_enrolment_id: UUID
    kind: OverrideKind


class PersonHeldOut(Event, frozen=True):
    round_id: UUID
    enrolment_id: UUID


class PersonReadmitted(Event, frozen=True):
    round_id: UUID
    enrolment_id: UUID


class OverrideCleared(Event, frozen=True):
    round_id: UUID
    leader_enrolment_id: UUID
    junior_enrolment_id: UUID


class RoundPublished(Event, frozen=True):
    """The proposed pairs became pairings."""

    round_id: UUID


class RoundUndone(Event, frozen=True):
    round_id: UUID


class RoundExported(Event, frozen=True):
    round_id: UUID
    format: ExportFormat
