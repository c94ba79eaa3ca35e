"""What an administrator chose for the deployment while it runs. The environment wins: what it gives stays as it is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, Database, PlainText
from mentoring.errors import Conflict, Invalid
from mentoring.i18n import offered
from mentoring.settings import CHECKS, Settings

CHANGEABLE = ("organisation", "language", "mails_a_week", "mails_from", "mails_until")
"""What can change between two requests without harm. Addresses, keys and the database cannot."""

LOOKED_UP_EVERY = 5.0
"""Seconds after which a web process looks again what was chosen: another one may have taken the change."""


class SettingUnreadable(Invalid):
    """``value`` is none that the setting ``name`` can have."""


class HoursReversed(Invalid):
    """Reminders would have to end before they begin."""


class SettingFixed(Conflict):
    """The environment gives ``name``, so that it is not changed here."""


class ChosenSetting(Base):
    """One setting that somebody changed, in the form that the environment would have."""

    __tablename__ = "chosen_setting"

    name: Mapped[PlainText] = mapped_column(primary_key=True)
    value: Mapped[PlainText]
    chosen_at: Mapped[datetime]
    chosen_by_id: Mapped[UUID | None]


class SettingView(NamedTuple):
    """A setting with the value that holds. ``fixed``: the environment gives it."""

    name: str
    value: str
    fixed: bool


async def in_force(db: AsyncSession, settings: Settings) -> Settings:
    """The settings that hold now. A value that no version of ours takes any more counts as not chosen."""
    rows = await db.execute(select(ChosenSetting.name, ChosenSetting.value))
    found: dict[str, object] = {}
    for name, value in rows:
        if name in CHANGEABLE and name not in settings.fixed:
            try:
                found[name] = read_value(name, value)
            except SettingUnreadable:
                continue
    merged = msgspec.structs.replace(settings, **found)
    if merged.mails_from < merged.mails_until:
        return merged
    # One of the two was chosen beside another value of the environment: together they would hold all mails back.
    return msgspec.structs.replace(merged, mails_from=settings.mails_from, mails_until=settings.mails_until)


def read_value(name: str, value: str) -> object:
    """Raises ``SettingUnreadable``."""
    if name == "language" and value not in offered():
        raise SettingUnreadable(name=name, value=value)
    check = CHECKS.get(name, str)
    try:
        return check(value)
    except ValueError as error:
        raise SettingUnreadable(name=name, value=value) from error


def ensure_possible(settings: Settings, chosen: Mapping[str, str]) -> None:
    """Raises ``SettingFixed``, ``SettingUnreadable`` or ``HoursReversed``."""
    for name in chosen:
        if name in settings.fixed:
            raise SettingFixed(name=name)
    wanted = msgspec.structs.replace(settings, **{name: read_value(name, value) for name, value in chosen.items()})
    if wanted.mails_from >= wanted.mails_until:
        raise HoursReversed()


def views(settings: Settings) -> Sequence[SettingView]:
    """The settings that can be changed, in the form in which they are typed."""
    return [SettingView(name, written(settings, name), name in settings.fixed) for name in CHANGEABLE]


def written(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    return f"{value:%H:%M}" if hasattr(value, "hour") else str(value)


class InForce:
    """The settings as one process last saw them."""

    def __init__(self, settings: Settings) -> None:
        self._given = self.settings = settings
        self._looked_up: float | None = None

    async def refresh(self, database: Database) -> Settings:
        """Look again what was chosen, unless that was done just now."""
        if self._looked_up is None or monotonic() - self._looked_up > LOOKED_UP_EVERY:
            async with database.reading() as db:
                self.settings = await in_force(db, self._given)
            self._looked_up = monotonic()
        return self.settings

    def forget(self) -> None:
        """Something was chosen: look again at the next request."""
        self._looked_up = None


class Organisation:
    """The organisation's name for templates, which are made once: as it is when it is written."""

    def __init__(self, now: InForce) -> None:
        self._now = now

    def __str__(self) -> str:
        return self._now.settings.organisation
