"""The composition root: the one place that knows every slice, and puts them behind walls, entrance and guard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from uuid import UUID

from litestar import Litestar, Router, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.template import TemplateConfig
from litestar.types import ASGIApp, Scope
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import logs
from mentoring.administration import access_pages
from mentoring.administration import api as administration_api
from mentoring.administration import pages as administration_pages
from mentoring.checkins import api as checkins_api
from mentoring.checkins import pages as checkins_pages
from mentoring.db import UNAVAILABLE, Database, open_database
from mentoring.deployment import InForce
from mentoring.directory import api as directory_api
from mentoring.directory import pages as directory_pages
from mentoring.entrance import Entrance, provide_db
from mentoring.errors import MentoringError
from mentoring.exports import api as exports_api
from mentoring.exports import pages as exports_pages
from mentoring.followups import api as followups_api
from mentoring.followups import pages as followups_pages
from mentoring.hooks import api as hooks_api
from mentoring.inbound import api as inbound_api
from mentoring.messages import api as messages_api
from mentoring.messages import pages as messages_pages
from mentoring.outbox import api as outbox_api
from mentoring.outbox import pages as outbox_pages
from mentoring.pairings import api as pairings_api
from mentoring.pairings import life_api, life_pages, settings_pages
from mentoring.pairings import pages as pairings_pages
from mentoring.pairings.participation import Participation
from mentoring.people import api as people_api
from mentoring.people import pages as people_pages
from mentoring.people.presence import Presence
from mentoring.policy import Action
from mentoring.privacy import api as privacy_api
from mentoring.privacy import pages as privacy_pages
from mentoring.programmes import api as programmes_api
from mentoring.programmes import pages as programmes_pages
from mentoring.programmes import sign_up_pages
from mentoring.programmes.queries import coordinators_of_all
from mentoring.rounds import api as rounds_api
from mentoring.rounds import pages as rounds_pages
from mentoring.rounds.desk import Desk
from mentoring.settings import Settings, read_settings
from mentoring.skills import api as skills_api
from mentoring.upkeep import api as upkeep_api
from mentoring.web import assets, doors, problems
from mentoring.web import pages as web_pages
from mentoring.web.forms import FormRefused
from mentoring.web.walls import Walls

SLICES = (
    "web",
    "people",
    "directory",
    "skills",
    "programmes",
    "pairings",
    "rounds",
    "checkins",
    "followups",
    "messages",
    "privacy",
    "outbox",
    "exports",
    "administration",
)
DOORS = (
    assets,
    web_pages,
    access_pages,
    administration_api,
    administration_pages,
    checkins_api,
    checkins_pages,
    directory_api,
    directory_pages,
    exports_api,
    exports_pages,
    life_api,
    life_pages,
    settings_pages,
    followups_api,
    followups_pages,
    hooks_api,
    inbound_api,
    messages_api,
    messages_pages,
    outbox_api,
    outbox_pages,
    pairings_api,
    pairings_pages,
    people_api,
    people_pages,
    privacy_api,
    privacy_pages,
    programmes_api,
    programmes_pages,
    sign_up_pages,
    rounds_api,
    rounds_pages,
    skills_api,
    upkeep_api,
)
COMPRESSION = CompressionConfig(backend="gzip", gzip_compress_level=6, exclude="^/static/")
"""Static files are packed once, when the service starts; see docs/decisions/0012-packed-answers.md."""
LARGEST_BODY = 1_000_000
"""Bytes; routes that take files say more for themselves."""


@get("/health", opt={"action": Action.PUBLIC}, include_in_schema=False)
async def health(db: NamedDependency[AsyncSession]) -> dict[str, str]:
    """Whether the service and its database answer."""
    await db.execute(text("SELECT 1"))
    return {"status": "ok"}


def create_service() -> ASGIApp:
    """The whole service as the server runs it, with settings from the environment."""
    logs.configure()
    settings = read_settings()
    opened = open_database(settings.database_url)
    return surrounded(create_app(settings, opened), settings, opened)


def surrounded(app: Litestar, settings: Settings, opened: Database) -> ASGIApp:
    """Walls and entrance stand around everything, unknown addresses included, which Litestar's middleware does not."""
    state = app.state
    return Walls(Entrance(app, opened, settings, state.in_force, state.presence), settings)


def create_app(settings: Settings, opened: Database) -> Litestar:
    """Put the doors of all slices together."""

    desk, presence = Desk(), Presence()

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        yield
        await desk.close()
        await presence.close(opened)
        await opened.close()

    in_force = InForce(settings)
    files = assets.Assets(settings)
    app = Litestar(
        route_handlers=[health, *(route for door in DOORS for route in door.ROUTES)],
        state=State(
            {"database": opened, "settings": settings, "in_force": in_force, "desk": desk, "presence": presence}
        ),
        dependencies={
            "db": Provide(provide_db),
            "actor": Provide(doors.provide_actor, sync_to_thread=False),
            "words": Provide(doors.provide_words, sync_to_thread=False),
            "now": Provide(doors.provide_now, sync_to_thread=False),
            "settings": Provide(doors.provide_settings, sync_to_thread=False),
            "in_force": Provide(doors.provide_in_force, sync_to_thread=False),
            "database": Provide(doors.provide_database, sync_to_thread=False),
            "desk": Provide(_provide_desk, sync_to_thread=False),
            "assets": Provide(lambda: files, sync_to_thread=False),
            "guarded": Provide(_provide_guarded),
            "participation": Provide(Participation().told),
        },
        guards=[doors.guard],
        exception_handlers={
            MentoringError: problems.refused,
            FormRefused: problems.form_refused,
            HTTPException: problems.refused_by_framework,
            RecursionError: problems.too_deep,
            **dict.fromkeys(UNAVAILABLE, problems.unavailable),
            DBAPIError: problems.failed_in_database,
            Exception: problems.failed,
        },
        template_config=TemplateConfig(instance=doors.template_engine(SLICES, settings, in_force, files)),
        compression_config=COMPRESSION,
        openapi_config=_openapi(settings),
        lifespan=[lifespan],
        request_max_body_size=LARGEST_BODY,
        debug=False,
    )
    doors.check_routes(app)
    return app


async def _provide_guarded(database: NamedDependency[Database]) -> frozenset[UUID]:
    return await coordinators_of_all(database)


def _provide_desk(scope: Scope) -> Desk:
    desk: Desk = scope["litestar_app"].state.desk
    return desk


def _openapi(settings: Settings) -> OpenAPIConfig:
    """The API's own description: for whoever has signed in, and for everybody while developing."""
    action = Action.PUBLIC if settings.development else Action.SIGNED_IN
    return OpenAPIConfig(
        title="Reverse mentoring",
        version=version("mentoring"),
        render_plugins=[JsonRenderPlugin()],
        openapi_router=Router("/schema", route_handlers=[], opt={"action": action}),
    )
