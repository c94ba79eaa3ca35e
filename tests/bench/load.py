"""Very many people at once, while a large round is solved and the clock works: all that two processors do together.

The service runs as in production: its own server with a process for each of two processors, the clock beside it, a
mail server, a database. Those who ask are ``tests.bench.traffic``, on the same processors.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from secrets import token_urlsafe
from urllib.parse import urlencode

import httpx
import msgspec
import psutil
from sqlalchemy import func, select, text

from mentoring.checkins.rules import CheckInState
from mentoring.db import database
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.rounds.models import Round
from mentoring.rounds.rules import RoundState
from mentoring.running import server_command
from mentoring.settings import Settings
from tests.bench.crowd import Crowd, gathered
from tests.bench.lives import clock
from tests.bench.organisations import REVENUE, Shape
from tests.bench.population import some_check_ins, the_id
from tests.bench.report import Figure, at_least, at_most, exactly, known
from tests.bench.searching import IMPORTED_WITHIN, TYPED
from tests.bench.ticking import both, mail_server
from tests.bench.traffic import Asked, Plan, Seen
from tests.bench.workshop import PROGRAMME, Workshop
from tests.harness.run import REPOSITORY, free_port
from tests.harness.server import Process, started

REQUESTS_A_SECOND, P99_MS = 600, 200
PAIRINGS, SECONDS, WARM = 10_000, 25.0, 5.0
WORKERS = {"SQLite": 1, "PostgreSQL": 2}
"""Processes of the web, by database as ``docs/operations.md`` advises: on SQLite, writers of one process queue."""
ENGINES = tuple(WORKERS)
CONNECTIONS = 32
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
DUE_EVERY_SECOND = 10
"""Pairings both of whom are asked something in each second: 72,000 questions an hour, more than any organisation."""
MOST_A_SECOND = 1_500
"""For so many requests there is something to ask."""
FIRST, ALONE = 4, 120
"""Requests of one kind, before anything counts, and for what it costs by itself."""
SOLVED_WITHIN, READY_WITHIN = 300, 120
MIX = {
    "my page": 25, "page of a pairing": 17, "pairings, API": 16, "one pairing, API": 16, "people search": 4,
    "at risk": 2,
    "check-in, page": 5, "check-in, API": 5, "reminders, page": 5, "goal, API": 4, "in confidence, API": 1,
}  # fmt: skip
"""Of a hundred requests: eighty read, twenty write; coordinators are few among those who take part."""


ANSWERED = 0.15
"""Of all requests, how many answer a question at most, by chance; each question is answered once."""


def mixed_load(
    workshop: Workshop,
    shape: Shape = REVENUE,
    pairings: int = PAIRINGS,
    seconds: float = SECONDS,
    warm: float = WARM,
    alone: int = ALONE,
    most: int = MOST_A_SECOND,
    connections: int = CONNECTIONS,
    engines: Collection[str] = ENGINES,
) -> list[Figure]:
    """Requests a second, how long they take, what else was done meanwhile, and what bound it; by database."""
    figures: list[Figure] = []
    for name, url in both(workshop, "load").items():
        if name not in engines:
            continue
        _import(workshop, url, shape)
        questions = int(most * (warm + seconds) * ANSWERED) + 2 * (FIRST + alone)
        crowd = asyncio.run(gathered(url, pairings, questions))
        if name == "PostgreSQL":
            workshop.cluster.execute("VACUUM ANALYZE", database="load")
        figures += Measurement(workshop, name, url, crowd, seconds, warm, connections).figures(alone, most)
    return figures


def _import(workshop: Workshop, url: str, shape: Shape) -> None:
    files = workshop.files(shape)
    for command in (
        ("staff", "import", str(files.staff), "--apply"),
        ("programme", "create", PROGRAMME, "--preset", "standard"),
        ("signups", "import", PROGRAMME, str(files.sign_ups), "--apply"),
    ):
        workshop.mentoring(url, *command, "--json", within=IMPORTED_WITHIN)


class Measurement:
    """One database, and what is asked of the service on it."""

    def __init__(
        self, workshop: Workshop, name: str, url: str, crowd: Crowd, seconds: float, warm: float, connections: int
    ) -> None:
        self.workshop = workshop
        self.name = name
        self.url = url
        self.crowd = crowd
        self.seconds = seconds
        self.warm = warm
        self.connections = connections
        self.random = Random(1)
        self.unanswered = self.random.sample(crowd.check_ins, len(crowd.check_ins))  # else both of a pairing meet
        self.quiet = iter(crowd.pairings)
        self.errors: list[str] = []

    def figures(self, alone: int, most: int) -> list[Figure]:
        """Kind by kind; then all together, with all that goes on; and the bare endpoint, as the second."""
        environment = self.workshop.environment(self.url) | {"MENTORING_WORKERS": str(WORKERS[self.name])}
        log = self.workshop.folder / f"load-{self.name}.log"
        with (
            mail_server(self.workshop.folder / f"load-{self.name}-mails") as smtp_url,
            started("serve", log=log, environment=environment) as service,
            clock(environment | {"MENTORING_SMTP_URL": smtp_url}) as ticking,
        ):
            service.wait_until_ready(seconds=READY_WITHIN)
            self._warm_up(service)
            costs = [self._alone(service, kind, alone) for kind in MIX]
            mixed, used, took, sent = self._under_load(service, ticking.pid, self._mix(service.url, most), service)
            with bare(environment, WORKERS[self.name], log) as least:
                rows, *_ = self._under_load(service, ticking.pid, self._bare(least.url), least)
        rate, least_rate = _rate(mixed), _rate(rows)
        spans = sorted(span for kind in mixed.milliseconds.values() for span in kind)
        what = f"mixed load, {self.name}"
        for error in sorted(set(self.errors)):
            print(f"{what}: {error}", file=sys.stderr)
        return [
            at_least(f"{what}", rate, "requests/s", REQUESTS_A_SECOND),
            known(f"{what}: median", statistics.median(spans), "ms"),
            at_most(f"{what}: 99 of 100 within", spans[len(spans) * 99 // 100], "ms", P99_MS),
            exactly(f"{what}: errors", len(self.errors), "answers", 0),
            known(f"{what}: the round of {took[1]:,} leaders meanwhile", took[0], "s"),
            known(f"{what}: mails meanwhile", sent, "mails"),
            *(known(f"{what}: time of processors, {who}", share, "cores") for who, share in used.items()),
            known(f"{what}: a bare endpoint with my page's query", least_rate, "requests/s"),
            known(f"{what}: of the bare endpoint's", rate / least_rate, "requests"),
            *costs,
        ]

    def _under_load(
        self, service: Process, ticking: int, asked: list[Asked], answering: Process
    ) -> tuple[Seen, dict[str, float], tuple[float, int], int]:
        """What the traffic saw; cores by who used them; the round's seconds and leaders; mails that went out."""
        asyncio.run(self._fall_due())
        with self._traffic(
            Plan(_port(answering), asked, self.connections, self.warm, self.seconds, again=answering is not service)
        ) as traffic:
            time.sleep(self.warm)  # it is the traffic that works; this is how long it is let
            self._propose(service)
            before, mails = self._cpu(answering, ticking), asyncio.run(self._sent())
            time.sleep(self.seconds)
            after, mails = self._cpu(answering, ticking), asyncio.run(self._sent()) - mails
            seen = msgspec.json.decode(traffic.communicate()[0], type=Seen)
        self.errors += seen.errors
        used = {who: (after[who] - before[who]) / self.seconds for who in after}
        used["traffic"] = seen.cpu_seconds / (self.warm + self.seconds)
        return seen, used, asyncio.run(self._solved()), mails

    @contextmanager
    def _traffic(self, plan: Plan) -> Iterator["subprocess.Popen[bytes]"]:
        file = self.workshop.folder / "traffic.plan"
        file.write_bytes(msgspec.msgpack.encode(plan))
        command = [sys.executable, "-m", "tests.bench.traffic", str(file)]
        with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as process:
            try:
                yield process
            finally:
                process.kill()

    def _cpu(self, answering: Process, ticking: int) -> dict[str, float]:
        """Seconds of processors so far, of the web and of the clock with its solver; and of the database's server."""
        found = {"web": _of_tree(answering.pid), "clock and solver": _of_tree(ticking)}
        if self.name == "PostgreSQL":
            found["database"] = _of_tree(asyncio.run(self._server()))
        return found

    async def _server(self) -> int:
        """The database server, the parent of whichever of its processes answers us."""
        async with database(self.url) as opened, opened.reading() as db:
            return psutil.Process((await db.execute(text("SELECT pg_backend_pid()"))).scalar_one()).ppid()

    async def _sent(self) -> int:
        async with database(self.url) as opened, opened.reading() as db:
            sent = select(func.count()).select_from(Message).where(Message.state == MessageState.SENT)
            return await db.scalar(sent) or 0

    async def _fall_due(self) -> None:
        """Questions to both of a pairing that are to be put while the load lasts, as many in each second."""
        now = datetime.now(UTC)
        async with database(self.url) as opened, opened.sessions.begin() as db:
            for second in range(int(self.warm + self.seconds)):
                some = list(islice(self.quiet, DUE_EVERY_SECOND))
                moment = now + timedelta(seconds=second)
                await some_check_ins(db, some, ("session_2",), CheckInState.SCHEDULED, moment)

    def _propose(self, service: Process) -> None:
        """As the page of a programme does it; the clock takes it up."""
        cookies = {"session": self.crowd.coordinators[0]}
        path = f"{service.url}/api/v1/programmes/{PROGRAMME}/rounds"
        with httpx.Client(cookies=cookies, headers={"origin": service.url}, trust_env=False, timeout=60) as client:
            client.post(path, json={}).raise_for_status()

    async def _solved(self) -> tuple[float, int]:
        """Wait for the proposal; return how long it took, and for how many leaders it is."""
        async with asyncio.timeout(SOLVED_WITHIN), database(self.url) as opened:
            while True:
                async with opened.reading() as db:
                    round_ = (await db.scalars(select(Round))).one()
                if round_.state is not RoundState.SOLVING:
                    assert round_.state is RoundState.PROPOSED, round_.failure
                    return round_.seconds, round_.leaders
                await asyncio.sleep(0.1)

    def _warm_up(self, service: Process) -> None:
        """Let both processes of the web load what each kind needs."""
        asked = [self._asked(kind, service.url) for kind in MIX for _ in range(FIRST)]
        with self._traffic(Plan(_port(service), asked, self.connections, again=False)) as traffic:
            self.errors += msgspec.json.decode(traffic.communicate()[0], type=Seen).errors

    def _alone(self, service: Process, kind: str, count: int) -> Figure:
        """What one request of a kind costs the web, with few others beside it."""
        asked = [self._asked(kind, service.url) for _ in range(count)]
        before = _of_tree(service.pid)
        with self._traffic(Plan(_port(service), asked, 4, again=False)) as traffic:
            seen = msgspec.json.decode(traffic.communicate()[0], type=Seen)
        self.errors += seen.errors
        milliseconds = 1000 * (_of_tree(service.pid) - before) / count
        return known(f"time of processors of the web for {kind}, {self.name}", milliseconds, "ms")

    def _mix(self, url: str, most: int) -> list[Asked]:
        kinds = self.random.choices(list(MIX), list(MIX.values()), k=int(most * (self.warm + self.seconds)))
        return [self._asked(kind, url) for kind in kinds]

    def _asked(self, kind: str, url: str) -> Asked:
        """One request of one of those who are in."""
        pairing = self.random.choice(self.crowd.pairings)
        person = the_id(pairing, self.random.choice(("leader_id", "junior_id")))
        cookie, one = self.crowd.cookies[person], f"pairings/{pairing['id']}"
        said = {"words": f"To draft {token_urlsafe(6)} with it."}
        match kind:
            case "my page":
                return Asked(kind, 200, _wire(url, cookie, "/me"))
            case "page of a pairing":
                return Asked(kind, 200, _wire(url, cookie, f"/{one}"))
            case "pairings, API":
                return Asked(kind, 200, _wire(url, cookie, "/api/v1/pairings"))
            case "one pairing, API":
                return Asked(kind, 200, _wire(url, cookie, f"/api/v1/{one}"))
            case "people search":
                typed = urlencode({"query": self.random.choice(TYPED)})
                return Asked(kind, 200, _wire(url, self.random.choice(self.crowd.coordinators), f"/staff?{typed}"))
            case "at risk":
                return Asked(kind, 200, _wire(url, self.random.choice(self.crowd.coordinators), "/at-risk"))
            case "check-in, page" | "check-in, API":
                return self._answer(kind, url)
            case "reminders, page":
                stop = self.random.choice(("true", "false"))
                return Asked(kind, 303, _wire(url, cookie, "/me/settings/reminders", FORM, urlencode({"stop": stop})))
            case "goal, API":
                return Asked(kind, 201, _wire(url, cookie, f"/api/v1/{one}/goals", JSON, _json(said)))
            case _:
                confided = {"message": said["words"]}
                return Asked(kind, 204, _wire(url, cookie, f"/api/v1/{one}/concerns", JSON, _json(confided)))

    def _answer(self, kind: str, url: str) -> Asked:
        """Each question can be answered once."""
        check_in = self.unanswered.pop()
        cookie, one = self.crowd.cookies[the_id(check_in, "person_id")], check_in["id"]
        if kind == "check-in, page":
            typed = urlencode({"met": "yes", "usefulness": 4, "note": "It went well."})
            return Asked(kind, 303, _wire(url, cookie, f"/me/check-ins/{one}", FORM, typed))
        said = _json({"met": "yes", "usefulness": 4})
        return Asked(kind, 200, _wire(url, cookie, f"/api/v1/check-ins/{one}/answer", JSON, said))

    def _bare(self, url: str) -> list[Asked]:
        return [Asked("bare", 200, _wire(url, "", f"/bare/{person}")) for person in self.crowd.cookies]


