"""Signing up and running a programme, on pages that work without script."""

import re

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.people.models import Person
from mentoring.programmes.models import Coordinator, Enrolment, Exclusion, Programme
from mentoring.skills.service import ensure_catalogue
from tests.builders import a_person, a_programme
from tests.mentoring.visitor import Page, come_in

FORM = {
    "skill-1": "2.6", "level-1": "1", "skill-2": "3.1", "level-2": "0", "from-0-1": "09:00", "to-0-1": "12:00",
    "tools": "LinkedIn, Viva Engage", "language-1": "fr", "fluency-1": "3", "wish-1": "", "exclusions": "",
}  # fmt: skip
WORDS = Words("en")


async def a_visit(
    client: AsyncClient, database: Database, *, coordinates: bool = False, **changes: object
) -> tuple[Programme, Person]:
    """Somebody who is signed in, and a programme; both are in the database."""
    async with database.sessions.begin() as db:
        await ensure_catalogue(db)
        programme, person = await a_programme(db, **changes), await a_person(db)
        if coordinates:
            db.add(Coordinator(programme_id=programme.id, person_id=person.id))
    await come_in(client, database, person)
    return programme, person


async def test_a_leader_signs_up_and_finds_it_again(client: AsyncClient, database: Database) -> None:
    programme, _ = await a_visit(client, database)
    path = f"/programmes/{programme.id}/sign-up/leader"

    empty = Page(await client.get(path))
    sent = await client.post(path, data=FORM)
    again, me = Page(await client.get(path)), Page(await client.get("/me"))

    assert (empty.value("skill-1"), empty.value("language-1")) == ("", "fr")
    assert (sent.status_code, sent.headers["location"]) == (303, "/me")
    for name in ("skill-1", "level-1", "skill-2", "level-2", "from-0-1", "to-0-1", "language-1"):
        assert again.value(name) == FORM[name]
    assert (again.fields["tool"], again.value("tools")) == (["LinkedIn", "Viva Engage"], "")
    assert programme.name in me.text
    assert f"/programmes/{programme.id}/sign-up/leader" in me.links


async def test_a_refused_sign_up_keeps_all_that_was_typed_and_writes_nothing(
    client: AsyncClient, database: Database
) -> None:
    programme, _ = await a_visit(client, database)
    wrong = FORM | {"to-0-1": "08:00", "wish-1": "S9", "exclusions": "S1, S2", "evidence": ""}

    answer = await client.post(f"/programmes/{programme.id}/sign-up/leader", data=wrong)

    page = Page(answer)
    assert answer.status_code == 422
    assert {name: page.value(name) for name in wrong if name != "evidence"} == {
        name: value for name, value in wrong.items() if name != "evidence"
    }
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Enrolment)) == 0


async def test_whom_somebody_excluded_is_never_shown_again(client: AsyncClient, database: Database) -> None:
    programme, _ = await a_visit(client, database)
    async with database.sessions.begin() as db:
        other = await a_person(db, family_name="Unspeakable")
    path = f"/programmes/{programme.id}/sign-up/leader"

    await client.post(path, data=FORM | {"exclusions": str(other.staff_no)})
    shown = await client.get(path)
    await client.post(path, data=FORM)

    assert "Unspeakable" not in shown.text
    assert str(other.staff_no) not in shown.text
    assert WORDS.plural("page.sign_up.exclusions.now", 1) in Page(shown).text
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Exclusion)) == 1


async def test_a_junior_goes_on_to_the_preparation_and_is_ready_once_all_is_ticked(
    client: AsyncClient, database: Database
) -> None:
    programme, _ = await a_visit(client, database)
    offer = {"offer-2.6": "3", "from-1-1": "09:00", "to-1-1": "12:00", "capacity": "2"}
    preparation = f"/programmes/{programme.id}/preparation"

    signed_up = await client.post(f"/programmes/{programme.id}/sign-up/junior", data=offer)
    half = await client.post(preparation, data={"ticked": ["guide", "time"]})
    shown = Page(await client.get(preparation))
    whole = await client.post(preparation, data={"ticked": ["guide", "conversation", "confidentiality", "time"]})

    assert [one.headers["location"] for one in (signed_up, half, whole)] == [preparation, preparation, "/me"]
    assert shown.fields["ticked"] == ["guide", "time"]


async def test_a_closed_programme_says_so_and_keeps_the_form(client: AsyncClient, database: Database) -> None:
    programme, _ = await a_visit(client, database, coordinates=True, open=False)

    answer = await client.post(f"/programmes/{programme.id}/sign-up/leader", data=FORM)

    assert answer.status_code == 409
    assert WORDS.text("error.SignUpClosed") in Page(answer).text
    assert Page(answer).value("skill-1") == "2.6"


