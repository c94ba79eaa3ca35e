"""The API's door to pairings."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.pairings import queries, service
from mentoring.pairings.contracts import Decline, PairingRecord, PairingView, SessionView
from mentoring.pairings.rules import PairingState
from mentoring.policy import Action


class PairingApi(Controller):
    path = "/api/v1/pairings"
    tags = ["pairings"]

    @get(opt={"action": Action.PAIRING_READ})
    async def mine(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> list[PairingView]:
        """Your pairings: proposed, being arranged, active and over."""
        return await queries.my_pairings(db, actor)

    @get("/records", opt={"action": Action.PAIRING_SURVEY})
    async def records(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        programme_id: FromQuery[UUID | None] = None,
        wanted: Annotated[PairingState | None, QueryParameter(name="state")] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 200,
    ) -> list[PairingRecord]:
        """The pairings of the programmes that you coordinate."""
        return await queries.list_records(db, actor, programme_id, wanted, limit)

    @get("/{pairing_id:uuid}", opt={"action": Action.PAIRING_READ})
    async def one(
        self, pairing_id: FromPath[UUID], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> PairingView:
        """One of your pairings, with the reasons for it."""
        return await queries.read_pairing(db, actor, pairing_id)

    @post("/{pairing_id:uuid}/accept", opt={"action": Action.PAIRING_ANSWER}, status_code=200)
    async def accept(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> PairingView:
        """Say yes to a pairing that was proposed to you."""
        return await service.accept_pairing(db, actor, pairing_id, now)

    @post("/{pairing_id:uuid}/decline", opt={"action": Action.PAIRING_ANSWER}, status_code=200)
    async def decline(
        self,
        pairing_id: FromPath[UUID],
        data: JSONBody[Decline],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> PairingView:
        """Say no. The reason, if you give one, is for the coordinator alone."""
        return await service.decline_pairing(db, actor, pairing_id, data, now)

    @get("/{pairing_id:uuid}/sessions", opt={"action": Action.PAIRING_READ})
    async def sessions(
        self, pairing_id: FromPath[UUID], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> list[SessionView]:
        """The sessions of one of your pairings."""
        return await queries.pairing_sessions(db, actor, pairing_id)


class SessionApi(Controller):
    path = "/api/v1/sessions"
    tags = ["pairings"]

    @get(opt={"action": Action.PAIRING_READ})
    async def mine(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> list[SessionView]:
        """The sessions that lie ahead of you."""
        return await queries.my_sessions(db, actor)


ROUTES = (PairingApi, SessionApi)
