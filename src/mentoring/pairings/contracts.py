"""What crosses the doors of pairings: facts that speak for a pair, views, commands, events."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mentoring.journal import Event
from mentoring.pairings.rules import Ending, PairingState, SessionState, Standing
from mentoring.pairings.slots import SharedTimes


class NeedMet(Struct, frozen=True):
    """A need that the junior can meet: skill code, the leader's priority from 1, level held and level offered.

    ``held`` is for the leader and the paired junior; whoever else reads on gets it empty.
    """

    skill: str
    priority: int
    held: int | None
    offered: int


class Parts(Struct, frozen=True):
    """The six parts of the fit score, each in [0, 1]."""

    need: float
    time: float
    wishes: float
    tools: float
    language: float
    across: float


class Reasons(Struct, frozen=True):
    """The facts behind a fit score, from which every reader's words are made."""

    parts: Parts
    needs: list[NeedMet]
    shared_hours: float
    """A week, the smaller of winter and summer."""
    language: str | None
    tools: list[str]
    across: bool
    leader_wished: bool = False
    junior_wished: bool = False
    slots: list[int] = []
    """Shared quarter hours of the UTC week in both seasons, the first of each free stretch long enough to meet."""


class PairingView(Struct, frozen=True):
    """A pairing as one of the two sees it."""

    id: UUID
    programme: str
    state: Standing
    my_role: str
    my_turn: bool
    partner: str
    partner_title: str
    partner_unit: str
    partner_place: str
    partner_email: str | None
    """Shown once both have accepted."""
    fit: float
    reasons: Reasons
    answer_by: datetime | None
    began_at: datetime | None
    over_at: datetime | None = None
    paused_until: datetime | None = None
    paused_by_me: bool = False
    completed: bool = False
    """It went its whole way. Why else it is over is not said: either may end it without a reason to the other."""
    times: SharedTimes | None = None
    """When both can meet, on both clocks; empty where it is not known."""
    may_rematch: bool = False
    rematch_asked: bool = False


class PairingRecord(Struct, frozen=True):
    """A pairing as its programme's coordinator sees it."""

    id: UUID
    programme_id: UUID
    state: PairingState
    leader_id: UUID
    leader: str
    junior_id: UUID
    junior: str
    fit: float
    reminders: int
    asked_at: datetime
    began_at: datetime | None
    over_at: datetime | None
    decline_reason: str | None
    """For the programme's own coordinators; empty for an administrator."""
    paused_until: datetime | None = None
    agreed_at: datetime | None = None
    """When the two first signed the same agreement; its words are theirs alone."""
    ending: Ending | None = None
    end_reason: str | None = None
    """As ``decline_reason``."""


class NewPairing(Struct, frozen=True):
    """A proposed pair that a published round makes into a pairing."""

    leader_enrolment_id: UUID
    junior_enrolment_id: UUID
    leader_id: UUID
    junior_id: UUID
    fit: float
    reasons: Reasons


class SessionView(Struct, frozen=True):
    """A session as either of the two sees it; ``starts_at`` is a moment, to be shown on the reader's own clock."""

    id: UUID
    pairing_id: UUID
    partner: str
    number: int
    starts_at: datetime
    minutes: int
    state: SessionState
    booked: bool = False
    """Whether somebody chose this time; else it is the one that we planned."""


class Decline(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")] = ""


class PairingsProposed(Event, frozen=True):
    """Pairings were made and their leaders must be asked."""

    pairing_ids: list[UUID]


class JuniorAsked(Event, frozen=True):
    """The leader said yes; now the junior is asked."""

    pairing_id: UUID


class ConsentReminded(Event, frozen=True):
    pairing_id: UUID
    reminder: int


class PairingBegan(Event, frozen=True):
    """Both said yes."""

    pairing_id: UUID


class PairingFellThrough(Event, frozen=True):
    """Declined or expired: ``by_id`` is the one who said no or said nothing."""

    pairing_id: UUID
    by_id: UUID
    expired: bool


class PairingsWithdrawn(Event, frozen=True):
    """The round was undone. Whoever had been asked is told."""

    pairing_ids: list[UUID]


class PairingEnded(Event, frozen=True):
    """It was under way. ``left_id`` left or ended it; nobody did where it went its whole way."""

    pairing_id: UUID
    left_id: UUID | None = None
    ending: Ending = Ending.LEFT


class PairingPaused(Event, frozen=True):
    pairing_id: UUID


class PairingResumed(Event, frozen=True):
    """``seconds``: how long it was paused."""

    pairing_id: UUID
    seconds: int


class RematchRequested(Event, frozen=True):
    pairing_id: UUID
    person_id: UUID


class RematchWaits(Event, frozen=True):
    """Nobody was free; the person has priority in the next round."""

    pairing_id: UUID
    person_id: UUID


class SessionBooked(Event, frozen=True):
    """Somebody chose a time for a session, the first or another."""

    session_id: UUID
    sequence: int


class SessionsShifted(Event, frozen=True):
    """We planned them anew: after a pause, or in the rhythm that the two agreed on."""

    session_ids: list[UUID]


class SessionHeld(Event, frozen=True):
    session_id: UUID


class SessionMissed(Event, frozen=True):
    session_id: UUID


class AgreementWritten(Event, frozen=True):
    agreement_id: UUID
    revision: int


class AgreementSigned(Event, frozen=True):
    """One of the two has signed; the other is asked to."""

    agreement_id: UUID
    revision: int
    person_id: UUID


class AgreementMade(Event, frozen=True):
    """Both have signed."""

    agreement_id: UUID


class GoalSet(Event, frozen=True):
    goal_id: UUID


class GoalReached(Event, frozen=True):
    """Ticked; ``reached`` is false where the tick was taken back."""

    goal_id: UUID
    reached: bool


class GoalDropped(Event, frozen=True):
    pairing_id: UUID
    goal_id: UUID


class DelegateNamed(Event, frozen=True):
    leader_id: UUID
    person_id: UUID


class DelegateRemoved(Event, frozen=True):
    leader_id: UUID
    person_id: UUID


class FeedMade(Event, frozen=True):
    person_id: UUID


class FeedRevoked(Event, frozen=True):
    person_id: UUID


class ConcernRaised(Event, frozen=True):
    concern_id: UUID


class ConcernClosed(Event, frozen=True):
    concern_id: UUID


class AssessmentTaken(Event, frozen=True):
    pairing_id: UUID
    person_id: UUID


class SessionsCancelled(Event, frozen=True):
    """They were called off, alone or with their pairing, or a pause took them back."""

    session_ids: list[UUID]


class SessionInvited(Event, frozen=True):
    """The time that we planned has come near."""

    session_id: UUID
    sequence: int
