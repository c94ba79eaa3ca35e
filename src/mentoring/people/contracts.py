"""What crosses the doors of people: credentials, links, tokens, and what one sees of a person."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mentoring.journal import Event
from mentoring.people.rules import LinkPurpose

UNSEEN = r"\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069"
"""Control characters, and those that turn the direction of what follows."""
CLEAN = rf"^[^{UNSEEN}]*$"
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$(?!\n)"
"""Nor a tab or the end of a line, at the very end neither, where ``$`` alone would let one through."""
Line = Annotated[str, Meta(max_length=200, pattern=ONE_LINE)]
Secret = Annotated[str, Meta(max_length=1000, pattern=r"^[^\x00]*$")]
"""Longer than any password may be, so that the rule can say by how much; never shown, never logged."""


class Credentials(Struct, frozen=True, forbid_unknown_fields=True):
    email: Line
    password: Secret
    next: Line = "/"


class CredentialsAgain(Struct, frozen=True, forbid_unknown_fields=True):
    """Of somebody whose session ended before their form arrived: ``again`` is where it goes, ``typed`` what it says."""

    email: Line
    password: Secret
    again: Line
    typed: Annotated[str, Meta(max_length=200_000)]


class Address(Struct, frozen=True, forbid_unknown_fields=True):
    email: Line


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """What the holder of a link sends: a password where the link asks for one."""

    password: Secret = ""


class NewPerson(Struct, frozen=True, forbid_unknown_fields=True):
    given_name: Annotated[str, Meta(min_length=1, max_length=100, pattern=ONE_LINE)]
    email: Annotated[str, Meta(min_length=3, max_length=200, pattern=ONE_LINE)]
    family_name: Annotated[str, Meta(max_length=100, pattern=ONE_LINE)] = ""
    language: Annotated[str, Meta(max_length=5)] = "en"
    administrator: bool = False


class NewToken(Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=ONE_LINE)]
    scopes: Annotated[list[str], Meta(min_length=1)]
    days: Annotated[int, Meta(ge=1, le=730)] = 365


class AdministratorView(Struct, frozen=True):
    id: UUID
    name: str
    email: str


class TokenView(Struct, frozen=True):
    id: UUID
    name: str
    person: str
    """For whom it speaks."""
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked: bool


class TokenShown(Struct, frozen=True):
    """The one time that a token is shown."""

    id: UUID
    token: str


class LinkShown(Struct, frozen=True):
    """A fresh link for the machine's own operator."""

    person: str
    link: str


class PersonView(Struct, frozen=True):
    """What a person sees of themselves."""

    id: UUID
    staff_no: str | None
    name: str
    email: str
    job_title: str
    unit: str
    duty_station: str
    time_zone: str
    languages: dict[str, int]
    language: str


class PersonInvited(Event, frozen=True):
    """Somebody gets a link for ``purpose``. ``link_id`` tells this one from those before it; it is no secret."""

    link_id: UUID
    person_id: UUID
    purpose: LinkPurpose


class PasswordSet(Event, frozen=True):
    person_id: UUID


class AdministratorChanged(Event, frozen=True):
    """Somebody may administer the service from now on, or no longer."""

    person_id: UUID
    administrator: bool


class TokenMade(Event, frozen=True):
    token_id: UUID
    person_id: UUID


class TokenRevoked(Event, frozen=True):
    token_id: UUID


class Language(Struct, frozen=True, forbid_unknown_fields=True):
    """The language in which somebody wants to be spoken to, and the page to go back to."""

    language: Line
    next: Line = "/"


class OwnReminders(Struct, frozen=True, forbid_unknown_fields=True):
    stop: bool


class RemindersView(Struct, frozen=True):
    """Whether somebody's reminders are stopped."""

    stopped: bool


class RemindersStopped(Event, frozen=True):
    person_id: UUID


class RemindersResumed(Event, frozen=True):
    person_id: UUID


class AddressBounced(Event, frozen=True):
    """A mail came back: nothing reaches the address."""

    person_id: UUID
