"""Places where a crash would hurt, at which a test may let the process die as if the power had gone.

``FAILPOINTS=publish.after_cas:1`` in the environment kills the process (SIGKILL, nobody says goodbye) the first time it
comes there, ``:3`` the third time. Several are separated by commas. Without the variable a failpoint is one look into
an empty dictionary. ``make chaos`` comes to each of them; a test keeps its list and the code the same.
"""

import os
import signal
from collections.abc import Mapping

VARIABLE = "FAILPOINTS"


def read(environ: Mapping[str, str]) -> dict[str, int]:
    """Which failpoints are armed, and at which visit each strikes."""
    armed = {}
    for one in filter(None, environ.get(VARIABLE, "").split(",")):
        name, _, visit = one.partition(":")
        armed[name.strip()] = int(visit or 1)
    return armed


_armed = read(os.environ)


def failpoint(name: str) -> None:
    """Die here, if this is the armed visit."""
    if name in _armed:
        _armed[name] -= 1
        if _armed[name] == 0:
            os.write(2, f"failpoint {name}\n".encode())  # nothing that is buffered would be read by anybody
            os.kill(os.getpid(), signal.SIGKILL)


def arm(environ: Mapping[str, str]) -> None:
    """Read the variable again: for a process that was forked from one in which it was not set."""
    _armed.clear()
    _armed.update(read(environ))
