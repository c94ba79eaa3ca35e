"""Tables of match rounds, their inputs and their results."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, Document, PersonalText, PlainText
from mentoring.pairings.contracts import Reasons
from mentoring.pairings.models import Pairing
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.rules import Matching
from mentoring.rounds.contracts import Vocabulary
from mentoring.rounds.rules import Aim, OverrideKind, RoundState

_UNPUBLISHED = text("state IN ('solving', 'proposed', 'failed')")


class Round(Base):
    """One match round of a programme. Each request to solve it is a new ``revision``.

    While ``solving``, a solver holds it until ``lease_until``; an expired lease gives it back. ``fence`` rises with
    every claim, so that a solver who comes too late changes nothing; ``attempts`` counts the claims of one revision.
    """

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        Index(
            "one_unpublished_round",
            "programme_id",
            unique=True,
            sqlite_where=_UNPUBLISHED,
            postgresql_where=_UNPUBLISHED,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey(Programme.id, ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[PlainText] = mapped_column(unique=True)
    state: Mapped[RoundState]
    revision: Mapped[int] = mapped_column(default=1)
    year: Mapped[int]
    """Whose winter and summer offsets count."""
    matching: Mapped[Matching] = mapped_column(
        Document(Matching), server_default='{"policy": "coverage_first"}', info={"personal": False}
    )
    requested_at: Mapped[datetime]
    requested_by_id: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    stage: Mapped[PlainText | None]
    progress: Mapped[float] = mapped_column(default=0.0)
    failure: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True), info={"personal": False})
    leaders: Mapped[int] = mapped_column(default=0)
    juniors: Mapped[int] = mapped_column(default=0)
    matched: Mapped[int] = mapped_column(default=0)
    total_fit: Mapped[float] = mapped_column(default=0.0)
    seconds: Mapped[float] = mapped_column(default=0.0)
    solved_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class RoundInputs(Base):
    """All that the engine was given for a round's latest result, and what came out: enough to solve it again."""

    __tablename__ = "round_inputs"

    round_id: Mapped[UUID] = mapped_column(ForeignKey(Round.id, ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int]
    problem: Mapped[bytes] = mapped_column(LargeBinary)
    leaders: Mapped[list[str]] = mapped_column(JSON, info={"personal": False})
    """Enrolment ids, in the order of the problem's rows; ``juniors`` in that of its columns."""
    juniors: Mapped[list[str]] = mapped_column(JSON, info={"personal": False})
    vocabulary: Mapped[Vocabulary] = mapped_column(Document(Vocabulary), info={"personal": False})
    aim: Mapped[Aim] = mapped_column(Document(Aim), server_default="{}", info={"personal": False})
    engine: Mapped[PlainText]
    result: Mapped[PlainText]
    """SHA-256 over the pairs and the total."""
    proof: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The proposal with its prices. Rounds solved before there were prices have none."""


class ProposedPair(Base):
    """A pair that the engine proposes, with its score; after publishing, the pairing that came of it.

    ``alternate``: not proposed by the round but offered later, when a pairing of it fell through; ``settled_at`` is
    when that was answered for this pair. ``leader_waited`` and ``junior_waited`` are what undoing gives back.
    """

    __tablename__ = "proposed_pair"

    round_id: Mapped[UUID] = mapped_column(ForeignKey(Round.id, ondelete="CASCADE"), primary_key=True)
    leader_enrolment_id: Mapped[UUID] = mapped_column(ForeignKey(Enrolment.id), primary_key=True)
    junior_enrolment_id: Mapped[UUID] = mapped_column(ForeignKey(Enrolment.id), primary_key=True)
    fit: Mapped[float]
    reasons: Mapped[Reasons] = mapped_column(Document(Reasons), info={"personal": True})
    pinned: Mapped[bool] = mapped_column(default=False)
    pairing_id: Mapped[UUID | None] = mapped_column(ForeignKey(Pairing.id), index=True)
    alternate: Mapped[bool] = mapped_column(default=False)
    leader_waited: Mapped[int | None]
    junior_waited: Mapped[int | None]
    settled_at: Mapped[datetime | None]


class Unmatched(Base):
    """Somebody for whom the round found nobody, and which rule took how many candidates away."""

    __tablename__ = "unmatched"

    round_id: Mapped[UUID] = mapped_column(ForeignKey(Round.id, ondelete="CASCADE"), primary_key=True)
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey(Enrolment.id), primary_key=True)
    candidates: Mapped[int]
    eligible: Mapped[int]
    taken_away: Mapped[dict[str, int]] = mapped_column(JSON, info={"personal": False})
    relaxation: Mapped[PlainText | None]
    relaxation_gain: Mapped[int] = mapped_column(default=0)
    waited: Mapped[int | None]
    """Rounds waited before this one was published; undoing gives them back."""


class HeldOut(Base):
    """A coordinator's own decision on a person: they take no part in this round."""

    __tablename__ = "held_out"

    round_id: Mapped[UUID] = mapped_column(ForeignKey(Round.id, ondelete="CASCADE"), primary_key=True)
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey(Enrolment.id), primary_key=True)
    reason: Mapped[PersonalText]
    by_id: Mapped[UUID | None]
    at: Mapped[datetime]


class Override(Base):
    """A coordinator's own decision on a pair: keep it, or never."""

    __tablename__ = "override"

    round_id: Mapped[UUID] = mapped_column(ForeignKey(Round.id, ondelete="CASCADE"), primary_key=True)
    leader_enrolment_id: Mapped[UUID] = mapped_column(ForeignKey(Enrolment.id), primary_key=True)
    junior_enrolment_id: Mapped[UUID] = mapped_column(ForeignKey(Enrolment.id), primary_key=True)
    kind: Mapped[OverrideKind]
    reason: Mapped[PersonalText]
    by_id: Mapped[UUID | None]
    at: Mapped[datetime]
