"""What crosses the doors when a coordinator asks about a round: is it right, what would be, why, is it fair."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mentoring.programmes.rules import MOST_CAPACITY, Hours
from mentoring.rounds.contracts import LAST_REVISION, Line, NamedPair, Remark
from mentoring.rounds.trying import Compared, Sums
from mentoring.skills.contracts import Code

Named = Annotated[list[NamedPair], Meta(max_length=50)]
People = Annotated[list[Line], Meta(max_length=50)]


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


class Swap(Struct, frozen=True, forbid_unknown_fields=True):
    """Two leaders who would exchange their juniors."""

    leader: Line
    other: Line


class Listed(Struct, frozen=True, forbid_unknown_fields=True):
    """A skill and its level: held now by who needs it, taught by who offers it. Without a level it is not listed."""

    code: Code
    level: Annotated[int, Meta(ge=0, le=4)] | None


class Answered(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody might have said at signing up; all that is left out stays as the round has it.

    ``needs`` are a leader's; one that is new comes last. ``offers`` are a junior's, and so are ``places``: how many
    leaders they could take in this round. ``hours``: all hours then; ``more_hours``: those besides; both as in a
    sign-up, by the person's own clock.
    """

    person: Line
    needs: Annotated[list[Listed], Meta(max_length=20)] = []
    offers: Annotated[list[Listed], Meta(max_length=50)] = []
    hours: Annotated[Hours, Meta(max_length=35)] | None = None
    more_hours: Annotated[Hours, Meta(max_length=35)] = []
    places: Annotated[int, Meta(ge=0, le=MOST_CAPACITY)] | None = None


class WhatIf(Struct, frozen=True, forbid_unknown_fields=True):
    """Decisions that are only tried: pairs to have, pairs never to have, people without whom the round would be made,
    leaders who would exchange their juniors; and people who would have answered otherwise, which nobody can decide for
    them. People by staff number, address or id.
    """

    pins: Named = []
    forbids: Named = []
    without: People = []
    swaps: Annotated[list[Swap], Meta(max_length=20)] = []
    answers: Annotated[list[Answered], Meta(max_length=20)] = []


class Decide(Struct, frozen=True, forbid_unknown_fields=True):
    """Decisions that are taken together: the round is solved once. ``revision``: as in ``Publish``."""

    reason: Remark
    pins: Named = []
    forbids: Named = []
    without: People = []
    revision: Annotated[int, Meta(ge=0, le=LAST_REVISION)] | None = None


class Readmit(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who was held out of a round, by staff number, address or id."""

    person: Line


class Move(Struct, frozen=True):
    """A pair that is given up, or that is made instead."""

    leader: Member
    junior: Member
    fit: float


class Consequence(Struct, frozen=True):
    """What decisions would change; nothing has been changed. ``tried``: the decisions, swaps as the two pins that they
    are. ``seconds``: what answering took.
    """

    round: UUID
    name: str
    revision: int
    tried: WhatIf
    before: Sums
    after: Sums
    given_up: list[Move]
    made: list[Move]
    seconds: float


class Comparison(Struct, frozen=True):
    """What each policy would give for a round, or for a programme as it stands today."""

    name: str
    policy: str
    found: Compared
    seconds: float


class FairGroup(Struct, frozen=True):
    """A group; without a ``label`` those of whom it is not known. One that is hidden says nothing of itself.

    ``likely`` and ``likely_fit``: where rate and mean fit lie 95 times in 100.
    """

    label: str | None
    hidden: bool
    people: int | None
    matched: int | None
    rate: float | None
    likely: tuple[float, float] | None
    mean_fit: float | None
    likely_fit: tuple[float, float] | None
    lowest_tenth: float | None


class FairSide(Struct, frozen=True):
    """Leaders or juniors by one trait: region, grade or gender. ``impact_ratio``: lowest rate by highest."""

    trait: str
    role: str
    groups: list[FairGroup]
    impact_ratio: float | None
    warns: bool


class FairnessReport(Struct, frozen=True):
    round: UUID
    name: str
    sides: list[FairSide]


class RuleEffect(Struct, frozen=True):
    """What a hard rule does, or would do if it were ``on``: the share of pairs it refuses, and whom it alone leaves
    with nobody (``leaders``).
    """

    on: bool
    share: float
    leaders: int


class Effects(Struct, frozen=True):
    """What the rules of a programme would do to its present sign-ups. ``possible``: share of pairs that none refuses.

    ``sampled``: too many to count all, so the shares are of a sample and nobody is said to have nobody.
    """

    programme: str
    leaders: int
    juniors: int
    sampled: bool
    possible: float = 0.0
    leaders_with_nobody: int = 0
    juniors_with_nobody: int = 0
    rules: Mapping[str, RuleEffect] = {}


class Office(Struct, frozen=True):
    """A place of work, with how many pairings it teaches and learns in. ``rest``: all small ones together."""

    name: str
    country: str
    teaches: int
    learns: int
    rest: bool


class Tie(Struct, frozen=True):
    """Pairings in which juniors of one office teach leaders of another or the same; offices by their number."""

    teaches: int
    learns: int
    pairings: int


class Network(Struct, frozen=True):
    """Who teaches whom between offices. ``across``: pairings of two countries. ``places``: how many
    offices there are, of which the smallest may stand together in ``offices``.
    """

    programme: str
    pairings: int
    across: int
    places: int
    offices: list[Office]
    ties: list[Tie]


class Elsewhere(Struct, frozen=True):
    """The best other partner of one of the two. ``taken``: has somebody in the proposal."""

    name: str
    fit: float
    taken: bool


class Loss(Struct, frozen=True):
    """What others would lose at least, from the first level on: leaders, weak pairs more, total fit."""

    leaders: int
    weak: int
    total_fit: float


class Help(Struct, frozen=True):
    """A rule set aside, or moved by a step, for one person alone: how many candidates more, the cheapest of them."""

    rule: str
    candidates: int
    cheapest: str
    costs_others: Loss


class Explanation(Struct, frozen=True):
    """What speaks for a pair and against it; of a leader who has nobody, what would ``help``, the smallest first.

    ``costs_at_least`` is a bound from the prices, None where something else stops the pair; what-if tells it exactly.
    """

    round: UUID
    leader: str
    junior: str | None
    made: bool
    fit: float | None
    leader_otherwise: Elsewhere | None
    junior_otherwise: Elsewhere | None
    rules: list[str]
    poor: bool
    full: bool
    costs_at_least: Loss | None
    helps: list[Help]


class Explain(Struct, frozen=True, forbid_unknown_fields=True):
    """A leader, and a junior where a certain pair is asked about."""

    leader: Line
    junior: Line | None = None
