"""One's own settings, on one page."""

from httpx import AsyncClient

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.people.models import Mailing, Person
from tests.builders import a_person, an_enrolment
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en")


async def somebody(database: Database) -> Person:
    async with database.sessions.begin() as db:
        return await a_person(db)


async def test_everything_that_one_can_set_stands_on_one_page(client: AsyncClient, database: Database) -> None:
    me = await somebody(database)
    async with database.sessions.begin() as db:
        enrolment = await an_enrolment(db, person=me)
    await come_in(client, database, me)

    page = Page(await client.get("/me/settings"))
    old = await client.get("/me/calendar")

    for key in ("page.settings.language", "page.settings.zone", "page.settings.mails", "page.feed.title",
                "page.delegates.title", "page.settings.account"):  # fmt: skip
        assert WORDS.text(key) in page.text
    assert (page.value("language"), page.value("zone")) == ("en", "Europe/Zurich")
    assert {"/me/data", f"/programmes/{enrolment.programme_id}/sign-up/leader"} <= set(page.links)
    assert old.headers["location"] == "/me/settings"


async def test_a_clock_is_chosen_and_a_strange_one_refused(client: AsyncClient, database: Database) -> None:
    me = await somebody(database)
    await come_in(client, database, me)

    chosen = await client.post("/me/settings/zone", data={"zone": "Asia/Bangkok"})
    strange = await client.post("/me/settings/zone", data={"zone": "Mars/Olympus"})

    async with database.reading() as db:
        person = await db.get_one(Person, me.id)
    assert (chosen.status_code, strange.status_code) == (303, 422)
    assert WORDS.text("error.ZoneNotKnown", zone="Mars/Olympus") in Page(strange).text
    assert (person.time_zone, person.zone_chosen) == ("Asia/Bangkok", True)


async def test_reminders_are_stopped_and_come_again(client: AsyncClient, database: Database) -> None:
    me = await somebody(database)
    await come_in(client, database, me)

    await client.post("/me/settings/reminders", data={"stop": "true"})
    stopped = Page(await client.get("/me/settings"))
    await client.post("/me/settings/reminders", data={"stop": "false"})
    again = Page(await client.get("/me/settings"))

    assert WORDS.text("page.reminders.stopped") in stopped.text
    assert WORDS.text("page.settings.mails.stop") in again.text
    async with database.reading() as db:
        assert (await db.get_one(Mailing, me.id)).stopped_at is None
