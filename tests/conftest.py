"""What every test may ask for. Databases, mail, browser and processes here are real ones."""

import gc
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest
from argon2 import PasswordHasher
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from msgspec import structs
from playwright.async_api import Browser, Page
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from mentoring.app import create_app, surrounded
from mentoring.db import Database, Sessions, open_database
from mentoring.people import passwords
from mentoring.rounds.desk import Desk
from mentoring.settings import Settings
from tests.harness.browser import Browsing, browsing, running_browser
from tests.harness.databases import EMPTY, UNSWEPT, copied_sqlite, create_empty, create_migrated, drop, sqlite_url
from tests.harness.postgres import Cluster, shared_cluster
from tests.harness.run import Run, new_run, settle_in_memory
from tests.harness.server import Process, started
from tests.harness.smtp import Sink, smtp_sink

# The same examples in every run, so that a change is judged by what it changes; ``make fuzz`` draws others each time.
# None is late: how long it takes tells of the machine.
hypothesis.settings.register_profile("suite", derandomize=True, deadline=None)
hypothesis.settings.register_profile("fuzz", derandomize=False, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

EARNEST = passwords.HASHER
"""What the service makes hashes with. Tests make theirs at no cost, but for those of the hash itself."""
passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

RUN_DIRECTORY = "TESTS_RUN_DIRECTORY"
"""Environment variable by which the workers of xdist learn of the directory."""

RUN = pytest.StashKey[Run]()
CLOSING = pytest.StashKey[ExitStack]()

APPS: dict[Settings, Litestar] = {}
"""The service, put together, by its settings but for the database and the secret."""
ENGINES: dict[str, AsyncEngine] = {}
"""Of the databases of this worker, by their addresses. Putting together the same SQL anew took a sixth of the suite."""

StartProgram = Callable[..., Process]


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        config.stash[RUN] = Run(Path(os.environ[RUN_DIRECTORY]))
        return
    settle_in_memory()
    closing = config.stash[CLOSING] = ExitStack()
    run = config.stash[RUN] = closing.enter_context(new_run())
    os.environ[RUN_DIRECTORY] = str(run.directory)


def pytest_unconfigure(config: pytest.Config) -> None:
    if CLOSING in config.stash:
        config.stash[CLOSING].close()


def pytest_collection_finish() -> None:
    """What was imported and collected stays: looking through it again and again would hold up every test."""
    gc.freeze()


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that the service runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Run:
    return request.config.stash[RUN]


@pytest.fixture(scope="session")
def cluster(run: Run) -> Cluster:
    """The PostgreSQL server of this run; started when the first test asks for it."""
    return shared_cluster(run)


@pytest.fixture(scope="session")
def worker_database(run: Run, cluster: Cluster, worker_id: str) -> str:
    """The name of the migrated PostgreSQL database that only this worker uses."""
    name = f"mentoring_{worker_id}"
    create_migrated(run, cluster, name)
    # Its server is not killed: each commit may leave it to the server when to wait for the disk.
    cluster.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    cluster.execute(UNSWEPT, database=name)
    return name


@pytest.fixture
def sqlite_database_url(run: Run, worker_id: str) -> str:
    """A migrated SQLite database with no rows, for tests of what only SQLite does; a new one at the same address."""
    folder = run.directory / f"sqlite-{worker_id}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return copied_sqlite(run, folder)


@pytest.fixture(scope="module")
def folder(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a database of this module's own lies, empty and migrated."""
    made = tmp_path_factory.mktemp("module")
    copied_sqlite(run, made)
    return made


@pytest.fixture
def postgresql_database_url(cluster: Cluster, worker_database: str) -> str:
    """A migrated PostgreSQL database with no rows, for tests of what only PostgreSQL does."""
    cluster.execute(EMPTY, database=worker_database)
    return cluster.url(worker_database)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database with no rows; the test runs once on each engine."""
    url: str = request.getfixturevalue(f"{request.param}_database_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[str]:
    """A database without tables, for tests of migrations; once on each engine."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "empty.db")
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = f"empty_{worker_id}"
    yield create_empty(cluster, name)
    drop(cluster, name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The database, opened; between tests its connections are closed, and only what SQL it has put together stays."""
    if database_url not in ENGINES:
        ENGINES[database_url] = open_database(database_url).engine
    opened = Database(ENGINES[database_url])
    yield opened
    await opened.close()


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return database.sessions


@pytest.fixture
async def db(database: Database) -> AsyncIterator[AsyncSession]:
    """A session in a transaction that is never committed: use cases do not commit either."""
    async with database.sessions() as session:
        yield session


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, secret_file=tmp_path / "secret", base_url="http://127.0.0.1:8000")


@pytest.fixture
async def app(database: Database, settings: Settings) -> AsyncIterator[Litestar]:
    """The whole service on the test's database. Putting it together takes longer than most tests: done once."""
    alike = structs.replace(settings, database_url="", secret_file=Path())
    if alike not in APPS:
        APPS[alike] = create_app(settings, database)
    desk = Desk()
    APPS[alike].state.update({"database": database, "settings": settings, "desk": desk})
    APPS[alike].state.in_force.forget()
    yield APPS[alike]
    await APPS[alike].state.presence.close(database)
    await desk.close()


@pytest.fixture
async def client(app: Litestar, database: Database, settings: Settings) -> AsyncIterator[AsyncClient]:
    """A visitor's browser without script: cookies are kept, forms come from our own site."""
    service = surrounded(app, settings, database)
    transport = ASGITransport(service, raise_app_exceptions=False)  # type: ignore[arg-type]  # Litestar types scopes narrower
    headers = {"origin": settings.base_url}
    async with AsyncClient(transport=transport, base_url=settings.base_url, headers=headers) as visitor:
        yield visitor


@pytest.fixture
def smtp() -> Iterator[Sink]:
    """An SMTP server that keeps what arrives; ``smtp.url`` is the setting."""
    with smtp_sink() as sink:
        yield sink


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    async with running_browser() as running:
        yield running


@pytest.fixture
async def windows(browser: Browser) -> AsyncIterator[Browsing]:
    """Pages of several people: ``await windows.open(language="fr", width=390)``."""
    async with browsing(browser) as session:
        yield session


@pytest.fixture
async def page(windows: Browsing) -> Page:
    """One page; the test fails for any error in its console and anything its policy stops."""
    return await windows.open()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartProgram]:
    """``start("serve", MENTORING_DATABASE_URL=...)`` starts the program; all end with the test.

    What they said is shown when the test fails.
    """
    with ExitStack() as running:
        count = 0

        def start_one(*arguments: str, port: int | None = None, **environment: str) -> Process:
            nonlocal count
            count += 1
            log = tmp_path / f"program-{count}.log"
            running.callback(lambda: print(f"--- {' '.join(arguments)}\n{log.read_text(errors='replace')}"))
            return running.enter_context(started(*arguments, log=log, environment=environment, port=port))

        yield start_one
