"""One directory per run of the tests, shared by all its workers, gone when the run is over.

Whoever starts something that must not outlive the run watches ``Run.alive``: the first process
of the run holds that lock, and the system lets go of it however the process ends, kill -9 too.
"""

import fcntl
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

MEMORY, ROOM = Path("/dev/shm"), 4 << 30
"""Files that lie in memory, and how many bytes there must be room for."""


def settle_in_memory() -> None:
    """Have this process and all that it starts keep temporary files in memory, where there is room.

    A commit that waits for a disk takes milliseconds, most of what a small test takes. No test asks what a power cut
    leaves behind; a process that is killed leaves what the system has, and that is the same.
    """
    writable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    if writable and not os.environ.get("TMPDIR") and shutil.disk_usage(MEMORY).free >= ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


class Run:
    """The directory of one run, and the locks in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.alive = directory / "alive.lock"
        self.cluster = directory / "cluster.lock"

    @contextmanager
    def once(self, name: str) -> Iterator[Path]:
        """Give the path ``name`` to one worker at a time; it makes the file where it is missing."""
        with locked(self.directory / f"{name}.lock"):
            yield self.directory / name


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock ``path``; wait for it as long as another process has it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def new_run() -> Iterator[Run]:
    """Make the directory; at the end wait until the cluster, if one was started, is gone."""
    run = Run(Path(tempfile.mkdtemp(prefix="mentoring-tests-")))
    # A database server that runs as another user must find its way through.
    run.directory.chmod(0o711)
    try:
        with locked(run.alive):
            yield run
    finally:
        with locked(run.cluster):
            pass
        shutil.rmtree(run.directory, ignore_errors=True)


def free_port() -> int:
    """Return a port of this machine that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
