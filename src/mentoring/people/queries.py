"""Who somebody is."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import policy
from mentoring.identity import Actor
from mentoring.people.contracts import PersonView, TokenView
from mentoring.people.models import ApiToken, Person
from mentoring.people.rules import PersonNotFound
from mentoring.policy import Action


def full_name(person: Person) -> str:
    return f"{person.given_name} {person.family_name}".strip()


async def find_person(db: AsyncSession, ref: str) -> Person:
    """Find somebody by id, staff number or address. Raises ``PersonNotFound``."""
    try:
        found = await db.get(Person, UUID(ref))
    except ValueError:
        found = None
    found = found or await db.scalar(
        select(Person).where(or_(Person.staff_no == ref, Person.email == ref.strip().lower()))
    )
    if found is None:
        raise PersonNotFound(who=ref)
    return found


def view(person: Person) -> PersonView:
    return PersonView(
        id=person.id,
        staff_no=person.staff_no,
        name=full_name(person),
        email=person.email,
        job_title=person.job_title,
        unit=person.unit,
        duty_station=person.duty_station,
        time_zone=person.time_zone,
        languages=person.languages,
        language=person.language,
    )


async def read_self(db: AsyncSession, actor: Actor) -> PersonView:
    """What the service knows of the one who asks."""
    return view(policy.require(actor, Action.SELF_WRITE, await db.get(Person, actor.id) if actor.id else None))


async def list_tokens(db: AsyncSession, actor: Actor) -> list[TokenView]:
    """The API tokens, newest first; never their secrets."""
    policy.require_right(actor, Action.TOKENS)
    rows = await db.scalars(select(ApiToken).order_by(ApiToken.created_at.desc()))
    return [
        TokenView(row.id, row.name, row.scopes, row.created_at, row.expires_at, row.used_at, row.revoked_at is not None)
        for row in rows
    ]
