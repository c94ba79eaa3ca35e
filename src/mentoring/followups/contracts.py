"""What crosses the doors of follow-ups: the queue, what a coordinator did, a try-out of a ladder, events."""

import enum
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mentoring.directory.contracts import DirectoryEntry
from mentoring.followups.rules import Level, NextAction, Reason
from mentoring.journal import Event
from mentoring.messages.contracts import MessageCount
from mentoring.pairings.rules import PairingState
from mentoring.people.contracts import CLEAN
from mentoring.programmes.contracts import EnrolledSkill, PersonName
from mentoring.programmes.rules import EnrolmentState, Role

Note = Annotated[str, Meta(max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]
Zone = Annotated[str, Meta(max_length=60, pattern=CLEAN)]
Country = Annotated[str, Meta(max_length=2, pattern=r"^([A-Z]{2})?$")]


class FindingView(Struct, frozen=True):
    """A reason with its points; without them where they would tell what was said in confidence."""

    reason: Reason
    points: int | None
    people: list[str] = []
    """Who said so, where that matters, for the programme's own coordinators."""


class ActedView(Struct, frozen=True):
    """That somebody acted; the note is for the programme's own coordinators."""

    by: str | None
    at: datetime
    note: str | None


class Addressee(Struct, frozen=True):
    """One of the two to whom a mail is proposed, and the partner of whom it speaks."""

    name: str
    email: str
    partner: str


class AtRiskView(Struct, frozen=True):
    """A pairing at risk, as its programme's coordinators see it."""

    pairing_id: UUID
    programme_id: UUID
    programme: str
    leader: PersonName
    junior: PersonName
    level: Level
    points: int | None
    since: datetime
    findings: list[FindingView]
    next_action: NextAction
    write_to: list[Addressee]
    acted: ActedView | None
    """The latest, if it came after the level last changed."""


class Acted(Struct, frozen=True, forbid_unknown_fields=True):
    """I acted. The note says what was done."""

    note: Note = ""


class Scenario(enum.StrEnum):
    """How a pairing of a try-out behaves."""

    SILENT = "silent"
    """Both say yes, and then nothing more."""
    FINE = "fine"
    """They meet whenever they planned to, and answer within the hour."""
    PAUSED = "paused"
    """As fine, with a pause after the second session."""


class TryOut(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the two of a try-out are, whose working days count, and on which day the leader is asked at 10:00."""

    scenario: Scenario = Scenario.SILENT
    leader_country: Country = ""
    leader_zone: Zone = "UTC"
    junior_country: Country = ""
    junior_zone: Zone = "UTC"
    asked_on: Annotated[str, Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    """Empty: today."""


class Said(Struct, frozen=True):
    """A message of a try-out: when it goes out, to whom, of which kind, about what; and what is merged into it."""

    at: datetime
    to: str
    """``leader``, ``junior`` or ``coordinator``."""
    kind: str
    about: str = ""
    """session_1, day_30; the follow-up or rung, counted from 1."""
    due_at: datetime | None = None
    """Since when it had waited for a good moment, if it had."""
    parts: "list[Said]" = []


class PersonEnrolment(Struct, frozen=True):
    """A sign-up of a person, as its programme's coordinator sees it."""

    programme_id: UUID
    programme: str
    role: Role
    state: EnrolmentState
    prepared: bool
    enrolled_at: datetime
    skills: list[EnrolledSkill]


class PersonPairing(Struct, frozen=True):
    """A pairing of a person, as its programme's coordinator sees it."""

    id: UUID
    programme: str
    role: Role
    partner_id: UUID
    partner: str
    state: PairingState
    asked_at: datetime
    began_at: datetime | None
    over_at: datetime | None
    at_risk: bool


class PersonRecord(Struct, frozen=True):
    """A person, and how they take part. ``bounced_at``: since when the address that they have takes no mail."""

    entry: DirectoryEntry
    enrolments: list[PersonEnrolment]
    pairings: list[PersonPairing]
    messages: list[MessageCount]
    reminders_stopped_at: datetime | None
    bounced_at: datetime | None


class RungTaken(Event, frozen=True):
    """A pairing has come to a rung of a ladder."""

    rung_id: UUID


class PairingAtRisk(Event, frozen=True):
    """A pairing has become amber or red, or redder than it was. ``confided``: somebody said so in confidence."""

    pairing_id: UUID
    level: Level
    alert: int
    confided: bool


class CoordinatorActed(Event, frozen=True):
    pairing_id: UUID
    intervention_id: UUID
