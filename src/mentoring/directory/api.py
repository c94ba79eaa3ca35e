"""The directory over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, MultipartBody, QueryParameter
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.directory import queries, service
from mentoring.directory.contracts import DirectoryEntry, PersonSummary, StaffReport, StaffUpload
from mentoring.directory.importing import mapping_of
from mentoring.directory.table import LARGEST_FILE, MEGABYTE
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action

LARGEST_BODY = LARGEST_FILE + MEGABYTE
"""The file and the form around it."""

Query = Annotated[str, QueryParameter(name="query", max_length=200)]
"""The parameter's own name is one that Litestar keeps for itself."""
Limit = Annotated[int, QueryParameter(ge=1, le=200)]
Offset = Annotated[int, QueryParameter(ge=0, le=1_000_000)]


class StaffForm(Struct, frozen=True):
    """A staff file as a form. ``mapping``: ``staff_no=PersonnelNo`` and so on, one a line."""

    file: UploadFile
    mapping: str = ""
    apply: bool = False
    allow_leavers: bool = False


class StaffApi(Controller):
    path = "/api/v1/staff"
    tags = ["people"]

    @post("/imports", status_code=200, opt={"action": Action.STAFF_IMPORT}, request_max_body_size=LARGEST_BODY)
    async def import_staff(
        self,
        data: MultipartBody[StaffForm],
        database: NamedDependency[Database],
        guarded: NamedDependency[frozenset[UUID]],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> StaffReport:
        """Say what a staff file would change; with ``apply`` and without a problem it is written, whole."""
        content = await data.file.read(LARGEST_FILE + 1)
        pairs = mapping_of(data.mapping.splitlines())
        upload = StaffUpload(content, data.file.filename, pairs, data.apply, data.allow_leavers)
        return await service.import_staff(database, actor, upload, words, now, guarded=guarded)


class DirectoryApi(Controller):
    path = "/api/v1/people"
    tags = ["people"]

    @get(opt={"action": Action.PEOPLE_READ})
    async def search(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        searched: FromQuery[Query] = "",
        limit: FromQuery[Limit] = 50,
        offset: FromQuery[Offset] = 0,
    ) -> list[PersonSummary]:
        """People whose name, address, number or post holds every word of ``query``."""
        return await queries.search_people(db, actor, searched, limit, offset)

    @get("/{person:str}", opt={"action": Action.PEOPLE_READ})
    async def read(
        self, person: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> DirectoryEntry:
        """Somebody, by id, staff number or address, and the reporting lines around them."""
        return await queries.read_entry(db, actor, person)


ROUTES = (StaffApi, DirectoryApi)
