"""Commands that keep the service running: migrate, serve, clock, and all in one."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from time import monotonic, sleep

import click

from mentoring import console, heartbeat
from mentoring.schema import make_ready
from mentoring.schema import migrate as migrate_database
from mentoring.settings import Settings

READY_WITHIN = 30.0
"""Seconds after which ``run`` says that it still waits for the server: a busy machine takes its time."""
LOOK_EVERY = 0.2
PORT_FREE_WITHIN = 5.0
PR_SET_PDEATHSIG = 1
"""Of Linux (prctl.h): send this process a signal when its parent dies."""


@click.command()
def migrate() -> None:
    """Bring the database's schema up to date. Safe to run twice and at once."""
    url = console.settings().database_url
    console.refusing(lambda: migrate_database(url))
    console.say(False, None, [console.words().text("migrate.done")])


@click.command()
def serve() -> None:
    """Run the web application and the API."""
    settings = console.settings()
    prepare(settings)
    _refuse_taken_port(settings)
    os.execv(sys.executable, server_command(settings))


@click.command()
def clock() -> None:
    """Run the clock: check-ins, follow-ups, messages, rounds. Any number may run on PostgreSQL."""
    settings = console.settings()
    prepare(settings)
    os.execv(sys.executable, clock_command())


@click.command()
@click.option(
    "--demo", is_flag=True, help="First make a demo organisation with a round ready to run, if none is there."
)
def run(demo: bool) -> None:
    """Run web, API and clock in one go; print the address, and with --demo one sign-in link per role."""
    settings = console.settings()
    prepare(settings)
    _refuse_taken_port(settings)
    children = [_child(server_command(settings))]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _stop(children))
    if wait_until_ready(settings, children):  # the others start after it: on two cores they would hold it up
        click.echo(console.words().text("run.ready", address=settings.base_url))
        if demo:
            _let_the_clock_begin()
        children.append(_child(clock_command()))
        if demo:
            subprocess.run([sys.executable, "-m", "mentoring.demo"], check=False)
    raise SystemExit(_watch(children))


def _let_the_clock_begin() -> None:
    """A demo that was put aside for days goes on without asking: nobody is written to."""
    now = console.moment()
    console.in_transaction(lambda db: heartbeat.note_run(db, heartbeat.TICK, 0, None, now))


def _child(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a child that ends with us, even when we are killed: an orphan would keep the port to itself."""
    return subprocess.Popen(command, preexec_fn=_end_with_parent if sys.platform == "linux" else None)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def prepare(settings: Settings) -> None:
    """SQLite is created and migrated by whichever command comes first; PostgreSQL by ``mentoring migrate``."""
    console.refusing(lambda: make_ready(settings.database_url))
    console.refusing(settings.secret)


def _refuse_taken_port(settings: Settings) -> None:
    """The server shares its port with whoever asks (SO_REUSEPORT): a second one would silently take half of it.

    One that is just ending, after its ``run`` was killed, is given a moment.
    """
    deadline = monotonic() + PORT_FREE_WITHIN
    while _taken(settings):
        if monotonic() > deadline:
            raise click.ClickException(console.words().text("run.port_taken", port=settings.port, host=settings.host))
        sleep(LOOK_EVERY)


def _taken(settings: Settings) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return True
    return False


def server_command(settings: Settings) -> list[str]:
    return [
        sys.executable, "-m", "granian", "mentoring.serving:create_service", "--factory", "--interface", "asgi",
        "--host", settings.host, "--port", str(settings.port), "--workers", str(settings.workers),
        "--workers-kill-timeout", "10", "--no-ws", "--log-level", "warning",
    ]  # fmt: skip


def clock_command() -> list[str]:
    return [sys.executable, "-m", "scheduler"]


def wait_until_ready(settings: Settings, children: Sequence[subprocess.Popen[bytes]]) -> bool:
    """Wait for the server to answer, however long that takes; False where it ended instead."""
    patience = monotonic() + READY_WITHIN
    while all(child.poll() is None for child in children):
        try:
            with urllib.request.urlopen(f"http://{settings.host}:{settings.port}/health", timeout=1):  # our own address
                return True
        except OSError:
            sleep(0.05)
        if monotonic() > patience:
            click.echo(console.words().text("run.slow"), err=True)
            patience += READY_WITHIN
    return False


def _watch(children: Sequence[subprocess.Popen[bytes]]) -> int:
    """Wait until one child ends, then end the others; a clock without a web, or the reverse, helps nobody."""
    while all(child.poll() is None for child in children):
        sleep(LOOK_EVERY)
    _stop(children)
    codes = [child.wait() for child in children]
    return max(abs(code) if code not in (-signal.SIGTERM, -signal.SIGINT) else 0 for code in codes)


def _stop(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
