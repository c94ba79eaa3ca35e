"""What a coordinator can do about a message, and which messages lie together."""

import enum
from collections.abc import Mapping, Sequence

from mentoring.errors import Conflict, NotAllowed, NotFound
from mentoring.messages.rules import MessageState


class Box(enum.StrEnum):
    """Messages that want the same of whoever looks at them."""

    WAITING = "waiting"
    HELD = "held"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    SENT = "sent"
    ALL = "all"


BOXES: Mapping[Box, Sequence[MessageState]] = {
    Box.WAITING: (MessageState.PENDING, MessageState.CLAIMED, MessageState.SENDING),
    Box.HELD: (MessageState.HELD,),
    Box.UNCERTAIN: (MessageState.UNCERTAIN,),
    Box.REFUSED: (MessageState.REFUSED,),
    Box.SENT: (MessageState.SENT, MessageState.KEPT),
    Box.ALL: tuple(MessageState),
}


class Remedy(enum.StrEnum):
    AGAIN = "again"
    GIVE_UP = "give-up"


REMEDIES: Mapping[Remedy, Sequence[MessageState]] = {
    Remedy.AGAIN: (MessageState.UNCERTAIN, MessageState.REFUSED),
    Remedy.GIVE_UP: (MessageState.PENDING, MessageState.HELD, MessageState.UNCERTAIN, MessageState.REFUSED),
}
"""In which states each can be had. What a sender has in hand is its own until it is done."""


def remedies(state: MessageState) -> list[Remedy]:
    return [remedy for remedy, states in REMEDIES.items() if state in states]


class MessageMovedOn(Conflict):
    """The message is no longer in a state in which this can be done."""


class BounceNotFound(NotFound):
    """Nobody whose address takes nothing, of that id."""


class AddressGuarded(NotAllowed):
    """Somebody whose account opens more than their own: a wrong address there would let a stranger in."""
