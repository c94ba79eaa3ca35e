"""The queue of pairings at risk as a page: filtered, with a mail to send, and put down without leaving."""

from httpx import AsyncClient

from mentoring.db import Database
from mentoring.followups.models import Watch
from mentoring.followups.rules import Finding, Level, Reason
from mentoring.i18n import Words
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.programmes.models import Coordinator
from tests.builders import NOW, a_pairing, a_person, a_programme
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en")


async def two_at_risk(client: AsyncClient, database: Database) -> tuple[Pairing, Pairing]:
    """A red one about a missing first session, an amber one of another programme about what was said in confidence."""
    pairings = []
    async with database.sessions.begin() as db:
        runs_both = await a_person(db, family_name="Ferrer")
        for name, level, reason in (("Here", Level.RED, Reason.FIRST_SESSION), ("There", Level.AMBER, Reason.CANDOUR)):
            programme = await a_programme(db, name=name)
            db.add(Coordinator(programme_id=programme.id, person_id=runs_both.id))
            leader = await a_person(db, family_name=f"Leader {name}", given_name="L & L")
            junior = await a_person(db, family_name=f"Junior {name}")
            pairing = await a_pairing(db, PairingState.ACTIVE, leader=leader, junior=junior, programme=programme)
            finding = Finding(reason, 40)
            db.add(
                Watch(
                    pairing_id=pairing.id, programme_id=programme.id, level=level, points=40, changed_at=NOW,
                    findings=[finding],
                )
            )  # fmt: skip
            pairings.append(pairing)
    await come_in(client, database, runs_both)
    return pairings[0], pairings[1]


async def test_the_queue_is_narrowed_by_programme_and_colour(client: AsyncClient, database: Database) -> None:
    red, _ = await two_at_risk(client, database)

    shown = {}
    for query in ("", "?level=red", "?level=amber&programme=", f"?programme={red.programme_id}"):
        text = Page(await client.get(f"/at-risk{query}")).text
        shown[query] = [name for name in ("Leader Here", "Leader There") if name in text]

    assert list(shown.values()) == [["Leader Here", "Leader There"], ["Leader Here"], ["Leader There"], ["Leader Here"]]


async def test_a_mail_is_ready_for_each_of_the_two_alone_and_none_about_what_was_confided(
    client: AsyncClient, database: Database
) -> None:
    red, confided = await two_at_risk(client, database)

    about = [Page(await client.get(f"/at-risk/{one.id}")) for one in (red, confided)]

    mails = [[link for link in page.links if link.startswith("mailto:")] for page in about]
    assert [len(found) for found in mails] == [2, 0]
    assert "Dear%20L%20%26%20L%20Leader%20Here" in mails[0][0]
    assert "%26amp" not in mails[0][0]


async def test_what_was_done_stands_on_the_page_afterwards(client: AsyncClient, database: Database) -> None:
    red, _ = await two_at_risk(client, database)

    answer = await client.post(f"/at-risk/{red.id}/acted", data={"note": "I called both"}, follow_redirects=True)

    assert "I called both" in Page(answer).text
    assert "Ferrer" in Page(answer).text
