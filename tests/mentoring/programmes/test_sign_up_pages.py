"""A sign-up that is filled in over time, in several windows, with mistakes: nothing that was typed is lost."""

from httpx import AsyncClient
from sqlalchemy import select

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment, SignUpDraft
from mentoring.programmes.rules import SEEN_FROM, Role
from tests.builders import a_person, an_enrolment
from tests.mentoring.programmes.test_pages import FORM, a_visit
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en")
HALF = {"skill-1": "2.6", "level-1": "3", "exclusions": "S1"}
OFFER = {"offer-2.6": "3", "from-1-1": "09:00", "to-1-1": "12:00"}


async def a_form(client: AsyncClient, database: Database, role: str = "leader") -> tuple[str, Person]:
    programme, person = await a_visit(client, database)
    return f"/programmes/{programme.id}/sign-up/{role}", person


async def keep(client: AsyncClient, path: str, typed: dict[str, str], since: str | None = None) -> str:
    """What the page's script does: returns the mark of the draft."""
    answer = await client.put(f"/api/v1{path}/draft", json={"typed": typed, "since": since})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["saved_at"])


async def test_what_was_typed_is_there_again_after_the_session_has_ended(
    client: AsyncClient, database: Database
) -> None:
    path, person = await a_form(client, database)
    await keep(client, path, HALF)
    await client.post("/sign-out")

    gone = await client.post(path, data=FORM)
    await come_in(client, database, person)
    me, again = Page(await client.get("/me")), Page(await client.get(path))

    assert (gone.status_code, Page(gone).value("again")) == (401, path)
    assert WORDS.text("page.sign_up.continue.leader") in me.text
    assert {name: again.value(name) for name in HALF} == HALF


async def test_without_script_half_a_form_is_kept_by_a_button(client: AsyncClient, database: Database) -> None:
    path, _ = await a_form(client, database)

    later = await client.post(f"{path}/draft", data=HALF)
    again = Page(await client.get(path))
    await client.post(f"{path}/draft/discard")

    assert (later.status_code, later.headers["location"]) == (303, "/me")
    assert {name: again.value(name) for name in HALF} == HALF
    assert Page(await client.get(path)).value("skill-1") == ""


async def test_a_later_draft_of_another_window_is_not_overwritten(client: AsyncClient, database: Database) -> None:
    path, _ = await a_form(client, database)
    first = await keep(client, path, HALF)
    await keep(client, path, HALF | {"tools": "Signal"}, first)

    refused = await client.put(f"/api/v1{path}/draft", json={"typed": HALF | {"tools": "Slack"}, "since": first})

    assert (refused.status_code, refused.json()["code"]) == (409, "DraftKeptElsewhere")
    assert Page(await client.get(path)).value("tools") == "Signal"


async def test_signing_up_uses_up_the_draft_it_came_from_and_no_other(client: AsyncClient, database: Database) -> None:
    path, _ = await a_form(client, database)
    first = await keep(client, path, HALF)
    second = await keep(client, path, HALF | {"tools": "Signal"}, first)

    await client.post(path, data=FORM | {"version": "new", "draft": first})
    stale, asked = Page(await client.get(path)), Page(await client.get(f"{path}?draft=true"))
    await client.post(path, data=FORM | {"version": asked.value("version"), "draft": second})

    assert (stale.value("skill-2"), asked.value("tools")) == ("3.1", "Signal")
    assert f"{path}?draft=true" in stale.links
    async with database.reading() as db:
        assert (await db.scalars(select(SignUpDraft))).all() == []


async def test_two_windows_a_change_in_between_is_told_and_replaced_only_knowingly(
    client: AsyncClient, database: Database
) -> None:
    path, _ = await a_form(client, database)
    await client.post(path, data=FORM)
    opened = Page(await client.get(path)).value("version")
    await client.post(path, data=FORM | {"version": opened, "tools": "Signal"})

    wrong = await client.post(path, data=FORM | {"version": opened, "tools": "Slack", "to-0-1": "08:00"})
    refused = await client.post(path, data=FORM | {"version": Page(wrong).value("version"), "tools": "Slack"})
    told = Page(refused)
    knowingly = await client.post(path, data=FORM | {"version": told.value("version"), "tools": "Slack"})

    assert [wrong.status_code, refused.status_code, knowingly.status_code] == [422, 409, 303]
    assert WORDS.text("error.SignUpChangedElsewhere") in told.text
    assert told.value("tools") == "Slack"


