"""Trying a programme's plan and ladder out before launch: nothing is written, nobody is told."""

from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.errors import Invalid
from mentoring.followups.contracts import Said, TryOut
from mentoring.followups.simulation import Where, simulate
from mentoring.identity import Actor
from mentoring.pairings.rules import ZoneUnknown
from mentoring.people.pacing import mail_hours
from mentoring.policy import Action
from mentoring.programmes.queries import find_programme
from mentoring.settings import Settings


class DayUnreadable(Invalid):
    """``day`` is no day of the calendar."""


async def simulate_programme(
    db: AsyncSession, actor: Actor, settings: Settings, ref: str, tried: TryOut, now: datetime
) -> list[Said]:
    """Every message that a pairing would get over its whole life. Raises ``ProgrammeNotFound``, ``ZoneUnknown``."""
    programme = await find_programme(db, actor, ref, Action.LADDER_TRY)
    leader = Where(tried.leader_country, _zone(tried.leader_zone))
    junior = Where(tried.junior_country, _zone(tried.junior_zone))
    day = _day(tried.asked_on) if tried.asked_on else now.astimezone(ZoneInfo(leader.zone)).date()
    hours = await mail_hours(db, settings)
    return simulate(programme.plan, programme.ladder, tried.scenario, leader, junior, day, hours)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ZoneUnknown(zone=name)
    return name


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise DayUnreadable(day=written) from error
