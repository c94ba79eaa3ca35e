"""The API's door to check-ins."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins import queries, service
from mentoring.checkins.contracts import AnswerCheckIn, CheckInView, FollowUpView
from mentoring.checkins.my_page import Asked, read_my_page
from mentoring.identity import Actor
from mentoring.policy import Action


class AskedApi(Controller):
    path = "/api/v1/me/asked"
    tags = ["check-ins"]

    @get("/", opt={"action": Action.SIGNED_IN})
    async def read(
        self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor], now: NamedDependency[datetime]
    ) -> list[Asked]:
        """What is asked of you now, the most pressing first."""
        return (await read_my_page(db, actor, now)).asked


class CheckInApi(Controller):
    path = "/api/v1/check-ins"
    tags = ["check-ins"]

    @get(opt={"action": Action.CHECK_IN_READ})
    async def mine(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> list[CheckInView]:
        """What you were asked: what is open first."""
        return await queries.my_check_ins(db, actor)

    @get("/{check_in_id:uuid}", opt={"action": Action.CHECK_IN_READ})
    async def one(
        self, check_in_id: FromPath[UUID], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> CheckInView:
        """One check-in that was put to you."""
        return await queries.read_check_in(db, actor, check_in_id)

    @post("/{check_in_id:uuid}/answer", opt={"action": Action.CHECK_IN_ANSWER}, status_code=200)
    async def answer(
        self,
        check_in_id: FromPath[UUID],
        data: JSONBody[AnswerCheckIn],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> CheckInView:
        """Answer a check-in that was put to you."""
        return await service.answer_check_in(db, actor, check_in_id, data, now)


class FollowUpApi(Controller):
    path = "/api/v1/follow-ups"
    tags = ["check-ins"]

    @get(opt={"action": Action.FOLLOW_UP_READ})
    async def mine(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> list[FollowUpView]:
        """What waits for you as a coordinator."""
        return await queries.list_follow_ups(db, actor)


ROUTES = (AskedApi, CheckInApi, FollowUpApi)
