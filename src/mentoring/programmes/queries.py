"""Programmes and sign-ups, as those see them who may."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from hashlib import sha256
from operator import itemgetter
from uuid import UUID

import msgspec
from msgspec import structs
from sqlalchemy import ColumnElement, and_, func, inspect, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, defer

from mentoring import policy
from mentoring.collation import place_of
from mentoring.db import Database, among
from mentoring.identity import Actor
from mentoring.people.models import Person
from mentoring.people.queries import by_name, full_name
from mentoring.policy import Action
from mentoring.programmes.contracts import (
    EnrolledSkill,
    EnrolmentView,
    ExclusionView,
    OtherClock,
    PersonName,
    ProgrammeSummary,
    ProgrammeView,
    RoleCount,
    SignUpSummary,
    SignUpView,
    SkillLevel,
)
from mentoring.programmes.models import Coordinator, Enrolment, EnrolmentSkill, Exclusion, Programme, SignUpDraft, Wish
from mentoring.programmes.rules import (
    MOST_CLOCKS,
    SEEN_FROM,
    EnrolmentState,
    NotSignedUp,
    ProgrammeNotFound,
    Role,
    clock_there,
)
from mentoring.skills.models import Skill

NOTHING_YET = "new"
"""The version of a sign-up that is not there."""


async def find_programme(
    db: AsyncSession, actor: Actor, ref: str, action: Action = Action.PROGRAMME_READ, *, lock: bool = False
) -> Programme:
    """Find a programme by id or name, for one who may do ``action`` to it. Raises ``ProgrammeNotFound``.

    A session reads it once, as the use cases behind a page each ask for it; with ``lock`` it is read as it is now.
    """
    seen = (Programme, ref)
    programme: Programme | None = db.info.get(seen)
    if lock or programme is None or inspect(programme).expired:  # expired: a change of it was undone
        statement = select(Programme).where(_named(ref))
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        found = (await db.scalars(statement)).all()
        programme = next((one for one in found if str(one.id) == ref), None) or next(iter(found), None)
        db.info[seen] = programme
    return policy.require(actor, action, programme, ProgrammeNotFound)


def _named(ref: str) -> ColumnElement[bool]:
    try:
        return or_(Programme.id == UUID(ref), Programme.name == ref)
    except ValueError:
        return Programme.name == ref.strip()


async def list_programmes(db: AsyncSession, actor: Actor) -> list[ProgrammeSummary]:
    """Those that are open, those in which one takes part, and those that one coordinates."""
    policy.require_right(actor, Action.PROGRAMME_LIST)
    signed_up = select(literal(True), Enrolment.programme_id, Enrolment.role).where(
        Enrolment.person_id == actor.id, Enrolment.state == EnrolmentState.ENROLLED
    )
    begun = select(literal(False), SignUpDraft.programme_id, SignUpDraft.role).where(SignUpDraft.person_id == actor.id)
    roles: dict[UUID, list[Role]] = defaultdict(list)
    drafts: dict[UUID, list[Role]] = defaultdict(list)
    for done, programme_id, role in sorted((await db.execute(signed_up.union_all(begun))).all(), key=itemgetter(2)):
        (roles if done else drafts)[programme_id].append(role)
    programmes = await db.scalars(
        select(Programme)
        .where(_visible_to(actor, roles))
        .options(defer(Programme.weights), defer(Programme.matching), defer(Programme.ladder))
    )
    return [
        ProgrammeSummary(
            id=one.id,
            name=one.name,
            preset=one.preset,
            open=one.open,
            plan=one.plan,
            coordinating=policy.allows(actor, Action.PROGRAMME_READ, one),
            roles=roles.get(one.id, []),
            drafts=drafts.get(one.id, []),
            shared_hours=one.rules.shared_hours if one.rules.time else 0,
        )
        for one in sorted(programmes, key=lambda one: (place_of(one.name, actor.language), one.id))
    ]


def _visible_to(actor: Actor, roles: Iterable[UUID]) -> ColumnElement[bool]:
    if actor.administrator:
        return true()
    return or_(Programme.open, Programme.id.in_([*actor.coordinates, *roles]))


async def read_programme(db: AsyncSession, actor: Actor, ref: str) -> ProgrammeView:
    """A programme in full. Raises ``ProgrammeNotFound``."""
    return await view(db, actor, await find_programme(db, actor, ref))


async def view(db: AsyncSession, actor: Actor, programme: Programme) -> ProgrammeView:
    counts = await _counts(db, programme.id)
    coordinators = await db.scalars(
        select(Person)
        .join(Coordinator, Coordinator.person_id == Person.id)
        .where(Coordinator.programme_id == programme.id)
    )
    return ProgrammeView(
        id=programme.id,
        name=programme.name,
        preset=programme.preset,
        open=programme.open,
        created_at=programme.created_at,
        rules=programme.rules,
        weights=programme.weights,
        matching=programme.matching,
        plan=programme.plan,
        ladder=programme.ladder,
        leaders=counts.get(Role.LEADER, RoleCount()),
        juniors=counts.get(Role.JUNIOR, RoleCount()),
        coordinators=[name_of(person) for person in by_name(coordinators, actor.language)],
    )


async def _counts(db: AsyncSession, programme_id: UUID) -> dict[Role, RoleCount]:
    ready = func.count().filter(or_(Enrolment.role == Role.LEADER, Enrolment.prepared_at.is_not(None)))
    rows = await db.execute(
        select(Enrolment.role, func.count(), ready)
        .join(Person, and_(Person.id == Enrolment.person_id, Person.left_on.is_(None)))
        .where(Enrolment.programme_id == programme_id, Enrolment.state == EnrolmentState.ENROLLED)
        .group_by(Enrolment.role)
    )
    return {role: RoleCount(enrolled, able) for role, enrolled, able in rows}


def name_of(person: Person) -> PersonName:
    return PersonName(person.id, person.staff_no, full_name(person))


async def read_sign_up(db: AsyncSession, actor: Actor, ref: str, role: Role) -> SignUpView:
    """One's own sign-up. Raises ``NotSignedUp``."""
    programme = await find_programme(db, actor, ref, Action.SIGN_UP)
    enrolment = await _own_enrolment(db, actor, programme.id, role)
    if enrolment is None or enrolment.person_id != actor.id:
        raise NotSignedUp()
    return await sign_up_view(db, programme, enrolment)


