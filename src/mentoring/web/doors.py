"""What every door needs: the guard, the dependencies, the templates."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

import jinja2
from litestar import Litestar, Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.routes import HTTPRoute
from litestar.types import Scope

from mentoring.db import Database
from mentoring.deployment import InForce, Organisation
from mentoring.i18n import Words, offered, own_name
from mentoring.identity import ANONYMOUS, Actor
from mentoring.policy import (
    Action,
    ScopeMissing,
    SignedOutMeanwhile,
    SignInNeeded,
    allows,
    decided_at_the_door,
    require_right,
)
from mentoring.settings import Settings
from mentoring.sheets import File
from mentoring.web import look
from mentoring.web.assets import Assets, marking
from mentoring.web.links import linked
from mentoring.web.rows import repeated

AnyRequest = Request[object, object, object]  # type: ignore[type-var]  # Litestar's own default arguments
COOKIE_LASTS = 8 * 60 * 60
MOST_TYPED = 100_000
"""Characters of a form that are carried through signing in again; the longest that we have may hold some 10,000."""
HERE = Path(__file__).parent
AnyConnection = ASGIConnection[BaseRouteHandler, object, object, object]  # type: ignore[type-var]


def cookie_name(settings: Settings) -> str:
    """``__Host-`` binds the cookie to this very host; browsers take that name over TLS alone."""
    return "__Host-session" if settings.secure else "session"


def session_cookie(settings: Settings, secret: str) -> Cookie:
    """The cookie that carries a session's secret; an empty one ends it."""
    return Cookie(
        key=cookie_name(settings),
        value=secret,
        path="/",
        httponly=True,
        secure=settings.secure,
        samesite="lax",
        max_age=COOKIE_LASTS if secret else 0,
    )


class RouteWithoutAction(RuntimeError):
    """A route does not say which action of the policy it is; the service does not start with it."""


async def guard(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Let in whoever may be asked further: signed in unless the action is public, and with the token's scope.

    Where it does not matter what is acted upon, this decides; else the use case does, which knows.
    """
    action = Action(handler.opt["action"])
    actor = actor_of(connection.scope)
    if action is Action.PUBLIC:
        return
    if actor.anonymous:
        raise await _sent_away(connection)
    if actor.scopes is not None and action.scope not in actor.scopes:
        raise ScopeMissing(scope=action.scope)
    if decided_at_the_door(action):
        require_right(actor, action)


async def _sent_away(connection: AnyConnection) -> SignInNeeded:
    """Who is not signed in; what they typed, where they sent a form, goes along, so that nothing of it is lost."""
    kind = connection.headers.get("content-type", "").partition(";")[0]
    if not isinstance(connection, Request) or kind != RequestEncodingType.URL_ENCODED:
        return SignInNeeded()
    typed = urlencode(list((await connection.form()).multi_items()))
    if len(typed) > MOST_TYPED:
        return SignInNeeded()
    return SignedOutMeanwhile(again=connection.url.path, typed=typed)


def check_routes(app: Litestar) -> None:
    """Raises ``RouteWithoutAction`` for the first route that is not in the policy."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                automatic = route.methods == {"OPTIONS"} or handler.handler_name == "options_handler"
                if not automatic and not isinstance(handler.opt.get("action"), Action):
                    raise RouteWithoutAction(f"{handler.handler_name}: {route.path}")


def actor_of(scope: Scope) -> Actor:
    actor = scope.get("state", {}).get("actor")
    return actor if isinstance(actor, Actor) else ANONYMOUS


def provide_database(scope: Scope) -> Database:
    database: Database = scope["litestar_app"].state.database
    return database


def provide_settings(scope: Scope) -> Settings:
    settings: Settings = scope["litestar_app"].state.settings
    return settings


def provide_in_force(scope: Scope) -> InForce:
    in_force: InForce = scope["litestar_app"].state.in_force
    return in_force


def words_of(scope: Scope) -> Words:
    """The words of whoever asks; English where the request did not come as far as the entrance."""
    words = scope.get("state", {}).get("words")
    return words if isinstance(words, Words) else Words("en")


def speak(scope: Scope, words: Words) -> None:
    """Answer in the words of somebody who is known by their link alone, unless they chose a language here."""
    if b"language=" not in scope["query_string"]:
        scope["state"]["words"] = words


def provide_actor(scope: Scope) -> Actor:
    return actor_of(scope)


def provide_words(scope: Scope) -> Words:
    return words_of(scope)


def provide_now() -> datetime:
    return datetime.now(UTC)


class Page(Template):
    """A page, which knows who reads it: their words, their rights, and where they are.

    Bound once for the page: a page has hundreds of words, and its reader need not be looked up for each.
    """

    def create_template_context(self, request: AnyRequest) -> dict[str, object]:
        actor, words = actor_of(request.scope), words_of(request.scope)
        return {
            **super().create_template_context(request),
            "_": words.html,
            "plural": words.plural,
            "words": words,
            "actor": actor,
            "may": partial(may, actor),
            "here": partial(address, request.scope),
        }


def page(template: str, **context: object) -> Page:
    """A page for people; ``template`` is ``slice/name.html``."""
    return Page(template, context=context)


def attached(file: File) -> Response[bytes]:
    """A file to keep, under its own name."""
    disposition = {"content-disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"}
    return Response(file.content, media_type=file.media_type, headers=disposition)


def template_engine(
    slices: Iterable[str], settings: Settings, in_force: InForce, assets: Assets
) -> JinjaTemplateEngine:
    """Templates lie in the ``html`` folder of each slice; nothing is unescaped, nothing undefined passes."""
    folders = {name: jinja2.FileSystemLoader(HERE.parent / name / "html") for name in slices}
    environment = jinja2.Environment(
        loader=jinja2.PrefixLoader(folders), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals.update(
        offered=offered, own_name=own_name, fields_of=fields_of, organisation=Organisation(in_force),
        mailbox=settings.smtp_url is None, linked=partial(linked, settings.base_url), icon=look.icon(settings),
        repeated=repeated,
    )  # fmt: skip
    environment.add_extension(marking(assets))
    return JinjaTemplateEngine.from_environment(environment)


def fields_of(typed: str) -> list[tuple[str, str]]:
    """The fields of a form, as they were sent."""
    return parse_qsl(typed, keep_blank_values=True)


def may(actor: Actor, action: str) -> bool:
    """Whether the reader may do ``action`` at all, so that no page offers what the policy refuses."""
    return allows(actor, Action(action))


def address(scope: Scope, path: str | None = None, language: str | None = None) -> str:
    """The address of this page, or of ``path``, in ``language``; where one was chosen in the address, it is kept."""
    query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    kept = query if path is None else {name: value for name, value in query.items() if name == "language"}
    if language is not None:
        kept["language"] = language
    return f"{path or scope['path']}{'?' * bool(kept)}{urlencode(kept)}"
