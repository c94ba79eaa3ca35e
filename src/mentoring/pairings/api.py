"""The API's door to pairings."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.pairings import booking, queries, service
from mentoring.pairings.contracts import Decline, PairingRecord, PairingView, SessionView
from mentoring.pairings.life import BookSession, ReportSession, SessionDetail, Slot
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

    @get("/{session_id:uuid}", opt={"action": Action.SESSION_READ})
    async def one(
        self, session_id: FromPath[UUID], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> SessionDetail:
        """A session that you may book: your own, or of a leader whose delegate you are."""
        return await booking.read_session(db, actor, session_id)

    @get("/{session_id:uuid}/slots", opt={"action": Action.SESSION_READ})
    async def slots(
        self,
        session_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> list[Slot]:
        """Times that suit both, from their stated hours, with what each one's clock shows."""
        return await booking.read_slots(db, actor, session_id, now)

    @post("/{session_id:uuid}/book", opt={"action": Action.SESSION_BOOK}, status_code=200)
    async def book(
        self,
        session_id: FromPath[UUID],
        data: JSONBody[BookSession],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> SessionDetail:
        """Choose a time, or another one. Both get it for their calendars."""
        return await booking.book_session(db, actor, session_id, data, now)

    @post("/{session_id:uuid}/call-off", opt={"action": Action.SESSION_BOOK}, status_code=200)
    async def call_off(
        self,
        session_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> SessionDetail:
        """Take a session out of both calendars. It can be booked again."""
        return await booking.call_off_session(db, actor, session_id, now)

    @post("/{session_id:uuid}/report", opt={"action": Action.SESSION_REPORT}, status_code=200)
    async def report(
        self,
        session_id: FromPath[UUID],
        data: JSONBody[ReportSession],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> SessionDetail:
        """Say whether you met."""
        return await booking.report_session(db, actor, session_id, data, now)


ROUTES = (PairingApi, SessionApi)
