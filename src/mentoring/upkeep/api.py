"""The API's door to the upkeep: status, metrics, and letting the clock go on."""

from datetime import datetime

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.upkeep import queries, service
from mentoring.upkeep.contracts import Status
from mentoring.upkeep.metrics import exposition


class StatusApi(Controller):
    path = "/api/v1/status"
    tags = ["status"]

    @get(opt={"action": Action.STATUS_READ})
    async def read(
        self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor], now: NamedDependency[datetime]
    ) -> Status:
        """How the service is: its clock, its queue, what fails, and which alarms ring."""
        return await queries.read_status(db, actor, now)

    @post("/resume", opt={"action": Action.CLOCK_RESUME}, status_code=200)
    async def resume(
        self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor], now: NamedDependency[datetime]
    ) -> Status:
        """Let the clock go on after it has stopped to ask."""
        await service.resume_clock(db, actor, now)
        return await queries.read_status(db, actor, now)


@get("/metrics", opt={"action": Action.STATUS_READ}, include_in_schema=False)
async def metrics(
    db: NamedDependency[AsyncSession], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[bytes]:
    """The same for Prometheus, which brings an API token with the scope ``status``."""
    return Response(exposition(await queries.read_status(db, actor, now)), media_type=CONTENT_TYPE_LATEST)


ROUTES = (StatusApi, metrics)
