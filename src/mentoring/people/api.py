"""People over the API: who am I, and the tokens of programs."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.people import queries, service
from mentoring.people.contracts import NewPerson, NewToken, PersonView, TokenShown, TokenView
from mentoring.policy import Action


class SelfApi(Controller):
    path = "/api/v1/me"
    tags = ["people"]

    @get(opt={"action": Action.SIGNED_IN})
    async def me(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> PersonView:
        """What the service knows of you."""
        return await queries.read_self(db, actor)


class AccountApi(Controller):
    path = "/api/v1/accounts"
    tags = ["people"]

    @post(opt={"action": Action.PEOPLE_INVITE})
    async def add(
        self,
        data: JSONBody[NewPerson],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> PersonView:
        """Enter somebody who is in no staff file, and send them an invitation."""
        return await service.add_and_invite(db, actor, data, now)

    @post("/{person:str}/invitation", opt={"action": Action.PEOPLE_INVITE}, status_code=202)
    async def invite(
        self,
        person: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> None:
        """Send somebody, by id, staff number or address, a link with which to set a password."""
        await service.invite(db, actor, person, now)


class TokenApi(Controller):
    path = "/api/v1/tokens"
    tags = ["administration"]

    @get(opt={"action": Action.TOKENS})
    async def all(self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> list[TokenView]:
        """The API tokens, without their secrets."""
        return await queries.list_tokens(db, actor)

    @post(opt={"action": Action.TOKENS})
    async def make(
        self,
        data: JSONBody[NewToken],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> TokenShown:
        """Make a token that acts for you. Its secret is shown here and never again."""
        return await service.make_token(db, actor, None, data, now)

    @delete("/{token_id:uuid}", opt={"action": Action.TOKENS})
    async def revoke(
        self,
        token_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> None:
        """End a token at once."""
        await service.revoke_token(db, actor, token_id, now)


ROUTES = (SelfApi, AccountApi, TokenApi)
