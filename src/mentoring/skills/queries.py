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


def title(code: str, said: str, words: Words, *, own: bool) -> str:
    """The title in the reader's language; where the organisation loaded other words, those that are ``said``."""
    key = f"skill.{code}"
    translated = not own and said == _shipped_titles().get(code) and words.has(key)
    return words.text(key) if translated else said


def view(skill: Skill, words: Words) -> SkillView:
    return SkillView(
        skill.code, skill.area, title(skill.code, skill.title, words, own=skill.own), skill.description, skill.own
    )


async def list_skills(db: AsyncSession, actor: Actor, words: Words) -> list[SkillView]:
    """The whole catalogue, that of the framework first, in the order of the codes."""
    policy.require_right(actor, Action.SKILL_READ)
    skills = await db.scalars(select(Skill))
    return [view(skill, words) for skill in sorted(skills, key=_place)]


async def read_titles(db: AsyncSession, actor: Actor, words: Words) -> dict[str, str]:
    """What to call each skill, by its code; the rest of the catalogue, its long descriptions, stays where it is."""
    policy.require_right(actor, Action.SKILL_READ)
    rows = await db.execute(select(Skill.code, Skill.title, Skill.own))
    return {code: title(code, said, words, own=own) for code, said, own in rows}


def _place(skill: Skill) -> tuple[bool, list[tuple[bool, int, str]]]:
    """2.10 comes after 2.9; letters come after numbers."""
    parts = ((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in skill.code.split("."))
    return skill.own, list(parts)
