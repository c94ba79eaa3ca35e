"""The skill catalogue in the reader's words."""

from functools import cache

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import policy
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.skills.contracts import SkillView
from mentoring.skills.digcomp import shipped_catalogue
from mentoring.skills.models import Skill


@cache
def _shipped_titles() -> dict[str, str]:
    return {one.code: one.title for one in shipped_catalogue().competences}


def title_of(skill: Skill, words: Words) -> str:
    """The title in the reader's language; where the organisation loaded other words, those."""
    key = f"skill.{skill.code}"
    translated = not skill.own and skill.title == _shipped_titles().get(skill.code) and words.has(key)
    return words.text(key) if translated else skill.title


def view(skill: Skill, words: Words) -> SkillView:
    return SkillView(skill.code, skill.area, title_of(skill, words), skill.description, skill.own)


async def list_skills(db: AsyncSession, actor: Actor, words: Words) -> list[SkillView]:
    """The whole catalogue, that of the framework first, in the order of the codes."""
    policy.require_right(actor, Action.SKILL_READ)
    skills = await db.scalars(select(Skill))
    return [view(skill, words) for skill in sorted(skills, key=_place)]


async def read_titles(db: AsyncSession, actor: Actor, words: Words) -> dict[str, str]:
    """What to call each skill, by its code."""
    return {skill.code: skill.title for skill in await list_skills(db, actor, words)}


def _place(skill: Skill) -> tuple[bool, list[tuple[bool, int, str]]]:
    """2.10 comes after 2.9; letters come after numbers."""
    parts = ((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in skill.code.split("."))
    return skill.own, list(parts)
