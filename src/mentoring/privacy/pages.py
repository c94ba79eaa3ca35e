"""The pages on which one takes one's data along, or has oneself forgotten."""

from datetime import datetime
from functools import partial

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.people.queries import read_self
from mentoring.policy import Action
from mentoring.privacy import service
from mentoring.privacy.contracts import EraseMe
from mentoring.settings import Settings
from mentoring.web.doors import page, session_cookie
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, flat, single


class DataPages(Controller):
    path = "/me/data"
    include_in_schema = False

    @get("/", opt={"action": Action.SIGNED_IN})
    async def read(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Template:
        return await _data(db, actor)

    @post("/export", opt={"action": Action.DATA_EXPORT}, status_code=200)
    async def export(
        self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor], now: NamedDependency[datetime]
    ) -> Response[bytes]:
        """A form and no link: that somebody took their data along is written down."""
        mine = await service.export_data(db, actor, now)
        content = msgspec.json.format(msgspec.json.encode(mine), indent=2)
        named = f'attachment; filename="my-data-{now.date().isoformat()}.json"'
        return Response(content, media_type="application/json", headers={"content-disposition": named})

    @post("/erase", opt={"action": Action.ERASE})
    async def erase(
        self,
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_data, db, actor, single(data, "address")), db):
            await service.erase_me(db, actor, command_of(EraseMe, flat(data)), now)
        return Redirect("/me/data/erased", status_code=303, cookies=[session_cookie(settings, "")])

    @get("/erased", opt={"action": Action.PUBLIC})
    async def erased(self) -> Template:
        return page("privacy/erased.html")


async def _data(db: AsyncSession, actor: Actor, address: str = "") -> Template:
    return page("privacy/data.html", me=await read_self(db, actor), address=address)


ROUTES = (DataPages,)