async def test_a_form_that_is_sent_twice_counts_once(client: AsyncClient, database: Database) -> None:
    path, _ = await a_form(client, database)

    answers = [await client.post(path, data=FORM | {"version": "new"}) for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 303]
    async with database.reading() as db:
        assert len((await db.scalars(select(Enrolment))).all()) == 1


async def test_every_mistake_is_named_above_with_a_link_and_beside_its_field(
    client: AsyncClient, database: Database
) -> None:
    path, _ = await a_form(client, database)
    wrong = FORM | {"skill-2": "2.6", "from-4-1": "10:00", "to-4-1": "09:00"}

    answer = await client.post(path, data=wrong)

    page = Page(answer)
    doubled = WORDS.text("error.SkillDoubled", code="Managing digital identity")
    assert answer.status_code == 422
    assert {"#skill-2", "#from-4-1"} <= set(page.links)
    assert page.text.count(doubled) == page.text.count(WORDS.text("error.HoursBackwards")) == 2
    for name in ("skill-2", "from-4-1"):
        assert f'id="{name}" ' in answer.text
        assert f'aria-describedby="fault-{name}"' in answer.text
        assert f'id="fault-{name}"' in answer.text


async def test_an_unknown_person_is_pointed_out_where_they_were_named(client: AsyncClient, database: Database) -> None:
    path, _ = await a_form(client, database)

    wished = Page(await client.post(path, data=FORM | {"wish-2": "S99"}))
    avoided = Page(await client.post(path, data=FORM | {"exclusions": "S99"}))

    assert ("#wish-2" in wished.links, "#exclusions" in avoided.links) == (True, True)


async def test_what_is_too_long_is_said_in_the_words_of_the_page(client: AsyncClient, database: Database) -> None:
    path, _ = await a_form(client, database, "junior")

    page = Page(await client.post(path, data=OFFER | {"evidence": "x" * 1001}))

    assert WORDS.text("error.FormUnreadable", field=WORDS.text("page.sign_up.evidence")) in page.text
    assert page.value("evidence") == "x" * 1001


async def test_characters_that_turn_the_direction_are_taken_out_and_every_script_stays(
    client: AsyncClient, database: Database
) -> None:
    path, _ = await a_form(client, database, "junior")
    said = "دروس \u202eevil\u202c عربية ‏中文"

    await client.post(path, data=OFFER | {"wants_back": said, "tools": "\u2066Signal\u2069"})

    page = Page(await client.get(path))
    assert (page.value("wants_back"), page.value("tools")) == ("دروس evil عربية ‏中文", "Signal")


async def test_evidence_is_shown_as_links_and_only_what_a_browser_may_follow(
    client: AsyncClient, database: Database
) -> None:
    path, _ = await a_form(client, database, "junior")

    refused = await client.post(path, data=OFFER | {"evidence": "see javascript:alert(1)"})
    await client.post(path, data=OFFER | {"evidence": "My film: https://example.org/film?x=1 and a course"})

    assert (refused.status_code, "#evidence" in Page(refused).links) == (422, True)
    assert "https://example.org/film?x=1" in Page(await client.get(path)).links


async def test_the_clocks_of_the_other_side_are_shown_where_many_are(client: AsyncClient, database: Database) -> None:
    programme, _ = await a_visit(client, database)
    async with database.sessions.begin() as db:
        for zone, people in (("Asia/Bangkok", SEEN_FROM), ("Pacific/Apia", SEEN_FROM - 1)):
            for _ in range(people):
                await an_enrolment(db, Role.JUNIOR, await a_person(db, time_zone=zone), programme)

    page = Page(await client.get(f"/programmes/{programme.id}/sign-up/leader"))

    assert "Bangkok 15:00 14:00" in page.text
    assert "Apia" not in page.text


async def test_a_promise_and_what_is_done_stand_on_the_page(client: AsyncClient, database: Database) -> None:
    path, _ = await a_form(client, database)

    page = Page(await client.get(path))

    assert "45 minutes every 3 weeks, 7 times." in page.text
    assert WORDS.text("page.sign_up.progress", done=1, all=3) in page.text  # the languages are known
