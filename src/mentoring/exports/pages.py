"""Exports as pages: what there is to take away, as which file."""

from datetime import datetime

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.exports import service
from mentoring.exports.contracts import Table, TakeAway
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.outbox.rules import Box
from mentoring.policy import Action
from mentoring.programmes.queries import read_programme
from mentoring.sheets import SheetFormat
from mentoring.web.doors import attached, page
from mentoring.web.forms import command_of
from mentoring.web.typed import Typed, single


class ExportPages(Controller):
    include_in_schema = False

    @get("/programmes/{programme:str}/exports", opt={"action": Action.EXPORT})
    async def tables(
        self, programme: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Template:
        return page(
            "exports/tables.html",
            programme=await read_programme(db, actor, programme),
            tables=list(Table),
            formats=list(SheetFormat),
        )

    @post("/programmes/{programme:str}/exports", status_code=200, opt={"action": Action.EXPORT})
    async def table(
        self,
        programme: FromPath[str],
        data: URLEncodedBody[Typed],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        wanted = command_of(TakeAway, {"table": single(data, "table"), "format": single(data, "format")})
        return attached(await service.export_table(database, actor, programme, wanted, words, now))

    @post("/messages/export", status_code=200, opt={"action": Action.MESSAGES_READ})
    async def messages(
        self,
        data: URLEncodedBody[Typed],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        box, format = command_of(Box, single(data, "box")), command_of(SheetFormat, single(data, "format"))
        return attached(await service.export_messages(database, actor, box, single(data, "search"), format, words, now))


ROUTES = (ExportPages,)
