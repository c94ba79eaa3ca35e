"""Who somebody is."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import policy
from mentoring.collation import place_of
from mentoring.identity import Actor
from mentoring.people.contracts import AdministratorView, PersonView, TokenView
from mentoring.people.models import Account, ApiToken, Person
from mentoring.people.rules import PersonNotFound
from mentoring.policy import Action


def full_name(person: Person) -> str:
    return f"{person.given_name} {person.family_name}".strip()


def by_name(people: Iterable[Person], language: str) -> list[Person]:
    """In the order in which a reader of ``language`` looks for people: by family name, then by given name."""
    return sorted(people, key=lambda one: (place_of(f"{one.family_name} {one.given_name}".strip(), language), one.id))


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


async def hold(db: AsyncSession, person_id: UUID | None) -> Person | None:
    """Somebody who is still here, and stays so until the transaction ends: an erasure waits for it, or has been.

    Whatever writes what is somebody's own begins with this, before it locks anything else. Several may hold the same.
    """
    statement = select(Person).where(Person.id == person_id, Person.left_on.is_(None))
    found: Person | None = await db.scalar(statement.with_for_update(read=True, key_share=True))
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
    rows = await db.execute(
        select(ApiToken, Person)
        .join(Person, Person.id == ApiToken.person_id)
        .order_by(ApiToken.created_at.desc(), ApiToken.id)
    )
    return [
        TokenView(
            id=one.id,
            name=one.name,
            person=full_name(person),
            scopes=one.scopes,
            created_at=one.created_at,
            expires_at=one.expires_at,
            used_at=one.used_at,
            revoked=one.revoked_at is not None,
        )
        for one, person in rows
    ]


async def list_administrators(db: AsyncSession, actor: Actor) -> list[AdministratorView]:
    """Who administers the service, by name."""
    policy.require_right(actor, Action.ADMINISTER)
    rows = await db.scalars(
        select(Person)
        .join(Account, Account.person_id == Person.id)
        .where(Account.administrator, Person.left_on.is_(None))
    )
    return [AdministratorView(one.id, full_name(one), one.email) for one in by_name(rows, actor.language)]
