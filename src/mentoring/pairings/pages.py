"""The pages of a pairing: who is proposed and why, yes or no, and then when the two meet and how it goes on."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.pairings import agreements, booking, closing, goals, queries, service
from mentoring.pairings.contracts import Decline
from mentoring.pairings.history import history_of
from mentoring.pairings.life import BookSession, ReportSession
from mentoring.policy import Action
from mentoring.skills.queries import read_titles
from mentoring.web.doors import page
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, flat, single

PAUSE_OFFERED = timedelta(days=28)
"""What the form proposes; whoever pauses says how long."""
NOTHING: Mapping[str, str] = {}


class PairingPages(Controller):
    path = "/pairings/{pairing_id:uuid}"
    include_in_schema = False

    @get("/", opt={"action": Action.PAIRING_READ})
    async def read(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Template:
        return await pairing_page(db, actor, words, pairing_id, now)

    @post("/accept", opt={"action": Action.PAIRING_ANSWER})
    async def accept(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(pairing_page, db, actor, words, pairing_id, now), db):
            await service.accept_pairing(db, actor, pairing_id, now)
        return Redirect(f"/pairings/{pairing_id}", status_code=303)

    @post("/decline", opt={"action": Action.PAIRING_ANSWER})
    async def decline(
        self,
        pairing_id: FromPath[UUID],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(pairing_page, db, actor, words, pairing_id, now, flat(data)), db):
            await service.decline_pairing(db, actor, pairing_id, command_of(Decline, flat(data)), now)
        return Redirect(f"/pairings/{pairing_id}", status_code=303)


async def pairing_page(
    db: AsyncSession,
    actor: Actor,
    words: Words,
    pairing_id: UUID,
    now: datetime,
    typed: Mapping[str, str] = NOTHING,
    *,
    confided: bool = False,
) -> Template:
    """The page of a pairing; other doors of this slice show it again, with what was typed, where they are refused."""
    pairing = await queries.read_pairing(db, actor, pairing_id)
    begun = pairing.began_at is not None
    sessions = await queries.pairing_sessions(db, actor, pairing_id)
    agreement = await agreements.read_agreements(db, actor, pairing_id) if begun else None
    set_goals = await goals.list_goals(db, actor, pairing_id) if begun else []
    return page(
        "pairings/pairing.html",
        pairing=pairing,
        sessions=sessions,
        following=next((one for one in sessions if one.state in queries.AHEAD and one.starts_at > now), None),
        titles=await read_titles(db, actor, words),
        typed=typed,
        confided=confided,
        closing=await closing.read_assessment(db, actor, pairing_id, now) if begun else None,
        agreement=agreement,
        goals=set_goals,
        history=history_of(pairing, sessions, agreement, set_goals),
        pause_ends=(now + PAUSE_OFFERED).date(),
    )


class SessionPages(Controller):
    path = "/sessions/{session_id:uuid}"
    include_in_schema = False

    @get("/", opt={"action": Action.SESSION_READ})
    async def read(
        self,
        session_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Template:
        return await _session(db, actor, session_id, now)

    @post("/book", opt={"action": Action.SESSION_BOOK})
    async def book(
        self,
        session_id: FromPath[UUID],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_session, db, actor, session_id, now, single(data, "local_start")), db):
            await booking.book_session(db, actor, session_id, command_of(BookSession, flat(data)), now)
        return Redirect(f"/sessions/{session_id}", status_code=303)

    @post("/call-off", opt={"action": Action.SESSION_BOOK})
    async def call_off(
        self,
        session_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_session, db, actor, session_id, now), db):
            await booking.call_off_session(db, actor, session_id, now)
        return Redirect(f"/sessions/{session_id}", status_code=303)

    @post("/report", opt={"action": Action.SESSION_REPORT})
    async def report(
        self,
        session_id: FromPath[UUID],
        data: URLEncodedBody[ReportSession],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        await booking.report_session(db, actor, session_id, data, now)
        return Redirect(f"/sessions/{session_id}", status_code=303)


async def _session(db: AsyncSession, actor: Actor, session_id: UUID, now: datetime, local_start: str = "") -> Template:
    session = await booking.read_session(db, actor, session_id)
    return page(
        "pairings/session.html",
        session=session,
        slots=await booking.read_slots(db, actor, session_id, now),
        begun=session.starts_at <= now,
        local_start=local_start,
    )


ROUTES = (PairingPages, SessionPages)
