"""What comes in by mail: causes of refusal, and what an answer to an invitation can be."""

import enum
from datetime import datetime

from mentoring.errors import Invalid

LARGEST_MAIL = 1_000_000
"""Bytes; an answer is a few kilobytes, and whoever sends more sends something else."""


class Answer(enum.StrEnum):
    """How somebody answered an invitation. ``countered``: they propose another time."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
    COUNTERED = "countered"


class Outcome(enum.StrEnum):
    """What a mail turned out to be."""

    ANSWERED = "answered"
    OUTDATED = "outdated"
    """An answer to an earlier revision of the invitation, or one that came before another that is known."""
    BOUNCED = "bounced"
    IGNORED = "ignored"
    """Neither an answer to one of our invitations nor a bounce of one of our mails."""


class MailUnreadable(Invalid):
    """No mail, or one that is larger than any answer."""


def counts(known: tuple[int, datetime] | None, sequence: int, stamped_at: datetime, now_sequence: int) -> bool:
    """Whether an answer is to the invitation as it stands, and no older than what is known of the same person.

    RFC 5546 2.1.5: the higher sequence wins, then the later stamp; the same again changes nothing.
    """
    return sequence == now_sequence and (known is None or (sequence, stamped_at) > known)
