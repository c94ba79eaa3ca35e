"""The life of a pairing, from being asked to the end: states, decisions, causes of errors."""

import enum

from mentoring.errors import Conflict, NotFound


class PairingState(enum.StrEnum):
    """asking_leader -> asking_junior -> active -> ended; or declined, expired, withdrawn on the way."""

    ASKING_LEADER = "asking_leader"
    ASKING_JUNIOR = "asking_junior"
    ACTIVE = "active"
    ENDED = "ended"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


ASKING = (PairingState.ASKING_LEADER, PairingState.ASKING_JUNIOR)
OPEN = (*ASKING, PairingState.ACTIVE)
"""States in which a pairing takes up a place of both people."""


class SessionState(enum.StrEnum):
    PLANNED = "planned"
    INVITED = "invited"
    HELD = "held"
    MISSED = "missed"


class PairingNotFound(NotFound):
    """No such pairing, or none of yours."""


class PairingNotAsking(Conflict):
    """The question was answered, has expired or was withdrawn; or it is the other one's turn."""
