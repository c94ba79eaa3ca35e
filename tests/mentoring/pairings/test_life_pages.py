"""The pages of a pairing's life, without script: what they offer, what they refuse, what stands there afterwards."""

from datetime import UTC, datetime, timedelta

from httpx import AsyncClient
from icalendar import Calendar
from sqlalchemy import select

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.pairings.models import Agreement, Concern, Pairing, PairSession
from mentoring.pairings.rules import Ending, PairingState, SessionState
from mentoring.people.models import Person
from mentoring.programmes.models import Coordinator
from mentoring.skills.service import ensure_catalogue
from tests.builders import a_pairing, a_person, a_session
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en", "Europe/Zurich")
TERMS = {"every_days": "14", "minutes": "60", "language": "fr", "skill_goal": "Post once a week"}


async def met(database: Database, starts_in: timedelta = timedelta(days=10)) -> tuple[Pairing, PairSession]:
    """A pairing that meets, and its only session, both in Geneva."""
    async with database.sessions.begin() as db:
        await ensure_catalogue(db)
        leader, junior = await a_person(db, given_name="Lena"), await a_person(db, given_name="Juno")
        now = datetime.now(UTC)
        pairing = await a_pairing(db, PairingState.ACTIVE, leader=leader, junior=junior, began_at=now)
        starts_at = (now + starts_in).replace(minute=0, second=0, microsecond=0)
        session = await a_session(db, pairing, starts_at=starts_at, local_start=starts_at.replace(tzinfo=None))
        return pairing, session


async def enter(client: AsyncClient, database: Database, person_id: object) -> None:
    async with database.reading() as db:
        person = await db.get_one(Person, person_id)
    await come_in(client, database, person)


async def test_a_session_is_booked_from_what_is_offered_and_a_second_look_knows_it(
    client: AsyncClient, database: Database
) -> None:
    pairing, session = await met(database)
    await enter(client, database, pairing.leader_id)

    overview = Page(await client.get(f"/pairings/{pairing.id}"))
    offer = await client.get(f"/sessions/{session.id}")
    wall = offer.text.partition('name="local_start" value="')[2].partition('"')[0]
    sequence = Page(offer).value("sequence")
    booked = await client.post(f"/sessions/{session.id}/book", data={"local_start": wall, "sequence": sequence})

    async with database.reading() as db:
        kept = await db.get_one(PairSession, session.id)
    assert f"/sessions/{session.id}" in overview.links
    assert (booked.status_code, booked.headers["location"]) == (303, f"/sessions/{session.id}")
    assert (kept.state, kept.local_start.isoformat(), kept.time_zone) == (SessionState.INVITED, wall, "Europe/Zurich")
    assert WORDS.moment(kept.starts_at) in Page(await client.get(f"/sessions/{session.id}")).text


async def test_a_time_that_makes_no_sense_comes_back_with_what_was_typed(
    client: AsyncClient, database: Database
) -> None:
    pairing, session = await met(database)
    await enter(client, database, pairing.junior_id)

    refused = await client.post(f"/sessions/{session.id}/book", data={"local_start": "2020-01-01T10:00"})

    assert refused.status_code == 422
    assert WORDS.text("error.TimeNotAhead") in Page(refused).text
    assert "2020-01-01T10:00" in Page(refused).fields["local_start"]


async def test_a_session_is_called_off_and_reported_by_form(client: AsyncClient, database: Database) -> None:
    pairing, ahead = await met(database)
    past_pairing, past = await met(database, timedelta(days=-1))
    await enter(client, database, pairing.leader_id)
    called_off = await client.post(f"/sessions/{ahead.id}/call-off")
    await enter(client, database, past_pairing.leader_id)
    asked = Page(await client.get(f"/sessions/{past.id}"))
    reported = await client.post(f"/sessions/{past.id}/report", data={"held": "true"})

    async with database.reading() as db:
        states = [(await db.get_one(PairSession, one.id)).state for one in (ahead, past)]
    assert (called_off.status_code, reported.status_code) == (303, 303)
    assert WORDS.text("page.session.held.question") in asked.text
    assert states == [SessionState.CANCELLED, SessionState.HELD]


