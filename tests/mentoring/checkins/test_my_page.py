"""My page: one thing first, whatever else there is."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from mentoring.checkins.my_page import Asked, Wanted, in_order, of_sessions
from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.pairings.contracts import SessionView
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.people.models import Person
from mentoring.programmes.rules import Role
from mentoring.skills.service import ensure_catalogue
from tests.builders import NOW, a_check_in, a_pairing, a_person, a_session, an_agreement, an_enrolment
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en", "Europe/Zurich")
DAY = timedelta(days=1)
PRESSING = (
    Wanted.PROPOSAL, Wanted.CHECK_IN, Wanted.PULSE, Wanted.AGREEMENT, Wanted.BOOKING, Wanted.CLOSING, Wanted.TERMS,
    Wanted.PREPARATION,
)  # fmt: skip


@pytest.mark.parametrize("sooner, later", [*pairwise(PRESSING)])
def test_what_others_wait_for_most_comes_first(sooner: Wanted, later: Wanted) -> None:
    urgent = Asked(later, uuid4(), by=NOW)
    for asked in permutations([Asked(sooner, uuid4()), urgent]):
        assert [one.what for one in in_order(asked)] == [sooner, later]


def test_every_kind_has_its_place() -> None:
    assert set(PRESSING) == set(Wanted)


def test_of_two_of_a_kind_the_one_that_ends_sooner_comes_first() -> None:
    ends, ends_later, open_ = (Asked(Wanted.CHECK_IN, uuid4(), by=by) for by in (NOW, NOW + DAY, None))

    assert in_order([open_, ends_later, ends]) == [ends, ends_later, open_]


def ahead(pairing_id: UUID, days: int, *, booked: bool) -> SessionView:
    return SessionView(uuid4(), pairing_id, "Juno", 1, NOW + days * DAY, 45, SessionState.PLANNED, booked)


@pytest.mark.parametrize(
    "sessions, asked",
    [
        ([], []),
        ([(1, False)], [1]),
        ([(1, True)], []),
        ([(1, True), (22, False)], []),  # the next one stands; nobody is chased for those after it
        ([(1, False), (22, True)], [1]),
        ([(-1, False)], []),
        ([(-1, False), (20, False)], [20]),
    ],
)
def test_only_the_next_session_is_asked_for(sessions: list[tuple[int, bool]], asked: list[int]) -> None:
    pairing_id = uuid4()
    known = [ahead(pairing_id, days, booked=booked) for days, booked in sessions]

    assert [one.by for one in of_sessions(known, NOW)] == [NOW + days * DAY for days in asked]


async def a_leader(database: Database) -> Person:
    async with database.sessions.begin() as db:
        await ensure_catalogue(db)
        return await a_person(db, given_name="Lena")


async def paired(database: Database, leader: Person, state: PairingState = PairingState.ASKING_LEADER) -> Pairing:
    """The leader, and a junior who lives in Bangkok."""
    async with database.sessions.begin() as db:
        junior = await a_person(db, given_name="Juno", time_zone="Asia/Bangkok")
        return await a_pairing(db, state, leader=leader, junior=junior)


async def test_the_page_begins_with_the_proposal_and_names_the_rest_below(
    client: AsyncClient, database: Database
) -> None:
    leader = await a_leader(database)
    await paired(database, leader)
    async with database.sessions.begin() as db:
        pairing = await a_pairing(db, PairingState.ACTIVE, leader=leader)
        check_in = await a_check_in(db, pairing=pairing)
    await come_in(client, database, leader)

    said = Page(await client.get("/me"))
    listed = (await client.get("/api/v1/me/asked")).json()

    order = [said.text.index(WORDS.text(key)) for key in ("page.me.first", "page.pairing.accept", "page.me.then")]
    assert order == sorted(order)
    assert f"/me/check-ins/{check_in.id}" in said.links
    assert [one["what"] for one in listed] == ["proposal", "check_in", "terms"]


async def test_a_proposal_says_on_which_days_and_in_whose_morning(client: AsyncClient, database: Database) -> None:
    leader = await a_leader(database)
    await paired(database, leader)
    await come_in(client, database, leader)

    said = Page(await client.get("/me")).text

    # REASONS.slots: Monday and Tuesday 09:00 UTC, which is 10:00 in Zurich and 16:00 in Bangkok
    assert "Both have time on Monday and Tuesday: morning for you, afternoon for Juno" in said


async def test_a_question_is_answered_from_the_page_with_two_taps(client: AsyncClient, database: Database) -> None:
    leader = await a_leader(database)
    pairing = await paired(database, leader, PairingState.ACTIVE)
    async with database.sessions.begin() as db:
        await an_agreement(db, pairing)
        check_in = await a_check_in(db, pairing=pairing)
    await come_in(client, database, leader)

    page = Page(await client.get("/me"))
    tapped = Page(await client.get(f"/me/check-ins/{check_in.id}?met=yes"))
    done = await client.post(f"/me/check-ins/{check_in.id}", data={"met": tapped.value("met"), "usefulness": "5"})
    after = Page(await client.get("/me"))
    answers = Page(await client.get("/me/check-ins"))

    assert f"/me/check-ins/{check_in.id}?met=yes" in page.links
    assert done.status_code == 303
    assert WORDS.text("page.me.nothing") not in page.text
    assert f"/me/check-ins/{check_in.id}?met=yes" not in after.links
    assert WORDS.text("page.answers.useful", score="5") in answers.text


async def test_the_suggested_time_is_kept_with_one_tap(client: AsyncClient, database: Database) -> None:
    leader = await a_leader(database)
    pairing = await paired(database, leader, PairingState.ACTIVE)
    soon = (datetime.now(UTC) + 9 * DAY).replace(minute=0, second=0, microsecond=0)
    async with database.sessions.begin() as db:
        await an_agreement(db, pairing)
        session = await a_session(db, pairing, starts_at=soon, local_start=soon.replace(tzinfo=None))
    await come_in(client, database, leader)

    asked = await client.get("/me")
    wall = asked.text.partition('name="local_start" value="')[2].partition('"')[0]
    kept = await client.post(f"/sessions/{session.id}/book", data={"local_start": wall})
    after = (await client.get("/api/v1/me/asked")).json()

    assert kept.status_code == 303
    assert after == []


async def test_a_junior_who_has_still_to_prepare_is_asked_to(client: AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as db:
        await ensure_catalogue(db)
        enrolment = await an_enrolment(db, Role.JUNIOR, prepared_at=None)
        junior = await db.get_one(Person, enrolment.person_id)
    await come_in(client, database, junior)

    page = Page(await client.get("/me"))

    assert f"/programmes/{enrolment.programme_id}/preparation" in page.links
    assert WORDS.text("page.me.asked.preparation.text") in page.text
