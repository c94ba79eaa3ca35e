"""Where a bench works: a folder of its own, databases made at most once, all gone at the end."""

import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mentoring.schema import migrate
from tests.bench.organisations import Files, Shape, files_of
from tests.bench.processes import Ran, ran
from tests.harness.databases import sqlite_url
from tests.harness.postgres import Cluster, shared_cluster
from tests.harness.run import REPOSITORY, new_run

BUILD = REPOSITORY / "build"
PROGRAMME = "Digital leaders"


class Workshop:
    """The folder of one run, and what the parts of a bench have made in it."""

    def __init__(self, folder: Path, given: Path | None, closing: ExitStack) -> None:
        self.folder = folder
        self.given = given
        self._closing = closing
        self._cluster: Cluster | None = None
        self._done: set[str] = set()

    @property
    def cluster(self) -> Cluster:
        """A PostgreSQL server; started when the first part asks for it."""
        if self._cluster is None:
            self._cluster = shared_cluster(self._closing.enter_context(new_run()))
        return self._cluster

    @property
    def has_cluster(self) -> bool:
        return self._cluster is not None

    def files(self, shape: Shape) -> Files:
        return files_of(shape, self.given, self.folder)

    def environment(self, url: str) -> dict[str, str]:
        """The settings of a program on this database."""
        return {
            "MENTORING_DATABASE_URL": url,
            "MENTORING_SECRET_FILE": str(self.folder / "secret"),
        }

    def sqlite(self, name: str) -> str:
        """The address of a SQLite database, migrated."""
        url = sqlite_url(self.folder / f"{name}.db")
        if not (self.folder / f"{name}.db").exists():
            migrate(url)
        return url

    def postgresql(self, name: str) -> str:
        """The address of a new PostgreSQL database, migrated."""
        self.cluster.execute(f"CREATE DATABASE {name}")
        migrate(self.cluster.url(name))
        return self.cluster.url(name)

    def mentoring(self, url: str, *arguments: str, within: float = 90) -> Ran:
        """Run a command on this database, measured. Raises ``CommandFailed``."""
        return ran(*arguments, environment=self.environment(url), directory=self.folder, within=within)

    def staffed(self, shape: Shape) -> str:
        """The address of a database with the organisation's staff."""
        url = self.sqlite(shape.code)
        if self.first(f"staff of {shape.code}"):
            self.mentoring(url, "staff", "import", str(self.files(shape).staff), "--apply", "--json")
        return url

    def enrolled(self, shape: Shape) -> str:
        """The address of a database with staff, a programme and its sign-ups."""
        url = self.staffed(shape)
        if self.first(f"sign-ups of {shape.code}"):
            self.mentoring(url, "programme", "create", PROGRAMME, "--preset", "standard", "--json")
            sign_ups = str(self.files(shape).sign_ups)
            self.mentoring(url, "signups", "import", PROGRAMME, sign_ups, "--apply", "--json")
        return url

    def first(self, deed: str) -> bool:
        """Whether this is the first time that somebody asks for ``deed``."""
        new = deed not in self._done
        self._done.add(deed)
        return new


def number(ran: Ran, name: str) -> float:
    """One number out of what a command printed with ``--json``."""
    return float(json.loads(ran.output)[name])


@contextmanager
def workshop(given: Path | None = None) -> Iterator[Workshop]:
    """Open a workshop on the disk of the repository: a folder in memory would flatter every figure."""
    BUILD.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=BUILD))
    try:
        with ExitStack() as closing:
            yield Workshop(folder, given, closing)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def end_in_order() -> None:
    """Let SIGTERM end us as Ctrl-C does, so that the workshop is cleared away."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
