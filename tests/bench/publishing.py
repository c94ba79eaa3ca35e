"""A large round is published, everybody says yes, and everything that follows is planned."""

import asyncio
import time
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select

from mentoring.checkins.models import CheckIn
from mentoring.db import Base, Database, database
from mentoring.identity import MACHINE, Actor
from mentoring.messages.models import Message
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.pairings.service import accept_pairing
from mentoring.reactions import deliver_next, pass_over_unanswered
from mentoring.rounds.contracts import Publish
from mentoring.rounds.publishing import publish_round
from tests.bench.large_files import agency_round
from tests.bench.organisations import AGENCY
from tests.bench.report import Figure, at_most, exactly, known
from tests.bench.workshop import PROGRAMME, Workshop

SECONDS_FOR_800 = 3
LONGEST = 90.0
"""Seconds until the measurement is given up."""
CHECK_INS_OF_A_PAIRING = 22
"""Seven sessions and four pulses, for two people."""
MAILS_OF_A_PAIRING = 4
"""Two questions, and to both that it begins."""


def publishing(workshop: Workshop) -> list[Figure]:
    """Publish the agency's round. People's own answers are not counted: they come over days."""
    if workshop.first(f"round of {AGENCY.code}"):
        agency_round(workshop)
    return asyncio.run(asyncio.wait_for(_publishing(workshop.enrolled(AGENCY)), LONGEST))


async def _publishing(url: str) -> list[Figure]:
    async with database(url) as opened:
        began = time.monotonic()
        async with opened.sessions.begin() as db:
            published = await publish_round(db, MACHINE, f"{PROGRAMME} 1", Publish(), datetime.now(UTC))
        committed = time.monotonic()
        await _deliver_all(opened)
        asked = time.monotonic()
        await _all_accept(opened, PairingState.ASKING_LEADER)
        await _deliver_all(opened)
        await _all_accept(opened, PairingState.ASKING_JUNIOR)
        accepted = time.monotonic()
        await _deliver_all(opened)
        planned = time.monotonic()
        pairings = published.pairings
        publish, ask, plan = committed - began, asked - committed, planned - accepted
        return [
            known("pairings published at once", pairings, "pairings"),
            known("publishing them", publish, "s"),
            known("then, their leaders' messages", ask, "s"),
            known("then, once all have accepted, their sessions, check-ins and messages", plan, "s"),
            # The round has not exactly 800 pairs; each costs the same.
            at_most(
                f"publishing 800 pairings with check-ins and messages, all three (reckoned from {pairings})",
                (publish + ask + plan) * 800 / pairings,
                "s",
                SECONDS_FOR_800,
            ),
            exactly("check-ins of them", await _count(opened, CheckIn), "rows", CHECK_INS_OF_A_PAIRING * pairings),
            exactly("messages about them", await _count(opened, Message), "rows", MAILS_OF_A_PAIRING * pairings),
        ]


async def _deliver_all(opened: Database) -> None:
    """What the clock does with events, without its pauses."""
    await pass_over_unanswered(opened, datetime.now(UTC))
    while await deliver_next(opened, datetime.now(UTC)):
        pass


async def _all_accept(opened: Database, state: PairingState) -> None:
    now = datetime.now(UTC)
    async with opened.sessions.begin() as db:
        rows = await db.execute(select(Pairing.id, Pairing.leader_id, Pairing.junior_id).where(Pairing.state == state))
        for pairing_id, leader_id, junior_id in rows.all():
            person_id: UUID = leader_id if state is PairingState.ASKING_LEADER else junior_id
            await accept_pairing(db, Actor(id=person_id), pairing_id, now)


async def _count(opened: Database, table: type[Base]) -> int:
    async with opened.reading() as db:
        return await db.scalar(select(func.count()).select_from(table)) or 0
