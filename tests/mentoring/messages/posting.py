"""A sender at work against a real SMTP server, on a clock that the test sets."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from mentoring.db import Database
from mentoring.messages.contracts import Intended, Kind
from mentoring.messages.dispatch import Sender, new_sender, send_due
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.messages.service import enqueue
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.reactions import COMPOSERS
from mentoring.settings import Settings
from tests.builders import NOW, a_pairing


class Time:
    """The clock on the wall, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, span: timedelta) -> None:
        self.now += span


def a_sender(
    database: Database,
    folder: Path,
    smtp_url: str | None,
    time: Time | None = None,
    kinds: Mapping[str, Kind] = COMPOSERS,
) -> Sender:
    settings = Settings(
        smtp_url=smtp_url,
        mail_from="mentoring@example.org",
        base_url="https://mentoring.example.org",
        organisation="Meridian",
        secret_file=folder / "secret",
    )
    return new_sender(database, settings, kinds, time or Time())


async def post_all(sender: Sender) -> int:
    """Send until nothing is due."""
    sent = 0
    while batch := await send_due(sender):
        sent += batch
    if sender.smtp is not None:
        await sender.smtp.quit()
    return sent


async def asked_leaders(database: Database, count: int = 1) -> list[Pairing]:
    """Pairings whose leaders are to be asked by mail."""
    async with database.sessions.begin() as db:
        pairings = [await a_pairing(db, PairingState.ASKING_LEADER) for _ in range(count)]
        await enqueue(db, [Intended("consent_leader", one.id, one.leader_id, NOW) for one in pairings])
    return pairings


async def messages_of(database: Database) -> list[Message]:
    async with database.reading() as db:
        return list(await db.scalars(select(Message).order_by(Message.made_at, Message.kind, Message.id)))


async def states_of(database: Database) -> list[MessageState]:
    return sorted(message.state for message in await messages_of(database))
