"""The mailbox: where no SMTP server is set, mails are read here instead of being sent."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.messages import queries
from mentoring.policy import Action
from mentoring.web.doors import page


class MailboxPages(Controller):
    path = "/mailbox"
    include_in_schema = False

    @get("/", opt={"action": Action.MAIL_READ})
    async def mailbox(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        to: FromQuery[Annotated[str, QueryParameter(max_length=200)]] = "",
    ) -> Template:
        return page("messages/mailbox.html", mails=await queries.list_kept(db, actor, to=to), to=to)

    @get("/{message_id:uuid}", opt={"action": Action.MAIL_READ})
    async def mail(
        self, message_id: FromPath[UUID], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Template:
        return page("messages/kept_mail.html", mail=await queries.read_kept(db, actor, message_id))


ROUTES = (MailboxPages,)
