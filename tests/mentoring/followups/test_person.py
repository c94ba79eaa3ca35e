"""A person's page: how they take part in the programmes of the coordinator who looks, and nothing that is private."""

from httpx import AsyncClient

from mentoring.db import Database
from mentoring.followups.models import Watch
from mentoring.followups.rules import Level
from mentoring.i18n import Words
from mentoring.messages.models import Message
from mentoring.pairings.rules import PairingState
from mentoring.programmes.models import Coordinator, Programme
from tests.builders import NOW, a_pairing, a_person, a_programme
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en")


async def a_coordinator_looks(client: AsyncClient, database: Database, *, own: bool) -> tuple[Page, Programme]:
    async with database.sessions.begin() as db:
        programme, elsewhere = await a_programme(db, name="Here"), await a_programme(db, name="Elsewhere")
        leader, junior = await a_person(db, family_name="Adeyemi"), await a_person(db, family_name="Kariuki")
        pairing = await a_pairing(db, PairingState.ACTIVE, leader=leader, junior=junior, programme=programme)
        db.add(Watch(pairing_id=pairing.id, programme_id=programme.id, level=Level.RED, points=60, changed_at=NOW))
        db.add(Message(kind="consent_leader", about=pairing.id, recipient_id=leader.id, made_at=NOW))
        looking = await a_person(db)
        runs = programme if own else elsewhere
        db.add(Coordinator(programme_id=runs.id, person_id=looking.id))
    await come_in(client, database, looking)
    return Page(await client.get(f"/staff/{leader.id}")), programme


async def test_a_coordinator_sees_sign_ups_pairings_and_whether_mails_go_out(
    client: AsyncClient, database: Database
) -> None:
    page, programme = await a_coordinator_looks(client, database, own=True)

    assert f"/programmes/{programme.id}" in page.links
    assert "Kariuki" in page.text
    assert WORDS.text("page.nav.at_risk") in page.text
    assert f"{WORDS.text('page.person.mail.pending')}: 1" in page.text


async def test_a_coordinator_of_another_programme_sees_who_it_is_and_no_more(
    client: AsyncClient, database: Database
) -> None:
    page, programme = await a_coordinator_looks(client, database, own=False)

    assert "Adeyemi" in page.text
    assert "Kariuki" not in page.text
    assert programme.name not in page.text
    assert WORDS.text("page.person.no_pairings") in page.text