async def my_sign_up(db: AsyncSession, actor: Actor, ref: str, role: Role) -> SignUpView | None:
    """One's own sign-up, unless one has not signed up, or has taken it back. Raises ``ProgrammeNotFound``."""
    programme = await find_programme(db, actor, ref, Action.SIGN_UP)
    enrolment = await _own_enrolment(db, actor, programme.id, role)
    standing = enrolment is not None and enrolment.state is EnrolmentState.ENROLLED
    return await sign_up_view(db, programme, enrolment) if enrolment and standing else None


async def _own_enrolment(db: AsyncSession, actor: Actor, programme_id: UUID, role: Role) -> Enrolment | None:
    mine = (Enrolment.programme_id == programme_id, Enrolment.person_id == actor.id, Enrolment.role == role)
    enrolment: Enrolment | None = await db.scalar(select(Enrolment).where(*mine))
    return enrolment


async def my_sign_ups(db: AsyncSession, actor: Actor) -> list[SignUpSummary]:
    """All that one has signed up for and not taken back."""
    policy.require_right(actor, Action.SIGNED_IN)
    rows = await db.execute(
        select(Programme.id, Programme.name, Enrolment.role, Enrolment.prepared_at)
        .join(Enrolment, Enrolment.programme_id == Programme.id)
        .where(Enrolment.person_id == actor.id, Enrolment.state == EnrolmentState.ENROLLED)
        .order_by(Programme.name, Enrolment.role)
    )
    return [SignUpSummary(id_, name, role, role is Role.LEADER or at is not None) for id_, name, role, at in rows]


