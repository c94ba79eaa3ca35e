"""The administrator gives roles and tokens, sees how the service is, and what happened."""

import asyncio
import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from httpx import AsyncClient
from litestar import Litestar
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import heartbeat, journal
from mentoring.administration.contracts import AuditFilter, ChooseSettings
from mentoring.administration.queries import event_names, read_audit
from mentoring.administration.service import choose_settings
from mentoring.db import Database
from mentoring.deployment import in_force
from mentoring.followups.contracts import PairingAtRisk
from mentoring.followups.rules import Level
from mentoring.heartbeat import Hold, HoldReason
from mentoring.identity import MACHINE, Actor
from mentoring.messages.models import Message
from mentoring.people import service as people
from mentoring.people.contracts import PasswordSet
from mentoring.people.models import Account, ApiToken, Person
from mentoring.people.rules import LastAdministrator
from mentoring.policy import NotYours
from mentoring.programmes.models import Coordinator, Programme
from mentoring.settings import Settings
from mentoring.upkeep.rules import BACKUP
from mentoring.upkeep.service import hold_clock
from tests.builders import NOW, a_person, a_programme, as_actor
from tests.mentoring.visitor import Page, come_in


async def an_administrator(client: AsyncClient, database: Database) -> tuple[Person, Programme]:
    async with database.sessions.begin() as db:
        person, programme = await a_person(db, staff_no="BOSS"), await a_programme(db)
    await come_in(client, database, person, administrator=True)
    return person, programme


async def test_roles_are_given_and_taken(client: AsyncClient, database: Database) -> None:
    _, programme = await an_administrator(client, database)
    async with database.sessions.begin() as db:
        other = await a_person(db, family_name="Boateng")
    make = {"person": other.email}

    given = await client.post("/admin/roles/administrators", data=make)
    runs = await client.post("/admin/roles/coordinators", data={**make, "programme": str(programme.id)})
    shown = Page(await client.get("/admin/roles"))
    for path in ("administrators", "coordinators"):
        await client.post(f"/admin/roles/{path}", data={**make, "programme": str(programme.id), "revoke": "1"})
    after = Page(await client.get("/admin/roles"))
    unknown = await client.post("/admin/roles/administrators", data={"person": "nobody@example.org"})

    assert (given.status_code, runs.status_code) == (303, 303)
    assert (shown.text.count("Boateng"), after.text.count("Boateng")) == (2, 0)
    assert (unknown.status_code, Page(unknown).fields["person"].count("nobody@example.org")) == (404, 1)
    async with database.reading() as db:
        assert list(await db.scalars(select(Coordinator.person_id))) == []


async def test_the_last_administrator_cannot_lose_it(client: AsyncClient, database: Database) -> None:
    person, _ = await an_administrator(client, database)

    refused = await client.post("/admin/roles/administrators", data={"person": str(person.id), "revoke": "1"})

    assert refused.status_code == 409
    async with database.reading() as db:
        assert (await db.get_one(Account, person.id)).administrator


async def test_of_two_administrators_one_can(db: AsyncSession) -> None:
    one, other = await a_person(db), await a_person(db)
    for person in (one, other):
        await people.change_administrator(db, MACHINE, str(person.id), True, NOW)

    await people.change_administrator(db, MACHINE, str(one.id), False, NOW)
    with pytest.raises(LastAdministrator):
        await people.change_administrator(db, MACHINE, str(other.id), False, NOW)


async def test_a_token_is_shown_once_used_and_revoked(client: AsyncClient, app: Litestar, database: Database) -> None:
    await an_administrator(client, database)
    form = {"name": "HR export", "scopes": ["messages", "status"], "days": "30", "person": ""}

    made = await client.post("/admin/tokens", data=form)
    [token] = set(re.findall(r"rm_[\w-]{20,}", made.text))
    later = await client.get("/admin/tokens")
    client.cookies.clear()
    key = {"authorization": f"Bearer {token}"}
    allowed = await client.get("/api/v1/messages", headers=key)
    beyond = await client.get("/api/v1/audit", headers=key)
    await app.state.presence.close(database)
    async with database.reading() as db:
        kept = (await db.scalars(select(ApiToken))).one()
        boss = await db.get_one(Person, kept.person_id)
    await come_in(client, database, boss, administrator=True)
    revoked = await client.post(f"/admin/tokens/{kept.id}/revoke")
    client.cookies.clear()
    refused = await client.get("/api/v1/messages", headers=key)

    assert (made.status_code, token in later.text, "HR export" in later.text) == (200, False, True)
    assert (allowed.status_code, beyond.status_code, revoked.status_code, refused.status_code) == (200, 403, 303, 401)
    assert kept.used_at is not None


async def test_a_token_that_cannot_be_keeps_what_was_typed(client: AsyncClient, database: Database) -> None:
    await an_administrator(client, database)

    without = await client.post("/admin/tokens", data={"name": "No scope", "days": "30"})
    nobody = await client.post(
        "/admin/tokens", data={"name": "x", "days": "30", "scopes": "rounds", "person": "nobody@example.org"}
    )

    assert (without.status_code, Page(without).value("name")) == (422, "No scope")
    assert (nobody.status_code, Page(nobody).fields["scopes"]) == (404, ["rounds"])


