"""The administrator's pages: how the service is, who may do what, settings, and the audit list."""

from datetime import datetime
from functools import partial

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.administration import queries, service
from mentoring.administration.contracts import AuditFilter, ChooseSettings
from mentoring.db import Database
from mentoring.deployment import CHANGEABLE, InForce
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.people import queries as people_queries
from mentoring.people import service as people
from mentoring.policy import Action
from mentoring.programmes import queries as programme_queries
from mentoring.programmes import service as programmes
from mentoring.settings import Settings
from mentoring.sheets import SheetFormat
from mentoring.upkeep.service import resume_clock
from mentoring.web.doors import AnyRequest, attached, page
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, single

FILTERS = ("person", "event", "since", "until", "before")


class HealthPages(Controller):
    path = "/admin"
    include_in_schema = False

    @get("/", opt={"action": Action.STATUS_READ})
    async def health(
        self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor], now: NamedDependency[datetime]
    ) -> Template:
        return await _health(db, actor, now)

    @post("/resume", opt={"action": Action.CLOCK_RESUME})
    async def resume(
        self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor], now: NamedDependency[datetime]
    ) -> Redirect:
        async with kept(partial(_health, db, actor, now), db):
            await resume_clock(db, actor, now)
        return Redirect("/admin", status_code=303)

    @post("/check", status_code=200, opt={"action": Action.ADMINISTER})
    async def check(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], now: NamedDependency[datetime]
    ) -> Template:
        broken = await service.check_rules(database, actor, now)
        async with database.reading() as db:
            return await _health(db, actor, now, broken)


class RolePages(Controller):
    path = "/admin/roles"
    include_in_schema = False

    @get("/", opt={"action": Action.ADMINISTER})
    async def roles(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Template:
        return await _roles(db, actor, {})

    @post("/administrators", opt={"action": Action.ADMINISTER})
    async def administrator(
        self,
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_roles, db, actor, data), db):
            await people.change_administrator(db, actor, single(data, "person"), "revoke" not in data, now)
        return Redirect("/admin/roles", status_code=303)

    @post("/coordinators", opt={"action": Action.ADMINISTER})
    async def coordinator(
        self,
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        change = programmes.remove_coordinator if "revoke" in data else programmes.add_coordinator
        async with kept(partial(_roles, db, actor, data), db):
            await change(db, actor, single(data, "programme"), single(data, "person"), now)
        return Redirect("/admin/roles", status_code=303)


class SettingsPages(Controller):
    path = "/admin/settings"
    include_in_schema = False

    @get("/", opt={"action": Action.SETTINGS_WRITE})
    async def settings_page(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        saved: FromQuery[bool] = False,
    ) -> Template:
        return await _settings(db, actor, settings, {}, saved=saved)

    @post("/", opt={"action": Action.SETTINGS_WRITE})
    async def choose(
        self,
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        in_force: NamedDependency[InForce],
        now: NamedDependency[datetime],
    ) -> Redirect:
        typed = {name: single(data, name) for name in CHANGEABLE if name not in settings.fixed}
        in_force.forget()
        async with kept(partial(_settings, db, actor, settings, typed), db):
            await service.choose_settings(db, actor, settings, command_of(ChooseSettings, {"values": typed}), now)
        return Redirect("/admin/settings?saved=1", status_code=303)


class AuditPages(Controller):
    path = "/admin/audit"
    include_in_schema = False

    @get("/", opt={"action": Action.AUDIT_READ})
    async def audit(
        self,
        request: AnyRequest,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        typed = {name: request.query_params.get(name, "") for name in FILTERS}
        async with kept(partial(_audit, db, actor, words, {})):
            return await _audit(db, actor, words, typed)

    @post("/export", status_code=200, opt={"action": Action.AUDIT_READ})
    async def export(
        self,
        data: URLEncodedBody[Typed],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        wanted = _filter({name: single(data, name) for name in FILTERS})
        format = command_of(SheetFormat, single(data, "format"))
        return attached(await service.export_audit(database, actor, wanted, format, words, now))


async def _health(db: AsyncSession, actor: Actor, now: datetime, broken: list[str] | None = None) -> Template:
    return page("administration/health.html", health=await queries.read_health(db, actor, now), broken=broken)


async def _roles(db: AsyncSession, actor: Actor, typed: Typed) -> Template:
    listed = await programme_queries.list_programmes(db, actor)
    return page(
        "administration/roles.html",
        administrators=await people_queries.list_administrators(db, actor),
        programmes=[await programme_queries.read_programme(db, actor, str(one.id)) for one in listed],
        typed={name: single(typed, name) for name in ("person", "programme")},
    )


async def _settings(
    db: AsyncSession, actor: Actor, settings: Settings, typed: dict[str, str], *, saved: bool = False
) -> Template:
    found = await service.read_settings(db, actor, settings)
    return page("administration/settings.html", settings=found, typed=typed, saved=saved)


async def _audit(db: AsyncSession, actor: Actor, words: Words, typed: dict[str, str]) -> Template:
    return page(
        "administration/audit.html",
        entries=await queries.read_audit(db, actor, _filter(typed)),
        many=queries.MANY,
        events=dict(words.named(queries.event_names(), lambda name: words.text(f"event.{name}"))),
        typed={name: typed.get(name, "") for name in FILTERS},
    )


def _filter(typed: dict[str, str]) -> AuditFilter:
    return command_of(AuditFilter, {name: value for name, value in typed.items() if value})


ROUTES = (HealthPages, RolePages, SettingsPages, AuditPages)
