"""Rules that only somebody outside can see: what arrived at the mail server, what people were told was done."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import Met
from mentoring.messages.contracts import Claimed
from mentoring.messages.mime import message_id
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.pairings.models import Pairing
from tests.harness.smtp import Sink

SENDER = "mentoring@example.org"


def doubled(smtp: Sink) -> list[str]:
    """N3: the mail server has taken each message once at most."""
    arrived = Counter(str(mail["message-id"]) for mail in smtp.messages)
    return [f"N3: {identity} arrived twice" for identity, count in arrived.items() if count > 1]


async def lost(db: AsyncSession, smtp: Sink) -> list[str]:
    """N4: what counts as sent has arrived; what arrived is known to have been sent, or to be uncertain."""
    arrived = {str(mail["message-id"]) for mail in smtp.messages}
    rows = await db.execute(
        select(Message.state, Message.id, Message.kind, Message.about, Message.sequence, Message.recipient_id)
    )
    found = []
    known = {MessageState.SENT, MessageState.UNCERTAIN}
    for state, id_, kind, about, sequence, recipient in rows:
        there = message_id(Claimed(id_, kind, about, sequence, recipient, 1), SENDER) in arrived
        if state is MessageState.SENT and not there:
            found.append(f"N4: message {id_} was lost")
        if there and state not in known:
            found.append(f"N4: message {id_} arrived and is {state.value}")
    return found


@dataclass
class Answers:
    """What people were told was done: N11, nothing of it may be gone."""

    leaders: set[UUID] = field(default_factory=set)
    juniors: set[UUID] = field(default_factory=set)
    check_ins: dict[UUID, Met] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.leaders) + len(self.juniors) + len(self.check_ins)

    async def forgotten(self, db: AsyncSession) -> list[str]:
        """What was acknowledged and is not in the database."""
        pairings = {one.id: one for one in await db.scalars(select(Pairing))}
        found = [one for one in self.leaders if pairings[one].junior_asked_at is None]
        found += [one for one in self.juniors if pairings[one].began_at is None]
        rows = await db.execute(select(CheckIn.id, CheckIn.met).where(CheckIn.met.is_not(None)))
        met = dict(rows.all())
        found += [one for one, said in self.check_ins.items() if met.get(one) is not said]
        return [f"N11: the answer to {one} was lost" for one in found]
