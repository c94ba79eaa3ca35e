"""Writing down what shall be said. Sending it is ``dispatch``'s."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import insert_missing
from mentoring.messages.contracts import Intended
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState


async def enqueue(db: AsyncSession, intended: Sequence[Intended]) -> None:
    """Put messages down to be sent. One that is there already, by its unique key, is left as it is."""
    await insert_missing(
        db,
        Message,
        [
            {
                "kind": one.kind,
                "about": one.about,
                "sequence": one.sequence,
                "recipient_id": one.recipient_id,
                "pace": one.pace,
                "channel": one.channel,
                "state": MessageState.HELD if one.pace else MessageState.PENDING,
                "made_at": one.wake_at,
                "wake_at": one.wake_at,
            }
            for one in intended
        ],
    )
