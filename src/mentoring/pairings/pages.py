"""The page of one pairing: who is proposed and why, yes or no, and then when the two meet."""

from datetime import datetime
from functools import partial
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.pairings import queries, service
from mentoring.pairings.contracts import Decline
from mentoring.policy import Action
from mentoring.skills.queries import read_titles
from mentoring.web.doors import page
from mentoring.web.forms import kept


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
    ) -> Template:
        return await _pairing(db, actor, words, pairing_id)

    @post("/accept", opt={"action": Action.PAIRING_ANSWER})
    async def accept(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_pairing, db, actor, words, pairing_id), db):
            await service.accept_pairing(db, actor, pairing_id, now)
        return Redirect(f"/pairings/{pairing_id}", status_code=303)

    @post("/decline", opt={"action": Action.PAIRING_ANSWER})
    async def decline(
        self,
        pairing_id: FromPath[UUID],
        data: URLEncodedBody[Decline],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_pairing, db, actor, words, pairing_id, data.reason), db):
            await service.decline_pairing(db, actor, pairing_id, data, now)
        return Redirect(f"/pairings/{pairing_id}", status_code=303)


async def _pairing(db: AsyncSession, actor: Actor, words: Words, pairing_id: UUID, reason: str = "") -> Template:
    return page(
        "pairings/pairing.html",
        pairing=await queries.read_pairing(db, actor, pairing_id),
        sessions=await queries.pairing_sessions(db, actor, pairing_id),
        titles=await read_titles(db, actor, words),
        reason=reason,
    )


ROUTES = (PairingPages,)
