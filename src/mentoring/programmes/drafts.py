"""Use cases of a sign-up that is being filled in: kept as one goes, shown again on any device, thrown away."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import policy
from mentoring.db import insert_missing
from mentoring.identity import Actor
from mentoring.people.models import Person
from mentoring.people.rules import PersonNotFound
from mentoring.policy import Action
from mentoring.programmes import queries, rules
from mentoring.programmes.contracts import DraftSaved, DraftView, NewDraft
from mentoring.programmes.models import Enrolment, Programme, SignUpDraft
from mentoring.programmes.rules import EnrolmentState, Role


async def save_draft(
    db: AsyncSession, actor: Actor, ref: str, role: Role, given: NewDraft, now: datetime
) -> DraftSaved:
    """Keep what is typed so far, over the draft that it continues; the same again changes nothing.

    Raises ``ProgrammeNotFound``, ``SignUpClosed``, ``DraftTooLarge``, or ``DraftKeptElsewhere`` where a later draft
    is there, which stays.
    """
    rules.check_draft(given.typed)
    programme, person = await _place(db, actor, ref)
    if not programme.open and not await _enrolled(db, programme.id, person.id, role):
        raise rules.SignUpClosed()
    key = {"programme_id": programme.id, "person_id": person.id, "role": role}
    while (draft := await db.get(SignUpDraft, key, with_for_update=True, populate_existing=True)) is None:
        # Another window may throw away, between the two, what it had kept before.
        await insert_missing(db, SignUpDraft, [{**key, "saved_at": now, "typed": given.typed}])
    if draft.typed == given.typed:
        return DraftSaved(draft.saved_at)
    if draft.saved_at != given.since:
        raise rules.DraftKeptElsewhere()
    draft.typed, draft.saved_at = given.typed, now
    await db.flush()
    return DraftSaved(now)


async def read_draft(db: AsyncSession, actor: Actor, ref: str, role: Role, version: str) -> DraftView | None:
    """One's own draft, if there is one. ``version``: that of the sign-up as it is now."""
    programme, person = await _place(db, actor, ref)
    draft = await db.get(SignUpDraft, {"programme_id": programme.id, "person_id": person.id, "role": role})
    if draft is None:
        return None
    return DraftView(draft.saved_at, draft.typed, draft.typed.get("version", queries.NOTHING_YET) != version)


async def discard_draft(db: AsyncSession, actor: Actor, ref: str, role: Role) -> None:
    """Throw one's own draft away; twice is the same as once."""
    programme, person = await _place(db, actor, ref)
    await db.execute(
        delete(SignUpDraft).where(
            SignUpDraft.programme_id == programme.id, SignUpDraft.person_id == person.id, SignUpDraft.role == role
        )
    )


async def _place(db: AsyncSession, actor: Actor, ref: str) -> tuple[Programme, Person]:
    programme = await queries.find_programme(db, actor, ref, Action.SIGN_UP)
    person = await db.get(Person, actor.id) if actor.id else None
    return programme, policy.require(actor, Action.SIGN_UP, person, PersonNotFound)


async def _enrolled(db: AsyncSession, programme_id: UUID, person_id: UUID, role: Role) -> bool:
    statement = select(Enrolment.id).where(
        Enrolment.programme_id == programme_id,
        Enrolment.person_id == person_id,
        Enrolment.role == role,
        Enrolment.state == EnrolmentState.ENROLLED,
    )
    return await db.scalar(statement) is not None
