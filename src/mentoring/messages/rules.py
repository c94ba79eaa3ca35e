"""How a message travels: its states, how long a sender may hold it, when a failed one is tried again."""

import enum
from datetime import timedelta
from random import Random

from mentoring.errors import NotFound

BATCH = 100
"""Messages that one sender claims at a time: many enough to compose in few queries, few enough to lose a lease on."""
EMAIL = "email"
"""The channel of a mail; the others are webhooks."""
SMTP_TIMEOUT = 20.0
"""Seconds that a server may be silent."""
LEASE = timedelta(seconds=90)
"""How long a claimed message is its sender's. Longer than three silences of a server; then another takes it."""
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=30), timedelta(hours=1)
MOST_ATTEMPTS = 30
"""About a day of trying once an hour; then the message counts as refused and a coordinator sees it."""


class Pace(enum.StrEnum):
    """What may wait for a good moment, is merged with what else waits, and may be stopped by its reader.

    A ``question`` comes at the hour that was agreed, a ``reminder`` in working hours. Neither is more than two a week.
    """

    QUESTION = "question"
    REMINDER = "reminder"


class MessageState(enum.StrEnum):
    """pending -> claimed -> sending -> sent | refused | uncertain | skipped; a retry is pending again, later.

    What may wait is ``held`` first; then it is pending, or ``merged`` into another message that is.

    ``sending`` is the committed intent. Who dies there leaves the message ``uncertain``: it may have gone out, so it is
    shown to a coordinator and never repeated by the machine. ``kept``: no SMTP server is set; it lies in the mailbox.
    """

    HELD = "held"
    MERGED = "merged"
    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    KEPT = "kept"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


class MessageNotFound(NotFound):
    """No such message, or none of yours."""


def retry_after(attempt: int, chance: Random) -> timedelta:
    """How long to wait before the next try: twice as long each time, and never in step with other senders."""
    doublings: int = 2 ** min(attempt - 1, 10)
    pause = FIRST_RETRY * doublings
    return min(pause, LONGEST_RETRY) * chance.uniform(0.75, 1.25)
