"""Use cases that write the skill catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from anyio import to_thread
from msgspec import structs
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.db import insert_missing
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.skills import queries
from mentoring.skills.contracts import CatalogueLoaded, NewSkill, SkillAdded, SkillView, SupplementLoaded
from mentoring.skills.digcomp import Competence, Outcome, read_supplement, shipped_catalogue
from mentoring.skills.models import LearningOutcome, Skill
from mentoring.skills.rules import SkillCodeTaken


async def ensure_catalogue(db: AsyncSession) -> None:
    """Put in what ships with the project and is not there yet. Twice, or by two at once, is the same as once."""
    shipped = [{"id": uuid4(), "own": False, **structs.asdict(one)} for one in shipped_catalogue().competences]
    await insert_missing(db, Skill, shipped)


async def load_catalogue(db: AsyncSession, actor: Actor, content: bytes, now: datetime) -> CatalogueLoaded:
    """Take over a DigComp supplement. Own skills stay as they are; nothing is ever removed.

    Raises causes of ``digcomp`` for what is no supplement.
    """
    policy.require_right(actor, Action.SKILL_WRITE)
    catalogue = await to_thread.run_sync(read_supplement, content)
    await ensure_catalogue(db)
    known = {skill.code: skill for skill in await db.scalars(select(Skill))}
    own = {code for code, skill in known.items() if skill.own}
    theirs = [one for one in catalogue.competences if one.code not in own]
    added = [one for one in theirs if one.code not in known]
    changed = [one for one in theirs if one.code in known and _differs(known[one.code], one)]
    await insert_missing(db, Skill, [{"id": uuid4(), "own": False, **structs.asdict(one)} for one in added])
    for one in changed:
        await db.execute(update(Skill).where(Skill.code == one.code).values(**structs.asdict(one)))
    rewritten = await _replace_outcomes(db, [one for one in catalogue.outcomes if one.competence not in own])
    if added or changed or rewritten:
        journal.record(db, SupplementLoaded(len(added), len(changed)), by=actor.id, at=now)
    return CatalogueLoaded(
        added=len(added),
        changed=len(changed),
        unchanged=len(theirs) - len(added) - len(changed),
        kept=sorted(own & {one.code for one in catalogue.competences}),
        outcomes=len(catalogue.outcomes),
    )


def _differs(skill: Skill, said: Competence) -> bool:
    return (skill.area, skill.title, skill.description) != (said.area, said.title, said.description)


async def _replace_outcomes(db: AsyncSession, outcomes: Sequence[Outcome]) -> bool:
    """Write the learning outcomes anew where they differ; whether they did."""
    ids: dict[str, UUID] = dict((await db.execute(select(Skill.code, Skill.id))).all())
    wanted = {one.code: _outcome(one, ids) for one in outcomes}
    there = await db.execute(
        select(LearningOutcome.code, LearningOutcome.skill_id, LearningOutcome.level, LearningOutcome.text)
    )
    stored = {row.code: dict(row._mapping) for row in there}
    if stored == wanted:
        return False
    await db.execute(delete(LearningOutcome))
    await _insert_outcomes(db, wanted.values())
    return True


def _outcome(said: Outcome, ids: Mapping[str, UUID]) -> dict[str, object]:
    return {
        "code": said.code,
        "skill_id": ids[said.competence],
        "level": str(said.level),
        "text": said.text,
    }


async def _insert_outcomes(db: AsyncSession, rows: Iterable[dict[str, object]]) -> None:
    if some := list(rows):
        await (await db.connection()).execute(insert(LearningOutcome), some)


async def add_skill(db: AsyncSession, actor: Actor, new: NewSkill, words: Words, now: datetime) -> SkillView:
    """Add a skill of the organisation's own. Raises ``SkillCodeTaken``."""
    policy.require_right(actor, Action.SKILL_WRITE)
    await ensure_catalogue(db)
    skill = Skill(id=uuid4(), code=new.code, area=new.area, title=new.title, description=new.description, own=True)
    db.add(skill)
    try:
        await db.flush()
    except IntegrityError as error:
        raise SkillCodeTaken(code=new.code) from error
    journal.record(db, SkillAdded(new.code), by=actor.id, at=now)
    return queries.view(skill, words)
