"""The clock by which somebody lives, where they say so themselves."""

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import policy
from mentoring.directory.places import known_zones
from mentoring.errors import Invalid
from mentoring.identity import Actor
from mentoring.people.contracts import Line
from mentoring.people.models import Person
from mentoring.policy import Action


class ZoneNotKnown(Invalid):
    """``zone`` is no IANA time zone."""


class ChooseZone(Struct, frozen=True, forbid_unknown_fields=True):
    zone: Line


async def choose_zone(db: AsyncSession, actor: Actor, chosen: ChooseZone) -> None:
    """Say by which clock one lives; the staff file does not overrule it. Raises ``ZoneNotKnown``.

    Hours stay as they were said, on the new clock; sessions that stand in calendars stay at their moments.
    """
    person = policy.require(actor, Action.SELF_WRITE, await db.get(Person, actor.id) if actor.id else None)
    if chosen.zone not in known_zones():
        raise ZoneNotKnown(zone=chosen.zone)
    person.time_zone, person.zone_chosen = chosen.zone, True


def offered_zones() -> list[str]:
    """Those that are called after a place."""
    return [*sorted(zone for zone in known_zones() if "/" in zone and not zone.startswith("Etc/")), "UTC"]
