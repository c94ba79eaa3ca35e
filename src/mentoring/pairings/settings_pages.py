"""One's own settings: language, clock, mails, calendar and delegates, on one page."""

from datetime import datetime
from functools import partial
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.directory.zones import ChooseZone, choose_zone, offered_zones
from mentoring.identity import Actor
from mentoring.pairings import delegates, feeds
from mentoring.pairings.life import NameDelegate
from mentoring.people import reminders
from mentoring.people.contracts import OwnReminders
from mentoring.people.queries import read_self
from mentoring.policy import Action
from mentoring.programmes.queries import my_sign_ups
from mentoring.settings import Settings
from mentoring.web.doors import page
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, flat, single


class SettingsPages(Controller):
    """How the service speaks to one, when it writes, whose calendar reads along, and who books for whom."""

    path = "/me"
    include_in_schema = False

    @get("/settings", opt={"action": Action.SIGNED_IN})
    async def read(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
    ) -> Template:
        return await _settings(db, actor)

    @get("/calendar", opt={"action": Action.FEED})
    async def calendar(self) -> Redirect:
        """Where this stood before there was one page for all of it."""
        return Redirect("/me/settings", status_code=303)

    @post("/settings/zone", opt={"action": Action.SIGNED_IN})
    async def zone(
        self,
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
    ) -> Redirect:
        async with kept(partial(_settings, db, actor), db):
            await choose_zone(db, actor, command_of(ChooseZone, flat(data)))
        return Redirect("/me/settings", status_code=303)

    @post("/settings/reminders", opt={"action": Action.SIGNED_IN})
    async def reminders(
        self,
        data: URLEncodedBody[OwnReminders],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        await reminders.set_own_reminders(db, actor, data, now)
        return Redirect("/me/settings", status_code=303)

    @post("/calendar/feed", opt={"action": Action.FEED}, status_code=200)
    async def make_feed(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> Template:
        made = await feeds.make_feed(db, actor, settings, now)
        return await _settings(db, actor, made.url)

    @post("/calendar/revoke", opt={"action": Action.FEED})
    async def revoke_feed(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        await feeds.revoke_feed(db, actor, now)
        return Redirect("/me/settings", status_code=303)

    @post("/delegates", opt={"action": Action.DELEGATES})
    async def name(
        self,
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_settings, db, actor, None, single(data, "person")), db):
            await delegates.name_delegate(db, actor, command_of(NameDelegate, flat(data)), now)
        return Redirect("/me/settings", status_code=303)

    @post("/delegates/{person_id:uuid}/remove", opt={"action": Action.DELEGATES})
    async def remove(
        self,
        person_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        await delegates.remove_delegate(db, actor, person_id, now)
        return Redirect("/me/settings", status_code=303)

    @get("/sessions", opt={"action": Action.SIGNED_IN})
    async def delegated(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
    ) -> Template:
        return page("pairings/delegated.html", sessions=await delegates.delegated_sessions(db, actor))


async def _settings(db: AsyncSession, actor: Actor, url: str | None = None, person: str = "") -> Template:
    return page(
        "pairings/settings.html",
        me=await read_self(db, actor),
        zones=offered_zones(),
        reminders=await reminders.read_own_reminders(db, actor),
        sign_ups=await my_sign_ups(db, actor),
        feed=await feeds.read_feed(db, actor),
        url=url,
        delegates=await delegates.list_delegates(db, actor),
        person=person,
    )


ROUTES = (SettingsPages,)
