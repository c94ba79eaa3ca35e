"""Programmes: what is open; and what a coordinator makes and runs."""

from datetime import datetime
from functools import partial

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, MultipartBody, URLEncodedBody
from litestar.response import Redirect, Template
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.directory.reports import problems_file
from mentoring.directory.table import LARGEST_FILE, MEGABYTE
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.programmes import imports, queries, service
from mentoring.programmes.changes import change_of, pairs_of, shown_of
from mentoring.programmes.contracts import NewCoordinator, NewProgramme, SignUpsReport, SignUpsUpload
from mentoring.programmes.rules import Preset
from mentoring.skills.queries import read_titles
from mentoring.web.doors import attached, page
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, flat, single

MANY = 200
"""Sign-ups on one page; all of them are for the API and for exports."""


class ProgrammePages(Controller):
    path = "/programmes"
    include_in_schema = False

    @get("/", opt={"action": Action.PROGRAMME_LIST})
    async def programmes(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Template:
        return page("programmes/list.html", programmes=await queries.list_programmes(db, actor))


class SignUpsForm(Struct, frozen=True):
    file: UploadFile
    apply: bool = False


class ProgrammeManagement(Controller):
    path = "/programmes"
    include_in_schema = False

    @get("/new", opt={"action": Action.PROGRAMME_CREATE})
    async def new_page(self) -> Template:
        return await _new({})

    @post("/new", opt={"action": Action.PROGRAMME_CREATE})
    async def create(
        self,
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_new, data), db):
            new = command_of(NewProgramme, {"name": single(data, "name"), "preset": single(data, "preset")})
            made = await service.create_programme(db, actor, new, now)
        return Redirect(f"/programmes/{made.id}", status_code=303)

    @get("/{ref:str}", opt={"action": Action.PROGRAMME_READ})
    async def read(
        self, ref: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Template:
        return await _programme(db, actor, ref, {})

    @post("/{ref:str}", opt={"action": Action.PROGRAMME_WRITE})
    async def change(
        self,
        ref: FromPath[str],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_programme, db, actor, ref, data), db):
            await service.change_programme(db, actor, ref, change_of(pairs_of(data)), now)
        return Redirect(f"/programmes/{ref}", status_code=303)

    @post("/{ref:str}/coordinators", opt={"action": Action.PROGRAMME_WRITE})
    async def add_coordinator(
        self,
        ref: FromPath[str],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_programme, db, actor, ref, data), db):
            await service.add_coordinator(db, actor, ref, command_of(NewCoordinator, flat(data)).person, now)
        return Redirect(f"/programmes/{ref}", status_code=303)

    @get("/{ref:str}/sign-ups", opt={"action": Action.PROGRAMME_READ})
    async def sign_ups(
        self,
        ref: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        return page(
            "programmes/sign_ups.html",
            programme=await queries.read_programme(db, actor, ref),
            enrolments=await queries.list_enrolments(db, actor, ref, None, MANY, 0),
            titles=await read_titles(db, actor, words),
        )

    @get("/{ref:str}/sign-ups/import", opt={"action": Action.SIGN_UPS_IMPORT})
    async def import_page(
        self, ref: FromPath[str], database: NamedDependency[Database], actor: NamedDependency[Actor]
    ) -> Template:
        return await _import(database, actor, ref)

    @post(
        "/{ref:str}/sign-ups/import",
        status_code=200,
        opt={"action": Action.SIGN_UPS_IMPORT},
        request_max_body_size=LARGEST_FILE + MEGABYTE,
    )
    async def import_sign_ups(
        self,
        ref: FromPath[str],
        data: MultipartBody[SignUpsForm],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Template:
        content = await data.file.read(LARGEST_FILE + 1)
        upload = SignUpsUpload(content, data.file.filename, {}, data.apply)
        async with kept(partial(_import, database, actor, ref)):
            report = await imports.import_sign_ups(database, actor, ref, upload, words, now)
        return await _import(database, actor, ref, report)

    @post(
        "/{ref:str}/sign-ups/import/problems",
        status_code=200,
        opt={"action": Action.SIGN_UPS_IMPORT},
        request_max_body_size=LARGEST_FILE + MEGABYTE,
    )
    async def import_problems(
        self,
        ref: FromPath[str],
        data: MultipartBody[SignUpsForm],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        """The problems of a file as a file; nothing is ever written."""
        upload = SignUpsUpload(await data.file.read(LARGEST_FILE + 1), data.file.filename)
        async with kept(partial(_import, database, actor, ref)):
            report = await imports.import_sign_ups(database, actor, ref, upload, words, now)
        return attached(problems_file(report.problems, words))


async def _new(typed: Typed) -> Template:
    return page("programmes/new.html", presets=list(Preset), typed=typed)


async def _programme(db: AsyncSession, actor: Actor, ref: str, typed: Typed) -> Template:
    programme = await queries.read_programme(db, actor, ref)
    return page("programmes/programme.html", effects=None, **shown_of(programme, typed))


async def _import(database: Database, actor: Actor, ref: str, report: SignUpsReport | None = None) -> Template:
    async with database.reading() as db:
        programme = await queries.read_programme(db, actor, ref)
    return page("programmes/import.html", programme=programme, report=report)


ROUTES = (ProgrammePages, ProgrammeManagement)
