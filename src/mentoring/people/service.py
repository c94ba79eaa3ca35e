"""Accounts: signing in and out, links that let in once, passwords, API tokens."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import bindparam, case, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.db import Database
from mentoring.i18n import offered
from mentoring.identity import Actor
from mentoring.people import passwords, rules
from mentoring.people.contracts import (
    AdministratorChanged,
    Credentials,
    Language,
    NewPassword,
    NewPerson,
    NewToken,
    PasswordSet,
    PersonInvited,
    PersonView,
    TokenMade,
    TokenRevoked,
    TokenShown,
)
from mentoring.people.models import AccessLink, Account, ApiToken, Attempts, Person, SignIn
from mentoring.people.queries import find_person, hold, view
from mentoring.people.rules import LinkPurpose
from mentoring.policy import Action

TOKEN_MARK = "rm_"  # noqa: S105  # a prefix, not a secret
"""Begins every API token, so that a leaked one is recognised."""

# Put together once: every request asks this, and putting it together takes as long as asking.
WHO_SIGNED_IN = (
    select(Person, Account, SignIn)
    .join(SignIn, SignIn.person_id == Person.id)
    .join(Account, Account.person_id == Person.id)
    .where(SignIn.digest == bindparam("digest"), Person.left_on.is_(None))
    .where(SignIn.created_at > bindparam("oldest"), SignIn.seen_at > bindparam("idlest"))
)


def digest_of(secret: str) -> str:
    """What is kept of a session id, a link or a token: enough to know it again, too little to use it."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def sign_in(database: Database, credentials: Credentials, source: str, now: datetime) -> str:
    """Check address and password and open a session; return the secret for its cookie.

    Raises ``WrongCredentials``, the same for an unknown address, or ``TooManyTries``. Three short transactions: the try
    is counted even when it fails, and none is open while the password is hashed.
    """
    email = credentials.email.strip().lower()
    async with database.sessions.begin() as db:
        await count_try(db, email, source, now)
    async with database.reading() as db:
        account = await db.scalar(
            select(Account)
            .join(Person, Person.id == Account.person_id)
            .where(Person.email == email, Person.left_on.is_(None))
        )
    known = account.password_hash if account else None
    if not await passwords.matches(known, credentials.password) or account is None or known is None:
        raise rules.WrongCredentials()
    fresh = await passwords.digest(credentials.password) if passwords.outdated(known) else known
    async with database.sessions.begin() as db:
        if await hold(db, account.person_id) is None:
            raise rules.WrongCredentials()
        await db.execute(delete(Attempts).where(Attempts.key == f"account:{email}"))
        await db.execute(
            update(Account).where(Account.person_id == account.person_id, Account.password_hash == known)
            .values(password_hash=fresh)
        )  # fmt: skip
        return await open_session(db, account.person_id, now)


