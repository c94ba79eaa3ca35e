"""Programmes for everybody: what is open, and one's own sign-up."""

from datetime import datetime
from functools import partial

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.people.queries import read_self
from mentoring.policy import Action
from mentoring.programmes import forms, queries, sign_ups
from mentoring.programmes.contracts import Checklist
from mentoring.programmes.management import ROUTES as MANAGEMENT
from mentoring.programmes.rules import CAPACITY, CHECKLIST, Role
from mentoring.skills.queries import list_skills
from mentoring.web.doors import page
from mentoring.web.forms import Typed, command_of, kept, several


class ProgrammePages(Controller):
    path = "/programmes"
    include_in_schema = False

    @get("/", opt={"action": Action.PROGRAMME_LIST})
    async def programmes(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Template:
        return page("programmes/list.html", programmes=await queries.list_programmes(db, actor))

    @get("/{ref:str}/sign-up/{role:str}", opt={"action": Action.SIGN_UP})
    async def sign_up_page(
        self,
        ref: FromPath[str],
        role: FromPath[Role],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        return await _sign_up_page(db, actor, words, ref, role)

    @post("/{ref:str}/sign-up/{role:str}", opt={"action": Action.SIGN_UP})
    async def sign_up(
        self,
        ref: FromPath[str],
        role: FromPath[Role],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_sign_up_page, db, actor, words, ref, role, data), db):
            done = await sign_ups.sign_up(db, actor, ref, role, forms.sign_up_of(data, role), now)
        return Redirect(after_sign_up(ref, prepared=done.prepared), status_code=303)

    @post("/{ref:str}/sign-up/{role:str}/withdraw", opt={"action": Action.SIGN_UP})
    async def withdraw(
        self,
        ref: FromPath[str],
        role: FromPath[Role],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        await sign_ups.withdraw(db, actor, ref, role, now)
        return Redirect("/me", status_code=303)

    @get("/{ref:str}/preparation", opt={"action": Action.SIGN_UP})
    async def preparation(
        self, ref: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Template:
        return await _preparation(db, actor, ref)

    @post("/{ref:str}/preparation", opt={"action": Action.SIGN_UP})
    async def prepare(
        self,
        ref: FromPath[str],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_preparation, db, actor, ref), db):
            ticked = command_of(Checklist, {"ticked": several(data, "ticked")})
            done = await sign_ups.tick_checklist(db, actor, ref, ticked, now)
        return Redirect(after_sign_up(ref, prepared=done.prepared), status_code=303)


def after_sign_up(ref: str, *, prepared: bool) -> str:
    """Whoever is ready sees their page; a junior who is not goes on to the preparation."""
    return "/me" if prepared else f"/programmes/{ref}/preparation"


async def _sign_up_page(
    db: AsyncSession, actor: Actor, words: Words, ref: str, role: Role, typed: Typed | None = None
) -> Template:
    programme = await queries.read_summary(db, actor, ref)
    mine = next((one for one in await queries.my_sign_ups(db, actor) if (one.programme_id, one.role) == (programme.id, role)), None)
    known = forms.typed_of(mine) if mine else forms.typed_languages((await read_self(db, actor)).languages)
    shown = known if typed is None else typed
    return page(
        "programmes/sign_up.html",
        programme=programme,
        role=role.value,
        mine=mine,
        typed=shown,
        spans=forms.spans_of(shown),
        skills=await list_skills(db, actor, words),
        languages=sorted(((code, words.language_name(code)) for code in forms.SPOKEN), key=lambda one: one[1]),
        most=CAPACITY[role],
    )


async def _preparation(db: AsyncSession, actor: Actor, ref: str) -> Template:
    mine = await queries.read_sign_up(db, actor, ref, Role.JUNIOR)
    return page("programmes/preparation.html", sign_up=mine, checklist=CHECKLIST)


ROUTES = (ProgrammePages, *MANAGEMENT)
