"""What somebody might have answered when they signed up, put into the numbers of a round's stored inputs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.errors import MentoringError
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment
from mentoring.programmes.rules import MOST_NEEDS, Hours, Role, SkillUnknown
from mentoring.rounds.findings import Answered, Listed
from mentoring.rounds.models import Round, RoundInputs
from mentoring.rounds.numbering import number_of, numbers_of
from mentoring.rounds.otherwise import Level, Otherwise, hours_to_bytes
from mentoring.rounds.problem import weekly_quarters
from mentoring.rounds.rules import HoursEndBefore, NeedListed, NeedsFull, SkillNotListed
from mentoring.rounds.solver import Refused
from mentoring.skills.models import Skill


@dataclass
class Numbered:
    """Answers by number, with the name of each person as they were asked about; what the numbers of skills stand for.

    ``skills`` begins as the round's vocabulary; skills of the catalogue that nobody listed come after those.
    """

    skills: list[str]
    given: list[Otherwise] = field(default_factory=list)
    who: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)

    def refused(self, answer: Refused) -> MentoringError:
        """Why the engine's side cannot take one of the answers."""
        who = self.who[answer.place]
        if answer.cause == "full":
            return NeedsFull(who=who, most=MOST_NEEDS)
        refusal = NeedListed if answer.cause == "listed" else SkillNotListed
        return refusal(who=who, code=self.skills[answer.skill])


async def numbered(db: AsyncSession, round_: Round, inputs: RoundInputs, data: Sequence[Answered]) -> Numbered:
    """Raises ``NotEnrolled``, ``NotInRound``, ``SkillUnknown``, ``HoursEndBefore``."""
    answers = Numbered(list(inputs.vocabulary.skills))
    for one in data:
        await _number(db, round_, inputs, one, answers)
    return answers


async def _number(db: AsyncSession, round_: Round, inputs: RoundInputs, one: Answered, answers: Numbered) -> None:
    here = await numbers_of(db, round_, inputs, one.person)
    wanted = {Role.LEADER: bool(one.needs), Role.JUNIOR: bool(one.offers) or one.places is not None}
    for role in Role:
        if wanted[role]:
            here[role] = await number_of(db, round_, inputs, one.person, role)
    for role, number in here.items():
        listed = one.needs if role is Role.LEADER else one.offers
        timed = one.hours is not None or bool(one.more_hours)
        if listed or timed:
            skills = [await _skill(db, skill, answers.skills) for skill in listed]
            enrolment = UUID((inputs.leaders if role is Role.LEADER else inputs.juniors)[number])
            zone = await _zone(db, enrolment) if timed else ""
            hours = None if one.hours is None else _laid(one.person, one.hours, zone, round_.year)
            more = _laid(one.person, one.more_hours, zone, round_.year) if one.more_hours else None
            answers.given.append(Otherwise(role is Role.LEADER, number, skills, hours, more))
            answers.who.append(one.person)
    if one.places is not None:
        answers.places.append((here[Role.JUNIOR], one.places))


async def _skill(db: AsyncSession, said: Listed, known: list[str]) -> tuple[int, Level]:
    if said.code not in known:
        if await db.scalar(select(Skill.id).where(Skill.code == said.code)) is None:
            raise SkillUnknown(code=said.code)
        known.append(said.code)
    return known.index(said.code), said.level


async def _zone(db: AsyncSession, enrolment_id: UUID) -> str:
    """Hours are by the person's own clock."""
    zone = await db.scalar(
        select(Person.time_zone).join(Enrolment, Enrolment.person_id == Person.id).where(Enrolment.id == enrolment_id)
    )
    return zone or "UTC"


def _laid(who: str, hours: Hours, zone: str, year: int) -> bytes:
    if any(begin >= end for _, begin, end in hours):
        raise HoursEndBefore(who=who)
    return hours_to_bytes(weekly_quarters(hours, zone, year))
