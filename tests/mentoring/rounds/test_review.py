"""The round desk: every pair on one page, each with a sum that a pocket calculator comes to."""

from decimal import Decimal
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select, update

from matching import Weights
from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.pairings.contracts import Parts
from mentoring.people.models import Person
from mentoring.programmes.models import Coordinator, Enrolment
from mentoring.programmes.rules import EnrolmentState, PolicyName, Role
from mentoring.rounds import differing, previewing, queries, recruiting, review, service
from mentoring.rounds.differing import Against
from mentoring.rounds.findings import Decide, Readmit
from mentoring.rounds.models import ProposedPair, Round
from mentoring.rounds.review import Wanted
from mentoring.rounds.rules import NotHeldOut, PairNotFound, RoundRevised, RoundState
from tests.builders import NOW, a_person
from tests.mentoring.rounds.worlds import World, a_leader, a_world, pairs, proposed, published, solve
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en")


async def a_round(database: Database) -> tuple[World, UUID]:
    """L1 is best with J2, L2 with J1; L3 is left over."""
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 0, "L3": 1}, {"J1": 2, "J2": 3})
        for staff_no, unit in {"L1": "Legal", "J2": "Press", "L2": "Trade", "J1": "Audit"}.items():
            await db.execute(update(Person).where(Person.id == world[staff_no].person_id).values(unit=unit))
    return world, await proposed(database, world)


async def a_coordinator(client: AsyncClient, database: Database) -> tuple[World, UUID]:
    world, round_id = await a_round(database)
    async with database.sessions.begin() as db:
        person = await a_person(db)
        db.add(Coordinator(programme_id=world.programme.id, person_id=person.id))
    await come_in(client, database, person)
    return world, round_id


@pytest.mark.parametrize(
    "parts, fit",
    [
        (Parts(1, 1, 1, 1, 1, 1), "1"),
        (Parts(0.5, 0.5, 0, 0, 0.5, 1), "0.4"),
        (Parts(5 / 6, 1 / 3, 0.5, 0.25, 0.5, 0), "0.57498"),
    ],
)
def test_worth_times_weight_together_is_the_fit(parts: Parts, fit: str) -> None:
    found = review.summed(parts, Weights())

    assert found.total == sum(one.worth * one.weight for one in found.terms)
    assert (found.weights, round(found.fit, 5)) == (Decimal("1.00"), Decimal(fit))


def test_weights_need_not_be_one_together() -> None:
    found = review.summed(Parts(1, 0, 0, 0, 0, 0), Weights(need=1, time=1, wishes=1, tools=1, language=0, across=0))

    assert (found.total, found.weights, found.fit) == (Decimal(1), Decimal(4), Decimal("0.25"))


@pytest.mark.parametrize(
    "wanted, leaders",
    [
        (Wanted(sort="leader"), ["L1", "L2"]),
        (Wanted(sort="leader", down=True), ["L2", "L1"]),
        (Wanted(unit="Press"), ["L1"]),
        (Wanted(q="audit l2"), ["L2"]),
        (Wanted(q="nobody at all"), []),
        (Wanted(show="pinned"), []),
    ],
)
async def test_pairs_are_searched_sifted_and_sorted(database: Database, wanted: Wanted, leaders: list[str]) -> None:
    world, round_id = await a_round(database)
    async with database.sessions.begin() as db:
        for staff_no in ("L1", "L2"):
            name = update(Person).where(Person.id == world[staff_no].person_id).values(given_name=staff_no)
            await db.execute(name)

    async with database.reading() as db:
        found = await review.review_round(db, MACHINE, str(round_id), wanted)

    assert ([one.ref for one in found.pairs], found.pair_count) == (leaders, 2)
    assert found.units == ["Audit", "Legal", "Press", "Trade"]


