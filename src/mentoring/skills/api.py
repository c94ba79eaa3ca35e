"""The skill catalogue over HTTP."""

from datetime import datetime

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.skills import queries, service
from mentoring.skills.contracts import NewSkill, SkillView
from mentoring.skills.digcomp import Credit, shipped_catalogue


class SkillApi(Controller):
    path = "/api/v1/skills"
    tags = ["skills"]

    @get(opt={"action": Action.SKILL_READ})
    async def all(
        self, db: NamedDependency[AsyncSession], actor: NamedDependency[Actor], words: NamedDependency[Words]
    ) -> list[SkillView]:
        """All skills, with their titles in your language."""
        return await queries.list_skills(db, actor, words)

    @get("/credit", opt={"action": Action.SKILL_READ}, sync_to_thread=False)
    def credit(self) -> Credit:
        """Whose work the catalogue is, and what was changed."""
        return shipped_catalogue().credit

    @post(opt={"action": Action.SKILL_WRITE})
    async def add(
        self,
        data: JSONBody[NewSkill],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> SkillView:
        """Add a skill of the organisation's own."""
        return await service.add_skill(db, actor, data, words, now)


ROUTES = (SkillApi,)
