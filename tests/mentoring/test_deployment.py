"""What an administrator chooses holds at once; what the environment gives wins."""

from datetime import datetime, time
from pathlib import Path

import pytest
from httpx import AsyncClient
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import deployment
from mentoring.administration import service
from mentoring.administration.contracts import ChooseSettings
from mentoring.administration.rules import SettingNotChangeable
from mentoring.db import Database
from mentoring.deployment import HoursReversed, SettingFixed, SettingUnreadable
from mentoring.errors import MentoringError
from mentoring.followups.contracts import TryOut
from mentoring.followups.tryout import simulate_programme
from mentoring.identity import MACHINE
from mentoring.journal import JournalEntry
from mentoring.messages.contracts import Intended
from mentoring.messages.models import Message
from mentoring.messages.rules import Pace
from mentoring.messages.service import enqueue
from mentoring.pairings.rules import PairingState
from mentoring.people.pacing import mail_hours, release_messages
from mentoring.reactions import COMPOSERS
from mentoring.settings import Settings
from tests.builders import NOW, a_check_in, a_pairing, a_person, a_programme
from tests.harness.smtp import Sink
from tests.mentoring.messages.posting import a_sender, asked_leaders, post_all
from tests.mentoring.visitor import Page, come_in

SETTINGS = Settings()


async def chosen(db: AsyncSession, **values: str) -> Settings:
    await service.choose_settings(db, MACHINE, SETTINGS, ChooseSettings(values), NOW)
    return await deployment.in_force(db, SETTINGS)


async def test_what_was_chosen_holds_and_an_empty_value_goes_back(db: AsyncSession) -> None:
    now = await chosen(db, organisation="Meridian", mails_a_week="3", mails_from="08:00")
    again = await chosen(db, organisation="", mails_a_week="3")

    assert (now.organisation, now.mails_a_week, now.mails_from) == ("Meridian", 3, time(8))
    assert (again.organisation, again.mails_a_week, again.mails_from) == ("Reverse mentoring", 3, time(8))
    told = await db.scalars(select(JournalEntry.details).order_by(JournalEntry.number))
    assert list(told) == [{"names": ["mails_a_week", "mails_from", "organisation"]}, {"names": ["organisation"]}]


async def test_hours_that_end_before_they_begin_hold_nobody_s_mails_back(db: AsyncSession) -> None:
    await chosen(db, mails_from="07:00", mails_until="08:00")
    given = replace(SETTINGS, mails_from=time(9), fixed=frozenset({"mails_from"}))

    now = await deployment.in_force(db, given)

    assert (now.mails_from, now.mails_until) == (time(9), SETTINGS.mails_until)


async def test_the_environment_wins_whatever_was_chosen_before(db: AsyncSession) -> None:
    await chosen(db, organisation="Meridian")
    given = replace(SETTINGS, organisation="From outside", fixed=frozenset({"organisation"}))

    assert (await deployment.in_force(db, given)).organisation == "From outside"
    with pytest.raises(SettingFixed):
        await service.choose_settings(db, MACHINE, given, ChooseSettings({"organisation": "Other"}), NOW)


WRONG: dict[str, tuple[dict[str, str], type[MentoringError]]] = {
    "a name too long": ({"organisation": "x" * 81}, SettingUnreadable),
    "a language that we lack": ({"language": "xx"}, SettingUnreadable),
    "too many mails": ({"mails_a_week": "100"}, SettingUnreadable),
    "no time of day": ({"mails_from": "25:00"}, SettingUnreadable),
    "hours the wrong way round": ({"mails_from": "18:00"}, HoursReversed),
    "the database": ({"database_url": "sqlite:///x"}, SettingNotChangeable),
}


@pytest.mark.parametrize("values, cause", WRONG.values(), ids=WRONG)
async def test_what_cannot_be_is_refused(db: AsyncSession, values: dict[str, str], cause: type[MentoringError]) -> None:
    with pytest.raises(cause):
        await chosen(db, **values)


async def test_the_page_changes_the_name_at_the_head_of_every_page(client: AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as db:
        person = await a_person(db)
    await come_in(client, database, person, administrator=True)

    before = Page(await client.get("/admin/settings"))
    sent = {name: before.value(name) for name in ("language", "mails_a_week", "mails_from", "mails_until")}
    saved = await client.post("/admin/settings", data=sent | {"organisation": "Meridian <b>"})
    after = Page(await client.get(saved.headers["location"]))
    wrong = await client.post("/admin/settings", data=sent | {"organisation": "Two", "mails_until": "07:00"})

    assert (saved.status_code, after.value("organisation")) == (303, "Meridian <b>")
    assert "Meridian <b>" in Page(await client.get("/programmes")).text
    assert (wrong.status_code, Page(wrong).value("organisation")) == (422, "Two")


async def test_visitors_hear_the_language_of_first_contact(client: AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as db:
        await chosen(db, language="fr")

    unknown = Page(await client.get("/sign-in", headers={"accept-language": "xx"}))
    english = Page(await client.get("/sign-in", headers={"accept-language": "en"}))

    assert (unknown.language, english.language) == ("fr", "en")


async def test_mails_carry_the_name_that_was_chosen(database: Database, tmp_path: Path, smtp: Sink) -> None:
    await asked_leaders(database)
    async with database.sessions.begin() as db:
        await chosen(db, organisation="Solstice")

    await post_all(a_sender(database, tmp_path, smtp.url))

    [mail] = smtp.messages
    assert "Solstice" in str(mail["from"])


async def test_reminders_keep_to_the_hours_that_were_chosen(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE)
    check_in = await a_check_in(db, pairing=pairing)
    asked = Intended("check_in", check_in.id, pairing.leader_id, NOW, pace=Pace.REMINDER)
    await enqueue(db, [asked])
    await chosen(db, mails_from="14:00", mails_until="16:00")

    await release_messages(db, COMPOSERS, NOW, await mail_hours(db, SETTINGS))

    [waits] = await db.scalars(select(Message.wake_at))
    assert waits == datetime.fromisoformat("2026-03-03T14:00+01:00")


async def test_a_try_out_of_a_ladder_keeps_to_them_too(db: AsyncSession) -> None:
    programme = await a_programme(db)
    later = replace(SETTINGS, mails_from=time(14))

    said = await simulate_programme(db, MACHINE, later, str(programme.id), TryOut(), NOW)

    nudges = [one.at.time() for one in said if one.kind.startswith("nudge")]
    assert nudges
    assert min(nudges) >= time(14)