async def test_weakest_come_first_and_are_counted(database: Database) -> None:
    _, round_id = await a_round(database)
    async with database.sessions.begin() as db:
        some = list(await db.scalars(select(ProposedPair).where(ProposedPair.round_id == round_id)))
        some[0].fit, some[1].fit = 0.1 + 0.3, 0.3999
    async with database.reading() as db:
        found = await review.review_round(db, MACHINE, str(round_id), Wanted())
        scores = await review.read_scores(db, MACHINE, str(round_id))

    assert ([(one.fit, one.weak) for one in found.pairs], found.weak) == ([(0.3999, True), (0.4, False)], 1)
    assert {one.low: (one.pairs, one.weak) for one in scores.bars if one.pairs} == {0.35: (1, True), 0.4: (1, False)}


async def test_without_script_the_address_says_what_is_shown(client: AsyncClient, database: Database) -> None:
    _, round_id = await a_coordinator(client, database)

    every = Page(await client.get(f"/rounds/{round_id}"))
    one = Page(await client.get(f"/rounds/{round_id}?unit=Press&sort=leader&down=true"))
    wrong = await client.get(f"/rounds/{round_id}?sort=height")

    assert len([link for link in every.links if "/leaders/" in link]) == 2
    assert [link.rpartition("/")[2] for link in one.links if "/leaders/" in link] == ["L1"]
    assert (one.value("unit"), one.value("sort"), one.value("down")) == ("Press", "leader", "true")
    assert "?unit=Press&sort=fit" in one.links
    assert wrong.status_code == 422


async def test_a_leader_to_whom_nobody_is_proposed_has_no_page(client: AsyncClient, database: Database) -> None:
    world, round_id = await a_coordinator(client, database)
    [alone] = {"L1", "L2", "L3"} - set(await pairs(database, world, round_id))

    assert (await client.get(f"/rounds/{round_id}/leaders/{alone}")).status_code == 404
    async with database.reading() as db:
        with pytest.raises(PairNotFound):
            await review.review_leader(db, MACHINE, str(round_id), "NOBODY")


async def test_what_was_tried_is_taken_once_and_only_while_it_is_true(client: AsyncClient, database: Database) -> None:
    world, round_id = await a_coordinator(client, database)
    before = await pairs(database, world, round_id)
    (one, ours), (other, theirs) = sorted(before.items())
    form = {"kind": "swap", "leader": one, "other": other}

    told = Page(await client.post(f"/rounds/{round_id}/what-if", data=form))
    decided = {name: told.fields[name] for name in ("pin_leader", "pin_junior", "revision")} | {"reason": "They asked"}
    taken = await client.post(f"/rounds/{round_id}/decisions", data=decided)
    await solve(database, round_id)
    again = await client.post(f"/rounds/{round_id}/decisions", data=decided)

    assert (taken.status_code, again.status_code) == (303, 409)
    assert WORDS.text("error.RoundRevised", revision=2) in Page(again).text
    assert await pairs(database, world, round_id) == {one: theirs, other: ours}


async def test_who_is_held_out_takes_no_part_until_they_are_let_in_again(
    client: AsyncClient, database: Database
) -> None:
    world, round_id = await a_coordinator(client, database)
    told = Page(await client.post(f"/rounds/{round_id}/what-if", data={"without": "J2"}))
    decided = {"without": told.value("without"), "revision": told.value("revision"), "reason": "On leave"}

    await client.post(f"/rounds/{round_id}/decisions", data=decided)
    await solve(database, round_id)
    without = await pairs(database, world, round_id)
    page = Page(await client.get(f"/rounds/{round_id}"))
    back = await client.post(f"/rounds/{round_id}/readmissions", data={"person": page.value("person")})
    await solve(database, round_id)

    assert (list(without.values()), "On leave" in page.text) == (["J1"], True)
    assert (back.status_code, set((await pairs(database, world, round_id)).values())) == (303, {"J1", "J2"})


async def test_what_cannot_be_taken_is_refused(database: Database) -> None:
    _, round_id = await a_round(database)
    async with database.sessions() as db:
        with pytest.raises(RoundRevised):
            await service.decide_pairs(db, MACHINE, str(round_id), Decide("r", without=["L1"], revision=7), NOW)
        with pytest.raises(NotHeldOut):
            await service.readmit(db, MACHINE, str(round_id), Readmit("L1"), NOW)


