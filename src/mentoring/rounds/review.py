"""The result of a round as a coordinator reviews it: every pair on one page, each with its sum, and how fits lie."""

from collections import Counter
from decimal import Decimal
from statistics import fmean, median
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from matching import WEAK, Weights, weights_of
from mentoring.collation import place_of
from mentoring.identity import Actor
from mentoring.pairings.contracts import Parts
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.rules import Role
from mentoring.rounds.aims import points_of
from mentoring.rounds.contracts import HeldOutRow, OverrideRow, PairRow, RoundSummary, UnmatchedRow
from mentoring.rounds.models import ProposedPair, RoundInputs
from mentoring.rounds.queries import (
    find_round,
    held_out_of,
    overrides_of,
    pairs_of_leader,
    summary,
    unmatched_counts,
    unmatched_of,
)
from mentoring.rounds.rules import NothingToReplay, PairNotFound
from mentoring.rounds.snapshot import key

BARS = 20
"""Of the picture of fits: each is 0.05 wide."""
WORTH_DIGITS = 4
"""Of a part as it is shown: with so many a pocket calculator comes to the fit that is shown."""


def is_weak(fit: float) -> bool:
    """As the engine counts: in whole points, so that 0.40 is not weak however it was added up."""
    return points_of(fit) < WEAK


Column = Literal["fit", "leader", "junior", "leader_unit", "junior_unit"]
Searched = Annotated[str, Meta(max_length=200)]


class Wanted(Struct, frozen=True):
    """Which pairs, and in which order. ``show``: empty for all."""

    q: Searched = ""
    show: Literal["", "weak", "pinned", "alternate"] = ""
    unit: Searched = ""
    country: Searched = ""
    sort: Column = "fit"
    down: bool = False


ALL = Wanted()


class ReviewRow(NamedTuple):
    """A pair in one line; ``ref`` leads to its leader. There are many: each is a handful of plain words."""

    ref: str
    leader: str
    leader_unit: str
    leader_country: str
    junior: str
    junior_unit: str
    junior_country: str
    fit: float
    weak: bool
    pinned: bool
    alternate: bool
    junior_ref: str


class Review(Struct, frozen=True):
    """``pairs`` that are wanted, of ``pair_count``; ``weak`` of all; ``units`` and ``countries`` to choose from."""

    summary: RoundSummary
    programme: str
    wanted: Wanted
    pairs: list[ReviewRow]
    pair_count: int
    weak: int
    units: list[str]
    countries: list[str]
    unmatched_leaders: int
    unmatched_juniors: int
    overrides: list[OverrideRow]
    held_out: list[HeldOutRow]


async def review_round(db: AsyncSession, actor: Actor, ref: str, wanted: Wanted) -> Review:
    """All pairs of a round that are wanted, weakest first unless told otherwise. Raises ``RoundNotFound``."""
    round_ = await find_round(db, actor, ref)
    rows = await _rows(db, round_.id)
    unmatched = await unmatched_counts(db, round_.id)
    return Review(
        summary=summary(round_),
        programme=(await db.get_one(Programme, round_.programme_id)).name,
        wanted=wanted,
        pairs=chosen(rows, wanted, actor.language),
        pair_count=len(rows),
        weak=sum(row.weak for row in rows),
        units=sorted(
            {unit for row in rows for unit in (row.leader_unit, row.junior_unit) if unit},
            key=lambda unit: place_of(unit, actor.language),
        ),
        countries=sorted({code for row in rows for code in (row.leader_country, row.junior_country) if code}),
        unmatched_leaders=unmatched.get(Role.LEADER, 0),
        unmatched_juniors=unmatched.get(Role.JUNIOR, 0),
        overrides=await overrides_of(db, round_.id),
        held_out=await held_out_of(db, round_.id),
    )


def _pairs_of_a_round() -> Select[*tuple[Any, ...]]:
    leader, junior, led, taught = aliased(Enrolment), aliased(Enrolment), aliased(Person), aliased(Person)
    return (
        select(func.coalesce(led.staff_no, key(led.id)), led.given_name, led.family_name, led.unit, led.country)
        .add_columns(taught.given_name, taught.family_name, taught.unit, taught.country)
        .add_columns(ProposedPair.fit, ProposedPair.pinned, ProposedPair.alternate)
        .add_columns(func.coalesce(taught.staff_no, key(taught.id)))
        .join(leader, leader.id == ProposedPair.leader_enrolment_id)
        .join(led, led.id == leader.person_id)
        .join(junior, junior.id == ProposedPair.junior_enrolment_id)
        .join(taught, taught.id == junior.person_id)
        .where(ProposedPair.round_id == bindparam("round"))
        .order_by(ProposedPair.fit, led.staff_no, led.id, taught.staff_no, taught.id)
    )


PAIRS = _pairs_of_a_round()
"""Put together once, not for each view: it has four aliases."""


