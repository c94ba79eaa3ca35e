"""Answering from the mail with two taps, and from one's own page."""

from uuid import UUID

import pytest
from httpx import AsyncClient

from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInKind, CheckInState, Met
from mentoring.checkins.service import link_token
from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Person
from mentoring.settings import Settings
from tests.builders import a_check_in, a_pairing, a_person
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en")
PULSE = {"good_fit": "5", "candour": "4", "clarity": "3", "protected_time": "2"}


async def asked(
    database: Database,
    settings: Settings,
    kind: CheckInKind = CheckInKind.SESSION,
    *,
    state: CheckInState = CheckInState.OPEN,
    language: str = "en",
) -> tuple[UUID, str, Person]:
    """A question, the way to it from the mail, and who is asked."""
    async with database.sessions.begin() as db:
        leader = await a_person(db, language=language)
        pairing = await a_pairing(db, PairingState.ACTIVE, leader=leader)
        check_in = await a_check_in(db, pairing=pairing, kind=kind, state=state)
    return check_in.id, f"/check-ins/{link_token(settings.secret(), check_in.id, leader.id)}", leader


async def stored(database: Database, check_in_id: UUID) -> CheckIn:
    async with database.reading() as db:
        return await db.get_one(CheckIn, check_in_id)


async def test_two_taps_answer_and_opening_the_link_does_not(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    check_in_id, link, _ = await asked(database, settings)

    opened = Page(await client.get(f"{link}?met=yes"))
    before = await stored(database, check_in_id)
    sent = await client.post(f"{link}?met=yes", data={"met": opened.value("met"), "usefulness": "4"})
    thanks = Page(await client.get(sent.headers["location"]))
    after = await stored(database, check_in_id)

    assert before.state is CheckInState.OPEN
    assert (sent.status_code, after.state, after.met, after.usefulness) == (303, CheckInState.ANSWERED, Met.YES, 4)
    assert WORDS.text("page.check_in.state.answered") in thanks.text


@pytest.mark.parametrize("met", [Met.MOVED, Met.NO])
async def test_that_they_did_not_meet_is_said_with_two_taps_too(
    client: AsyncClient, database: Database, settings: Settings, met: Met
) -> None:
    check_in_id, link, _ = await asked(database, settings)

    opened = Page(await client.get(f"{link}?met={met.value}"))
    await client.post(link, data={"met": met.value, "note": "Ill, all well now"})

    assert WORDS.text(f"page.check_in.met.{met.value}.text") in opened.text
    answered = await stored(database, check_in_id)
    assert (answered.met, answered.usefulness, answered.note) == (met, None, "Ill, all well now")


async def test_without_a_choice_in_the_link_the_page_offers_all_three(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    _, link, _ = await asked(database, settings)

    assert Page(await client.get(link)).links.count("?met=yes") == 1


async def test_the_page_speaks_the_language_of_whoever_the_mail_was_for(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    _, link, _ = await asked(database, settings, language="fr")

    theirs = Page(await client.get(link, headers={"accept-language": "en"}))
    chosen = Page(await client.get(f"{link}?language=en"))

    assert (theirs.language, chosen.language) == ("fr", "en")


async def test_a_second_answer_is_told_kindly_that_the_first_one_counts(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    check_in_id, link, _ = await asked(database, settings)
    await client.post(link, data={"met": "yes", "usefulness": "5"})

    again = await client.post(link, data={"met": "no"})

    assert again.status_code == 409
    assert WORDS.text("page.check_in.state.answered.text") in Page(again).text
    assert (await stored(database, check_in_id)).met is Met.YES


async def test_too_late_is_said_without_reproach(client: AsyncClient, database: Database, settings: Settings) -> None:
    _, link, _ = await asked(database, settings, state=CheckInState.LAPSED)

    assert WORDS.text("page.check_in.state.lapsed.text") in Page(await client.get(link)).text


async def test_a_forged_link_finds_nothing(client: AsyncClient, database: Database, settings: Settings) -> None:
    check_in_id, _, leader = await asked(database, settings)
    forged = f"/check-ins/{link_token(b'a key of somebody else', check_in_id, leader.id)}"

    assert (await client.get(forged)).status_code == 404
    assert (await client.post(forged, data={"met": "yes"})).status_code == 404
    assert (await client.get("/check-ins/no-token-at-all")).status_code == 404


async def test_a_pulse_takes_four_answers_and_keeps_asking_for_a_missing_one(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    check_in_id, link, _ = await asked(database, settings, CheckInKind.PULSE)

    missing = await client.post(link, data={name: score for name, score in PULSE.items() if name != "candour"})
    whole = await client.post(link, data=PULSE | {"note": ""})

    answered = await stored(database, check_in_id)
    assert (missing.status_code, whole.status_code) == (422, 303)
    assert (answered.good_fit, answered.candour, answered.clarity, answered.protected_time) == (5, 4, 3, 2)


async def test_an_open_question_waits_on_one_s_own_page(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    check_in_id, _, leader = await asked(database, settings)
    await come_in(client, database, leader)

    before = Page(await client.get("/me"))
    sent = await client.post(f"/me/check-ins/{check_in_id}", data={"met": "yes"})
    after = Page(await client.get("/me"))

    assert f"/me/check-ins/{check_in_id}?met=yes" in before.links
    assert sent.status_code == 303
    assert f"/me/check-ins/{check_in_id}?met=yes" not in after.links


async def test_nobody_answers_for_somebody_else(client: AsyncClient, database: Database, settings: Settings) -> None:
    check_in_id, _, _ = await asked(database, settings)
    async with database.sessions.begin() as db:
        stranger = await a_person(db)
    await come_in(client, database, stranger)

    assert (await client.get(f"/me/check-ins/{check_in_id}")).status_code == 404
    assert (await client.post(f"/me/check-ins/{check_in_id}", data={"met": "yes"})).status_code == 404
