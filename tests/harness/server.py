"""The program as people start it: a process of its own, on a free port, ended by a signal."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

from tests.harness.run import free_port

PROGRAM = Path(sys.executable).with_name("mentoring")
READY_WITHIN = 30.0
"""Seconds until it must answer; generous, because test machines are busy."""

STOPPED_WITHIN = 20.0
"""Seconds that it may take to finish what it is doing once it was asked to end."""

LOOK_AGAIN_AFTER = 0.02
"""Seconds between two looks at something that another process is about to do."""


class Process:
    """One started program. Its words are kept in ``log``."""

    def __init__(self, popen: "subprocess.Popen[bytes]", log: Path, url: str) -> None:
        self.popen = popen
        self.log = log
        self.url = url

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def words(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_until_ready(self, path: str = "/health", seconds: float = READY_WITHIN) -> float:
        """Return after how many seconds ``path`` answered 200; fail if it ended or never did."""
        started = time.monotonic()
        with httpx.Client(base_url=self.url, trust_env=False, timeout=5) as client:
            while time.monotonic() - started < seconds:
                if _answers(client, path):
                    return time.monotonic() - started
                self._pause()
        raise AssertionError(f"{path} did not answer in {seconds} s:\n{self.words}")

    def _pause(self) -> None:
        """Give the process a moment; fail when it uses it to end."""
        try:
            code = self.popen.wait(LOOK_AGAIN_AFTER)
        except subprocess.TimeoutExpired:
            return
        raise AssertionError(f"It ended with code {code}:\n{self.words}")

    def wait_for_words(self, words: str, seconds: float = READY_WITHIN) -> None:
        """Return once ``words`` stand in the log."""
        deadline = time.monotonic() + seconds
        while words not in self.words:
            if time.monotonic() > deadline:
                raise AssertionError(f"It never said {words!r}:\n{self.words}")
            self._pause()

    def stop(self) -> int:
        """Ask it to end, as an operator does, and return its exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"SIGTERM did not end it:\n{self.words}") from None

    def kill(self) -> None:
        """kill -9, for it and all that it started: nobody gets to say goodbye."""
        family = _group(self.pid)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait()
        # Its children are not ours to wait for, yet their ports and locks must be free.
        psutil.wait_procs(family, timeout=STOPPED_WITHIN)


def _group(leader: int) -> list[psutil.Process]:
    """Return the living processes of the group, also when its leader is gone."""
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError):
            if process.pid != leader and os.getpgid(process.pid) == leader:
                found.append(process)
    return found


def _answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def started(
    *arguments: str,
    log: Path,
    environment: Mapping[str, str],
    port: int | None = None,
    program: Path = PROGRAM,
) -> Iterator[Process]:
    """Start ``mentoring ARGUMENTS``; at the end ask it to stop, unless it is gone already.

    The environment is ours with every setting taken out, then ``environment`` put in.
    """
    port = port or free_port()
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MENTORING_")}
    url = f"http://127.0.0.1:{port}"
    address = {"MENTORING_HOST": "127.0.0.1", "MENTORING_PORT": str(port), "MENTORING_BASE_URL": url}
    with log.open("ab") as words:
        popen = subprocess.Popen(
            [str(program), *arguments],
            # What it writes beside itself (its key, a database) must not land in the repository.
            cwd=log.parent,
            env={**bare, **address, **environment},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            # A group of its own, so that kill() reaches its children too.
            start_new_session=True,
        )
    process = Process(popen, log, url)
    try:
        yield process
        process.stop()
    finally:
        process.kill()
