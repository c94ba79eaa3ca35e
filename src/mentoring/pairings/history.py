"""What has happened between the two, the latest first: read from what is there, so that it needs no table."""

import enum
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from mentoring.pairings.contracts import PairingView, SessionView
from mentoring.pairings.life import Agreements, GoalView
from mentoring.pairings.rules import SessionState


class Happened(enum.StrEnum):
    BEGAN = "began"
    AGREED = "agreed"
    MET = "met"
    MISSED = "missed"
    REACHED = "reached"
    OVER = "over"


class Moment(Struct, frozen=True):
    """``detail``: which session, by its number, or which goal, by its words."""

    at: datetime
    what: Happened
    detail: str | int = ""


def history_of(
    pairing: PairingView, sessions: Iterable[SessionView], agreement: Agreements | None, goals: Iterable[GoalView]
) -> list[Moment]:
    """Put together what a pairing has been through."""
    ran = {SessionState.HELD: Happened.MET, SessionState.MISSED: Happened.MISSED}
    agreed_at = agreement.in_force.agreed_at if agreement and agreement.in_force else None
    known: list[tuple[datetime | None, Happened, str | int]] = [
        (pairing.began_at, Happened.BEGAN, ""),
        (agreed_at, Happened.AGREED, ""),
        (pairing.over_at if pairing.began_at else None, Happened.OVER, ""),
        *((one.starts_at, ran[one.state], one.number) for one in sessions if one.state in ran),
        *((one.reached_at, Happened.REACHED, one.words) for one in goals),
    ]
    moments = [Moment(at, what, detail) for at, what, detail in known if at is not None]
    return sorted(moments, key=lambda one: one.at, reverse=True)
