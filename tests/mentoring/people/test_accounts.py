"""People come in by password or link, programs by token; nobody else does."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from argon2 import Type, extract_parameters
from sqlalchemy import func, select

from mentoring.db import Database
from mentoring.errors import MentoringError
from mentoring.identity import MACHINE, Actor
from mentoring.journal import JournalEntry
from mentoring.people import passwords, rules, service
from mentoring.people.contracts import Credentials, NewPassword, NewPerson, NewToken
from mentoring.people.models import Account, Attempts, Person, SignIn
from mentoring.people.rules import LinkPurpose
from mentoring.policy import NotYours
from tests.conftest import EARNEST

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
GOOD = "a quiet river at night"


async def a_member(database: Database, email: str = "ama@example.org") -> Person:
    """Somebody with an account and the password ``GOOD``."""
    async with database.sessions.begin() as db:
        person = await service.add_person(db, MACHINE, NewPerson("Ama", email, "Mensah"), NOW)
        secret = await service.make_link(db, person.id, LinkPurpose.INVITATION, NOW)
    await service.use_link(database, secret, NewPassword(GOOD), NOW)
    return person


async def a_link(database: Database, person: Person, purpose: LinkPurpose = LinkPurpose.RESET) -> str:
    async with database.sessions.begin() as db:
        return await service.make_link(db, person.id, purpose, NOW)


async def who(database: Database, secret: str, now: datetime) -> str | None:
    async with database.reading() as db:
        found = await service.who_signed_in(db, secret, now)
        return found[0].email if found else None


async def test_who_knows_the_password_comes_in_however_the_address_is_typed(database: Database) -> None:
    await a_member(database)

    secret = await service.sign_in(database, Credentials(" AMA@example.org ", GOOD), "10.0.0.1", NOW)

    assert await who(database, secret, NOW) == "ama@example.org"


@pytest.mark.parametrize("email, password", [("ama@example.org", "wrong wrong wrong"), ("nobody@example.org", GOOD)])
async def test_a_wrong_password_and_an_unknown_address_are_refused_alike(
    database: Database, email: str, password: str
) -> None:
    await a_member(database)

    with pytest.raises(rules.WrongCredentials) as refused:
        await service.sign_in(database, Credentials(email, password), "10.0.0.1", NOW)

    assert refused.value.details == {}


async def test_the_sixth_try_is_refused_even_with_the_right_password_until_the_window_has_passed(
    database: Database,
) -> None:
    await a_member(database)
    for _ in range(rules.MOST_TRIES):
        with pytest.raises(rules.WrongCredentials):
            await service.sign_in(database, Credentials("ama@example.org", "wrong wrong wrong"), "10.0.0.1", NOW)

    with pytest.raises(rules.TooManyTries):
        await service.sign_in(database, Credentials("ama@example.org", GOOD), "10.0.0.2", NOW)
    later = NOW + rules.TRY_WINDOW + timedelta(seconds=1)
    assert await service.sign_in(database, Credentials("ama@example.org", GOOD), "10.0.0.2", later)


def test_what_is_kept_of_a_password_costs_a_guesser_more_than_owasp_asks_for() -> None:
    kept = extract_parameters(EARNEST.hash(GOOD))

    assert kept.type is Type.ID
    assert kept.memory_cost >= 19 * 1024
    assert kept.time_cost >= 2


async def test_what_was_kept_at_less_cost_is_made_anew_when_its_owner_comes_in(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_member(database)
    monkeypatch.setattr(passwords, "HASHER", EARNEST)

    for _ in range(2):
        await service.sign_in(database, Credentials("ama@example.org", GOOD), "10.0.0.1", NOW)

    async with database.reading() as db:
        kept = await db.scalar(select(Account.password_hash))
    assert kept is not None
    assert extract_parameters(kept) == extract_parameters(EARNEST.hash(GOOD))


async def test_coming_in_clears_the_count_of_tries(database: Database) -> None:
    await a_member(database)

    await service.sign_in(database, Credentials("ama@example.org", GOOD), "10.0.0.1", NOW)

    async with database.reading() as db:
        assert await db.scalar(select(Attempts.count).where(Attempts.key == "account:ama@example.org")) is None


@pytest.mark.parametrize(
    "after, alive",
    [
        (rules.IDLE_LIMIT - timedelta(seconds=1), True),
        (rules.IDLE_LIMIT, False),
        (rules.ABSOLUTE_LIMIT, False),
    ],
)
async def test_a_session_ends_when_nobody_uses_it(database: Database, after: timedelta, alive: bool) -> None:
    await a_member(database)
    secret = await service.sign_in(database, Credentials("ama@example.org", GOOD), "10.0.0.1", NOW)

    assert (await who(database, secret, NOW + after) is not None) == alive


async def test_a_session_id_is_kept_only_as_a_digest(database: Database) -> None:
    await a_member(database)
    secret = await service.sign_in(database, Credentials("ama@example.org", GOOD), "10.0.0.1", NOW)

    async with database.reading() as db:
        assert secret not in set(await db.scalars(select(SignIn.digest)))


async def test_a_link_lets_in_once(database: Database) -> None:
    person = await a_member(database)
    secret = await a_link(database, person, LinkPurpose.SIGN_IN)

    opened = await service.use_link(database, secret, NewPassword(), NOW)

    assert await who(database, opened, NOW) == "ama@example.org"
    with pytest.raises(rules.LinkNotUsable):
        await service.use_link(database, secret, NewPassword(), NOW)


async def test_opening_a_link_does_not_use_it_up(database: Database) -> None:
    person = await a_member(database)
    secret = await a_link(database, person)

    for _ in range(3):
        async with database.reading() as db:
            assert await service.open_link(db, secret, NOW) is LinkPurpose.RESET
    await service.use_link(database, secret, NewPassword("another quiet river"), NOW)


@pytest.mark.parametrize("purpose", list(LinkPurpose))
async def test_a_link_expires(database: Database, purpose: LinkPurpose) -> None:
    person = await a_member(database)
    secret = await a_link(database, person, purpose)

    with pytest.raises(rules.LinkNotUsable):
        await service.use_link(database, secret, NewPassword(GOOD), NOW + rules.LINK_LASTS[purpose.value])


async def test_a_new_password_ends_all_other_sessions(database: Database) -> None:
    person = await a_member(database)
    old = await service.sign_in(database, Credentials("ama@example.org", GOOD), "10.0.0.1", NOW)

    new = await service.use_link(database, await a_link(database, person), NewPassword("another quiet river"), NOW)

    assert [await who(database, secret, NOW) for secret in (old, new)] == [None, "ama@example.org"]


@pytest.mark.parametrize(
    "password, cause",
    [
        ("", rules.PasswordTooShort),
        ("eleven char", rules.PasswordTooShort),
        ("x" * 129, rules.PasswordTooLong),
        ("Password123456!", rules.PasswordTooCommon),
        ("mensahmensah2026", rules.PasswordTooCommon),
    ],
)
async def test_a_weak_password_is_refused_and_leaves_the_link_usable(
    database: Database, password: str, cause: type[MentoringError]
) -> None:
    person = await a_member(database)
    secret = await a_link(database, person)

    with pytest.raises(cause):
        await service.use_link(database, secret, NewPassword(password), NOW)
    assert await service.use_link(database, secret, NewPassword("another quiet river"), NOW)


async def test_who_has_left_is_out_at_once(database: Database) -> None:
    person = await a_member(database)
    secret = await service.sign_in(database, Credentials("ama@example.org", GOOD), "10.0.0.1", NOW)
    async with database.sessions.begin() as db:
        (await db.get_one(Person, person.id)).left_on = NOW.date()

    assert await who(database, secret, NOW) is None
    with pytest.raises(rules.WrongCredentials):
        await service.sign_in(database, Credentials("ama@example.org", GOOD), "10.0.0.1", NOW)


async def test_a_token_speaks_for_its_person_until_it_is_revoked(database: Database) -> None:
    person = await a_member(database)
    async with database.sessions.begin() as db:
        shown = await service.make_token(db, MACHINE, str(person.id), NewToken("export", ["rounds"]), NOW)
    async with database.reading() as db:
        holder = await service.who_holds_token(db, shown.token, NOW)
        assert holder is not None
        assert (holder[0].email, holder[2].scopes) == ("ama@example.org", ["rounds"])

    async with database.sessions.begin() as db:
        await service.revoke_token(db, MACHINE, shown.id, NOW)

    async with database.reading() as db:
        assert await service.who_holds_token(db, shown.token, NOW) is None


async def test_a_token_with_an_unknown_scope_is_not_made(database: Database) -> None:
    person = await a_member(database)

    with pytest.raises(rules.ScopeUnknown):
        async with database.sessions.begin() as db:
            await service.make_token(db, MACHINE, str(person.id), NewToken("export", ["everything"]), NOW)


async def test_an_address_belongs_to_one_person(database: Database) -> None:
    await a_member(database)

    with pytest.raises(rules.AddressTaken):
        async with database.sessions.begin() as db:
            await service.add_person(db, MACHINE, NewPerson("Other", "AMA@example.org"), NOW)
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Person)) == 1


@pytest.mark.parametrize(
    "new, cause",
    [
        (NewPerson("Ama", "not an address"), rules.AddressNotPlausible),
        (NewPerson("Ama", "ama@localhost"), rules.AddressNotPlausible),
        (NewPerson("Ama", "ama@example.org, all@example.org"), rules.AddressNotPlausible),
        (NewPerson(" \u00a0 ", "ama@example.org"), rules.NameMissing),
        (NewPerson("Ama", "ama@example.org", language="xx"), rules.LanguageNotOffered),
    ],
)
async def test_nobody_is_entered_who_could_not_be_written_to(
    database: Database, new: NewPerson, cause: type[MentoringError]
) -> None:
    with pytest.raises(cause):
        async with database.sessions.begin() as db:
            await service.add_person(db, MACHINE, new, NOW)


@pytest.mark.parametrize("text", ["Ama\n", "Ama\r\nBcc: all", "Ama\t"])
def test_a_line_has_no_end_of_line_in_it(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"given_name": text, "email": "ama@example.org"}, NewPerson)


def test_a_token_without_scopes_is_not_asked_for() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": "export", "scopes": []}, NewToken)


async def test_who_is_known_becomes_administrator_once(database: Database) -> None:
    person = await a_member(database)
    async with database.sessions.begin() as db:
        await service.add_person(db, MACHINE, NewPerson("Root", "root@example.org", administrator=True), NOW)

    for administrator in (True, True, False):
        async with database.sessions.begin() as db:
            await service.change_administrator(db, MACHINE, "ama@example.org", administrator, NOW)

    async with database.reading() as db:
        assert not (await db.get_one(Account, person.id)).administrator
        told = select(JournalEntry.details).where(JournalEntry.event == "AdministratorChanged")
        assert [entry["administrator"] for entry in await db.scalars(told.order_by(JournalEntry.number))] == [
            True,
            False,
        ]


async def test_only_an_administrator_makes_another(database: Database) -> None:
    person = await a_member(database)

    with pytest.raises(NotYours):
        async with database.sessions.begin() as db:
            await service.change_administrator(db, Actor(id=person.id), "ama@example.org", True, NOW)


async def test_a_stranger_invites_nobody(database: Database) -> None:
    person = await a_member(database)

    with pytest.raises(MentoringError):
        async with database.sessions.begin() as db:
            await service.invite(db, Actor(id=person.id), "ama@example.org", NOW)


@pytest.mark.parametrize(
    "asked, led",
    [
        ("/me", "/me"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a@evil.example", "/"),
        ("/a\r\nset-cookie: x", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_nowhere_but_here(asked: str, led: str) -> None:
    assert rules.local_path(asked) == led
