"""An administrator chooses settings, looks whether every rule holds, and takes the audit list away."""

from datetime import datetime

import msgspec
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import deployment, heartbeat, journal, policy
from mentoring.administration.contracts import AuditFilter, ChooseSettings, SettingsChanged
from mentoring.administration.queries import read_audit
from mentoring.administration.rules import SettingNotChangeable
from mentoring.db import Database, insert_missing
from mentoring.deployment import CHANGEABLE, ChosenSetting, SettingView
from mentoring.exports.contracts import DataExported
from mentoring.exports.service import hand_out
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.settings import Settings
from mentoring.sheets import Cell, File, Sheet, SheetFormat
from mentoring.upkeep.invariants import broken_rules
from mentoring.upkeep.rules import CHECK

MOST = 100_000
COLUMNS = ("number", "at", "by", "event", "details")


async def read_settings(db: AsyncSession, actor: Actor, settings: Settings) -> list[SettingView]:
    """What can be changed while the service runs, with the value that holds, and whether the environment gives it."""
    policy.require_right(actor, Action.SETTINGS_WRITE)
    return list(deployment.views(await deployment.in_force(db, settings)))


async def choose_settings(
    db: AsyncSession, actor: Actor, settings: Settings, choice: ChooseSettings, now: datetime
) -> list[SettingView]:
    """Change settings; what was chosen before and is not named stays. An empty value goes back to the default.

    Of two who choose the same at once the later one has the say.

    Raises ``SettingNotChangeable``, ``SettingFixed``, ``SettingUnreadable``, ``HoursReversed``.
    """
    policy.require_right(actor, Action.SETTINGS_WRITE)
    if unknown := sorted(set(choice.values) - set(CHANGEABLE)):
        raise SettingNotChangeable(name=unknown[0])
    before = await deployment.in_force(db, settings)
    wanted = {
        name: value.strip() or deployment.written(settings, name)
        for name, value in choice.values.items()
        if value.strip() != deployment.written(before, name)
    }
    deployment.ensure_possible(before, wanted)
    for name, value in sorted(wanted.items()):  # in one order: two who choose at once wait for each other, no more
        chosen = {"value": value, "chosen_at": now, "chosen_by_id": actor.id}
        if value == deployment.written(settings, name):
            await db.execute(delete(ChosenSetting).where(ChosenSetting.name == name))
        else:
            await insert_missing(db, ChosenSetting, [{"name": name, **chosen}])
            await db.execute(update(ChosenSetting).where(ChosenSetting.name == name).values(**chosen))
    if wanted:
        journal.record(db, SettingsChanged(sorted(wanted)), by=actor.id, at=now)
    return list(deployment.views(await deployment.in_force(db, settings)))


async def check_rules(database: Database, actor: Actor, now: datetime) -> list[str]:
    """Look whether all that must be true of the database is; that somebody looked is noted."""
    policy.require_right(actor, Action.ADMINISTER)
    async with database.reading() as db:
        broken = await broken_rules(db, now)
    async with database.sessions.begin() as db:
        await heartbeat.note_run(db, CHECK, len(broken), None, now)
    return broken


async def export_audit(
    database: Database, actor: Actor, wanted: AuditFilter, format: SheetFormat, words: Words, now: datetime
) -> File:
    """The audit list as a file."""
    async with database.reading() as db:
        entries = await read_audit(db, actor, wanted, MOST)
    rows: list[list[Cell]] = [
        [one.number, one.at, one.by, one.event, msgspec.json.encode(one.details).decode()] for one in entries
    ]
    sheet = Sheet(words.text("page.audit.title"), [words.text(f"page.audit.{name}") for name in COLUMNS], rows)
    return await hand_out(database, actor, sheet, DataExported("audit", format, len(rows)), words, now)
