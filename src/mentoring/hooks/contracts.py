"""What crosses the doors of webhooks."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mentoring.hooks.rules import HookKind, Topic
from mentoring.journal import Event
from mentoring.messages.rules import MessageState
from mentoring.programmes.contracts import Name

Url = Annotated[str, Meta(min_length=1, max_length=1000)]


class NewHook(Struct, frozen=True, forbid_unknown_fields=True):
    """An address that shall be told; of all topics, unless some are named."""

    name: Name
    kind: HookKind
    url: Url
    topics: Annotated[list[Topic], Meta(max_length=10)] = []


class HookView(Struct, frozen=True):
    """A webhook. Of its address only the host: who knows the rest may write there."""

    id: UUID
    programme_id: UUID
    programme: str
    name: str
    kind: HookKind
    host: str
    topics: list[Topic]
    made_at: datetime


class HookMade(Struct, frozen=True):
    """A webhook with the key of its signatures, which is shown this once."""

    hook: HookView
    secret: str | None


class Delivery(Struct, frozen=True):
    """A message to a webhook, and what became of it."""

    id: UUID
    topic: str
    state: MessageState
    made_at: datetime
    sent_at: datetime | None
    attempt: int
    error: str | None


class HookAdded(Event, frozen=True):
    hook_id: UUID


class HookRemoved(Event, frozen=True):
    hook_id: UUID


class HookPinged(Event, frozen=True):
    hook_id: UUID
