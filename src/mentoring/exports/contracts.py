"""What crosses the doors of exports."""

import enum
from uuid import UUID

from msgspec import Struct

from mentoring.journal import Event
from mentoring.sheets import SheetFormat


class Table(enum.StrEnum):
    """What of a programme can be taken away as a file. A round's pairs are exported on its own page."""

    SIGN_UPS = "sign_ups"
    PAIRINGS = "pairings"
    CHECK_INS = "check_ins"
    AT_RISK = "at_risk"


class TakeAway(Struct, frozen=True, forbid_unknown_fields=True):
    table: Table
    format: SheetFormat = SheetFormat.CSV


class DataExported(Event, frozen=True):
    """Somebody took data away. Without a programme: messages, or the audit list."""

    table: str
    format: SheetFormat
    rows: int
    programme_id: UUID | None = None
