"""The API's door to the administration."""

from datetime import date, datetime
from typing import Annotated

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.administration import queries, service
from mentoring.administration.contracts import AuditEntry, AuditFilter, ChooseSettings
from mentoring.db import Database
from mentoring.deployment import InForce, SettingView
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.people import queries as people_queries
from mentoring.people import service as people
from mentoring.people.contracts import AdministratorView, PersonView
from mentoring.policy import Action
from mentoring.settings import Settings
from mentoring.sheets import SheetFormat
from mentoring.web.doors import attached

Text = Annotated[str, QueryParameter(max_length=200)]


class SettingsApi(Controller):
    path = "/api/v1/settings"
    tags = ["administration"]

    @get(opt={"action": Action.SETTINGS_WRITE})
    async def read(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
    ) -> list[SettingView]:
        """What can be changed while the service runs. ``fixed``: the environment gives it."""
        return await service.read_settings(db, actor, settings)

    @patch(opt={"action": Action.SETTINGS_WRITE})
    async def choose(
        self,
        data: JSONBody[ChooseSettings],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        in_force: NamedDependency[InForce],
        now: NamedDependency[datetime],
    ) -> list[SettingView]:
        """Change some; every process follows within seconds."""
        in_force.forget()
        return await service.choose_settings(db, actor, settings, data, now)


class AuditApi(Controller):
    path = "/api/v1/audit"
    tags = ["administration"]

    @get(opt={"action": Action.AUDIT_READ})
    async def read(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        person: Text = "",
        event: Text = "",
        since: FromQuery[date | None] = None,
        until: FromQuery[date | None] = None,
        before: FromQuery[int | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    ) -> list[AuditEntry]:
        """What happened, the latest first; ``before`` the number of the last that you have."""
        return await queries.read_audit(db, actor, AuditFilter(person, event, since, until, before), limit)

    @post("/export", status_code=200, opt={"action": Action.AUDIT_READ})
    async def export(
        self,
        data: JSONBody[AuditFilter],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
        format: FromQuery[SheetFormat] = SheetFormat.CSV,
    ) -> Response[bytes]:
        """The same as a file."""
        return attached(await service.export_audit(database, actor, data, format, words, now))


class AdministratorApi(Controller):
    path = "/api/v1/administrators"
    tags = ["administration"]

    @get(opt={"action": Action.ADMINISTER})
    async def all(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> list[AdministratorView]:
        """Who administers the service."""
        return await people_queries.list_administrators(db, actor)

    @put("/{person:str}", opt={"action": Action.ADMINISTER})
    async def make(
        self,
        person: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> PersonView:
        """Let somebody administer it."""
        return await people.change_administrator(db, actor, person, True, now)

    @delete("/{person:str}", opt={"action": Action.ADMINISTER})
    async def revoke(
        self,
        person: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> None:
        """No longer; the last one cannot lose it."""
        await people.change_administrator(db, actor, person, False, now)


ROUTES = (SettingsApi, AuditApi, AdministratorApi)
