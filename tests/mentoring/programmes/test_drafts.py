"""Use cases of a sign-up that is being filled in."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import db as databases
from mentoring.identity import MACHINE
from mentoring.people.rules import PersonNotFound
from mentoring.programmes import rules
from mentoring.programmes.contracts import NewDraft
from mentoring.programmes.drafts import discard_draft, read_draft, save_draft
from mentoring.programmes.rules import Role
from tests.builders import NOW, a_person, a_programme, an_enrolment, as_actor
from tests.harness.postgres import Cluster

TYPED: dict[str, str | list[str]] = {"skill-1": "2.6", "tool": ["Teams", "X"], "version": "new"}
LATER = NOW + timedelta(minutes=1)


async def test_a_draft_is_its_owner_s_alone_and_one_for_each_role(db: AsyncSession) -> None:
    programme, ama, kofi = await a_programme(db), as_actor(await a_person(db)), as_actor(await a_person(db))

    await save_draft(db, ama, programme.name, Role.LEADER, NewDraft(TYPED), NOW)

    mine = await read_draft(db, ama, programme.name, Role.LEADER, "new")
    assert mine is not None
    assert (mine.typed, mine.saved_at, mine.stale) == (TYPED, NOW, False)
    assert await read_draft(db, ama, programme.name, Role.JUNIOR, "new") is None
    assert await read_draft(db, kofi, programme.name, Role.LEADER, "new") is None


async def test_the_same_again_is_once_and_more_goes_on_from_the_last(db: AsyncSession) -> None:
    programme, ama = await a_programme(db), as_actor(await a_person(db))
    more = NewDraft({**TYPED, "tools": "Signal"}, since=NOW)

    first = await save_draft(db, ama, programme.name, Role.LEADER, NewDraft(TYPED), NOW)
    same = await save_draft(db, ama, programme.name, Role.LEADER, NewDraft(TYPED), LATER)
    second = await save_draft(db, ama, programme.name, Role.LEADER, more, LATER)

    assert (first.saved_at, same.saved_at, second.saved_at) == (NOW, NOW, LATER)
    with pytest.raises(rules.DraftKeptElsewhere):
        await save_draft(db, ama, programme.name, Role.LEADER, NewDraft({"skill-1": "1.1"}, since=NOW), LATER)


async def test_a_draft_of_an_older_sign_up_says_so(db: AsyncSession) -> None:
    programme, ama = await a_programme(db), as_actor(await a_person(db))
    await save_draft(db, ama, programme.name, Role.LEADER, NewDraft(TYPED), NOW)

    seen = await read_draft(db, ama, programme.name, Role.LEADER, "another")

    assert seen is not None
    assert seen.stale


async def test_a_draft_is_thrown_away_once_and_twice(db: AsyncSession) -> None:
    programme, ama = await a_programme(db), as_actor(await a_person(db))
    await save_draft(db, ama, programme.name, Role.LEADER, NewDraft(TYPED), NOW)

    for _ in range(2):
        await discard_draft(db, ama, programme.name, Role.LEADER)

    assert await read_draft(db, ama, programme.name, Role.LEADER, "new") is None


async def test_a_closed_programme_keeps_drafts_of_those_who_are_in_it_only(db: AsyncSession) -> None:
    programme, ama, kofi = await a_programme(db, open=False), await a_person(db), await a_person(db)
    await an_enrolment(db, Role.LEADER, ama, programme)

    await save_draft(db, as_actor(ama), programme.name, Role.LEADER, NewDraft(TYPED), NOW)

    with pytest.raises(rules.SignUpClosed):
        await save_draft(db, as_actor(kofi), programme.name, Role.LEADER, NewDraft(TYPED), NOW)


async def test_more_than_a_form_holds_is_refused_and_a_machine_fills_in_none(db: AsyncSession) -> None:
    programme, ama = await a_programme(db), as_actor(await a_person(db))

    for typed in ({"evidence": "x" * 30_001}, {f"offer-{number}": "1" for number in range(401)}):
        with pytest.raises(rules.DraftTooLarge):
            await save_draft(db, ama, programme.name, Role.JUNIOR, NewDraft({**typed}), NOW)
    with pytest.raises(PersonNotFound):
        await save_draft(db, MACHINE, programme.name, Role.JUNIOR, NewDraft(TYPED), NOW)


async def test_another_window_that_keeps_and_throws_away_at_the_same_moment_is_no_mistake(
    postgresql_database_url: str, cluster: Cluster, worker_database: str
) -> None:
    """Its two statements come before each second one of ours, where they hurt most."""
    async with databases.database(postgresql_database_url) as database:
        async with database.sessions.begin() as db:
            programme, person = await a_programme(db), await a_person(db)
        theirs = iter((
            f"INSERT INTO sign_up_draft VALUES ('{programme.id}', '{person.id}', 'leader', now(), '{{}}')",
            "DELETE FROM sign_up_draft",
        ))  # fmt: skip
        seen = 0

        def meanwhile(connection: Connection, cursor: object, statement: str, *_: object) -> None:
            nonlocal seen
            seen += "sign_up_draft" in statement
            if "sign_up_draft" in statement and seen in (2, 3):
                cluster.execute(next(theirs), database=worker_database)

        event.listen(database.engine.sync_engine, "before_cursor_execute", meanwhile)
        async with database.sessions.begin() as db:
            saved = await save_draft(db, as_actor(person), programme.name, Role.LEADER, NewDraft(TYPED), NOW)

        assert (saved.saved_at, next(theirs, None)) == (NOW, None)
