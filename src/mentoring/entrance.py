"""Who comes in: a session cookie or an API token becomes an actor, before any door opens, and is still there within."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import parse_qs

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy import bindparam, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import asker
from mentoring.db import UNAVAILABLE, Database
from mentoring.deployment import InForce
from mentoring.failpoints import failpoint
from mentoring.i18n import Words, best_language
from mentoring.identity import ANONYMOUS, Actor
from mentoring.pairings.models import Delegate
from mentoring.people.models import Account, Person
from mentoring.people.presence import Presence
from mentoring.people.queries import full_name, hold
from mentoring.people.service import TOKEN_MARK, digest_of, who_holds_token, who_signed_in
from mentoring.policy import Action, SignInNeeded
from mentoring.programmes.models import Coordinator
from mentoring.settings import Settings
from mentoring.web.doors import actor_of, cookie_name, provide_database
from mentoring.web.walls import plain

log = logging.getLogger(__name__)

SEEN_EVERY = timedelta(minutes=1)
"""How often a live session is noted as seen: often enough for the idle limit, seldom enough to cost nothing."""


# Together, and put together once: each way to the database is paid for by every request that there is.
FOR_OTHERS = (
    select(literal(True), Coordinator.programme_id)
    .where(Coordinator.person_id == bindparam("who"))
    .union_all(select(literal(False), Delegate.leader_id).where(Delegate.person_id == bindparam("who")))
)


class Entrance:
    """ASGI middleware that puts ``actor`` and ``words`` into the request's state."""

    def __init__(
        self, app: ASGIApp, database: Database, settings: Settings, in_force: InForce, presence: Presence
    ) -> None:
        self.app = app
        self.database = database
        self.in_force = in_force
        self.presence = presence
        self.cookie = cookie_name(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and not scope["path"].startswith("/static/"):
            headers = Headers.from_scope(scope)
            try:
                house = await self.in_force.refresh(self.database)
                actor = await self._actor(headers, scope)
            except UNAVAILABLE:  # who asks cannot be known now, so nothing can be shown
                log.exception("database unavailable at the entrance")
                await plain(send, 503, "The service cannot reach its database just now. Please try again in a moment.")
                return
            wanted = parse_qs(scope["query_string"].decode("latin-1")).get("language", [""])[0]
            language = (
                actor.language if not actor.anonymous else best_language(headers.get("accept-language"), house.language)
            )
            scope["state"]["actor"] = actor
            scope["state"]["words"] = Words(wanted or language, actor.zone)
        with asker.may_leave(partial(_left, receive)):
            await self.app(scope, receive, send)

    async def _actor(self, headers: Headers, scope: Scope) -> Actor:
        now = datetime.now(UTC)
        scope["state"]["session"] = cookie = _cookie(headers.get("cookie", ""), self.cookie)
        bearer = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if bearer.startswith(TOKEN_MARK):
            return await self._program(bearer, now)
        return await self._person(cookie, now) if cookie else ANONYMOUS

    async def _program(self, token: str, now: datetime) -> Actor:
        async with self.database.reading() as db:
            found = await who_holds_token(db, token, now)
            if found is None:
                return ANONYMOUS
            person, account, api_token = found
            actor = await _known(db, person, account, frozenset(api_token.scopes))
        if api_token.used_at is None or api_token.used_at < now - SEEN_EVERY:
            self.presence.note_token(self.database, api_token.id, now)
        return actor

    async def _person(self, cookie: str, now: datetime) -> Actor:
        async with self.database.reading() as db:
            found = await who_signed_in(db, cookie, now)
            if found is None:
                return ANONYMOUS
            person, account, seen_at = found
            actor = await _known(db, person, account, None)
        if seen_at < now - SEEN_EVERY:
            self.presence.note_session(self.database, digest_of(cookie), now)
        return actor


async def provide_db(scope: Scope) -> AsyncIterator[AsyncSession]:
    """One transaction a request: it commits before the answer leaves, or the answer is an error.

    Whoever writes is held from its beginning to its end: one who was erased since they came in has come too late.
    Raises ``SignInNeeded``.
    """
    database = provide_database(scope)
    if scope.get("method") in ("GET", "HEAD"):
        async with database.reading.begin() as db:
            yield db
        return
    async with database.sessions.begin() as db:
        await _stays(db, scope)
        yield db
        failpoint("request.before_commit")
    failpoint("request.after_commit")


async def _stays(db: AsyncSession, scope: Scope) -> None:
    """An erasure holds its person by itself, and alone: two of them would wait for each other here."""
    actor, erases = actor_of(scope), scope["route_handler"].opt.get("action") is Action.ERASE
    if actor.id is not None and not erases and await hold(db, actor.id) is None:
        raise SignInNeeded()


async def _known(db: AsyncSession, person: Person, account: Account | None, scopes: frozenset[str] | None) -> Actor:
    rows = (await db.execute(FOR_OTHERS, {"who": person.id})).all()
    return Actor(
        id=person.id,
        administrator=bool(account and account.administrator),
        coordinates=frozenset(one for its_programme, one in rows if its_programme),
        stands_in_for=frozenset(one for its_programme, one in rows if not its_programme),
        scopes=scopes,
        language=person.language,
        zone=person.time_zone or "UTC",
        name=full_name(person),
    )


async def _left(receive: Receive) -> None:
    """Ends when the connection does. What was sent has been read before anybody asks this."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _cookie(header: str, name: str) -> str:
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""
