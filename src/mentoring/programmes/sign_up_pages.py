"""One's own sign-up on a page: filled in, kept as one goes, changed, taken back; and a junior's preparation."""

from datetime import datetime
from functools import partial

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.people.queries import read_self
from mentoring.policy import Action
from mentoring.programmes import drafts, forms, guiding, queries, sign_ups
from mentoring.programmes.contracts import Checklist, NewDraft
from mentoring.programmes.rules import CAPACITY, CHECKLIST, Role
from mentoring.skills.queries import list_skills
from mentoring.web.doors import page
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, several


class SignUpPages(Controller):
    path = "/programmes/{ref:str}"
    include_in_schema = False

    @get("/sign-up/{role:str}", opt={"action": Action.SIGN_UP})
    async def sign_up_page(
        self,
        ref: FromPath[str],
        role: FromPath[Role],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
        draft: FromQuery[bool] = False,
    ) -> Template:
        return await _sign_up_page(db, actor, words, ref, role, now, unfinished=draft)

    @post("/sign-up/{role:str}", opt={"action": Action.SIGN_UP})
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
        async with kept(partial(_sign_up_page, db, actor, words, ref, role, now, data), db):
            done = await sign_ups.sign_up(db, actor, ref, role, forms.sign_up_of(data, role), now)
        return Redirect(after_sign_up(ref, prepared=done.prepared), status_code=303)

    @post("/sign-up/{role:str}/draft", opt={"action": Action.SIGN_UP})
    async def save_draft(
        self,
        ref: FromPath[str],
        role: FromPath[Role],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_sign_up_page, db, actor, words, ref, role, now, data), db):
            await drafts.save_draft(db, actor, ref, role, command_of(NewDraft, forms.draft_of(data)), now)
        return Redirect("/me", status_code=303)

    @post("/sign-up/{role:str}/draft/discard", opt={"action": Action.SIGN_UP})
    async def discard_draft(
        self,
        ref: FromPath[str],
        role: FromPath[Role],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
    ) -> Redirect:
        await drafts.discard_draft(db, actor, ref, role)
        return Redirect(f"/programmes/{ref}/sign-up/{role}", status_code=303)

    @post("/sign-up/{role:str}/withdraw", opt={"action": Action.SIGN_UP})
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

    @get("/preparation", opt={"action": Action.SIGN_UP})
    async def preparation(
        self, ref: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Template:
        return await _preparation(db, actor, ref)

    @post("/preparation", opt={"action": Action.SIGN_UP})
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
    db: AsyncSession,
    actor: Actor,
    words: Words,
    ref: str,
    role: Role,
    now: datetime,
    typed: Typed | None = None,
    *,
    unfinished: bool = False,
) -> Template:
    """What was typed just now, or else the draft, or else the sign-up as it is.

    A draft that was begun before the sign-up was changed is shown when it is asked for (``unfinished``).
    """
    programme = await queries.read_summary(db, actor, ref)
    mine = await queries.my_sign_up(db, actor, ref, role)
    version = mine.version if mine else queries.NOTHING_YET
    draft = await drafts.read_draft(db, actor, ref, role, version)
    known = forms.typed_of(mine) if mine else forms.typed_languages((await read_self(db, actor)).languages)
    continued = forms.continued(draft, version) if draft and (unfinished or not draft.stale) else None
    latest = continued or known
    shown = {"version": version, **forms.cleaned(latest if typed is None else typed)}
    skills = await list_skills(db, actor, words)
    titles = {one.code: one.title for one in skills}
    return page(
        "programmes/sign_up.html",
        programme=programme,
        role=role.value,
        mine=mine,
        typed=shown,
        draft=draft,
        version=version,
        continued=typed is None and continued is not None,
        clocks=await queries.list_clocks(db, actor, ref, role, now.year),
        steps=guiding.steps_of(shown, role),
        week=guiding.week_of(shown),
        evidence=guiding.links_in(shown),
        faults_of=partial(guiding.faults_of, shown, role, titles, words),
        spans=forms.spans_of(shown),
        skills=skills,
        tools=forms.TOOLS,
        languages=words.named(forms.SPOKEN, words.language_name),
        most=CAPACITY[role],
    )


async def _preparation(db: AsyncSession, actor: Actor, ref: str) -> Template:
    mine = await queries.read_sign_up(db, actor, ref, Role.JUNIOR)
    return page("programmes/preparation.html", sign_up=mine, checklist=CHECKLIST)


ROUTES = (SignUpPages,)
