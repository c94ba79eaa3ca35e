"""The page on which a staff file comes in: looked at first, written when asked."""

from datetime import datetime
from functools import partial

from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import MultipartBody
from litestar.response import Template
from msgspec import Struct

from mentoring.db import Database
from mentoring.directory import service
from mentoring.directory.contracts import StaffUpload
from mentoring.directory.table import LARGEST_FILE, MEGABYTE
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.web.doors import page
from mentoring.web.forms import kept


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
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Template:
        content = await data.file.read(LARGEST_FILE + 1)
        upload = StaffUpload(content, data.file.filename, {}, data.apply, data.allow_leavers)
        async with kept(partial(_import_page, data)):
            report = await service.import_staff(database, actor, upload, words, now)
        return page("directory/import.html", report=report, form=data)


async def _import_page(typed: StaffFileForm | None = None) -> Template:
    return page("directory/import.html", report=None, form=typed)


ROUTES = (StaffPages,)
