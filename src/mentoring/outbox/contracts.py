"""What crosses the doors of the outbox."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mentoring.journal import Event
from mentoring.messages.rules import MessageState
from mentoring.outbox.rules import Remedy
from mentoring.people.contracts import ONE_LINE


class OutboxMessage(Struct, frozen=True):
    """A message, for whom it is, what became of it, and what can be done about it."""

    id: UUID
    kind: str
    channel: str
    state: MessageState
    recipient_id: UUID
    recipient: str
    address: str | None
    made_at: datetime
    wake_at: datetime | None
    sent_at: datetime | None
    attempt: int
    error: str | None
    remedies: list[Remedy]


class Counts(Struct, frozen=True):
    """How many messages want somebody's eye, and how many people cannot be reached."""

    waiting: int
    later: int
    uncertain: int
    refused: int
    bounced: int


class Bounced(Struct, frozen=True):
    """Somebody whose address takes nothing."""

    person_id: UUID
    name: str
    address: str
    bounced_at: datetime | None
    why: str | None


class Correction(Struct, frozen=True, forbid_unknown_fields=True):
    """The right address; or the same again, where it takes mail by now."""

    email: Annotated[str, Meta(min_length=3, max_length=254, pattern=ONE_LINE)]


class MessageSentAgain(Event, frozen=True):
    message_id: UUID


class MessageGivenUp(Event, frozen=True):
    message_id: UUID


class AddressCorrected(Event, frozen=True):
    person_id: UUID