async def test_a_sign_up_is_taken_back(client: AsyncClient, database: Database) -> None:
    programme, _ = await a_visit(client, database)
    await client.post(f"/programmes/{programme.id}/sign-up/leader", data=FORM)

    answer = await client.post(f"/programmes/{programme.id}/sign-up/leader/withdraw")

    assert answer.headers["location"] == "/me"
    assert WORDS.text("page.me.no_sign_ups") in Page(await client.get("/me")).text


async def test_a_coordinator_makes_a_programme_and_the_name_is_taken_the_second_time(
    client: AsyncClient, database: Database
) -> None:
    await a_visit(client, database, coordinates=True)

    made = await client.post("/programmes/new", data={"name": "Spring", "preset": "sprint"})
    twice = await client.post("/programmes/new", data={"name": "Spring", "preset": "extended"})

    assert made.status_code == 303
    assert "Spring" in Page(await client.get(made.headers["location"])).text
    assert twice.status_code == 409
    assert (Page(twice).value("name"), Page(twice).value("preset")) == ("Spring", "extended")


async def test_settings_are_changed_and_a_wrong_one_is_kept_to_be_mended(
    client: AsyncClient, database: Database
) -> None:
    programme, _ = await a_visit(client, database, coordinates=True)
    path = f"/programmes/{programme.id}"
    form = {
        "rules.unit": ["off"],
        "rules.time": ["off", "on"],
        "weights.need": "0.5",
        "ladder.consent_reminders": "1, 3",
    }

    changed = await client.post(path, data=form)
    wrong = await client.post(path, data={"plan.sessions": "900", "open": ["off"]})

    page, refused = Page(await client.get(path)), Page(wrong)
    assert changed.status_code == 303
    assert [page.fields[name] for name in ("rules.unit", "rules.time")] == [["off"], ["off", "on"]]
    assert (page.value("weights.need"), page.value("ladder.consent_reminders")) == ("0.5", "1, 3")
    assert (wrong.status_code, refused.value("plan.sessions"), refused.fields["open"]) == (422, "900", ["off"])
    assert page.value("plan.sessions") == "7"


async def test_a_piece_that_a_page_fetches_comes_in_the_language_of_the_page(
    client: AsyncClient, database: Database
) -> None:
    programme, _ = await a_visit(client, database, coordinates=True)
    whole = await client.get(f"/programmes/{programme.id}?language=ar")

    fetched = re.search(r'hx-post="([^"]*/effects[^"]*)"', whole.text)
    assert fetched is not None
    piece = await client.post(fetched[1], data={"name": programme.name})

    assert (whole.status_code, piece.status_code) == (200, 200)
    assert 'id="effects"' in piece.text
    assert 'lang="ar"' in piece.text


async def test_a_stranger_does_not_learn_of_the_settings(client: AsyncClient, database: Database) -> None:
    programme, _ = await a_visit(client, database)

    answer = await client.get(f"/programmes/{programme.id}")

    assert answer.status_code == 404
    assert programme.name not in answer.text


@pytest.mark.parametrize("apply, stored", [("false", 0), ("true", 1)])
async def test_a_file_of_sign_ups_is_looked_at_first_and_written_when_asked(
    client: AsyncClient, database: Database, apply: str, stored: int
) -> None:
    programme, person = await a_visit(client, database, coordinates=True)
    file = f"staff_no,role,skills,hours\n{person.staff_no},leader,2.6:1,mon:09:00-12:00\n".encode()
    path = f"/programmes/{programme.id}/sign-ups/import"

    answer = await client.post(path, data={"apply": apply}, files={"file": ("s.csv", file)})

    key = "page.import.applied" if stored else "page.import.dry"
    assert WORDS.text(key) in Page(answer).text
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Enrolment)) == stored


async def test_a_file_with_a_mistake_is_shown_by_its_line(client: AsyncClient, database: Database) -> None:
    programme, _ = await a_visit(client, database, coordinates=True)
    file = b"staff_no,role,skills,hours\nNOBODY,leader,2.6:1,mon:09:00-12:00\n"

    answer = await client.post(
        f"/programmes/{programme.id}/sign-ups/import", data={"apply": "true"}, files={"file": ("s.csv", file)}
    )

    assert WORDS.plural("page.import.problems", 1) in Page(answer).text
    assert "NOBODY" in Page(answer).text
