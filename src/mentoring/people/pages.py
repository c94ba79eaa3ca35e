"""The pages that let people in and out."""

from datetime import datetime
from functools import partial
from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.people import reminders, service
from mentoring.people.contracts import Address, Credentials, CredentialsAgain, Language, NewPassword
from mentoring.people.rules import local_path
from mentoring.policy import Action
from mentoring.settings import Settings
from mentoring.web.doors import AnyRequest, page, session_cookie, speak
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, flat, several, single

Next = Annotated[str, QueryParameter(max_length=200)]


class PeoplePages(Controller):
    include_in_schema = False

    @get("/sign-in", opt={"action": Action.PUBLIC})
    async def sign_in_page(self, next: Next = "/") -> Template:
        return page("people/sign_in.html", next=local_path(next), email="")

    @post("/sign-in", opt={"action": Action.PUBLIC})
    async def sign_in(
        self,
        data: URLEncodedBody[Typed],
        request: AnyRequest,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> Redirect:
        source = request.client.host if request.client else "unknown"
        async with kept(partial(_sign_in_again, data)):
            secret = await service.sign_in(database, command_of(Credentials, _as_typed(data)), source, now)
        return Redirect(
            local_path(single(data, "next") or "/"), status_code=303, cookies=[session_cookie(settings, secret)]
        )

    @post("/sign-in/again", opt={"action": Action.PUBLIC}, status_code=200)
    async def sign_in_again(
        self,
        data: URLEncodedBody[CredentialsAgain],
        request: AnyRequest,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> Template:
        """What was typed comes back, to be sent with one more tap: nothing is done in somebody's name unseen."""
        source = request.client.host if request.client else "unknown"
        async with kept(partial(_held, "people/sign_in_again.html", data)):
            secret = await service.sign_in(database, Credentials(data.email, data.password), source, now)
        answer = await _held("people/typed.html", data)
        answer.cookies.append(session_cookie(settings, secret))
        return answer

    @post("/sign-out", opt={"action": Action.PUBLIC})
    async def sign_out(
        self, request: AnyRequest, db: NamedDependency[AsyncSession], settings: NamedDependency[Settings]
    ) -> Redirect:
        await service.sign_out(db, request.scope["state"]["session"])
        return Redirect("/sign-in", status_code=303, cookies=[session_cookie(settings, "")])

    @get("/forgotten", opt={"action": Action.PUBLIC})
    async def forgotten_page(self) -> Template:
        return page("people/forgotten.html", sent=False, email="")

    @post("/forgotten", opt={"action": Action.PUBLIC}, status_code=200)
    async def forgotten(
        self,
        data: URLEncodedBody[Typed],
        request: AnyRequest,
        database: NamedDependency[Database],
        now: NamedDependency[datetime],
    ) -> Template:
        source = request.client.host if request.client else "unknown"
        async with kept(partial(_forgotten_again, data)):
            await service.ask_for_reset(database, command_of(Address, flat(data)).email, source, now)
        return page("people/forgotten.html", sent=True, email="")

    @get("/enter/{secret:str}", opt={"action": Action.PUBLIC})
    async def link_page(
        self, secret: FromPath[str], database: NamedDependency[Database], now: NamedDependency[datetime]
    ) -> Template:
        return await _enter(database, secret, now)

    @post("/enter/{secret:str}", opt={"action": Action.PUBLIC})
    async def use_link(
        self,
        secret: FromPath[str],
        data: URLEncodedBody[NewPassword],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_enter, database, secret, now)):
            opened = await service.use_link(database, secret, data, now)
        return Redirect("/", status_code=303, cookies=[session_cookie(settings, opened)])

    @post("/language", opt={"action": Action.SIGNED_IN})
    async def language(
        self, data: URLEncodedBody[Language], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Redirect:
        await service.choose_language(db, actor, data)
        return Redirect(local_path(data.next), status_code=303)


class ReminderPages(Controller):
    """Behind the link of a mail that may be stopped: its signature says whose it is."""

    path = "/unsubscribe/{stop_token:str}"
    include_in_schema = False

    @get("/", opt={"action": Action.PUBLIC})
    async def read(
        self,
        stop_token: FromPath[str],
        request: AnyRequest,
        db: NamedDependency[AsyncSession],
        settings: NamedDependency[Settings],
    ) -> Template:
        speak(request.scope, await reminders.words_of_link(db, settings, stop_token))
        return page("people/reminders.html", reminders=await reminders.read_reminders(db, settings, stop_token))

    @post("/", opt={"action": Action.PUBLIC}, status_code=200)
    async def stop(
        self,
        stop_token: FromPath[str],
        data: URLEncodedBody[Typed],
        request: AnyRequest,
        db: NamedDependency[AsyncSession],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> Template:
        """No redirect: a mail program's own request wants to hear that it is done (RFC 8058)."""
        speak(request.scope, await reminders.words_of_link(db, settings, stop_token))
        done = await reminders.set_reminders(db, settings, stop_token, stop="resume" not in data, now=now)
        return page("people/reminders.html", reminders=done)


def _as_typed(data: Typed) -> dict[str, str]:
    """A password may begin or end with a space."""
    return {name: several(data, name)[-1] for name in data}


async def _sign_in_again(typed: Typed) -> Template:
    return page("people/sign_in.html", next=local_path(single(typed, "next") or "/"), email=single(typed, "email"))


async def _held(template: str, typed: CredentialsAgain) -> Template:
    return page(template, email=typed.email, again=local_path(typed.again), typed=typed.typed)


async def _forgotten_again(typed: Typed) -> Template:
    return page("people/forgotten.html", sent=False, email=single(typed, "email"))


async def _enter(database: Database, secret: str, now: datetime) -> Template:
    """The page behind a link, which changes nothing."""
    async with database.reading() as db:
        return page("people/enter.html", purpose=(await service.open_link(db, secret, now)).value)


ROUTES = (PeoplePages, ReminderPages)
