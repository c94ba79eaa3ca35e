"""What crosses the doors of privacy: all that is known of a person, and the wish to be forgotten."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mentoring.journal import Event
from mentoring.people.contracts import ONE_LINE


class MyData(Struct, frozen=True):
    """All that the service knows of a person: by table, the rows that are theirs."""

    exported_at: datetime
    tables: dict[str, list[dict[str, object]]]


class EraseMe(Struct, frozen=True, forbid_unknown_fields=True):
    """``address``: one's own, written down again, so that nobody is erased by a slip."""

    address: Annotated[str, Meta(max_length=200, pattern=ONE_LINE)]


class OwnDataTaken(Event, frozen=True):
    person_id: UUID


class PersonErased(Event, frozen=True):
    """Somebody had themselves forgotten. What they counted for is still counted; who they were is gone."""

    person_id: UUID
