"""Programmes and sign-ups over HTTP."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, delete, get, patch, post, put
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, QueryParameter
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.directory.importing import mapping_of
from mentoring.directory.table import LARGEST_FILE, MEGABYTE
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.programmes import drafts, imports, queries, service, sign_ups
from mentoring.programmes.contracts import (
    ChangeProgramme,
    Checklist,
    DraftSaved,
    EnrolmentView,
    ExclusionView,
    NewCoordinator,
    NewDraft,
    NewProgramme,
    ProgrammeSummary,
    ProgrammeView,
    SignUp,
    SignUpsReport,
    SignUpsUpload,
    SignUpView,
)
from mentoring.programmes.rules import Role

LARGEST_BODY = LARGEST_FILE + MEGABYTE
Limit = Annotated[int, QueryParameter(ge=1, le=200)]
Offset = Annotated[int, QueryParameter(ge=0, le=1_000_000)]


class SignUpsForm(Struct, frozen=True):
    """A file of sign-ups as a form. ``mapping``: ``staff_no=PersonnelNo`` and so on, one a line."""

    file: UploadFile
    mapping: str = ""
    apply: bool = False


class ProgrammeApi(Controller):
    """``ref`` is the id or the name of a programme."""

    path = "/api/v1/programmes"
    tags = ["programmes"]

    @get(opt={"action": Action.PROGRAMME_LIST})
    async def all(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> list[ProgrammeSummary]:
        """Programmes that take sign-ups, those you take part in, and those you coordinate."""
        return await queries.list_programmes(db, actor)

    @post(opt={"action": Action.PROGRAMME_CREATE})
    async def create(
        self,
        data: JSONBody[NewProgramme],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> ProgrammeView:
        """Make a programme from a preset. You coordinate it."""
        return await service.create_programme(db, actor, data, now)

    @get("/{ref:str}", opt={"action": Action.PROGRAMME_READ})
    async def read(
        self, ref: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> ProgrammeView:
        """A programme with its rules, weights, plan and ladder."""
        return await queries.read_programme(db, actor, ref)

    @patch("/{ref:str}", opt={"action": Action.PROGRAMME_WRITE})
    async def change(
        self,
        ref: FromPath[str],
        data: JSONBody[ChangeProgramme],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> ProgrammeView:
        """Set what is named; what is left out stays."""
        return await service.change_programme(db, actor, ref, data, now)

    @post("/{ref:str}/coordinators", status_code=200, opt={"action": Action.PROGRAMME_WRITE})
    async def add_coordinator(
        self,
        ref: FromPath[str],
        data: JSONBody[NewCoordinator],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> ProgrammeView:
        """Let somebody, by id, staff number or address, run the programme too."""
        return await service.add_coordinator(db, actor, ref, data.person, now)

    @delete("/{ref:str}/coordinators/{person:str}", status_code=200, opt={"action": Action.PROGRAMME_WRITE})
    async def remove_coordinator(
        self,
        ref: FromPath[str],
        person: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> ProgrammeView:
        """Take the programme out of somebody's hands."""
        return await service.remove_coordinator(db, actor, ref, person, now)

    @get("/{ref:str}/sign-ups", opt={"action": Action.PROGRAMME_READ})
    async def sign_ups(
        self,
        ref: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        role: FromQuery[Role | None] = None,
        limit: FromQuery[Limit] = 50,
        offset: FromQuery[Offset] = 0,
    ) -> list[EnrolmentView]:
        """Who has signed up. Leaders' levels are not shown."""
        return await queries.list_enrolments(db, actor, ref, role, limit, offset)

    @get("/{ref:str}/exclusions", opt={"action": Action.EXCLUSIONS_READ})
    async def exclusions(
        self, ref: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> list[ExclusionView]:
        """Who must not be paired with whom: for the programme's own coordinators alone."""
        return await queries.list_exclusions(db, actor, ref)

    @post(
        "/{ref:str}/sign-ups/imports",
        status_code=200,
        opt={"action": Action.SIGN_UPS_IMPORT},
        request_max_body_size=LARGEST_BODY,
    )
    async def import_sign_ups(
        self,
        ref: FromPath[str],
        data: MultipartBody[SignUpsForm],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> SignUpsReport:
        """Say what a file of sign-ups would change; with ``apply`` and without a problem it is written, whole."""
        content = await data.file.read(LARGEST_FILE + 1)
        pairs = mapping_of(data.mapping.splitlines())
        upload = SignUpsUpload(content, data.file.filename, pairs, data.apply)
        return await imports.import_sign_ups(database, actor, ref, upload, words, now)


class SignUpApi(Controller):
    """One's own sign-ups."""

    path = "/api/v1/programmes/{ref:str}"
    tags = ["sign-up"]

    @get("/sign-up/{role:str}", opt={"action": Action.SIGN_UP})
    async def read(
        self, ref: FromPath[str], role: FromPath[Role], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> SignUpView:
        """Your own sign-up as ``leader`` or ``junior``."""
        return await queries.read_sign_up(db, actor, ref, role)

    @put("/sign-up/{role:str}", opt={"action": Action.SIGN_UP})
    async def sign_up(
        self,
        ref: FromPath[str],
        role: FromPath[Role],
        data: JSONBody[SignUp],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> SignUpView:
        """Sign up as ``leader`` or ``junior``, or change what you said."""
        return await sign_ups.sign_up(db, actor, ref, role, data, now)

    @delete("/sign-up/{role:str}", opt={"action": Action.SIGN_UP})
    async def withdraw(
        self,
        ref: FromPath[str],
        role: FromPath[Role],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> None:
        """Take your sign-up back."""
        await sign_ups.withdraw(db, actor, ref, role, now)

    @put("/checklist", opt={"action": Action.SIGN_UP})
    async def tick(
        self,
        ref: FromPath[str],
        data: JSONBody[Checklist],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> SignUpView:
        """Tick what you have prepared as a junior; once it is all of it, you can be matched."""
        return await sign_ups.tick_checklist(db, actor, ref, data, now)

    @put("/sign-up/{role:str}/draft", opt={"action": Action.SIGN_UP})
    async def save_draft(
        self,
        ref: FromPath[str],
        role: FromPath[Role],
        data: JSONBody[NewDraft],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> DraftSaved:
        """Keep a sign-up as far as it is typed; the page of the sign-up shows it again."""
        return await drafts.save_draft(db, actor, ref, role, data, now)


ROUTES = (ProgrammeApi, SignUpApi)
