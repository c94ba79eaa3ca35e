"""Messages as pages: what waits, what went wrong, and what to do about it."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.outbox import queries, service
from mentoring.outbox.contracts import Correction
from mentoring.outbox.rules import BOXES, Box
from mentoring.policy import Action
from mentoring.web.doors import page
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, single

Search = Annotated[str, QueryParameter(max_length=200)]


class OutboxPages(Controller):
    path = "/messages"
    include_in_schema = False

    @get("/", opt={"action": Action.MESSAGES_READ})
    async def messages(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        box: FromQuery[Box] = Box.WAITING,
        search: Search = "",
        number: Annotated[int, QueryParameter(name="page", ge=0, le=10_000)] = 0,
    ) -> Template:
        return await _box(db, actor, box, search, number)

    @get("/bounced", opt={"action": Action.MESSAGES_READ})
    async def bounced(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Template:
        return await _bounced(db, actor)

    @post("/bounced/{bounced_id:uuid}", opt={"action": Action.MESSAGES_WRITE})
    async def correct(
        self,
        bounced_id: FromPath[UUID],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        email = single(data, "email")
        async with kept(partial(_bounced, db, actor, {bounced_id: email}), db):
            await service.correct_address(db, actor, bounced_id, command_of(Correction, {"email": email}), now)
        return Redirect("/messages/bounced", status_code=303)

    @post("/{message_id:uuid}/again", opt={"action": Action.MESSAGES_WRITE})
    async def again(
        self,
        message_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
        box: FromQuery[Box] = Box.UNCERTAIN,
    ) -> Redirect:
        async with kept(partial(_box, db, actor, box), db):
            await service.send_again(db, actor, message_id, now)
        return Redirect(f"/messages?box={box}", status_code=303)

    @post("/{message_id:uuid}/give-up", opt={"action": Action.MESSAGES_WRITE})
    async def give_up(
        self,
        message_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
        box: FromQuery[Box] = Box.UNCERTAIN,
    ) -> Redirect:
        async with kept(partial(_box, db, actor, box), db):
            await service.give_up(db, actor, message_id, now)
        return Redirect(f"/messages?box={box}", status_code=303)


async def _box(db: AsyncSession, actor: Actor, box: Box, search: str = "", number: int = 0) -> Template:
    found = await queries.list_messages(
        db, actor, BOXES[box], search, limit=queries.MANY + 1, offset=number * queries.MANY
    )
    return page(
        "outbox/messages.html",
        boxes=list(Box),
        box=box,
        search=search,
        number=number,
        more=len(found) > queries.MANY,
        messages=found[: queries.MANY],
        counts=await queries.count_messages(db, actor),
    )


async def _bounced(db: AsyncSession, actor: Actor, typed: dict[UUID, str] | None = None) -> Template:
    return page(
        "outbox/bounced.html",
        boxes=list(Box),
        box=None,
        people=await queries.list_bounces(db, actor),
        typed=typed or {},
        counts=await queries.count_messages(db, actor),
    )


ROUTES = (OutboxPages,)
