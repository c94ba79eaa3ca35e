"""Rounds as coordinators see them: how ready a programme is, what was proposed, who was left over."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import numpy as np
from msgspec import structs
from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from matching import RULE_NAMES, Problem
from mentoring import policy
from mentoring.db import Database, among
from mentoring.identity import Actor
from mentoring.pairings.queries import without_levels
from mentoring.people.models import Person
from mentoring.people.queries import full_name
from mentoring.policy import Action
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.queries import find_programme
from mentoring.programmes.rules import EnrolmentState, Role
from mentoring.rounds.child import run_solver
from mentoring.rounds.contracts import (
    Competence,
    Failure,
    HeldOutRow,
    OverrideRow,
    PairRow,
    Readiness,
    RoundSummary,
    RoundView,
    UnmatchedRow,
)
from mentoring.rounds.findings import Member
from mentoring.rounds.models import HeldOut, Override, ProposedPair, Round, Unmatched
from mentoring.rounds.problem import Snapshot, build_in_thread
from mentoring.rounds.results import refused_by_engine, taken_away
from mentoring.rounds.rules import NotEnrolled, RoundNotFound
from mentoring.rounds.snapshot import read_rows
from mentoring.rounds.solver import Alone, Request, Surveyed


async def find_round(db: AsyncSession, actor: Actor, ref: str, action: Action = Action.ROUND_READ) -> Round:
    """Find a round by id or name, for one who may do ``action`` to it. Raises ``RoundNotFound``."""
    found = (await db.scalars(select(Round).where(_named(ref)))).all()
    round_ = next((one for one in found if str(one.id) == ref), None) or next(iter(found), None)
    return policy.require(actor, action, round_, RoundNotFound)


def _named(ref: str) -> ColumnElement[bool]:
    try:
        return or_(Round.id == UUID(ref), Round.name == ref)
    except ValueError:
        return Round.name == ref.strip()


async def find_enrolment(db: AsyncSession, programme_id: UUID, who: str, role: Role) -> Enrolment:
    """Found by staff number, address or id; who is not enrolled and who does not exist are told alike."""
    found = await find_enrolments(db, programme_id, who)
    if role not in found:
        raise NotEnrolled(who=who, role=role.value)
    return found[role]


async def find_enrolments(db: AsyncSession, programme_id: UUID, who: str) -> dict[Role, Enrolment]:
    """All that somebody takes part as; see ``find_enrolment``."""
    found = await db.scalars(
        select(Enrolment)
        .join(Person, Person.id == Enrolment.person_id)
        .where(
            Enrolment.programme_id == programme_id,
            Enrolment.state == EnrolmentState.ENROLLED,
            Person.left_on.is_(None),
            _is(Person, who),
        )
    )
    return {one.role: one for one in found}


def _is(person: type[Person], who: str) -> ColumnElement[bool]:
    named = or_(person.staff_no == who.strip(), person.email == who.strip().lower())
    try:
        return or_(named, person.id == UUID(who))
    except ValueError:
        return named


async def list_rounds(db: AsyncSession, actor: Actor, programme_ref: str) -> list[RoundSummary]:
    """The rounds of a programme, newest first."""
    programme = await find_programme(db, actor, programme_ref, Action.ROUND_READ)
    rows = await db.scalars(select(Round).where(Round.programme_id == programme.id).order_by(Round.number.desc()))
    return [summary(one) for one in rows]


def summary(round_: Round) -> RoundSummary:
    failure = round_.failure
    return RoundSummary(
        round=round_.id,
        name=round_.name,
        programme=round_.programme_id,
        state=round_.state,
        matching=round_.matching,
        revision=round_.revision,
        leaders=round_.leaders,
        juniors=round_.juniors,
        matched=round_.matched,
        total_fit=round_.total_fit,
        seconds=round_.seconds,
        stage=round_.stage,
        progress=round_.progress,
        failure=msgspec.convert(failure, Failure) if failure else None,
        requested_at=round_.requested_at,
        solved_at=round_.solved_at,
        published_at=round_.published_at,
        undone_at=round_.undone_at,
    )


async def read_summary(db: AsyncSession, actor: Actor, ref: str) -> RoundSummary:
    """How far a round is, in one row. Raises ``RoundNotFound``."""
    return summary(await find_round(db, actor, ref))


async def show_round(db: AsyncSession, actor: Actor, ref: str, limit: int | None = None, offset: int = 0) -> RoundView:
    """A round with its pairs and the unmatched, ``limit`` of each from ``offset`` on. Raises ``RoundNotFound``."""
    round_ = await find_round(db, actor, ref)
    unmatched = await unmatched_counts(db, round_.id)
    pairs = await db.scalar(select(func.count()).select_from(ProposedPair).where(ProposedPair.round_id == round_.id))
    return RoundView(
        summary=summary(round_),
        pairs=await _pairs(db, round_.id, limit, offset),
        pair_count=pairs or 0,
        unmatched=await unmatched_of(db, round_.id, limit, offset),
        unmatched_leaders=unmatched.get(Role.LEADER, 0),
        unmatched_juniors=unmatched.get(Role.JUNIOR, 0),
        overrides=await overrides_of(db, round_.id),
        held_out=await held_out_of(db, round_.id),
    )


async def pairs_of_leader(db: AsyncSession, round_id: UUID, leader: str) -> list[PairRow]:
    """The pairs of one leader, by staff number, address or id; also of one who has left since."""
    return await _pairs(db, round_id, None, 0, leader)


async def _pairs(
    db: AsyncSession, round_id: UUID, limit: int | None, offset: int, of: str | None = None
) -> list[PairRow]:
    leader, junior, led, taught = aliased(Enrolment), aliased(Enrolment), aliased(Person), aliased(Person)
    rows = await db.execute(
        select(ProposedPair, led, taught)
        .join(leader, leader.id == ProposedPair.leader_enrolment_id)
        .join(led, led.id == leader.person_id)
        .join(junior, junior.id == ProposedPair.junior_enrolment_id)
        .join(taught, taught.id == junior.person_id)
        .where(ProposedPair.round_id == round_id, *([] if of is None else [_is(led, of)]))
        .order_by(ProposedPair.fit, led.staff_no, led.id, taught.staff_no, taught.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        PairRow(
            leader_ref=one.staff_no or str(one.id),
            leader_staff_no=one.staff_no,
            leader=full_name(one),
            leader_unit=one.unit,
            junior_ref=other.staff_no or str(other.id),
            junior_staff_no=other.staff_no,
            junior=full_name(other),
            junior_unit=other.unit,
            fit=pair.fit,
            reasons=without_levels(pair.reasons),
            pinned=pair.pinned,
            alternate=pair.alternate,
            pairing_id=pair.pairing_id,
        )
        for pair, one, other in rows
    ]


async def unmatched_counts(db: AsyncSession, round_id: UUID) -> dict[Role, int]:
    rows = await db.execute(
        select(Enrolment.role, func.count())
        .join(Unmatched, Unmatched.enrolment_id == Enrolment.id)
        .where(Unmatched.round_id == round_id)
        .group_by(Enrolment.role)
    )
    return dict(rows.all())


async def unmatched_of(db: AsyncSession, round_id: UUID, limit: int | None, offset: int) -> list[UnmatchedRow]:
    """Leaders first; within a role whoever could be helped least."""
    rows = await db.execute(
        select(Unmatched, Enrolment.role, Person)
        .join(Enrolment, Enrolment.id == Unmatched.enrolment_id)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Unmatched.round_id == round_id)
        .order_by(Enrolment.role.desc(), Unmatched.eligible, Person.staff_no, Person.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        UnmatchedRow(
            staff_no=person.staff_no,
            name=full_name(person),
            role=role.value,
            candidates=one.candidates,
            eligible=one.eligible,
            taken_away=one.taken_away,
            relaxation=one.relaxation,
            relaxation_gain=one.relaxation_gain,
        )
        for one, role, person in rows
    ]


def _overrides_of_a_round() -> Select[Override, Person, Person]:
    leader, junior, led, taught = aliased(Enrolment), aliased(Enrolment), aliased(Person), aliased(Person)
    return (
        select(Override, led, taught)
        .join(leader, leader.id == Override.leader_enrolment_id)
        .join(led, led.id == leader.person_id)
        .join(junior, junior.id == Override.junior_enrolment_id)
        .join(taught, taught.id == junior.person_id)
        .where(Override.round_id == bindparam("round"))
        .order_by(Override.at, led.staff_no, taught.staff_no)
    )


OVERRIDES = _overrides_of_a_round()
"""Put together once, not for each view: it has four aliases."""


async def overrides_of(db: AsyncSession, round_id: UUID) -> list[OverrideRow]:
    return [
        OverrideRow(one.kind, lead.staff_no, full_name(lead), other.staff_no, full_name(other), one.reason, one.at)
        for one, lead, other in await db.execute(OVERRIDES, {"round": round_id})
    ]


async def held_out_of(db: AsyncSession, round_id: UUID) -> list[HeldOutRow]:
    rows = await db.execute(
        select(HeldOut, Enrolment.role, Person)
        .join(Enrolment, Enrolment.id == HeldOut.enrolment_id)
        .join(Person, Person.id == Enrolment.person_id)
        .where(HeldOut.round_id == round_id)
        .order_by(HeldOut.at, Person.staff_no)
    )
    return [
        HeldOutRow(person.id, person.staff_no, full_name(person), role, one.reason, one.at)
        for one, role, person in rows
    ]


async def read_readiness(database: Database, actor: Actor, programme_ref: str, now: datetime) -> Readiness:
    """What stands in the way of a good round, before one is run. Counting pairs is the solver process's work.

    While one side is empty there are no pairs to count, and the report ends with the numbers of people.
    Raises ``ProgrammeNotFound``, ``ProblemRefused``, ``SolverDied``, ``SolversBusy``.
    """
    async with database.reading() as db:
        programme = await find_programme(db, actor, programme_ref, Action.ROUND_READ)
        rows = await read_rows(db, programme, now.year)
        report = Readiness(
            programme=programme.name,
            leaders=len(rows.leaders),
            juniors=len(rows.juniors),
            juniors_unprepared=await _unprepared(db, programme),
            places=sum(one.capacity for one in rows.juniors),
        )
    if not rows.leaders or not rows.juniors:
        return report
    snapshot = await build_in_thread(rows)
    answer = await run_solver(Request("survey", snapshot.problem.to_bytes(), programme.plan.minutes))
    if not isinstance(answer, Surveyed):
        raise refused_by_engine(answer, snapshot)
    async with database.reading() as db:
        lonely = await _lonely(db, snapshot, answer.alone)
    return structs.replace(
        report,
        competences=_competences(snapshot),
        leaders_with_nobody=lonely,
        juniors_with_nobody=answer.juniors.count(0),
        rule_shares=dict(zip(RULE_NAMES, answer.shares, strict=True)),
    )


async def _unprepared(db: AsyncSession, programme: Programme) -> int:
    number = await db.scalar(
        select(func.count())
        .select_from(Enrolment)
        .join(Person, Person.id == Enrolment.person_id)
        .where(
            Enrolment.programme_id == programme.id,
            Enrolment.role == Role.JUNIOR,
            Enrolment.state == EnrolmentState.ENROLLED,
            Enrolment.prepared_at.is_(None),
            Person.left_on.is_(None),
        )
    )
    return number or 0


def _competences(snapshot: Snapshot) -> list[Competence]:
    """Scarcest first: leaders to a place."""
    problem = snapshot.problem
    offered = problem.offer_level >= problem.rules.minimum_offer
    demand = _demand(problem, len(snapshot.vocabulary.skills))
    people, places = offered.sum(axis=0), problem.junior_capacity @ offered
    rows = [
        Competence(code, int(demand[skill]), int(people[skill]), int(places[skill]))
        for skill, code in enumerate(snapshot.vocabulary.skills)
    ]
    return sorted(rows, key=lambda row: (-row.leaders / max(row.places, 0.5), row.code))


def _demand(problem: Problem, skills: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.bincount(problem.need_skill[problem.need_skill >= 0], minlength=skills)


async def members_of(db: AsyncSession, enrolment_ids: Sequence[UUID]) -> dict[UUID, Member]:
    """Who stands behind enrolments."""
    rows = await db.execute(
        select(Enrolment.id, Person)
        .join(Person, Person.id == Enrolment.person_id)
        .where(among(Enrolment.id, enrolment_ids))
    )
    return {enrolment_id: Member(person.staff_no, full_name(person)) for enrolment_id, person in rows}


async def _lonely(db: AsyncSession, snapshot: Snapshot, alone: list[Alone]) -> list[UnmatchedRow]:
    enrolments = [snapshot.leaders[one.index] for one in alone]
    found = await members_of(db, enrolments)
    return [
        UnmatchedRow(
            staff_no=found[enrolment_id].staff_no,
            name=found[enrolment_id].name,
            role=Role.LEADER.value,
            candidates=one.candidates,
            eligible=one.eligible,
            taken_away=taken_away(one.taken),
            relaxation=RULE_NAMES[one.relaxation] if one.relaxation >= 0 else None,
            relaxation_gain=one.gain,
        )
        for enrolment_id, one in zip(enrolments, alone, strict=True)
    ]
