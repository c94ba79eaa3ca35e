"""Who is acting. Made where somebody comes in (a session, a token, the command line), handed to every use case."""

from uuid import UUID

from msgspec import Struct


class Actor(Struct, frozen=True):
    """A person at the door, or the machine itself (``id`` is None and ``machine`` is set).

    ``coordinates`` are programmes, ``stands_in_for`` are leaders whose sessions the actor may book.
    ``scopes`` is None for a person in a session, and the granted areas for an API token.
    """

    id: UUID | None = None
    machine: bool = False
    administrator: bool = False
    coordinates: frozenset[UUID] = frozenset()
    stands_in_for: frozenset[UUID] = frozenset()
    scopes: frozenset[str] | None = None
    language: str = "en"
    zone: str = "UTC"
    name: str = ""

    @property
    def anonymous(self) -> bool:
        return self.id is None and not self.machine


ANONYMOUS = Actor()
MACHINE = Actor(machine=True, administrator=True)
"""The clock, and whoever sits at the machine's command line."""