async def read_summary(db: AsyncSession, actor: Actor, ref: str) -> ProgrammeSummary:
    """A programme as anybody may see it who could sign up. Raises ``ProgrammeNotFound``."""
    programme = await find_programme(db, actor, ref, Action.SIGN_UP)
    found = next((one for one in await list_programmes(db, actor) if one.id == programme.id), None)
    return policy.require(actor, Action.SIGN_UP, found, ProgrammeNotFound)


async def sign_up_view(db: AsyncSession, programme: Programme, enrolment: Enrolment) -> SignUpView:
    person = await db.get_one(Person, enrolment.person_id)
    skills = await db.execute(
        select(Skill.code, EnrolmentSkill.level)
        .join(Skill, Skill.id == EnrolmentSkill.skill_id)
        .where(EnrolmentSkill.enrolment_id == enrolment.id)
        .order_by(EnrolmentSkill.position)
    )
    wished = await db.scalars(
        select(Person)
        .join(Wish, Wish.person_id == Person.id)
        .where(Wish.enrolment_id == enrolment.id)
        .order_by(Person.family_name, Person.given_name, Person.id)
    )
    excluded = await db.scalar(
        select(func.count()).select_from(Exclusion).where(Exclusion.enrolment_id == enrolment.id)
    )
    view = SignUpView(
        id=enrolment.id,
        programme_id=programme.id,
        programme=programme.name,
        role=enrolment.role,
        state=enrolment.state,
        enrolled_at=enrolment.enrolled_at,
        prepared=enrolment.role is Role.LEADER or enrolment.prepared_at is not None,
        checklist=enrolment.checklist,
        skills=[SkillLevel(code, level) for code, level in skills],
        hours=enrolment.hours,
        tools=enrolment.tools,
        capacity=enrolment.capacity,
        languages=person.languages,
        wishes=[name_of(one) for one in wished],
        exclusions=excluded or 0,
        evidence=enrolment.evidence,
        wants_back=enrolment.wants_back,
        version=NOTHING_YET,
    )
    enrolled = enrolment.state is EnrolmentState.ENROLLED
    return structs.replace(view, version=_version(view)) if enrolled else view


def _version(view: SignUpView) -> str:
    """A mark of all that was said; whom one excluded is not shown, so it is not in it either."""
    names = ("skills", "hours", "tools", "capacity", "languages", "evidence", "wants_back")
    said = [*(getattr(view, name) for name in names), [one.id for one in view.wishes]]
    return sha256(msgspec.json.encode(said, order="sorted")).hexdigest()[:16]


async def list_clocks(db: AsyncSession, actor: Actor, ref: str, role: Role, year: int) -> list[OtherClock]:
    """What clocks show at 9:00 of one's own where most of the other side work; places of few are not named."""
    programme = await find_programme(db, actor, ref, Action.SIGN_UP)
    people = func.count()
    rows = await db.execute(
        select(Person.time_zone)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .where(
            Enrolment.programme_id == programme.id,
            Enrolment.role != role,
            Enrolment.state == EnrolmentState.ENROLLED,
            Person.time_zone.not_in(("", actor.zone)),
        )
        .group_by(Person.time_zone)
        .having(people >= SEEN_FROM)
        .order_by(people.desc(), Person.time_zone)
        .limit(MOST_CLOCKS)
    )
    winter, summer = (partial(clock_there, actor.zone, year=year, month=month) for month in (1, 7))
    return [OtherClock(zone, winter(zone), summer(zone)) for zone in rows.scalars()]


