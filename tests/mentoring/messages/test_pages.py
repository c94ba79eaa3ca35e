"""The mailbox: one's own mails, readable, with links that lead nowhere but to us."""

from uuid import uuid4

from httpx import AsyncClient

from mentoring.db import Database
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.people.models import Person
from mentoring.settings import Settings
from tests.builders import NOW, a_person
from tests.mentoring.visitor import Page, come_in


async def a_mail(database: Database, person: Person, text: str, subject: str = "Hello") -> Message:
    mail = f"Subject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()
    message = Message(
        id=uuid4(), kind="consent_leader", about=uuid4(), recipient_id=person.id, state=MessageState.KEPT,
        made_at=NOW, sent_at=NOW, address=person.email, mail=mail,
    )  # fmt: skip
    async with database.sessions.begin() as db:
        db.add(message)
    return message


async def two_people(database: Database) -> tuple[Person, Person]:
    async with database.sessions.begin() as db:
        return await a_person(db), await a_person(db)


async def test_a_mail_is_opened_and_its_link_leads_back_to_us(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    person, _ = await two_people(database)
    mail = await a_mail(database, person, f"Answer: {settings.base_url}/me and not http://evil.example/ <b>now</b>")
    await come_in(client, database, person)

    listed = Page(await client.get("/mailbox"))
    opened = await client.get(f"/mailbox/{mail.id}")

    assert f"/mailbox/{mail.id}" in listed.links
    assert f"{settings.base_url}/me" in Page(opened).links
    assert "http://evil.example/" not in Page(opened).links
    assert "<b>now</b>" in Page(opened).text


async def test_one_reads_one_s_own_mails_and_the_administrator_searches_all(
    client: AsyncClient, database: Database
) -> None:
    person, other = await two_people(database)
    mail = await a_mail(database, person, "For me alone", subject="Mine")
    await a_mail(database, other, "For you", subject="Yours")

    await come_in(client, database, other)
    seen_by_other = Page(await client.get("/mailbox"))
    refused = await client.get(f"/mailbox/{mail.id}")
    await come_in(client, database, other, administrator=True)
    found = Page(await client.get("/mailbox", params={"to": person.email.upper()}))

    assert ("Yours" in seen_by_other.text, "Mine" in seen_by_other.text) == (True, False)
    assert refused.status_code == 404
    assert ("Yours" in found.text, "Mine" in found.text) == (False, True)
