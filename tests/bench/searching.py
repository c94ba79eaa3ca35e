"""How long somebody waits who looks for a person, letter by letter, among everybody of the larger staff file."""

import asyncio
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

from httpx import ASGITransport, AsyncClient

from mentoring.app import create_app, surrounded
from mentoring.db import database
from mentoring.people.models import Person
from mentoring.people.service import ensure_account, open_session
from mentoring.settings import Settings
from tests.bench.organisations import REVENUE
from tests.bench.report import Figure, at_most, known
from tests.bench.workshop import Workshop

SEARCH_MS = 50
IMPORTED_WITHIN = 600
"""Seconds: how long that takes is another part's matter."""
TYPED = ("m", "ma", "mar", "mari", "maria", "maria com", "maria compl", "RE0300", "RE03001", "jack", "george ja", "zzz")
"""What a browser asks while people type: the beginnings of names, with a unit, a number, and nobody."""
TIMES = 5


def searching(workshop: Workshop) -> list[Figure]:
    """The page of people, from request to answer inside the server, on both databases."""
    sqlite, postgresql = workshop.sqlite("searched"), workshop.postgresql("searched")
    for url in (sqlite, postgresql):
        staff = str(workshop.files(REVENUE).staff)
        workshop.mentoring(url, "staff", "import", staff, "--apply", "--json", within=IMPORTED_WITHIN)
    workshop.cluster.execute("VACUUM ANALYZE person", database="searched")
    figures = []
    for name, url in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        spans, busy = zip(*asyncio.run(_spans(url, workshop.folder)), strict=True)
        figures += [
            at_most(f"people search, page, {name}: median", statistics.median(spans), "ms", SEARCH_MS),
            known(f"people search, page, {name}: slowest of {len(spans)}", max(spans), "ms"),
            known(
                f"people search, page, {name}: median time of processors in the server", statistics.median(busy), "ms"
            ),
        ]
    return figures


async def _spans(url: str, folder: Path) -> list[tuple[float, float]]:
    """Of each request how long it took, and for how long a processor was at work in this process."""
    settings = Settings(database_url=url, secret_file=folder / "secret", base_url="http://127.0.0.1:8000")
    async with database(url) as opened:
        now = datetime.now(UTC)
        async with opened.sessions.begin() as db:
            person = Person(given_name="Lucía", family_name="Ferrer", email="search@example.org", **NOWHERE)
            db.add(person)
            await db.flush()
            (await ensure_account(db, person.id, now)).administrator = True
            secret = await open_session(db, person.id, now)
        transport = ASGITransport(surrounded(create_app(settings, opened), settings, opened))  # type: ignore[arg-type]  # Litestar types scopes narrower
        async with AsyncClient(transport=transport, base_url=settings.base_url, cookies={"session": secret}) as client:
            await client.get("/staff")
            return [await _span(client, typed) for _ in range(TIMES) for typed in TYPED]


NOWHERE = {
    "job_title": "", "grade": "", "unit": "", "duty_station": "", "country": "", "time_zone": "UTC", "languages": {},
}  # fmt: skip


async def _span(client: AsyncClient, typed: str) -> tuple[float, float]:
    began, worked = time.perf_counter(), time.process_time()
    (await client.get("/staff", params={"query": typed})).raise_for_status()
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked)