async def _rows(db: AsyncSession, round_id: UUID) -> list[ReviewRow]:
    return [
        ReviewRow(
            ref, f"{given} {family}".strip(), unit, country, f"{given_too} {family_too}".strip(), unit_too, country_too,
            fit, is_weak(fit), pinned, alternate, ref_too,
        )
        for ref, given, family, unit, country, given_too, family_too, unit_too, country_too, fit, pinned, alternate,
        ref_too in await db.execute(PAIRS, {"round": round_id})
    ]  # fmt: skip


def chosen(rows: list[ReviewRow], wanted: Wanted, language: str) -> list[ReviewRow]:
    """Those that are wanted, in the order wanted; equals stay weakest first."""
    found = rows if wanted == ALL else [row for row in rows if _is_wanted(row, wanted)]
    if wanted.sort == "fit":
        return found[::-1] if wanted.down else found
    return sorted(found, key=lambda row: place_of(str(getattr(row, wanted.sort)), language), reverse=wanted.down)


def _is_wanted(row: ReviewRow, wanted: Wanted) -> bool:
    said = f"{row.leader} {row.leader_unit} {row.junior} {row.junior_unit} {row.ref} {row.junior_ref}".casefold()
    return (
        (not wanted.show or getattr(row, wanted.show))
        and wanted.unit in ("", row.leader_unit, row.junior_unit)
        and wanted.country in ("", row.leader_country, row.junior_country)
        and all(word in said for word in wanted.q.casefold().split())
    )


class Term(NamedTuple):
    """A part of a fit as a pocket calculator has it: ``worth`` times ``weight`` is ``product``."""

    name: str
    worth: Decimal
    weight: Decimal
    product: Decimal


class Sum(NamedTuple):
    """The products together, by the weights together, are the fit."""

    terms: list[Term]
    total: Decimal
    weights: Decimal
    fit: Decimal


def summed(parts: Parts, weights: Weights) -> Sum:
    terms = []
    for name in parts.__struct_fields__:
        worth, weight = Decimal(f"{getattr(parts, name):.{WORTH_DIGITS}f}"), Decimal(str(getattr(weights, name)))
        terms.append(Term(name, worth, weight, worth * weight))
    total, counted = sum((one.product for one in terms), Decimal()), sum((one.weight for one in terms), Decimal())
    return Sum(terms, total, counted, total / counted)


class LeaderReview(Struct, frozen=True):
    """A leader's pairs, each with its sum."""

    summary: RoundSummary
    pairs: list[tuple[PairRow, Sum]]


async def review_leader(db: AsyncSession, actor: Actor, ref: str, leader: str) -> LeaderReview:
    """What was proposed to a leader, by staff number, address or id, and why.

    Raises ``PairNotFound``, ``NothingToReplay``.
    """
    round_ = await find_round(db, actor, ref)
    pairs = await pairs_of_leader(db, round_.id, leader)
    problem = await db.scalar(select(RoundInputs.problem).where(RoundInputs.round_id == round_.id))
    if not pairs:
        raise PairNotFound()
    if problem is None:
        raise NothingToReplay()
    weights = weights_of(problem)
    return LeaderReview(summary(round_), [(one, summed(one.reasons.parts, weights)) for one in pairs])


class Unpaired(Struct, frozen=True):
    """Whoever was left over, ``people`` from ``offset`` on of ``number``."""

    summary: RoundSummary
    people: list[UnmatchedRow]
    number: int
    offset: int


async def review_unmatched(db: AsyncSession, actor: Actor, ref: str, limit: int, offset: int) -> Unpaired:
    """Who has nobody, leaders first, with the rules that took their candidates away. Raises ``RoundNotFound``."""
    round_ = await find_round(db, actor, ref)
    number = sum((await unmatched_counts(db, round_.id)).values())
    return Unpaired(summary(round_), await unmatched_of(db, round_.id, limit, offset), number, offset)


class Bar(Struct, frozen=True):
    """So many pairs have a fit from ``low`` to below ``high``; the last bar takes 1 in."""

    low: float
    high: float
    pairs: int
    weak: bool


class Scores(Struct, frozen=True):
    """How the fits of a round lie."""

    summary: RoundSummary
    bars: list[Bar]
    lowest: float
    median: float
    mean: float


async def read_scores(db: AsyncSession, actor: Actor, ref: str) -> Scores:
    """How many pairs have which fit. Raises ``RoundNotFound``."""
    round_ = await find_round(db, actor, ref)
    fits = sorted(await db.scalars(select(ProposedPair.fit).where(ProposedPair.round_id == round_.id)))
    counted = Counter(min(int(fit * BARS + 1e-9), BARS - 1) for fit in fits)
    bars = [Bar(n / BARS, (n + 1) / BARS, counted[n], points_of((n + 1) / BARS) <= WEAK) for n in range(BARS)]
    known = fits or [0.0]
    return Scores(summary(round_), bars, known[0], median(known), fmean(known))
