"""A command as people start it, with the time and the memory that it and all its children took."""

import os
import resource
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.harness.server import PROGRAM

LOOK_EVERY = 0.02
"""Seconds between two looks at the memory."""


class Ran(NamedTuple):
    """What became of a command and all its children. ``peak_mb`` counts pages that they share twice.

    ``cpu_seconds`` tell how long it would have taken on a machine with nothing else to do.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


class CommandFailed(Exception):
    """The command refused, broke, or took too long."""


def ran(
    *arguments: str,
    environment: Mapping[str, str],
    directory: Path,
    within: float = 90,
    program: Path = PROGRAM,
) -> Ran:
    """Run ``mentoring ARGUMENTS`` in ``directory`` to its end. Raises ``CommandFailed``."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MENTORING_")}
    words, errors = directory / "stdout", directory / "stderr"
    began, used = time.monotonic(), _cpu_of_children()
    with words.open("w") as out, errors.open("w") as err:
        popen = subprocess.Popen(
            [str(program), *arguments],
            cwd=directory,
            env={**bare, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        peak, ended = _watched(popen, began + within)
    if popen.returncode != 0:
        said = f"{words.read_text()[-2000:]}{errors.read_text()[-4000:]}"
        raise CommandFailed(f"{' '.join(arguments)} ended with {popen.returncode}:\n{said}")
    return Ran(ended - began, _cpu_of_children() - used, peak / 2**20, words.read_text())


def _cpu_of_children() -> float:
    """Of all that have ended so far, and theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _watched(popen: "subprocess.Popen[str] | subprocess.Popen[bytes]", deadline: float) -> tuple[int, float]:
    """Wait for the end and return the peak of the memory in bytes, and the moment of the end."""
    process = psutil.Process(popen.pid)
    peak = 0
    while True:
        with suppress(subprocess.TimeoutExpired):
            popen.wait(LOOK_EVERY)
            return peak, time.monotonic()
        peak = max(peak, _memory_of_tree(process))
        if time.monotonic() > deadline:
            _end(process)
            popen.wait()


def _memory_of_tree(process: psutil.Process) -> int:
    total = 0
    with suppress(psutil.NoSuchProcess):
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += one.memory_info().rss
    return total


def _end(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        for one in (*process.children(recursive=True), process):
            with suppress(psutil.NoSuchProcess):
                one.kill()
