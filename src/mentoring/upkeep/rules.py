"""When something about the running of the service deserves an alarm: pure decisions, and their reasons."""

import enum
from datetime import timedelta

from mentoring.errors import Conflict, Invalid

TICK_LATE = timedelta(minutes=1)
"""A clock that has not looked for so long is down, or held up. It says that it lives every ten seconds."""

QUEUE_LATE = timedelta(minutes=10)
"""How long a message may wait after its moment before the queue counts as growing: longer than a server's hiccup."""


BACKUP, CHECK = "backup", "check"
"""Rows of ``job_run`` that say when a person did this last."""


class Alarm(enum.StrEnum):
    """What somebody should look at; docs/operations.md says how."""

    CLOCK_HELD = "clock_held"
    CLOCK_LATE = "clock_late"
    QUEUE_LATE = "queue_late"
    LEASES_EXPIRED = "leases_expired"
    JOB_FAILING = "job_failing"
    EVENTS_FAILING = "events_failing"


class ClockNotHeld(Conflict):
    """The clock runs, or is not there; nobody has to let it go on."""


class BackupNotReadable(Invalid):
    """``file`` is no backup of this service, or not the whole of one."""


class BackupOfAnotherVersion(Conflict):
    """The backup has schema ``found``; the database has ``wanted``."""


class DatabaseNotEmpty(Conflict):
    """There are ``rows`` rows in the database; restoring would replace them."""


class FileIsThere(Conflict):
    """``file`` exists already."""