def _json(content: object) -> str:
    return msgspec.json.encode(content).decode()


def _wire(url: str, cookie: str, path: str, kind: str = "", body: str = "") -> bytes:
    """A request as a browser sends it, which says where its forms come from."""
    lines = [
        f"{'POST' if kind else 'GET'} {path} HTTP/1.1",
        f"host: {url.removeprefix('http://')}",
        "accept: text/html, application/json",
        "accept-encoding: gzip",
        "accept-language: en",
        "sec-fetch-site: same-origin",
        *([f"cookie: session={cookie}"] if cookie else []),
        *([f"origin: {url}", f"content-type: {kind}", f"content-length: {len(body)}"] if kind else []),
    ]
    return "\r\n".join([*lines, "", body]).encode()


@contextmanager
def bare(environment: Mapping[str, str], workers: int, log: Path) -> Iterator[Process]:
    """The bare endpoint, served by the same server with the same settings."""
    port = free_port()
    served = server_command(Settings(port=port, workers=workers))
    command = [
        "tests.bench.bare:create_bare" if part == "mentoring.serving:create_service" else part for part in served
    ]
    importable = {**environment, "PYTHONPATH": str(REPOSITORY)}
    with started(*command[1:], log=log, environment=importable, port=port, program=Path(command[0])) as process:
        process.wait_until_ready(seconds=READY_WITHIN)
        yield process


def _port(process: Process) -> int:
    return int(process.url.rpartition(":")[2])


def _rate(seen: Seen) -> float:
    return sum(map(len, seen.milliseconds.values())) / seen.seconds


def _of_tree(pid: int) -> float:
    """Seconds of processors that a process and its children have taken, those that ended too."""
    process = psutil.Process(pid)
    ended = process.cpu_times()
    family = [process, *process.children(recursive=True)]
    return sum(_of_process(one.pid) for one in family) + ended.children_user + ended.children_system


def _of_process(pid: int) -> float:
    with suppress(psutil.NoSuchProcess):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    return 0.0
