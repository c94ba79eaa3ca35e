"""My page, and the page of a check-in: from the mail without signing in, or from my page."""

from datetime import datetime
from functools import partial
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins import queries, service
from mentoring.checkins.contracts import AnswerCheckIn
from mentoring.checkins.my_page import Wanted, read_my_page
from mentoring.checkins.rules import Met
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.settings import Settings
from mentoring.skills.queries import read_titles
from mentoring.web.doors import AnyRequest, page, speak
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, flat, single

NOTHING: Typed = {}


class MyPage(Controller):
    path = "/me"
    include_in_schema = False

    @get("/", opt={"action": Action.SIGNED_IN})
    async def me(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Template:
        mine = await read_my_page(db, actor, now)
        proposed = bool(mine.asked) and mine.asked[0].what is Wanted.PROPOSAL
        return page(
            "checkins/me.html",
            asked=mine.asked,
            pairings=mine.pairings,
            sessions=mine.sessions,
            sign_ups=mine.sign_ups,
            programmes=mine.programmes,
            titles=await read_titles(db, actor, words) if proposed else {},
        )

    @get("/check-ins", opt={"action": Action.CHECK_IN_READ})
    async def check_ins(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Template:
        return page("checkins/answers.html", check_ins=await queries.my_check_ins(db, actor))

    @get("/check-ins/{check_in_id:uuid}", opt={"action": Action.CHECK_IN_READ})
    async def check_in(
        self,
        check_in_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        met: FromQuery[Met | None] = None,
    ) -> Template:
        return await _mine(db, actor, check_in_id, met)

    @post("/check-ins/{check_in_id:uuid}", opt={"action": Action.CHECK_IN_ANSWER})
    async def answer(
        self,
        check_in_id: FromPath[UUID],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_mine, db, actor, check_in_id, _met(data), data), db):
            await service.answer_check_in(db, actor, check_in_id, command_of(AnswerCheckIn, flat(data)), now)
        return Redirect(f"/me/check-ins/{check_in_id}", status_code=303)


class CheckInPages(Controller):
    """Behind the link of a mail: its signature says who is asked what. Opening it changes nothing."""

    path = "/check-ins/{token:str}"
    include_in_schema = False

    @get("/", opt={"action": Action.PUBLIC})
    async def read(
        self,
        token: FromPath[str],
        request: AnyRequest,
        db: NamedDependency[AsyncSession],
        settings: NamedDependency[Settings],
        met: FromQuery[Met | None] = None,
    ) -> Template:
        return await _from_mail(db, settings, token, request, met)

    @post("/", opt={"action": Action.PUBLIC})
    async def answer(
        self,
        token: FromPath[str],
        data: URLEncodedBody[Typed],
        request: AnyRequest,
        db: NamedDependency[AsyncSession],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_from_mail, db, settings, token, request, _met(data), data), db):
            await service.answer_from_mail(db, settings, token, command_of(AnswerCheckIn, flat(data)), now)
        return Redirect(f"/check-ins/{token}", status_code=303)


def _met(typed: Typed) -> Met | None:
    return next((one for one in Met if one.value == single(typed, "met")), None)


async def _mine(db: AsyncSession, actor: Actor, check_in_id: UUID, met: Met | None, typed: Typed = NOTHING) -> Template:
    check_in = await queries.read_check_in(db, actor, check_in_id)
    return page("checkins/check_in.html", check_in=check_in, met=met, typed=flat(typed))


async def _from_mail(
    db: AsyncSession,
    settings: Settings,
    token: str,
    request: AnyRequest,
    met: Met | None,
    typed: Typed = NOTHING,
) -> Template:
    check_in = await service.open_from_mail(db, settings, token)
    speak(request.scope, await service.reader_from_mail(db, settings, token))
    return page("checkins/check_in.html", check_in=check_in, met=met, typed=flat(typed))


ROUTES = (MyPage, CheckInPages)
