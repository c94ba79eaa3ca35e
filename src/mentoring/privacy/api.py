"""The API's door to one's own data."""

from datetime import datetime

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.privacy import service
from mentoring.privacy.contracts import EraseMe, MyData


class DataApi(Controller):
    path = "/api/v1/me"
    tags = ["people"]

    @post("/export", opt={"action": Action.DATA_EXPORT}, status_code=200)
    async def export(
        self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor], now: NamedDependency[datetime]
    ) -> MyData:
        """All that the service knows of you."""
        return await service.export_data(db, actor, now)

    @post("/erasure", opt={"action": Action.ERASE}, status_code=204)
    async def erase(
        self,
        data: JSONBody[EraseMe],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> None:
        """Have yourself forgotten. Your pairings end; what you counted for stays counted."""
        await service.erase_me(db, actor, data, now)


ROUTES = (DataApi,)