async def test_a_delegate_finds_the_sessions_and_nothing_else(client: AsyncClient, database: Database) -> None:
    pairing, session = await met(database)
    async with database.sessions.begin() as db:
        assistant = await a_person(db, given_name="Sam")
    await enter(client, database, pairing.leader_id)
    unknown = await client.post("/me/delegates", data={"person": "nobody@example.org"})
    named = await client.post("/me/delegates", data={"person": assistant.email})
    await come_in(client, database, assistant)

    listed = Page(await client.get("/me/sessions"))
    page = Page(await client.get(f"/sessions/{session.id}"))
    hidden = await client.get(f"/pairings/{pairing.id}")

    assert (unknown.status_code, Page(unknown).value("person")) == (404, "nobody@example.org")
    assert named.status_code == 303
    assert f"/sessions/{session.id}" in listed.links
    assert WORDS.text("page.session.book") in page.text
    assert hidden.status_code == 404

    await enter(client, database, pairing.leader_id)
    await client.post(f"/me/delegates/{assistant.id}/remove")
    await come_in(client, database, assistant)
    assert (await client.get(f"/sessions/{session.id}")).status_code == 404


async def test_one_writes_both_sign_and_the_page_says_so(client: AsyncClient, database: Database) -> None:
    pairing, _ = await met(database)
    address = f"/pairings/{pairing.id}/agreement"
    await enter(client, database, pairing.leader_id)

    empty = Page(await client.get(address))
    await client.post(address, data=TERMS)
    written = Page(await client.get(address))
    signature = {name: written.value(name) for name in ("version", "revision")}
    await client.post(f"{address}/sign", data=signature)
    waits = Page(await client.get(f"/pairings/{pairing.id}"))
    await enter(client, database, pairing.junior_id)
    await client.post(address, data={**TERMS, "minutes": "45"})
    stale = await client.post(f"{address}/sign", data=signature)
    unreadable = await client.post(address, data={**TERMS, "minutes": "5"})

    async with database.reading() as db:
        agreement = (await db.scalars(select(Agreement))).one()
        partner = await db.get_one(Person, pairing.junior_id)
    assert (empty.value("every_days"), empty.value("minutes"), empty.value("language")) == ("21", "45", "en")
    for promise in ("moved", "stays", "appraisal", "coordinator", "managers", "end"):
        assert WORDS.text(f"page.agreement.promise.{promise}") in written.text
    assert "Post once a week" in written.text
    name = f"{partner.given_name} {partner.family_name}"
    assert WORDS.text("page.agreement.state.waits", partner=name) in waits.text
    assert (stale.status_code, unreadable.status_code, Page(unreadable).value("minutes")) == (409, 422, "5")
    assert WORDS.text("error.AgreementChanged") in Page(stale).text
    assert (agreement.revision, agreement.leader_signed_at, agreement.minutes) == (2, None, 45)


async def test_a_pause_is_shown_to_both_and_ended_by_whoever_paused(client: AsyncClient, database: Database) -> None:
    pairing, _ = await met(database)
    await enter(client, database, pairing.leader_id)
    offered = Page(await client.get(f"/pairings/{pairing.id}")).value("until")

    paused = await client.post(f"/pairings/{pairing.id}/pause", data={"until": offered})
    too_long = await client.post(f"/pairings/{pairing.id}/pause", data={"until": "2099-01-01"})
    mine = Page(await client.get(f"/pairings/{pairing.id}"))
    await enter(client, database, pairing.junior_id)
    theirs = Page(await client.get(f"/pairings/{pairing.id}"))
    not_theirs = await client.post(f"/pairings/{pairing.id}/resume")
    await enter(client, database, pairing.leader_id)
    resumed = await client.post(f"/pairings/{pairing.id}/resume")

    assert (paused.status_code, too_long.status_code, resumed.status_code) == (303, 409, 303)
    assert not_theirs.status_code == 404
    for page in (mine, theirs):
        assert WORDS.text("page.pause.title") in page.text
    assert WORDS.text("page.pause.resume") in mine.text
    assert WORDS.text("page.pause.resume") not in theirs.text
    async with database.reading() as db:
        assert (await db.get_one(Pairing, pairing.id)).state is PairingState.ACTIVE


