"""What a pairing that is over takes with it: sessions that lie ahead, also those that stand in calendars."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal
from mentoring.messages import service as messages
from mentoring.messages.contracts import Intended
from mentoring.pairings.contracts import PairingEnded, SessionsCancelled
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import SessionState


async def cancel_sessions(db: AsyncSession, pairing_ids: Sequence[UUID], by: UUID | None, now: datetime) -> None:
    """Cancel what was planned. What was invited to already gets a higher sequence, by which calendars drop it."""
    chosen = update(PairSession).where(PairSession.pairing_id.in_(pairing_ids))
    await db.execute(
        chosen.where(PairSession.state == SessionState.PLANNED).values(state=SessionState.CANCELLED, wake_at=None)
    )
    invited = await db.scalars(
        chosen.where(PairSession.state == SessionState.INVITED)
        .values(state=SessionState.CANCELLED, wake_at=None, sequence=PairSession.sequence + 1)
        .returning(PairSession.id)
    )
    if cancelled := list(invited):
        journal.record(db, SessionsCancelled(cancelled), by=by, at=now)


async def tell_cancelled(db: AsyncSession, events: Sequence[SessionsCancelled], now: datetime) -> None:
    """Reaction: what stands in two calendars and will not be held is taken out of them."""
    rows = await db.execute(
        select(PairSession.id, PairSession.sequence, Pairing.leader_id, Pairing.junior_id)
        .join(Pairing, Pairing.id == PairSession.pairing_id)
        .where(PairSession.id.in_([one for event in events for one in event.session_ids]))
        .where(PairSession.starts_at > now)
    )
    await messages.enqueue(
        db,
        [
            Intended("session_cancelled", row.id, person_id, now, row.sequence)
            for row in rows
            for person_id in (row.leader_id, row.junior_id)
        ],
    )


async def tell_ended(db: AsyncSession, events: Sequence[PairingEnded], now: datetime) -> None:
    """Reaction: whoever stays learns that the other one has left."""
    left = {event.pairing_id: event.left_id for event in events}
    rows = await db.execute(select(Pairing.id, Pairing.leader_id, Pairing.junior_id).where(Pairing.id.in_(left)))
    await messages.enqueue(
        db,
        [
            Intended("pairing_ended", row.id, row.junior_id if left[row.id] == row.leader_id else row.leader_id, now)
            for row in rows
        ],
    )
