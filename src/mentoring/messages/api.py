"""The API's door to the mailbox."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.messages import queries
from mentoring.messages.contracts import KeptMail, OpenedMail
from mentoring.policy import Action


class MailboxApi(Controller):
    path = "/api/v1/mailbox"
    tags = ["messages"]

    @get("/", opt={"action": Action.MAIL_READ})
    async def list_kept(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        limit: Annotated[int, QueryParameter(ge=1, le=200)] = 100,
    ) -> list[KeptMail]:
        """Your mails, where no SMTP server is set and they are kept instead of sent."""
        return await queries.list_kept(db, actor, limit)

    @get("/{message_id:uuid}", opt={"action": Action.MAIL_READ})
    async def read_kept(
        self, message_id: FromPath[UUID], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> OpenedMail:
        """One mail of the mailbox."""
        return await queries.read_kept(db, actor, message_id)


ROUTES = (MailboxApi,)
