"""The API's door for mails that come in, and to what the two answered."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, MultipartBody
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.inbound import service
from mentoring.inbound.contracts import AnswerView, Received
from mentoring.inbound.rules import LARGEST_MAIL
from mentoring.policy import Action
from mentoring.settings import Settings


class MailForm(Struct, frozen=True):
    """A whole mail, as it came (RFC 5322)."""

    file: UploadFile


class InboundApi(Controller):
    path = "/api/v1"
    tags = ["inbound"]

    @post("/inbound", opt={"action": Action.INBOUND}, status_code=200)
    async def receive(
        self,
        data: MultipartBody[MailForm],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> Received:
        """Hand in a mail that came to the sender's address: an answer to an invitation, or a bounce."""
        content = await data.file.read(LARGEST_MAIL + 1)
        return await service.receive_mail(db, actor, settings, content, now)

    @get("/sessions/{session_id:uuid}/answers", opt={"action": Action.ANSWERS_READ})
    async def answers(
        self, session_id: FromPath[UUID], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> list[AnswerView]:
        """What the two answered to the invitation to one of your sessions."""
        return await service.read_answers(db, actor, session_id)


ROUTES = (InboundApi,)
