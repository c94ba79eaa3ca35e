"""What crosses the doors of the skill catalogue."""

from typing import Annotated

from msgspec import Meta, Struct

from mentoring.journal import Event
from mentoring.people.contracts import CLEAN

Code = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""No colon and no upright line: in a sign-up file those stand between codes and levels."""


class NewSkill(Struct, frozen=True, forbid_unknown_fields=True):
    """A skill of the organisation's own."""

    code: Code
    title: Annotated[str, Meta(min_length=1, max_length=200, pattern=CLEAN)]
    area: Annotated[str, Meta(min_length=1, max_length=100, pattern=CLEAN)] = "own"
    description: Annotated[str, Meta(max_length=2000, pattern=CLEAN)] = ""


class SkillView(Struct, frozen=True):
    """A skill in the reader's words. ``own``: the organisation added it itself."""

    code: str
    area: str
    title: str
    description: str
    own: bool


class CatalogueLoaded(Struct, frozen=True):
    """What loading a catalogue did. ``kept`` are codes of own skills, which a catalogue never touches."""

    added: int
    changed: int
    unchanged: int
    kept: list[str]
    outcomes: int
    """Learning outcomes that the file has."""


class SkillAdded(Event, frozen=True):
    code: str


class SupplementLoaded(Event, frozen=True):
    added: int
    changed: int
