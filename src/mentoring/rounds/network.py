"""Who teaches whom between offices, over all pairings of a programme that were made and not undone."""

from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mentoring.identity import Actor
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import ASKING, UNDER_WAY, PairingState
from mentoring.people.models import Person
from mentoring.policy import Action
from mentoring.programmes.queries import find_programme
from mentoring.rounds.findings import Network, Office, Tie

MOST_OFFICES = 24
"""Names that a circle has room for; the pairings of smaller offices stand together."""
STANDING = (*ASKING, *UNDER_WAY, PairingState.ENDED)
Place = tuple[str, str]


async def read_network(db: AsyncSession, actor: Actor, programme_ref: str) -> Network:
    """Offices with what they teach and learn, and the ties between them. Raises ``ProgrammeNotFound``."""
    programme = await find_programme(db, actor, programme_ref, Action.ROUND_READ)
    teacher, learner = aliased(Person), aliased(Person)
    columns = (teacher.country, teacher.duty_station, learner.country, learner.duty_station)
    rows = await db.execute(
        select(*columns, func.count())
        .select_from(Pairing)
        .join(teacher, teacher.id == Pairing.junior_id)
        .join(learner, learner.id == Pairing.leader_id)
        .where(Pairing.programme_id == programme.id, Pairing.state.in_(STANDING))
        .group_by(*columns)
    )
    return network_of(programme.name, {((row[0], row[1]), (row[2], row[3])): row[4] for row in rows})


def network_of(programme: str, pairs: dict[tuple[Place, Place], int]) -> Network:
    """From how many pairs there are by the place of junior and leader; a place is a country and a town."""
    people = Counter[Place]()
    for two, number in pairs.items():
        people.update(dict.fromkeys(set(two), number))
    shown = sorted(place for place, _ in people.most_common(MOST_OFFICES))
    at = {place: number for number, place in enumerate(shown)}
    rest = len(shown)
    ties = Counter[tuple[int, int]]()
    for (teaches, learns), number in pairs.items():
        ties[at.get(teaches, rest), at.get(learns, rest)] += number
    taught, learnt = Counter[int](), Counter[int]()
    for (teacher, learner), number in ties.items():
        taught[teacher] += number
        learnt[learner] += number
    places = [*shown, ("", "")] if len(people) > rest else shown
    return Network(
        programme=programme,
        pairings=sum(pairs.values()),
        across=sum(number for (teaches, learns), number in pairs.items() if teaches[0] != learns[0]),
        places=len(people),
        offices=[Office(town, country, taught[n], learnt[n], n == rest) for n, (country, town) in enumerate(places)],
        ties=[Tie(*two, number) for two, number in sorted(ties.items(), key=lambda one: (-one[1], one[0]))],
    )
