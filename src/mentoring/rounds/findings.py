"""What crosses the doors when a coordinator asks about a round: is it right, what would be, why, is it fair."""

from uuid import UUID

from msgspec import Struct


class Member(Struct, frozen=True):
    """Somebody who took part in the round."""

    staff_no: str | None
    name: str


class VerifyFault(Struct, frozen=True):
    """One thing that is wrong with a stored proposal. Without a leader or junior it is about nobody in particular."""

    cause: str
    leader: Member | None
    junior: Member | None
    rules: list[str]


class Verification(Struct, frozen=True):
    """What an independent look at all pairs found. ``aims``: leaders, weak, total; what nothing could be better in."""

    round: UUID
    name: str
    holds: bool
    pairs: int
    eligible: int
    matched: int
    weak: int
    weak_below: float
    total_fit: float
    floor: float
    policy: str
    aims: list[str]
    found: int
    faults: list[VerifyFault]
    """The first few."""
    seconds: float
