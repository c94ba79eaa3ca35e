"""The skill catalogue from the command line."""

from typing import BinaryIO

import click
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.console import in_transaction, json_option, moment, say, words
from mentoring.identity import MACHINE
from mentoring.skills import queries, service
from mentoring.skills.contracts import CatalogueLoaded, NewSkill, SkillView
from mentoring.skills.digcomp import LARGEST_SUPPLEMENT, shipped_catalogue


@click.group()
def skills() -> None:
    """The skill catalogue: the 21 competences of DigComp 3.0, and your own."""


@skills.command("load")
@click.argument("file", type=click.File("rb"))
@json_option
def load(file: BinaryIO, as_json: bool) -> None:
    """Load FILE, a DigComp supplement (JSON-LD): competences, levels and learning outcomes.

    Own skills are never touched, and nothing is removed. Loading the same file twice changes nothing.

    \b
    Example:
      mentoring skills load digcomp-3.0.jsonld
    """

    async def job(db: AsyncSession) -> CatalogueLoaded:
        return await service.load_catalogue(db, MACHINE, file.read(LARGEST_SUPPLEMENT + 1), moment())

    loaded = in_transaction(job)
    say(as_json, loaded, [words().text("skills.loaded", **msgspec.structs.asdict(loaded))])


@skills.command("list")
@json_option
def list_all(as_json: bool) -> None:
    """List all skills with their codes, and say whose work the catalogue is."""

    async def job(db: AsyncSession) -> list[SkillView]:
        await service.ensure_catalogue(db)
        return await queries.list_skills(db, MACHINE, words())

    found = in_transaction(job)
    credit = words().text("skills.credit", **msgspec.structs.asdict(shipped_catalogue().credit))
    say(as_json, found, [*(f"{one.code:<8} {one.title}" for one in found), credit])


@skills.command("add")
@click.argument("code")
@click.argument("title")
@click.option("--area", default="own", show_default=True, help="The heading under which it stands.")
@click.option("--description", default="", help="What it is about.")
@json_option
def add(code: str, title: str, area: str, description: str, as_json: bool) -> None:
    """Add a skill of your own under CODE (letters, digits, dot, hyphen) with TITLE.

    \b
    Example:
      mentoring skills add X.1 "Running a hybrid meeting" --area Meetings
    """
    try:
        new = msgspec.convert({"code": code, "title": title, "area": area, "description": description}, NewSkill)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from error

    async def job(db: AsyncSession) -> SkillView:
        return await service.add_skill(db, MACHINE, new, words(), moment())

    skill = in_transaction(job)
    say(as_json, skill, [f"{skill.code:<8} {skill.title}"])
