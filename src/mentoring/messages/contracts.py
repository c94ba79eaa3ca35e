"""What crosses the doors of messages: what shall be said, how it is composed, what became of it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, bindparam
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Moment
from mentoring.i18n import Words
from mentoring.messages.rules import EMAIL, MessageState, Pace
from mentoring.settings import Settings


class Intended(Struct, frozen=True):
    """Something to be said to somebody. The words are chosen when it is sent."""

    kind: str
    about: UUID
    recipient_id: UUID
    wake_at: datetime
    sequence: int = 0
    pace: Pace | None = None
    channel: str = EMAIL


class Claimed(NamedTuple):
    """A message in the hands of one sender."""

    id: UUID
    kind: str
    about: UUID
    sequence: int
    recipient_id: UUID
    attempt: int
    pace: Pace | None = None


class Fact(NamedTuple):
    """A line of a mail that is looked up rather than read: when, where, who."""

    label: str
    value: str


class Choice(NamedTuple):
    """Something the reader can do, and where."""

    label: str
    url: str


class Letter(Struct, frozen=True):
    """What a mail says, in the reader's words; ``rendering`` gives it the one shape that all mails have."""

    subject: str
    greeting: str
    lines: Sequence[str]
    facts: Sequence[Fact] = ()
    choices: Sequence[Choice] = ()
    closing: Sequence[str] = ()
    parts: "Sequence[Letter]" = ()
    """Other letters that go out with this one, each under its subject."""


class Draft(Struct, frozen=True):
    """A mail that is ready to be sent. ``calendar`` is an iCalendar request or cancellation, as calendars accept it."""

    to: str
    subject: str
    text: str
    html: str
    calendar: bytes | None = None


class Told(NamedTuple):
    """A letter to somebody, who may get it together with others."""

    words: Words
    to: str
    write: Callable[[], Letter]


class Post(Struct, frozen=True):
    """What whoever composes may know of the deployment."""

    settings: Settings
    secret: bytes
    now: datetime

    def url(self, path: str) -> str:
        return f"{self.settings.base_url}{path}"


Write = Callable[[], Draft]
Composer = Callable[[AsyncSession, Post, Sequence[Claimed]], Awaitable[dict[UUID, Write]]]
"""Reads what a batch needs in few queries. Returns, by message id, how to write each mail: that is done while the
database commits the intent of the one before. What is missing no longer makes sense.
"""
Tellers = Callable[[AsyncSession, Post, Sequence[Claimed]], Awaitable[dict[UUID, Told]]]
"""As a composer, but one step before: letters that can still be put together."""
NOW = bindparam("now", required=False, type_=Moment())
"""The moment of sending, for guards that depend on it."""


class Kind(NamedTuple):
    """One kind of message. ``guard`` is asked in the statement that commits the intent: does it still make sense?"""

    guard: ColumnElement[bool]
    compose: Composer
    tell: Tellers | None = None
    """For kinds that may be merged."""


class MessageView(Struct, frozen=True):
    """A message in a coordinator's list."""

    id: UUID
    kind: str
    state: MessageState
    recipient_id: UUID
    address: str | None
    made_at: datetime
    wake_at: datetime | None
    sent_at: datetime | None
    attempt: int
    error: str | None


class MessageCount(Struct, frozen=True):
    """How many messages to somebody are in a state; ``latest``: when the last of them was made."""

    state: MessageState
    number: int
    latest: datetime


class KeptMail(Struct, frozen=True):
    """A mail in the mailbox of the demo."""

    id: UUID
    to: str
    subject: str
    kept_at: datetime | None


class OpenedMail(Struct, frozen=True):
    id: UUID
    to: str
    subject: str
    text: str
    html: str
    calendar: str | None
    kept_at: datetime | None
