"""The API's door to pairings at risk and to the try-out of a ladder."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.followups import queries, service, tryout
from mentoring.followups.contracts import Acted, AtRiskView, PersonRecord, Said, TryOut
from mentoring.followups.person import read_person
from mentoring.followups.rules import Level
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.settings import Settings


class AtRiskApi(Controller):
    path = "/api/v1/at-risk"
    tags = ["follow-ups"]

    @get(opt={"action": Action.RISK_READ})
    async def queue(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        programme: FromQuery[str | None] = None,
        level: FromQuery[Level | None] = None,
    ) -> list[AtRiskView]:
        """Pairings at risk in the programmes that you coordinate, or in one: what to look at first comes first."""
        return await queries.at_risk(db, actor, programme, level=level)

    @get("/{pairing_id:uuid}", opt={"action": Action.RISK_READ})
    async def one(
        self, pairing_id: FromPath[UUID], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> AtRiskView:
        """One pairing at risk: why, what is best done next, and who acted."""
        return await queries.at_risk_one(db, actor, pairing_id)

    @post("/{pairing_id:uuid}/acted", opt={"action": Action.RISK_ACT}, status_code=200)
    async def acted(
        self,
        pairing_id: FromPath[UUID],
        data: JSONBody[Acted],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> AtRiskView:
        """Say that you acted, and what you did."""
        return await service.act(db, actor, pairing_id, data, now)


class TryOutApi(Controller):
    path = "/api/v1/programmes/{programme:str}/simulation"
    tags = ["follow-ups"]

    @post(opt={"action": Action.LADDER_TRY}, status_code=200)
    async def simulate(
        self,
        programme: FromPath[str],
        data: JSONBody[TryOut],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> list[Said]:
        """Every message that a pairing would get under the programme's plan and ladder, over its whole life."""
        return await tryout.simulate_programme(db, actor, settings, programme, data, now)


class PersonApi(Controller):
    path = "/api/v1/people/{person:str}/record"
    tags = ["people"]

    @get(opt={"action": Action.PEOPLE_READ})
    async def read(
        self, person: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> PersonRecord:
        """Somebody with their sign-ups and pairings in your programmes, and what became of the mails to them."""
        return await read_person(db, actor, person)


ROUTES = (PersonApi, AtRiskApi, TryOutApi)
