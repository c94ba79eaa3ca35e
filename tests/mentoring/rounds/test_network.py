"""Who teaches whom between offices: counted by place, and laid on a circle."""

from httpx import AsyncClient

from mentoring.db import Database
from mentoring.pairings.rules import PairingState
from mentoring.programmes.models import Coordinator
from mentoring.rounds.findings import Tie
from mentoring.rounds.network import MOST_OFFICES, network_of
from mentoring.rounds.picture import ROUND, circle
from tests.builders import a_pairing, a_person, a_programme
from tests.mentoring.visitor import Page, come_in

NAIROBI, GENEVA, LIMA = ("KE", "Nairobi"), ("CH", "Geneva"), ("PE", "Lima")


def test_pairings_are_counted_by_office_and_country() -> None:
    found = network_of("P", {(NAIROBI, GENEVA): 3, (GENEVA, NAIROBI): 1, (GENEVA, GENEVA): 2})

    assert [(one.name, one.teaches, one.learns) for one in found.offices] == [("Geneva", 3, 5), ("Nairobi", 3, 1)]
    assert found.ties == [Tie(1, 0, 3), Tie(0, 0, 2), Tie(0, 1, 1)]
    assert (found.pairings, found.across) == (6, 4)


def test_small_offices_stand_together_when_the_circle_is_full() -> None:
    pairs = {(("KE", f"Town {n:02}"), GENEVA): 2 for n in range(MOST_OFFICES)} | {(LIMA, GENEVA): 1}

    found = network_of("P", pairs)

    assert len(found.offices) == MOST_OFFICES + 1
    assert found.offices[-1].rest
    assert sum(tie.pairings for tie in found.ties) == found.pairings == 2 * MOST_OFFICES + 1


def test_everything_lies_on_the_field_and_what_stays_in_one_office_has_no_curve() -> None:
    spots, curves = circle(network_of("P", {(NAIROBI, GENEVA): 9, (LIMA, GENEVA): 1, (LIMA, LIMA): 4}))

    assert all(0 < spot.x < ROUND and 0 < spot.y < ROUND for spot in spots)
    assert [curve.width for curve in curves] == [9.0, 1.2]


async def test_the_page_has_the_picture_and_its_table(client: AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as db:
        programme = await a_programme(db)
        leader = await a_person(db, duty_station="Geneva", country="CH")
        junior = await a_person(db, duty_station="Nairobi", country="KE")
        await a_pairing(db, PairingState.ACTIVE, leader=leader, junior=junior, programme=programme)
        await a_pairing(db, PairingState.DECLINED, programme=programme)
        runs_it = await a_person(db)
        db.add(Coordinator(programme_id=programme.id, person_id=runs_it.id))
    await come_in(client, database, runs_it)

    page = Page(await client.get(f"/programmes/{programme.id}/network"))

    assert "Nairobi , Kenya Geneva , Switzerland 1" in page.text
