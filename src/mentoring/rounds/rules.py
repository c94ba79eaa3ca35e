"""A match round: its states, and what may follow what."""

import enum
from datetime import timedelta

from msgspec import Struct

from mentoring.errors import Conflict, Invalid, MentoringError, NotFound

SOLVE_LEASE = timedelta(seconds=30)
"""How long a solver may be silent before another takes over; whoever holds the round renews it well within."""
SOLVE_LIMIT = timedelta(minutes=30)
"""A solver that runs longer is stopped: the largest round known takes seconds."""
PROGRESS_EVERY = timedelta(seconds=0.5)
"""How often progress is written down: what an eye can follow, and cheap beside the solving."""
MOST_ATTEMPTS = 3
"""Claims of one revision. A solver that dies every time (no memory, say) must not be started for ever."""
WAITING_BONUS, MOST_WAITING_BONUS = 0.05, 0.15
"""Per earlier round without a match; counts in the objective, is not part of the fit shown."""
GRADE_BAND = 5
"""Levels of a grade band in the fairness report: fewer would leave most groups too small to be shown."""
MOST_REFUSALS = 2
"""Proposals of one round that a leader may decline before no further one is offered."""


class Aim(Struct, frozen=True):
    """What a round is to reach, as the solver process and the stored inputs have it: a policy with its terms.

    ``change_cost`` in points; ``cap`` as a fraction; ``published``: pairs by number.
    """

    policy: str = "coverage_first"
    quota: int = 0
    change_cost: int = 0
    cap: tuple[int, int] = (1, 2)
    seed: int = 0
    published: list[tuple[int, int]] = []


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


class ExportFormat(enum.StrEnum):
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


class RoundNotFound(NotFound):
    """No round with this id or name, or none that you may see."""


class RoundNotProposed(Conflict):
    """Only a proposed round can be published; this one is ``state``."""


class RoundRevised(Conflict):
    """The round was solved again since it was looked at: it is at ``revision`` now."""


class RoundOvertaken(Conflict):
    """A pairing was made at the same moment that takes a place of this round; publish again."""


class RoundNotPublished(Conflict):
    """Only a published round can be undone; this one is ``state``."""


class RoundNotLatest(Conflict):
    """``later`` was published after this round and builds upon it; undo that one first."""


class RoundSolving(Conflict):
    """The round is being solved; wait for its result."""


class RoundIsPublished(Conflict):
    """The round is published: its pairs no longer change here."""


class NobodyToMatch(Invalid):
    """No leader, or no prepared junior, has signed up."""


class PairRefused(Conflict):
    """The pair breaks ``rules`` and so cannot be pinned."""


class PinTaken(Conflict):
    """``who`` is pinned or paired already as often as their capacity allows."""


class OverrideNotFound(NotFound):
    """This pair is neither pinned nor forbidden in the round."""


class NotEnrolled(Invalid):
    """``who`` is not enrolled as ``role`` in this programme."""


class NothingToReplay(Conflict):
    """The round has no stored result yet."""


class NothingToVerify(Conflict):
    """The round has no stored result, or one from before results came with a proof."""


class NotInRound(Conflict):
    """``who`` was not in the round when it was solved; propose it again to have them in."""


class PairNotFound(NotFound):
    """Nobody is proposed to this leader in the round."""


class NotHeldOut(Conflict):
    """``who`` takes part in this round as it is."""


class NothingToSwap(Conflict):
    """``who`` has no junior in the proposal, or more than one."""


class NothingToTry(Invalid):
    """What if what? No pair and no person is named, or one without an answer that would be another."""


class NeedsFull(Conflict):
    """``who`` has ``most`` needs already, as many as there can be: one must go first."""


class NeedListed(Conflict):
    """``who`` needs the skill ``code`` as it is, at a level that is theirs to know."""


class SkillNotListed(Conflict):
    """``who`` did not list the skill ``code`` that they would leave out."""


class HoursEndBefore(Invalid):
    """A time that is tried for ``who`` ends before it begins, or as it does."""


class PinsImpossible(Conflict):
    """Not all pins can be kept: ``rules`` refuse one, or one person's capacity is exceeded (``cause``)."""


class QuotaOutOfReach(Conflict):
    """``asked`` pairs of two countries cannot be had without leaving leaders out; ``most`` can."""


class ProblemRefused(Invalid):
    """The engine cannot work with ``field`` (``why``: kind, shape, range, bytes)."""


class RoundTooLarge(Invalid):
    """More people than the engine can match exactly, or than the memory holds."""


class FileExists(Conflict):
    """``file`` is there already; it is replaced only where that is asked for."""


class FileNotWritten(Invalid):
    """``file`` cannot be written; ``why`` is what the system says."""


class SolverDied(Conflict):
    """The solving process ended without a result, with ``status``."""


class SolversBusy(Conflict):
    """Others are being answered, and more wait already: in a moment, please."""

    http_status = 503


FAILURES: dict[str, type[MentoringError]] = {
    cause.__name__: cause
    for cause in (NobodyToMatch, PinsImpossible, ProblemRefused, QuotaOutOfReach, RoundTooLarge, SolverDied)
}
"""How solving a round can end without a proposal; kept with the round by name."""


def waiting_bonus(rounds: int) -> float:
    """What ``rounds`` earlier rounds without a match add in the objective."""
    return min(rounds * WAITING_BONUS, MOST_WAITING_BONUS)


def ensure_editable(state: RoundState) -> None:
    """Raises ``RoundSolving``, or ``RoundIsPublished`` once its pairs are out of our hands."""
    if state is RoundState.SOLVING:
        raise RoundSolving()
    if state not in UNPUBLISHED:
        raise RoundIsPublished()