async def test_two_runs_are_compared_person_by_person(database: Database) -> None:
    world, first = await a_round(database)
    before = await pairs(database, world, first)
    async with database.sessions.begin() as db:
        await db.execute(update(Round).where(Round.id == first).values(state=RoundState.UNDONE))
        leaving = sorted(before)[0]
        withdrawn = update(Enrolment).where(Enrolment.id == world[leaving].id).values(state=EnrolmentState.WITHDRAWN)
        await db.execute(withdrawn)
    second = await proposed(database, world)

    found = await differing.compare_runs(database, MACHINE, str(second), Against())
    same = await differing.compare_runs(database, MACHINE, str(second), Against(policy=PolicyName.STANDARD))
    other_way = await differing.compare_runs(database, MACHINE, f"{world.programme.name} 1", Against())

    told = {
        one.leader.staff_no: ([two.member.staff_no for two in one.here], [two.member.staff_no for two in one.there])
        for one in found.differences
    }
    assert told[leaving] == ([], [before[leaving]])
    assert (found.before.matched, found.after.matched, found.other) == (2, 2, f"{world.programme.name} 1")
    assert (other_way.other, other_way.after) == (found.name, found.before)
    assert (same.differences, same.before) == ([], same.after)


async def test_the_skill_whose_next_junior_is_worth_most_comes_first(database: Database) -> None:
    world, round_id = await a_round(database)
    async with database.sessions.begin() as db:
        await a_leader(db, world, "L4", {"1.1": 0})
    await solve(database, round_id)

    found = await recruiting.whom_to_recruit(database, MACHINE, str(round_id))

    assert [(one.code, one.leaders) for one in found.skills] == [("1.1", 1.0), ("2.6", 1.0)]


async def test_before_publishing_it_is_said_what_would_be_sent_and_what_would_fall_away(database: Database) -> None:
    world, round_id = await a_round(database)
    (gone, _), (stays, _) = sorted((await pairs(database, world, round_id)).items())
    async with database.sessions.begin() as db:
        await db.execute(update(Person).where(Person.id == world[gone].person_id).values(left_on=NOW.date()))
        await db.execute(update(Person).where(Person.id == world[stays].person_id).values(language="fr"))
    async with database.reading() as db:
        found = await previewing.preview_publish(db, MACHINE, str(round_id))

    done = await published(database, round_id)

    assert (found.leaders, found.pairs, found.mails) == (done.pairings, done.pairings, {"fr": 1})
    assert (found.dropped, found.unmatched_leaders) == (done.dropped, 1)


async def test_every_page_around_the_desk_can_be_read(client: AsyncClient, database: Database) -> None:
    _, round_id = await a_coordinator(client, database)

    for name in ("scores", "recruits", "differences", "differences?policy=greatest_total", "publish", "unmatched"):
        answer = await client.get(f"/rounds/{round_id}/{name}")
        assert (answer.status_code, Page(answer).language) == (200, "en")


async def test_the_only_round_is_not_compared_with_itself(client: AsyncClient, database: Database) -> None:
    _, round_id = await a_coordinator(client, database)

    alone = await client.get(f"/rounds/{round_id}/differences")
    by_policy = await client.get(f"/rounds/{round_id}/differences", params={"policy": "greatest_total"})

    assert "the only round so far" in alone.text
    assert ('name="other"' in alone.text, "→" in alone.text) == (False, False)
    assert "→" in by_policy.text


async def test_the_view_of_a_round_names_who_is_held_out(database: Database) -> None:
    world, round_id = await a_round(database)
    async with database.sessions.begin() as db:
        await service.decide_pairs(db, MACHINE, str(round_id), Decide("On leave", without=["L1"]), NOW)
    async with database.reading() as db:
        shown = await queries.show_round(db, MACHINE, str(round_id))

    assert [(one.staff_no, one.role, one.reason) for one in shown.held_out] == [("L1", Role.LEADER, "On leave")]
    assert shown.held_out[0].person == world["L1"].person_id