async def count_try(db: AsyncSession, email: str, source: str, now: datetime) -> None:
    """Count a try to sign in, for the account and for where it comes from. Raises ``TooManyTries``."""
    for key, most in (
        (f"account:{email.strip().lower()}", rules.MOST_TRIES),
        (f"source:{source}", rules.MOST_TRIES_BY_ADDRESS),
    ):
        if await _count(db, key, now) > most:
            raise rules.TooManyTries(minutes=int(rules.TRY_WINDOW.total_seconds() // 60))


async def _count(db: AsyncSession, key: str, now: datetime) -> int:
    """Add one to ``key`` within its window and return how many there are: one statement, so no two miss each other."""
    insert = sqlite_insert if db.get_bind().dialect.name == "sqlite" else postgresql_insert
    fresh = Attempts.since <= now - rules.TRY_WINDOW
    statement = (
        insert(Attempts)
        .values(key=key, since=now, count=1)
        .on_conflict_do_update(
            index_elements=[Attempts.key],
            set_={
                "count": case((fresh, 1), else_=Attempts.count + 1),
                "since": case((fresh, now), else_=Attempts.since),
            },
        )
        .returning(Attempts.count)
    )
    return int((await db.execute(statement)).scalar_one())


async def open_session(db: AsyncSession, person_id: UUID, now: datetime) -> str:
    """Open a session under a new id, whatever the browser brought along."""
    secret = secrets.token_urlsafe(32)
    db.add(SignIn(digest=digest_of(secret), person_id=person_id, created_at=now, seen_at=now))
    await db.execute(delete(SignIn).where(SignIn.created_at < now - rules.ABSOLUTE_LIMIT))
    return secret


async def sign_out(db: AsyncSession, secret: str) -> None:
    await db.execute(delete(SignIn).where(SignIn.digest == digest_of(secret)))


async def add_person(db: AsyncSession, actor: Actor, new: NewPerson, now: datetime) -> Person:
    """Enter somebody who is in no staff file. Raises ``AddressTaken``, or what is wrong with the one given."""
    policy.require_right(actor, Action.ADMINISTER if new.administrator else Action.PEOPLE_INVITE)
    _check_person(new)
    person = Person(
        id=uuid4(),
        given_name=new.given_name.strip(),
        family_name=new.family_name.strip(),
        email=new.email.strip().lower(),
        language=new.language,
        job_title="",
        grade="",
        unit="",
        duty_station="",
        country="",
        time_zone="UTC",
        languages={},
    )
    db.add(person)
    try:
        await db.flush()
    except IntegrityError as error:
        raise rules.AddressTaken(email=new.email) from error
    db.add(Account(person_id=person.id, administrator=new.administrator, created_at=now))
    await db.flush()
    return person


def _check_person(new: NewPerson) -> None:
    if not new.given_name.strip():
        raise rules.NameMissing()
    if not rules.plausible_address(new.email.strip()):
        raise rules.AddressNotPlausible(email=new.email)
    _ensure_offered(new.language)


def _ensure_offered(language: str) -> None:
    if language not in offered():
        raise rules.LanguageNotOffered(language=language, offered=", ".join(offered()))


async def change_administrator(
    db: AsyncSession, actor: Actor, who: str, administrator: bool, now: datetime
) -> PersonView:
    """Let somebody who is known administer the service, or no longer; twice is the same as once.

    Raises ``PersonNotFound``, ``LastAdministrator``.
    """
    policy.require_right(actor, Action.ADMINISTER)
    person = await find_person(db, who)
    if administrator and person.left_on is not None:
        raise rules.PersonNotFound(who=who)
    if not administrator:
        await ensure_another_administrator(db, person.id)
    account = await ensure_account(db, person.id, now)
    if account.administrator != administrator:
        account.administrator = administrator
        journal.record(db, AdministratorChanged(person.id, administrator), by=actor.id, at=now)
    return view(person)


async def ensure_another_administrator(db: AsyncSession, person_id: UUID) -> None:
    """All of them are locked, so that two who take it from each other do not both succeed.

    Raises ``LastAdministrator``.
    """
    held = await db.scalars(
        select(Account)
        .join(Person, Person.id == Account.person_id)
        .where(Account.administrator, Person.left_on.is_(None))
        .order_by(Account.person_id)
        .with_for_update(of=Account)
    )
    if {one.person_id for one in held} == {person_id}:
        raise rules.LastAdministrator()


async def add_and_invite(db: AsyncSession, actor: Actor, new: NewPerson, now: datetime) -> PersonView:
    """Enter somebody and send them an invitation."""
    person = await add_person(db, actor, new, now)
    await invite(db, actor, str(person.id), now)
    return view(person)


async def invite(db: AsyncSession, actor: Actor, who: str, now: datetime) -> None:
    """Send somebody, by id, staff number or address, a link with which to set a password."""
    policy.require_right(actor, Action.PEOPLE_INVITE)
    person = await find_person(db, who)
    await ensure_account(db, person.id, now)
    journal.record(db, PersonInvited(uuid4(), person.id, LinkPurpose.INVITATION), by=actor.id, at=now)


async def choose_language(db: AsyncSession, actor: Actor, chosen: Language) -> None:
    """Speak another language to the one who asks, on pages and in mails."""
    person = policy.require(actor, Action.SELF_WRITE, await db.get(Person, actor.id) if actor.id else None)
    _ensure_offered(chosen.language)
    person.language = chosen.language


async def ensure_account(db: AsyncSession, person_id: UUID, now: datetime) -> Account:
    account = await db.get(Account, person_id)
    if account is None:
        account = Account(person_id=person_id, created_at=now)
        db.add(account)
        await db.flush()
    return account


async def ask_for_reset(database: Database, email: str, source: str, now: datetime) -> None:
    """Send a reset link where the address has an account; the answer is the same where it has none."""
    email = email.strip().lower()
    async with database.sessions.begin() as db:
        await count_try(db, f"reset:{email}", source, now)
    async with database.sessions.begin() as db:
        account = select(Account.person_id).join(Person, Person.id == Account.person_id).where(Person.email == email)
        if person := await hold(db, await db.scalar(account)):
            journal.record(db, PersonInvited(uuid4(), person.id, LinkPurpose.RESET), by=None, at=now)


async def make_link(db: AsyncSession, person_id: UUID, purpose: LinkPurpose, now: datetime) -> str:
    """Make a link that lets its holder in once; return the secret part of its address.

    Raises ``PersonNotFound`` for whoever has left: an erasure waits for the link, and takes it along, or has been.
    """
    if await hold(db, person_id) is None:
        raise rules.PersonNotFound(who=str(person_id))
    secret = secrets.token_urlsafe(32)
    expires = now + rules.LINK_LASTS[purpose.value]
    db.add(AccessLink(digest=digest_of(secret), person_id=person_id, purpose=purpose, made_at=now, expires_at=expires))
    await db.flush()
    return secret


async def open_link(db: AsyncSession, secret: str, now: datetime) -> LinkPurpose:
    """Say what a link is for, and change nothing: mail scanners open links too. Raises ``LinkNotUsable``."""
    link = await db.get(AccessLink, digest_of(secret))
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise rules.LinkNotUsable()
    return link.purpose


async def use_link(database: Database, secret: str, given: NewPassword, now: datetime) -> str:
    """Use a link up: set the password where it asks for one, end all other sessions, open a new one.

    The password is hashed before the transaction that uses the link up, which only one of two at once can do.
    Raises ``LinkNotUsable`` or what is wrong with the password.
    """
    async with database.reading() as db:
        purpose = await open_link(db, secret, now)
        link = await db.get_one(AccessLink, digest_of(secret))
        person = await db.get_one(Person, link.person_id)
    hashed = None
    if purpose is not LinkPurpose.SIGN_IN:
        passwords.check_strength(given.password, (person.given_name, person.family_name, *person.email.split("@")))
        hashed = await passwords.digest(given.password)
    async with database.sessions.begin() as db:
        if await hold(db, person.id) is None:
            raise rules.LinkNotUsable()
        await _use_up(db, secret, now)
        account = await ensure_account(db, person.id, now)
        if hashed is not None:
            account.password_hash = hashed
            await db.execute(delete(SignIn).where(SignIn.person_id == person.id))
            journal.record(db, PasswordSet(person.id), by=person.id, at=now)
        return await open_session(db, person.id, now)


async def _use_up(db: AsyncSession, secret: str, now: datetime) -> None:
    used = await db.execute(
        update(AccessLink)
        .where(AccessLink.digest == digest_of(secret), AccessLink.used_at.is_(None), AccessLink.expires_at > now)
        .values(used_at=now)
        .returning(AccessLink.person_id)
    )
    if used.one_or_none() is None:
        raise rules.LinkNotUsable()


async def make_token(db: AsyncSession, actor: Actor, who: str | None, new: NewToken, now: datetime) -> TokenShown:
    """Make an API token for ``who``, or for the actor; it can do what they can, within its scopes.

    Its secret is shown here and never again.
    """
    policy.require_right(actor, Action.TOKENS)
    owner = await find_person(db, who or str(actor.id))
    if unknown := sorted(set(new.scopes) - set(policy.SCOPES)):
        raise rules.ScopeUnknown(scope=unknown[0], known=", ".join(policy.SCOPES))
    secret = TOKEN_MARK + secrets.token_urlsafe(32)
    token = ApiToken(
        id=uuid4(),
        person_id=owner.id,
        name=new.name,
        digest=digest_of(secret),
        scopes=sorted(set(new.scopes)),
        created_at=now,
        expires_at=now + timedelta(days=new.days),
    )
    db.add(token)
    journal.record(db, TokenMade(token.id, owner.id), by=actor.id, at=now)
    await db.flush()
    return TokenShown(token.id, secret)


async def revoke_token(db: AsyncSession, actor: Actor, token_id: UUID, now: datetime) -> None:
    """End a token at once; twice is the same as once."""
    policy.require_right(actor, Action.TOKENS)
    token = policy.require(actor, Action.TOKENS, await db.get(ApiToken, token_id))
    token.revoked_at = token.revoked_at or now
    journal.record(db, TokenRevoked(token.id), by=actor.id, at=now)


async def end_sessions(db: AsyncSession, person_ids: list[UUID]) -> None:
    """Whoever left is out with the next request."""
    for person_id in person_ids:
        await db.execute(delete(SignIn).where(SignIn.person_id == person_id))
        await db.execute(delete(AccessLink).where(AccessLink.person_id == person_id))


async def who_signed_in(db: AsyncSession, secret: str, now: datetime) -> tuple[Person, Account, datetime] | None:
    """The person behind a session cookie and when it was last seen, if the session is alive."""
    asked = {"digest": digest_of(secret), "oldest": now - rules.ABSOLUTE_LIMIT, "idlest": now - rules.IDLE_LIMIT}
    row = (await db.execute(WHO_SIGNED_IN, asked)).one_or_none()
    return (row[0], row[1], row[2].seen_at) if row else None


async def who_holds_token(
    db: AsyncSession, secret: str, now: datetime
) -> tuple[Person, Account | None, ApiToken] | None:
    """The person for whom an API token speaks, if it is neither revoked nor expired."""
    digest = digest_of(secret)
    row = (
        await db.execute(
            select(Person, Account, ApiToken)
            .join(ApiToken, ApiToken.person_id == Person.id)
            .outerjoin(Account, Account.person_id == Person.id)
            .where(ApiToken.digest == digest, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
            .where(Person.left_on.is_(None))
        )
    ).one_or_none()
    if row is None or not hmac.compare_digest(row[2].digest, digest):
        return None
    return row[0], row[1], row[2]
