"""The API's door to webhooks."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.hooks import service
from mentoring.hooks.contracts import Delivery, HookMade, HookView, NewHook
from mentoring.identity import Actor
from mentoring.policy import Action


class HookApi(Controller):
    path = "/api/v1"
    tags = ["webhooks"]

    @get("/programmes/{programme:str}/hooks", opt={"action": Action.HOOK_WRITE})
    async def hooks(
        self, programme: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> list[HookView]:
        """The webhooks of a programme; of their addresses only the hosts."""
        return await service.list_hooks(db, actor, programme)

    @post("/programmes/{programme:str}/hooks", opt={"action": Action.HOOK_WRITE})
    async def add(
        self,
        programme: FromPath[str],
        data: JSONBody[NewHook],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> HookMade:
        """Let a chat (``slack``, ``teams``) or a program (``signed``) be told of what happens in a programme."""
        return await service.add_hook(db, actor, programme, data, now)

    @post("/hooks/{hook_id:uuid}/ping", status_code=202, opt={"action": Action.HOOK_WRITE})
    async def ping(
        self,
        hook_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> None:
        """Send a test message, by the same way as all others."""
        await service.ping(db, actor, hook_id, now)

    @get("/hooks/{hook_id:uuid}/deliveries", opt={"action": Action.HOOK_WRITE})
    async def deliveries(
        self, hook_id: FromPath[UUID], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> list[Delivery]:
        """What was told to it lately, and what became of that."""
        return await service.list_deliveries(db, actor, hook_id)

    @delete("/hooks/{hook_id:uuid}", status_code=204, opt={"action": Action.HOOK_WRITE})
    async def remove(
        self,
        hook_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> None:
        """Tell it nothing more."""
        await service.remove_hook(db, actor, hook_id, now)


ROUTES = (HookApi,)
