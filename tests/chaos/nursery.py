"""Processes that start in milliseconds: forked from one that has everything loaded, and real in all else.

Each has its own process id, its own environment, its own connections, and is killed like any other. Speaks lines of
JSON on its standard streams: ``{"start": [words], "environment": {}, "log": path}`` gives a process id,
``{"poll": id}`` its exit code (negative: the signal that ended it), or nothing while it lives.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from mentoring import failpoints
from mentoring.__main__ import COMMANDS
from mentoring.__main__ import main as program
from scheduler.metronome import main as clock
from tests.chaos import acts


def preload() -> None:
    """Import what commands import when they are asked for."""
    for name in COMMANDS:
        program.get_command(None, name)  # type: ignore[arg-type]  # it looks at the name alone


def start(words: list[str], environment: dict[str, str], log: Path) -> int:
    """Fork; the child runs ``mentoring WORDS``, or one of our own acts, and never comes back."""
    child = os.fork()
    if child:
        return child
    try:
        _become(environment, log)
        _run(words)
    finally:
        os._exit(70)


def _become(environment: dict[str, str], log: Path) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, words), (2, words)):
        os.dup2(source, target)
    os.environ.update(environment)
    failpoints.arm(os.environ)


def _run(words: list[str]) -> None:
    ours: dict[str, Callable[..., object]] = {"clock": clock, acts.PROGRAM: acts.main}
    command: Callable[..., object] = ours.get(words[0], program)
    arguments = words[1:] if words[0] in ours else words
    code = 0
    try:
        command(arguments, prog_name="mentoring")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def poll(child: int) -> int | None:
    """The exit code of a child that has ended."""
    ended, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def main() -> None:
    preload()
    print(json.dumps({"ready": os.getpid()}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "start" in asked:
            answer: object = start(asked["start"], asked["environment"], Path(asked["log"]))
        else:
            answer = poll(asked["poll"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
