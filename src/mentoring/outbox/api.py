"""The API's door to the outbox."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.messages.rules import MessageState
from mentoring.outbox import queries, service
from mentoring.outbox.contracts import Bounced, Correction, Counts, OutboxMessage
from mentoring.outbox.rules import BOXES, Box
from mentoring.policy import Action

Search = Annotated[str, QueryParameter(max_length=200)]


class OutboxApi(Controller):
    path = "/api/v1/messages"
    tags = ["messages"]

    @get("/", opt={"action": Action.MESSAGES_READ})
    async def list_messages(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        wanted: Annotated[MessageState | None, QueryParameter(name="state")] = None,
        box: FromQuery[Box] = Box.ALL,
        search: Search = "",
        kind: Search = "",
        limit: Annotated[int, QueryParameter(ge=1, le=200)] = 100,
        offset: Annotated[int, QueryParameter(ge=0, le=1_000_000)] = 0,
    ) -> list[OutboxMessage]:
        """The latest messages, what became of them and what can be done; of a box, in a state, to somebody."""
        states = [wanted] if wanted else BOXES[box]
        return await queries.list_messages(db, actor, states, search, kind, limit, offset)

    @get("/counts", opt={"action": Action.MESSAGES_READ})
    async def counts(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> Counts:
        """How many wait, and how many want somebody's eye."""
        return await queries.count_messages(db, actor)

    @post("/{message_id:uuid}/again", status_code=204, opt={"action": Action.MESSAGES_WRITE})
    async def again(
        self,
        message_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> None:
        """Send one more time what was refused, or is uncertain and may then arrive twice."""
        await service.send_again(db, actor, message_id, now)

    @post("/{message_id:uuid}/give-up", status_code=204, opt={"action": Action.MESSAGES_WRITE})
    async def give_up(
        self,
        message_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> None:
        """Send it no more."""
        await service.give_up(db, actor, message_id, now)


class BounceApi(Controller):
    path = "/api/v1/bounces"
    tags = ["messages"]

    @get("/", opt={"action": Action.MESSAGES_READ})
    async def bounces(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> list[Bounced]:
        """Whom no mail reaches."""
        return await queries.list_bounces(db, actor)

    @put("/{bounced_id:uuid}", opt={"action": Action.MESSAGES_WRITE})
    async def correct(
        self,
        bounced_id: FromPath[UUID],
        data: JSONBody[Correction],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Bounced:
        """The right address of somebody whom no mail reaches; or the same, where it takes mail again."""
        return await service.correct_address(db, actor, bounced_id, data, now)


ROUTES = (OutboxApi, BounceApi)
