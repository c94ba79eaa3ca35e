"""A match round: its states, and what may follow what."""

import enum
from datetime import timedelta

from mentoring.errors import Conflict, Invalid, NotFound

SOLVE_LEASE = timedelta(seconds=30)
"""How long a solver may be silent before another takes over; renewed with every sign of progress."""
WAITING_BONUS, MOST_WAITING_BONUS = 0.05, 0.15
"""Per earlier round without a match; counts in the objective, is not part of the fit shown."""


class RoundState(enum.StrEnum):
    """solving -> proposed | failed -> published -> undone; a new revision begins at solving again."""

    SOLVING = "solving"
    PROPOSED = "proposed"
    FAILED = "failed"
    PUBLISHED = "published"
    UNDONE = "undone"


UNPUBLISHED = (RoundState.SOLVING, RoundState.PROPOSED, RoundState.FAILED)


class OverrideKind(enum.StrEnum):
    PIN = "pin"
    FORBID = "forbid"


class RoundNotFound(NotFound):
    """No round with this id or name, or none that you may see."""


class RoundNotProposed(Conflict):
    """Only a proposed round can be published; this one is ``state``."""


class RoundNotPublished(Conflict):
    """Only a published round can be undone; this one is ``state``."""


class RoundSolving(Conflict):
    """The round is being solved; wait for its result."""


class RoundPublished(Conflict):
    """The round is published: its pairs no longer change here."""


class NobodyToMatch(Invalid):
    """No leader, or no prepared junior, has signed up."""


class PairRefused(Conflict):
    """The pair breaks ``rules`` and so cannot be pinned."""


class PinTaken(Conflict):
    """``who`` is pinned already as often as their capacity allows."""


class NotEnrolled(Invalid):
    """``who`` is not enrolled as ``role`` in this programme."""


class NothingToReplay(Conflict):
    """The round has no stored result yet."""
