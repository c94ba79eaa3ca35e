"""Use cases of a person's own sign-up: sign up or change it, tick the checklist, withdraw."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.db import Base, insert_missing
from mentoring.identity import Actor
from mentoring.people.models import Person
from mentoring.people.queries import find_person
from mentoring.people.rules import PersonNotFound
from mentoring.policy import Action
from mentoring.programmes import queries, rules
from mentoring.programmes.contracts import (
    Checklist,
    PersonPrepared,
    PersonSignedUp,
    PersonWithdrew,
    SignUp,
    SignUpChanged,
    SignUpView,
    SkillLevel,
)
from mentoring.programmes.models import Enrolment, EnrolmentSkill, Exclusion, Programme, SignUpDraft, Wish
from mentoring.programmes.rules import EnrolmentState, Role
from mentoring.skills.models import Skill


async def sign_up(db: AsyncSession, actor: Actor, ref: str, role: Role, given: SignUp, now: datetime) -> SignUpView:
    """Sign up for a programme, or change what was said; a programme that is closed takes only changes.

    Raises ``ProgrammeNotFound``, ``SignUpClosed``, ``SkillUnknown``, ``PersonUnknown``, ``SignUpChangedElsewhere``
    or what ``rules`` find wrong. The draft that it came from is gone afterwards; one kept later stays.
    """
    programme = await queries.find_programme(db, actor, ref, Action.SIGN_UP)
    person = await _oneself(db, actor)
    skills = [(one.code, one.level) for one in given.skills]
    rules.check_sign_up(role, skills, given.hours, given.capacity, len(given.wishes))
    rules.links_of(given.evidence or "")
    wished = await _named(db, person, given.wishes)
    excluded = None if given.exclusions is None else await _named(db, person, given.exclusions)

    enrolment, fresh = await _enrolment(db, programme, person, role, now)
    before = queries.NOTHING_YET if fresh else (await queries.sign_up_view(db, programme, enrolment)).version
    await _write(db, enrolment, person, given, wished, excluded)
    done = await queries.sign_up_view(db, programme, enrolment)
    if given.version not in (None, before) and done.version != before:
        raise rules.SignUpChangedElsewhere()
    await _forget_draft(db, enrolment, given.draft)
    event = PersonSignedUp(enrolment.id) if fresh else SignUpChanged(enrolment.id)
    journal.record(db, event, by=actor.id, at=now)
    await db.flush()
    return done


async def _write(
    db: AsyncSession,
    enrolment: Enrolment,
    person: Person,
    given: SignUp,
    wished: Iterable[UUID],
    excluded: Iterable[UUID] | None,
) -> None:
    enrolment.capacity, enrolment.evidence, enrolment.wants_back = given.capacity, given.evidence, given.wants_back
    enrolment.hours = sorted(set(given.hours))
    enrolment.tools = list(dict.fromkeys(tool.strip() for tool in given.tools if tool.strip()))
    person.languages = person.languages if given.languages is None else dict(given.languages)
    await db.flush()
    await _replace(db, EnrolmentSkill, enrolment.id, await _skill_rows(db, enrolment.id, given.skills))
    await _replace(db, Wish, enrolment.id, _person_rows(enrolment.id, wished))
    if excluded is not None:
        await _replace(db, Exclusion, enrolment.id, _person_rows(enrolment.id, excluded))


async def _forget_draft(db: AsyncSession, enrolment: Enrolment, saved_at: datetime | None) -> None:
    await db.execute(
        delete(SignUpDraft).where(
            SignUpDraft.programme_id == enrolment.programme_id,
            SignUpDraft.person_id == enrolment.person_id,
            SignUpDraft.role == enrolment.role,
            SignUpDraft.saved_at == saved_at,
        )
    )


async def _oneself(db: AsyncSession, actor: Actor) -> Person:
    """The person who acts; the machine and its tokens sign nobody up."""
    person = await db.get(Person, actor.id) if actor.id else None
    return policy.require(actor, Action.SIGN_UP, person, PersonNotFound)


async def _enrolment(
    db: AsyncSession, programme: Programme, person: Person, role: Role, now: datetime
) -> tuple[Enrolment, bool]:
    """The sign-up of a person, made where there is none, and whether it begins now. Raises ``SignUpClosed``."""
    made = uuid4()
    if programme.open:  # two at once make one
        row = {"id": made, "programme_id": programme.id, "person_id": person.id, "role": role, "enrolled_at": now}
        await insert_missing(db, Enrolment, [{**row, "hours": [], "tools": [], "checklist": []}])
    enrolment = await _find(db, programme.id, person.id, role)
    back = enrolment is not None and enrolment.state is EnrolmentState.WITHDRAWN
    if enrolment is None or (back and not programme.open):
        raise rules.SignUpClosed()
    if back:
        enrolment.state, enrolment.enrolled_at = EnrolmentState.ENROLLED, now
    return enrolment, back or enrolment.id == made


async def _find(db: AsyncSession, programme_id: UUID, person_id: UUID | None, role: Role) -> Enrolment | None:
    statement = select(Enrolment).where(
        Enrolment.programme_id == programme_id, Enrolment.person_id == person_id, Enrolment.role == role
    )
    found: Enrolment | None = await db.scalar(statement.with_for_update())
    return found


async def _named(db: AsyncSession, oneself: Person, refs: Iterable[str]) -> list[UUID]:
    """The people of a wish or an exclusion. Who is unknown and who has left look the same."""
    people: list[UUID] = []
    for ref in refs:
        try:
            person = await find_person(db, ref.strip())
        except PersonNotFound as error:
            raise rules.PersonUnknown(who=ref) from error
        if person.left_on is not None:
            raise rules.PersonUnknown(who=ref)
        if person.id == oneself.id:
            raise rules.OneselfNamed()
        people.append(person.id)
    return list(dict.fromkeys(people))


def _person_rows(enrolment_id: UUID, people: Iterable[UUID]) -> list[dict[str, object]]:
    return [{"enrolment_id": enrolment_id, "person_id": person_id} for person_id in people]


async def _skill_rows(db: AsyncSession, enrolment_id: UUID, skills: Sequence[SkillLevel]) -> list[dict[str, object]]:
    codes = [one.code for one in skills]
    ids = dict((await db.execute(select(Skill.code, Skill.id).where(Skill.code.in_(codes)))).all())
    if unknown := [code for code in codes if code not in ids]:
        raise rules.SkillUnknown(code=unknown[0])
    return [
        {"enrolment_id": enrolment_id, "skill_id": ids[one.code], "position": position, "level": one.level}
        for position, one in enumerate(skills, start=1)
    ]


async def _replace(
    db: AsyncSession,
    table: type[EnrolmentSkill] | type[Wish] | type[Exclusion],
    enrolment_id: UUID,
    rows: list[dict[str, object]],
) -> None:
    owned: type[Base] = table
    await db.execute(delete(owned).where(table.enrolment_id == enrolment_id))
    if rows:
        await (await db.connection()).execute(insert(owned), rows)


async def tick_checklist(db: AsyncSession, actor: Actor, ref: str, given: Checklist, now: datetime) -> SignUpView:
    """Take what a junior has ticked; once all was ticked, they stay prepared.

    Raises ``NotSignedUp``, ``NotPreparing``.
    """
    programme = await queries.find_programme(db, actor, ref, Action.SIGN_UP)
    person = await _oneself(db, actor)
    enrolment = await _find(db, programme.id, person.id, Role.JUNIOR)
    if enrolment is None:
        raise rules.NotSignedUp()
    if enrolment.state is not EnrolmentState.ENROLLED:
        raise rules.NotPreparing()
    enrolment.checklist = [item for item in rules.CHECKLIST if item in given.ticked]
    if enrolment.prepared_at is None and len(enrolment.checklist) == len(rules.CHECKLIST):
        enrolment.prepared_at = now
        journal.record(db, PersonPrepared(enrolment.id), by=actor.id, at=now)
    await db.flush()
    return await queries.sign_up_view(db, programme, enrolment)


async def withdraw(db: AsyncSession, actor: Actor, ref: str, role: Role, now: datetime) -> None:
    """Take a sign-up back; twice is the same as once. Raises ``NotSignedUp``."""
    programme = await queries.find_programme(db, actor, ref, Action.SIGN_UP)
    person = await _oneself(db, actor)
    enrolment = await _find(db, programme.id, person.id, role)
    if enrolment is None:
        raise rules.NotSignedUp()
    if enrolment.state is EnrolmentState.ENROLLED:
        enrolment.state = EnrolmentState.WITHDRAWN
        journal.record(db, PersonWithdrew(enrolment.id), by=actor.id, at=now)
        await db.flush()
