"""Two schedulers that others use, at the same work: due mails to the same server, and a kill -9 in the middle of it.

Each sends as its own documentation has it, in a process of its own, on a store of its own: APScheduler 3 with the
SQLAlchemy job store and four threads, procrastinate with ten jobs at a time. They do less than our clock does: no
lease, no intent, no mark, nothing composed, the same few words to everybody. Our own sender stands beside them with
those few words too (``ticking.sending_bare``): then it is the path alone that is compared.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.bench.report import Figure, known
from tests.bench.ticking import mail_server
from tests.bench.workshop import Workshop
from tests.harness.run import REPOSITORY

DUE, KILLED_DUE = 1_000, 400
PATIENCE = 180.0
QUIET = 4.0
"""Seconds without a mail after which nothing more is expected of a scheduler."""


class Rival(NamedTuple):
    name: str
    program: str
    store: Callable[[Workshop, str], str]


def _sqlite(shop: Workshop, use: str) -> str:
    return f"sqlite:///{shop.folder / f'{use}.db'}"


def _postgresql(shop: Workshop, use: str) -> str:
    shop.cluster.execute(f"CREATE DATABASE {use}")
    return shop.cluster.url(use).replace("+asyncpg", "+psycopg")


RIVALS = (
    Rival("APScheduler 3.11, SQLite", "tests.bench.rival_apscheduler", _sqlite),
    Rival("APScheduler 3.11, PostgreSQL", "tests.bench.rival_apscheduler", _postgresql),
    Rival("procrastinate 3.10, PostgreSQL", "tests.bench.rival_procrastinate", _postgresql),
)


def side_by_side(workshop: Workshop) -> list[Figure]:
    """How many due mails a second each hands to the server."""
    figures = []
    for number, rival in enumerate(RIVALS):
        url = rival.store(workshop, f"rival_{number}")
        _run(rival, "fill", url, DUE)
        with _server(workshop, f"rival-{number}") as (counted, environment):
            began = time.perf_counter()
            with _working(rival, url, environment):
                last = _until_quiet(counted, DUE)
            arrived = _arrived(counted)
        figures += [
            known(f"{DUE:,} due mails, {rival.name}: sent", len(arrived) / (last - began), "a second"),
            known(f"{DUE:,} due mails, {rival.name}: doubled", arrived.total() - len(arrived), "mails"),
        ]
    return figures


def killed(workshop: Workshop) -> list[Figure]:
    """kill -9 when a third of the mails has arrived; then the same scheduler is started again and given its time."""
    figures = []
    for number, rival in enumerate(RIVALS):
        url = rival.store(workshop, f"killed_{number}")
        _run(rival, "fill", url, KILLED_DUE)
        with _server(workshop, f"killed-{number}") as (counted, environment):
            with _working(rival, url, environment) as process:
                while len(_arrived(counted)) < KILLED_DUE // 3 and process.poll() is None:
                    time.sleep(0.005)
                process.send_signal(signal.SIGKILL)
            with _working(rival, url, environment):
                _until_quiet(counted, KILLED_DUE)
            arrived = _arrived(counted)
        what = f"{KILLED_DUE} due mails and one kill -9, {rival.name}"
        figures += [
            known(f"{what}: lost", KILLED_DUE - len(arrived), "mails"),
            known(f"{what}: doubled", arrived.total() - len(arrived), "mails"),
        ]
    return figures


@contextmanager
def _server(shop: Workshop, name: str) -> Iterator[tuple[Path, dict[str, str]]]:
    counted = shop.folder / name
    with mail_server(counted) as smtp_url:
        yield counted, {"RIVAL_SMTP_PORT": smtp_url.rpartition(":")[2]}


def _command(rival: Rival, *words: str) -> list[str]:
    return [sys.executable, "-m", rival.program, *words]


def _run(rival: Rival, task: str, url: str, count: int) -> None:
    subprocess.run(_command(rival, task, url, str(count)), cwd=REPOSITORY, check=True, timeout=PATIENCE)


@contextmanager
def _working(rival: Rival, url: str, environment: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    command = _command(rival, "work", url)
    with subprocess.Popen(command, cwd=REPOSITORY, env=os.environ | dict(environment)) as process:
        try:
            yield process
        finally:
            process.kill()


def _arrived(counted: Path) -> Counter[str]:
    return Counter(counted.read_text().splitlines()) if counted.exists() else Counter()


def _until_quiet(counted: Path, expected: int) -> float:
    """Wait for all mails, or until none has come for a while; the moment of the last one."""
    count, last, deadline = -1, time.perf_counter(), time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline:
        now = len(_arrived(counted))
        if now != count:
            count, last = now, time.perf_counter()
        if count >= expected or (count > 0 and time.perf_counter() - last > QUIET):
            break
        time.sleep(0.01)
    return last