async def test_who_is_left_learns_that_it_is_over_and_asks_for_somebody_else(
    client: AsyncClient, database: Database
) -> None:
    pairing, _ = await met(database)
    await enter(client, database, pairing.leader_id)
    ended = await client.post(f"/pairings/{pairing.id}/end", data={"reason": "too slow for me"})
    again = await client.post(f"/pairings/{pairing.id}/end", data={})
    await enter(client, database, pairing.junior_id)

    page = Page(await client.get(f"/pairings/{pairing.id}"))
    await client.post(f"/pairings/{pairing.id}/rematch")
    asked = Page(await client.get(f"/pairings/{pairing.id}"))

    assert (ended.status_code, again.status_code) == (303, 409)
    assert WORDS.text("page.rematch.text") in page.text
    assert "too slow" not in page.text
    assert WORDS.text("page.rematch.asked") in asked.text


async def test_leaving_the_programme_by_form(client: AsyncClient, database: Database) -> None:
    pairing, _ = await met(database)
    await enter(client, database, pairing.junior_id)

    left = await client.post(f"/pairings/{pairing.id}/leave", data={})

    async with database.reading() as db:
        assert (await db.get_one(Pairing, pairing.id)).ending is Ending.WITHDREW
    assert left.status_code == 303


async def test_what_is_confided_reaches_the_coordinator_s_page_and_no_other(
    client: AsyncClient, database: Database
) -> None:
    pairing, _ = await met(database)
    async with database.sessions.begin() as db:
        coordinator = await a_person(db)
        db.add(Coordinator(programme_id=pairing.programme_id, person_id=coordinator.id))
    await enter(client, database, pairing.junior_id)
    sent = await client.post(f"/pairings/{pairing.id}/concern", data={"message": "I do not <b>feel</b> safe."})
    await enter(client, database, pairing.leader_id)
    partners = [(await client.get(path)).text for path in (f"/pairings/{pairing.id}", "/me", "/concerns")]
    await come_in(client, database, coordinator)

    read = Page(await client.get("/concerns"))

    async with database.reading() as db:
        concern = (await db.scalars(select(Concern))).one()
    await client.post(f"/concerns/{concern.id}/close")
    assert sent.status_code == 200
    assert WORDS.text("page.concern.sent") in Page(sent).text
    assert "I do not <b>feel</b> safe." in read.text
    assert [text for text in partners if "safe" in text] == []
    assert WORDS.text("page.concerns.none") in Page(await client.get("/concerns")).text


async def test_the_closing_assessment_keeps_what_was_ticked(client: AsyncClient, database: Database) -> None:
    pairing, session = await met(database, timedelta(days=-1))
    address = f"/pairings/{pairing.id}/closing"
    await enter(client, database, pairing.leader_id)
    early = Page(await client.get(address))
    await client.post(f"/sessions/{session.id}/report", data={"held": "true"})

    half = await client.post(address, data={"skill": "2.6", "after-2.6": "3"})
    whole = await client.post(address, data={"skill": "2.6", "after-2.6": "3", "before-2.6": "1"})
    page = Page(await client.get(address))

    assert WORDS.text("page.closing.later") in early.text
    assert (half.status_code, Page(half).value("after-2.6")) == (422, "3")
    assert whole.status_code == 303
    assert (page.value("after-2.6"), page.value("before-2.6")) == ("3", "1")
    assert WORDS.text("skill.2.6") in page.text


async def test_a_calendar_reads_the_feed_without_signing_in_until_it_is_revoked(
    client: AsyncClient, database: Database
) -> None:
    pairing, session = await met(database)
    await enter(client, database, pairing.junior_id)
    shown = Page(await client.post("/me/calendar/feed")).value("url")
    later = Page(await client.get("/me/settings"))
    kept = dict(client.cookies)
    client.cookies.clear()

    read = await client.get(shown)

    client.cookies.update(kept)
    await client.post("/me/calendar/revoke")
    client.cookies.clear()
    [event] = Calendar.from_ical(read.text).walk("VEVENT")
    assert read.headers["content-type"] == "text/calendar; charset=utf-8"
    assert str(event["uid"]).startswith(f"session-{session.id}@")
    assert "url" not in later.fields
    assert (await client.get(shown)).status_code == 404
