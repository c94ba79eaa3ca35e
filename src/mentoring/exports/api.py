"""The API's door to exports. That you took something is written down, so none of them is a GET."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from mentoring.db import Database
from mentoring.exports import service
from mentoring.exports.contracts import TakeAway
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.outbox.rules import Box
from mentoring.policy import Action
from mentoring.sheets import SheetFormat
from mentoring.web.doors import attached


class ExportApi(Controller):
    path = "/api/v1"
    tags = ["exports"]

    @post("/programmes/{programme:str}/exports", status_code=200, opt={"action": Action.EXPORT})
    async def table(
        self,
        programme: FromPath[str],
        data: JSONBody[TakeAway],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        """Sign-ups, pairings, check-in scores or the at-risk queue of a programme, as CSV or XLSX."""
        return attached(await service.export_table(database, actor, programme, data, words, now))

    @post("/messages/export", status_code=200, opt={"action": Action.MESSAGES_READ})
    async def messages(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
        box: FromQuery[Box] = Box.ALL,
        search: Annotated[str, QueryParameter(max_length=200)] = "",
        format: FromQuery[SheetFormat] = SheetFormat.CSV,
    ) -> Response[bytes]:
        """Messages and what became of them; never what they say."""
        return attached(await service.export_messages(database, actor, box, search, format, words, now))


ROUTES = (ExportApi,)
