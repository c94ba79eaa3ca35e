"""The round desk with all pairs of a large round: what leaves the house, and how long the server takes."""

import asyncio
import gzip
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from mentoring.app import create_app, surrounded
from mentoring.db import database
from mentoring.people.models import Person
from mentoring.people.service import ensure_account, open_session
from mentoring.rounds.models import ProposedPair, Round
from mentoring.settings import Settings
from tests.bench.organisations import REVENUE
from tests.bench.report import Figure, at_most, known
from tests.bench.workshop import PROGRAMME, Workshop

DESK_MS, DESK_KB, WHAT_IF_SECONDS = 150, 60, 1
VIEWS, QUESTIONS = 15, 7
STATIC = Path(__file__).parents[2] / "src/mentoring/web/static"


def round_desk(workshop: Workshop) -> list[Figure]:
    """A round of 1,477 leaders and 22,212 juniors, as its coordinator sees it."""
    url = workshop.enrolled(REVENUE)
    if workshop.first(f"round of {REVENUE.code}"):
        workshop.mentoring(url, "round", "propose", PROGRAMME, "--wait", "--json", within=300)
    return asyncio.run(_looked_at(url, workshop.folder))


async def _looked_at(url: str, folder: Path) -> list[Figure]:
    settings = Settings(database_url=url, secret_file=folder / "secret", base_url="http://127.0.0.1:8000")
    async with database(url) as opened:
        now = datetime.now(UTC)
        async with opened.sessions.begin() as db:
            person = (await db.scalars(select(Person).limit(1))).one()
            (await ensure_account(db, person.id, now)).administrator = True
            secret = await open_session(db, person.id, now)
            round_id = (await db.scalars(select(Round.id))).first()
            leaders = list(await db.scalars(select(ProposedPair.leader_enrolment_id)))
        app = create_app(settings, opened)
        transport = ASGITransport(surrounded(app, settings, opened))  # type: ignore[arg-type]  # narrower scopes
        async with AsyncClient(
            transport=transport, base_url=settings.base_url, headers={"origin": settings.base_url}, timeout=600
        ) as visitor:
            visitor.cookies.set("session", secret)
            figures = await _measured(visitor, f"/rounds/{round_id}", len(leaders))
        await app.state.desk.close()
    return figures


async def _measured(visitor: AsyncClient, path: str, pairs: int) -> list[Figure]:
    views = [await _timed(visitor, path) for _ in range(VIEWS)]
    page = (await visitor.get(path)).content
    wire = sum(len(gzip.compress(one)) for one in (page, *(_read(name) for name in ("style.css", "desk.js"))))
    rows = [row.get("leader_staff_no") for row in (await visitor.get(f"/api/v1{path}?limit=2000")).json()["pairs"]]
    asked = []
    for leader in rows[:: max(1, len(rows) // QUESTIONS)][: QUESTIONS + 1]:
        began = time.perf_counter()
        (await visitor.post(f"{path}/what-if", data={"without": leader})).raise_for_status()
        asked.append(time.perf_counter() - began)
    often = f"median of {len(asked) - 1} further what-ifs"
    what = f"round desk, {pairs:,} pairs"
    return [
        at_most(f"{what}, median of {VIEWS} views", statistics.median(views) * 1000, "ms", DESK_MS),
        at_most(f"{what}, first view over the wire, gzip", wire / 1000, "kB", DESK_KB),
        known(f"{what}, first what-if, which opens the round", asked[0], "s"),
        at_most(f"{what}, {often}", statistics.median(asked[1:]), "s", WHAT_IF_SECONDS),
    ]


def _read(name: str) -> bytes:
    return (STATIC / name).read_bytes()


async def _timed(visitor: AsyncClient, path: str) -> float:
    began = time.perf_counter()
    (await visitor.get(path)).raise_for_status()
    return time.perf_counter() - began
