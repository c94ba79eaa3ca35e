"""Who is in the directory, as one types; and the page on which a staff file comes in: looked at, written when asked."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromQuery, MultipartBody, QueryParameter
from litestar.response import Template
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.directory import queries, service
from mentoring.directory.contracts import StaffUpload
from mentoring.directory.reports import problems_file
from mentoring.directory.table import LARGEST_FILE, MEGABYTE
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.web.doors import attached, page
from mentoring.web.forms import kept

MOST_SHOWN = 20
"""People on one page: as many as somebody looks through instead of typing one letter more."""
Query = Annotated[str, QueryParameter(name="query", max_length=200)]


class PeoplePage(Controller):
    path = "/staff"
    include_in_schema = False

    @get("/", opt={"action": Action.PEOPLE_READ})
    async def search(
        self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor], searched: FromQuery[Query] = ""
    ) -> Template:
        people = await queries.search_people(db, actor, searched, MOST_SHOWN + 1)
        return page("directory/people.html", people=people[:MOST_SHOWN], more=len(people) > MOST_SHOWN, query=searched)


class StaffFileForm(Struct, frozen=True):
    file: UploadFile
    apply: bool = False
    allow_leavers: bool = False


class StaffPages(Controller):
    path = "/staff/import"
    include_in_schema = False

    @get("/", opt={"action": Action.STAFF_IMPORT})
    async def import_page(self) -> Template:
        return await _import_page()

    @post("/", status_code=200, opt={"action": Action.STAFF_IMPORT}, request_max_body_size=LARGEST_FILE + MEGABYTE)
    async def import_staff(
        self,
        data: MultipartBody[StaffFileForm],
        database: NamedDependency[Database],
        guarded: NamedDependency[frozenset[UUID]],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Template:
        content = await data.file.read(LARGEST_FILE + 1)
        upload = StaffUpload(content, data.file.filename, {}, data.apply, data.allow_leavers)
        async with kept(partial(_import_page, data)):
            report = await service.import_staff(database, actor, upload, words, now, guarded=guarded)
        return page("directory/import.html", report=report)

    @post(
        "/problems", status_code=200, opt={"action": Action.STAFF_IMPORT}, request_max_body_size=LARGEST_FILE + MEGABYTE
    )
    async def problems(
        self,
        data: MultipartBody[StaffFileForm],
        database: NamedDependency[Database],
        guarded: NamedDependency[frozenset[UUID]],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        """The problems of a file as a file; nothing is ever written."""
        upload = StaffUpload(await data.file.read(LARGEST_FILE + 1), data.file.filename)
        async with kept(partial(_import_page, data)):
            report = await service.import_staff(database, actor, upload, words, now, guarded=guarded)
        return attached(problems_file(report.problems, words))


async def _import_page(_: StaffFileForm | None = None) -> Template:
    return page("directory/import.html", report=None)


ROUTES = (PeoplePage, StaffPages)
