"""Who stands in which row and column of a round's stored inputs."""

from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.programmes.models import Enrolment
from mentoring.programmes.rules import Role
from mentoring.rounds.models import Round, RoundInputs
from mentoring.rounds.queries import find_enrolment, find_enrolments
from mentoring.rounds.rules import NotInRound


async def number_of(db: AsyncSession, round_: Round, inputs: RoundInputs, who: str, role: Role) -> int:
    """The row or column of somebody. Raises ``NotEnrolled``, ``NotInRound``."""
    number = _number(inputs, await find_enrolment(db, round_.programme_id, who, role))
    if number is None:
        raise NotInRound(who=who)
    return number


async def numbers_of(db: AsyncSession, round_: Round, inputs: RoundInputs, who: str) -> dict[Role, int]:
    """The row and the column of somebody, or the one that there is. Raises ``NotInRound``."""
    enrolments = await find_enrolments(db, round_.programme_id, who)
    numbers = {role: _number(inputs, one) for role, one in enrolments.items()}
    here = {role: number for role, number in numbers.items() if number is not None}
    if not here:
        raise NotInRound(who=who)
    return here


def _number(inputs: RoundInputs, enrolment: Enrolment) -> int | None:
    people = inputs.leaders if enrolment.role is Role.LEADER else inputs.juniors
    return people.index(str(enrolment.id)) if str(enrolment.id) in people else None