async def test_a_webhook_is_made_tried_and_removed(client: AsyncClient, database: Database) -> None:
    _, programme = await an_administrator(client, database)
    form = {"name": "Our channel", "kind": "signed", "programme": str(programme.id), "topics": "pairing.began"}

    private = await client.post("/admin/hooks", data=form | {"url": "https://10.0.0.1/x"})
    made = await client.post("/admin/hooks", data=form | {"url": "https://chat.example.org/secret-path"})
    [page] = {link for link in Page(made).links if re.fullmatch(r"/admin/hooks/[0-9a-f-]{36}", link)}
    pinged = await client.post(f"{page}/ping")
    log = Page(await client.get(page))
    removed = await client.post(f"{page}/remove")
    gone = await client.post(f"{page}/ping")

    assert (private.status_code, Page(private).value("name")) == (422, "Our channel")
    assert (made.status_code, "whsec_" in made.text, "secret-path" in made.text) == (200, True, False)
    assert (pinged.status_code, removed.status_code, gone.status_code) == (303, 303, 404)
    assert "waits to be sent" in log.text
    async with database.reading() as db:
        assert [one.kind for one in await db.scalars(select(Message))] == ["ping"]


async def test_the_health_page_says_what_is_wrong_and_lets_the_clock_go_on(
    client: AsyncClient, database: Database
) -> None:
    await an_administrator(client, database)
    now = datetime.now(UTC)
    async with database.sessions.begin() as db:
        await heartbeat.note_run(db, heartbeat.TICK, 1, None, now)
        await heartbeat.note_run(db, "send_messages", 3, "OperationalError", now)
        await heartbeat.note_run(db, BACKUP, 12, None, now - timedelta(days=3))
        await hold_clock(db, HoldReason.FLOOD, now - timedelta(days=3), 41, now)

    before = Page(await client.get("/admin"))
    resumed = await client.post("/admin/resume")
    again = await client.post("/admin/resume")
    checked = Page(await client.post("/admin/check"))

    assert all(word in before.text for word in ("41 people", "OperationalError", "Send mails"))
    assert (resumed.status_code, again.status_code) == (303, 409)
    assert "Every rule holds" in checked.text
    assert "Nobody has looked yet" in before.text
    assert "Nobody has looked yet" not in Page(await client.get("/admin")).text
    async with database.reading() as db:
        assert [one.resumed_at is not None for one in await db.scalars(select(Hold))] == [True]


async def test_the_audit_list_is_filtered_paged_and_taken_away(client: AsyncClient, database: Database) -> None:
    person, _ = await an_administrator(client, database)
    async with database.sessions.begin() as db:
        other = await a_person(db, given_name="Kofi", family_name="Boateng")
        for day in range(120):
            journal.record(db, PasswordSet(other.id), by=person.id, at=NOW + timedelta(days=day))
        journal.record(db, PasswordSet(person.id), by=person.id, at=NOW)

    about = {"person": "kofi boateng", "since": "2026-03-04", "until": "2026-03-05"}
    found = Page(await client.get("/admin/audit", params=about))
    first = Page(await client.get("/admin/audit", params={"event": "PasswordSet"}))
    [older] = [link for link in first.links if "before=" in link]
    second = Page(await client.get(older))
    file = await client.post("/admin/audit/export", data=about | {"format": "csv", "event": ""})
    wrong = await client.get("/admin/audit", params={"since": "yesterday"})
    by_api = (await client.get("/api/v1/audit", params={"person": "BOSS", "limit": 1})).json()

    assert (found.text.count(str(other.id)), found.text.count("Kofi Boateng")) == (2, 2)
    assert first.text.count("person_id") + second.text.count("person_id") == 121
    assert len(list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))) == 3
    assert wrong.status_code == 422
    assert [one["event"] for one in by_api] == ["DataExported"]


async def test_the_audit_list_says_what_happened_in_the_reader_s_words(client: AsyncClient, database: Database) -> None:
    person, _ = await an_administrator(client, database)
    async with database.sessions.begin() as db:
        journal.record(db, PasswordSet(person.id), by=person.id, at=NOW)

    page = (await client.get("/admin/audit", params={"language": "fr"})).text

    assert page.count("Une personne a choisi un mot de passe") == 2  # to choose from, and in the list
    assert '<option value="PasswordSet"' in page


async def test_the_audit_list_does_not_tell_what_was_confided(db: AsyncSession) -> None:
    person = await a_person(db)
    journal.record(db, PairingAtRisk(person.id, Level.RED, 1, True), by=None, at=NOW)
    await db.flush()

    [entry] = await read_audit(db, MACHINE, AuditFilter())

    assert set(entry.details) == {"pairing_id", "level", "alert"}
    with pytest.raises(NotYours):
        await read_audit(db, as_actor(person), AuditFilter())


def test_every_kind_of_event_can_be_asked_for() -> None:
    assert {"RoundPublished", "DataExported", "SettingsChanged", "PasswordSet"} <= set(event_names())


async def test_of_two_who_choose_the_same_setting_at_once_the_later_has_the_say(
    database: Database, settings: Settings
) -> None:
    async with database.sessions.begin() as db:
        actors = [as_actor(await a_person(db), administrator=True) for _ in range(2)]

    async def choose(actor: Actor, name: str) -> None:
        async with database.sessions.begin() as db:
            await choose_settings(db, actor, settings, ChooseSettings({"organisation": name, "language": "fr"}), NOW)

    async with database.sessions.begin() as db:
        first = ChooseSettings({"organisation": "First", "mails_a_week": "3"})
        await choose_settings(db, actors[0], settings, first, NOW)
        later = asyncio.create_task(choose(actors[1], "Second"))
        await asyncio.wait([later], timeout=0.2)  # until it waits for us
    await later

    async with database.reading() as db:
        chosen = await in_force(db, settings)
    assert (chosen.organisation, chosen.language, chosen.mails_a_week) == ("Second", "fr", 3)
