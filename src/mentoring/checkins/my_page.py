"""One's own page: what is asked of one now, one thing first, and the rest in its order."""

import enum
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.contracts import CheckInView
from mentoring.checkins.queries import my_check_ins
from mentoring.checkins.rules import CheckInKind, CheckInState
from mentoring.identity import Actor
from mentoring.pairings.contracts import PairingView, SessionView
from mentoring.pairings.queries import my_pairings, my_sessions
from mentoring.pairings.waiting import Waiting, read_waiting
from mentoring.programmes.contracts import ProgrammeSummary, SignUpSummary
from mentoring.programmes.queries import list_programmes, my_sign_ups

FAR = datetime.max.replace(tzinfo=UTC)
"""Later than anything that has an end."""


class Wanted(enum.StrEnum):
    """What can be asked of somebody, what others wait for most first.

    A proposal holds up another person; a question is soon forgotten; without an agreement or a time nothing begins.
    """

    PROPOSAL = "proposal"
    CHECK_IN = "check_in"
    PULSE = "pulse"
    AGREEMENT = "agreement"
    BOOKING = "booking"
    CLOSING = "closing"
    TERMS = "terms"
    PREPARATION = "preparation"


ORDER = {wanted: place for place, wanted in enumerate(Wanted)}


class Asked(Struct, frozen=True):
    """One thing that is asked.

    ``about``: the pairing, check-in, session or programme; ``name``: of whom, or of which programme; ``by``: when it is
    too late.
    """

    what: Wanted
    about: UUID
    name: str = ""
    by: datetime | None = None


class MyPage(Struct, frozen=True):
    """All that stands on one's own page."""

    asked: list[Asked]
    pairings: list[PairingView]
    sessions: list[SessionView]
    sign_ups: list[SignUpSummary]
    programmes: list[ProgrammeSummary]


async def read_my_page(db: AsyncSession, actor: Actor, now: datetime) -> MyPage:
    """What somebody finds who comes in."""
    pairings, sessions = await my_pairings(db, actor), await my_sessions(db, actor)
    sign_ups = await my_sign_ups(db, actor)
    waiting = await read_waiting(db, actor, pairings, now)
    asked = [
        *of_pairings(pairings, waiting),
        *of_check_ins(await my_check_ins(db, actor)),
        *of_sessions(sessions, now),
        *of_sign_ups(sign_ups),
    ]
    return MyPage(in_order(asked), pairings, sessions, sign_ups, await list_programmes(db, actor))


def in_order(asked: Iterable[Asked]) -> list[Asked]:
    """What is most pressing first; of the same kind, what is too late first."""
    return sorted(asked, key=lambda one: (ORDER[one.what], one.by or FAR, one.about))


def of_pairings(pairings: Iterable[PairingView], waiting: Waiting) -> list[Asked]:
    """Proposals to answer; agreements to sign or to write; closing questions."""
    asked = []
    for one in pairings:
        wanted = {
            Wanted.PROPOSAL: one.my_turn,
            Wanted.AGREEMENT: one.id in waiting.to_sign,
            Wanted.TERMS: one.id in waiting.to_write,
            Wanted.CLOSING: one.id in waiting.to_close,
        }
        by = one.answer_by if one.my_turn else None
        asked += [Asked(what, one.id, one.partner, by) for what, so in wanted.items() if so]
    return asked


def of_check_ins(check_ins: Iterable[CheckInView]) -> list[Asked]:
    kinds = {CheckInKind.SESSION: Wanted.CHECK_IN, CheckInKind.PULSE: Wanted.PULSE}
    return [
        Asked(kinds[one.kind], one.id, one.partner, one.answer_by)
        for one in check_ins
        if one.state is CheckInState.OPEN
    ]


def of_sessions(sessions: Iterable[SessionView], now: datetime) -> list[Asked]:
    """Of each pairing the next session, where nobody has chosen its time yet. ``sessions``: the next first."""
    following = {one.pairing_id: one for one in reversed([one for one in sessions if one.starts_at > now])}
    return [Asked(Wanted.BOOKING, one.id, one.partner, one.starts_at) for one in following.values() if not one.booked]


def of_sign_ups(sign_ups: Iterable[SignUpSummary]) -> list[Asked]:
    return [Asked(Wanted.PREPARATION, one.programme_id, one.programme) for one in sign_ups if not one.prepared]
