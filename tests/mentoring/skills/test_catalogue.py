"""The catalogue is there from the start, takes a supplement, and keeps what the organisation added."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.i18n import Words
from mentoring.identity import ANONYMOUS, MACHINE, Actor
from mentoring.policy import NotYours, SignInNeeded
from mentoring.skills.contracts import NewSkill
from mentoring.skills.digcomp import NotASupplement, read_supplement
from mentoring.skills.models import LearningOutcome, Skill
from mentoring.skills.queries import list_skills
from mentoring.skills.rules import SkillCodeTaken
from mentoring.skills.service import add_skill, ensure_catalogue, load_catalogue
from tests.builders import a_person, as_actor

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
SUPPLEMENT = Path(__file__).parents[2] / "data" / "supplement-excerpt.jsonld"
EN = Words("en")


async def titles(db: AsyncSession, words: Words = EN) -> dict[str, str]:
    return {skill.code: skill.title for skill in await list_skills(db, MACHINE, words)}


async def test_the_twenty_one_competences_are_there_and_twice_is_once(db: AsyncSession) -> None:
    await ensure_catalogue(db)
    await ensure_catalogue(db)

    known = await titles(db)

    assert (len(known), next(iter(known)), known["3.3"]) == (21, "1.1", "Copyright and licences")


async def test_titles_are_in_the_reader_s_language(db: AsyncSession) -> None:
    await ensure_catalogue(db)

    assert (await titles(db, Words("fr")))["3.3"] == "Droit d’auteur et licences"


async def test_a_supplement_is_taken_over_once(db: AsyncSession) -> None:
    content = SUPPLEMENT.read_bytes()

    first = await load_catalogue(db, MACHINE, content, NOW)
    again = await load_catalogue(db, MACHINE, content, NOW)

    assert first.added + first.changed > 0
    assert (again.added, again.changed, again.unchanged) == (0, 0, first.added + first.changed + first.unchanged)
    stored = await db.scalar(select(func.count()).select_from(LearningOutcome))
    assert first.outcomes == again.outcomes == stored


async def test_the_organisation_s_own_words_are_shown_instead_of_the_catalogue_s(db: AsyncSession) -> None:
    await ensure_catalogue(db)
    skill = (await db.scalars(select(Skill).where(Skill.code == "3.3"))).one()

    skill.title = "Whose picture is it?"
    await db.flush()

    assert (await titles(db, Words("fr")))["3.3"] == "Whose picture is it?"


async def test_an_own_skill_is_never_touched_by_a_supplement(db: AsyncSession) -> None:
    code = read_supplement(SUPPLEMENT.read_bytes()).competences[0].code
    db.add(Skill(code=code, area="own", title="Ours", description="", own=True))
    await db.flush()

    loaded = await load_catalogue(db, MACHINE, SUPPLEMENT.read_bytes(), NOW)

    assert (loaded.kept, (await titles(db))[code]) == ([code], "Ours")


async def test_an_own_skill_stands_after_the_framework_and_its_code_is_taken(db: AsyncSession) -> None:
    await add_skill(db, MACHINE, NewSkill("X.1", "Running a hybrid meeting", "Meetings"), EN, NOW)

    assert list(await titles(db))[-1] == "X.1"
    with pytest.raises(SkillCodeTaken):
        await add_skill(db, MACHINE, NewSkill("1.1", "Mine"), EN, NOW)


async def test_a_participant_reads_skills_and_adds_none(db: AsyncSession) -> None:
    participant: Actor = as_actor(await a_person(db))
    await ensure_catalogue(db)

    assert len(await list_skills(db, participant, EN)) == 21
    with pytest.raises(NotYours):
        await add_skill(db, participant, NewSkill("X.1", "Mine"), EN, NOW)
    with pytest.raises(SignInNeeded):
        await list_skills(db, ANONYMOUS, EN)


async def test_what_is_no_supplement_is_refused(db: AsyncSession) -> None:
    with pytest.raises(NotASupplement):
        await load_catalogue(db, MACHINE, b'{"people": []}', NOW)