async def list_enrolments(
    db: AsyncSession, actor: Actor, ref: str, role: Role | None, limit: int, offset: int
) -> list[EnrolmentView]:
    """The sign-ups of a programme, by role and name. Raises ``ProgrammeNotFound``."""
    programme = await find_programme(db, actor, ref)
    known = select(Enrolment.role, Person.family_name, Person.given_name, Enrolment.id).join(
        Person, Person.id == Enrolment.person_id
    )
    named = await db.execute(
        known.where(Enrolment.programme_id == programme.id, Enrolment.role == role if role else true())
    )
    place = {
        one: (its_role, place_of(f"{family} {given}".strip(), actor.language), one)
        for its_role, family, given, one in named
    }
    shown = sorted(place, key=place.__getitem__)[offset : offset + limit]
    found = await db.execute(
        select(Enrolment, Person).join(Person, Person.id == Enrolment.person_id).where(among(Enrolment.id, shown))
    )
    rows = sorted(found.all(), key=lambda row: place[row[0].id])
    skills = await _skills(db, [enrolment for enrolment, _ in rows])
    return [_enrolment_view(enrolment, person, skills.get(enrolment.id, [])) for enrolment, person in rows]


async def enrolments_of(db: AsyncSession, actor: Actor, person_id: UUID) -> list[tuple[Programme, EnrolmentView]]:
    """What somebody signed up for, of the programmes whose coordinator asks, the latest first."""
    rows = (
        await db.execute(
            select(Programme, Enrolment, Person)
            .join(Enrolment, Enrolment.programme_id == Programme.id)
            .join(Person, Person.id == Enrolment.person_id)
            .where(Person.id == person_id, true() if actor.administrator else Programme.id.in_(actor.coordinates))
            .order_by(Enrolment.enrolled_at.desc(), Enrolment.role)
        )
    ).all()
    skills = await _skills(db, [enrolment for _, enrolment, _ in rows])
    return [
        (programme, _enrolment_view(enrolment, person, skills.get(enrolment.id, [])))
        for programme, enrolment, person in rows
    ]


async def _skills(db: AsyncSession, enrolments: Sequence[Enrolment]) -> dict[UUID, list[EnrolledSkill]]:
    """By enrolment, in their order; a leader's without the levels."""
    roles = {enrolment.id: enrolment.role for enrolment in enrolments}
    rows = await db.execute(
        select(EnrolmentSkill.enrolment_id, Skill.code, EnrolmentSkill.level)
        .join(Skill, Skill.id == EnrolmentSkill.skill_id)
        .where(among(EnrolmentSkill.enrolment_id, roles))
        .order_by(EnrolmentSkill.position)
    )
    skills: dict[UUID, list[EnrolledSkill]] = {}
    for enrolment_id, code, level in rows:
        shown = level if roles[enrolment_id] is Role.JUNIOR else None
        skills.setdefault(enrolment_id, []).append(EnrolledSkill(code, shown))
    return skills


def _enrolment_view(enrolment: Enrolment, person: Person, skills: list[EnrolledSkill]) -> EnrolmentView:
    return EnrolmentView(
        id=enrolment.id,
        person=name_of(person),
        role=enrolment.role,
        state=enrolment.state,
        enrolled_at=enrolment.enrolled_at,
        prepared=enrolment.role is Role.LEADER or enrolment.prepared_at is not None,
        skills=skills,
        tools=enrolment.tools,
        capacity=enrolment.capacity,
        waited_rounds=enrolment.waited_rounds,
    )


async def list_exclusions(db: AsyncSession, actor: Actor, ref: str) -> list[ExclusionView]:
    """Who must not be paired with whom: for the programme's own coordinator, and for nobody else."""
    programme = await find_programme(db, actor, ref, Action.EXCLUSIONS_READ)
    excluded = aliased(Person)
    rows = await db.execute(
        select(Person, Enrolment.role, excluded)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .join(Exclusion, Exclusion.enrolment_id == Enrolment.id)
        .join(excluded, excluded.id == Exclusion.person_id)
        .where(Enrolment.programme_id == programme.id)
        .order_by(Person.family_name, Person.given_name, Person.id, Enrolment.role, excluded.id)
    )
    return [ExclusionView(name_of(person), role, name_of(other)) for person, role, other in rows]


async def coordinators_of_all(database: Database) -> frozenset[UUID]:
    """Whoever coordinates any programme: their accounts open more than their own."""
    async with database.reading() as db:
        return frozenset(await db.scalars(select(Coordinator.person_id)))
