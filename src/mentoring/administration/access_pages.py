"""What lets programs in, and what tells them: API tokens and webhooks, as pages."""

from datetime import datetime
from functools import partial
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.hooks import service as hooks
from mentoring.hooks.contracts import HookMade, NewHook
from mentoring.hooks.rules import TOLD, HookKind
from mentoring.identity import Actor
from mentoring.people import queries as people_queries
from mentoring.people import service as people
from mentoring.people.contracts import NewToken, TokenShown
from mentoring.policy import SCOPES, Action
from mentoring.programmes.queries import list_programmes
from mentoring.web.doors import page
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, several, single


class TokenPages(Controller):
    path = "/admin/tokens"
    include_in_schema = False

    @get("/", opt={"action": Action.TOKENS})
    async def tokens(
        self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor], now: NamedDependency[datetime]
    ) -> Template:
        return await _tokens(db, actor, now, {})

    @post("/", status_code=200, opt={"action": Action.TOKENS})
    async def make(
        self,
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Template:
        """No redirect: the secret is shown in this answer and never again."""
        async with kept(partial(_tokens, db, actor, now, data), db):
            values = {"name": single(data, "name"), "scopes": several(data, "scopes"), "days": single(data, "days")}
            new = command_of(NewToken, values)
            shown = await people.make_token(db, actor, single(data, "person") or None, new, now)
        return await _tokens(db, actor, now, {}, shown)

    @post("/{token_id:uuid}/revoke", opt={"action": Action.TOKENS})
    async def revoke(
        self,
        token_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        await people.revoke_token(db, actor, token_id, now)
        return Redirect("/admin/tokens", status_code=303)


class HookPages(Controller):
    path = "/admin/hooks"
    include_in_schema = False

    @get("/", opt={"action": Action.HOOK_WRITE})
    async def hooks(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Template:
        return await _hooks(db, actor, {})

    @post("/", status_code=200, opt={"action": Action.HOOK_WRITE})
    async def add(
        self,
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Template:
        """No redirect: the key of its signatures is shown in this answer and never again."""
        async with kept(partial(_hooks, db, actor, data), db):
            values = {name: single(data, name) for name in ("name", "kind", "url")}
            new = command_of(NewHook, {**values, "topics": several(data, "topics")})
            made = await hooks.add_hook(db, actor, single(data, "programme"), new, now)
        return await _hooks(db, actor, {}, made)

    @get("/{hook_id:uuid}", opt={"action": Action.HOOK_WRITE})
    async def deliveries(
        self, hook_id: FromPath[UUID], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Template:
        return page(
            "administration/hook.html",
            hook=await hooks.read_hook(db, actor, hook_id),
            deliveries=await hooks.list_deliveries(db, actor, hook_id),
        )

    @post("/{hook_id:uuid}/ping", opt={"action": Action.HOOK_WRITE})
    async def ping(
        self,
        hook_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        await hooks.ping(db, actor, hook_id, now)
        return Redirect(f"/admin/hooks/{hook_id}", status_code=303)

    @post("/{hook_id:uuid}/remove", opt={"action": Action.HOOK_WRITE})
    async def remove(
        self,
        hook_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        await hooks.remove_hook(db, actor, hook_id, now)
        return Redirect("/admin/hooks", status_code=303)


async def _tokens(
    db: AsyncSession, actor: Actor, now: datetime, typed: Typed, shown: TokenShown | None = None
) -> Template:
    return page(
        "administration/tokens.html",
        tokens=await people_queries.list_tokens(db, actor),
        scopes=SCOPES,
        shown=shown,
        now=now,
        typed={name: single(typed, name) for name in ("name", "person", "days")},
        ticked=several(typed, "scopes"),
    )


async def _hooks(db: AsyncSession, actor: Actor, typed: Typed, made: HookMade | None = None) -> Template:
    return page(
        "administration/hooks.html",
        hooks=await hooks.list_all(db, actor),
        programmes=await list_programmes(db, actor),
        kinds=list(HookKind),
        topics=list(TOLD),
        made=made,
        typed={name: single(typed, name) for name in ("name", "kind", "url", "programme")},
        ticked=several(typed, "topics"),
    )


ROUTES = (TokenPages, HookPages)
