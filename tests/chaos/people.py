"""The organisation under fire: its files, its people's sessions, and what they do at the service's address."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
from sqlalchemy import select, update

from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInKind, CheckInState, Met
from mentoring.checkins.service import link_token
from mentoring.db import insert_missing
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Account
from mentoring.people.service import open_session
from mentoring.settings import Settings
from tests.bench.organisations import SIGN_UP_COLUMNS, STAFF_COLUMNS, Shape, sign_up_rows, staff_rows
from tests.chaos.rig import PATIENCE, Rig

PROGRAMME = "Digital leaders"
SHAPE = Shape(
    code="chaos",
    levels={24: 1, 21: 4, 18: 20, 16: 30, 11: 40, 8: 60, 6: 60},
    leaders={21: 4, 18: 16, 16: 20},
    juniors=90,
    units=12,
    skew=0.5,
    tongues={"en": 70, "fr": 30},
    seed=7,
)
STAFF = SHAPE.staff


def write_files(folder: Path) -> tuple[Path, Path]:
    """The staff file and the sign-ups."""
    staff = staff_rows(SHAPE)
    written = folder / "staff.csv", folder / "signups.csv"
    for path, columns, rows in zip(
        written, (STAFF_COLUMNS, SIGN_UP_COLUMNS), (staff, sign_up_rows(SHAPE, staff)), strict=True
    ):
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
    return written


class Transport(httpx.AsyncHTTPTransport):
    """A server that dies as it takes a connection is one that cannot be reached.

    anyio asks the socket for its peer without looking whether the event loop has taken it away meanwhile.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except AttributeError as lost:
            if lost.name != "getpeername":
                raise
            raise httpx.ConnectError("the connection was lost as it was made", request=request) from lost


class Crowd:
    """Everybody who is asked something, each with a session of their own."""

    def __init__(self, rig: Rig, url: str) -> None:
        self.rig = rig
        self.url = url
        self._cookies: dict[UUID, str] = {}
        self._secret = Settings(secret_file=rig.folder / "secret").secret()

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url, headers={"origin": self.url}, transport=Transport(), trust_env=False, timeout=PATIENCE
        )

    async def turns(self, limit: int = 1000) -> list[Pairing]:
        """Pairings that wait for somebody's yes."""
        asking = (PairingState.ASKING_LEADER, PairingState.ASKING_JUNIOR)
        async with self.rig.database.reading() as db:
            return list(
                await db.scalars(select(Pairing).where(Pairing.state.in_(asking)).order_by(Pairing.id).limit(limit))
            )

    async def come_in(self, people: Sequence[UUID]) -> None:
        """Sessions for those who have none yet."""
        now = datetime.now(UTC)
        new = [one for one in people if one not in self._cookies]
        async with self.rig.database.sessions.begin() as db:
            await insert_missing(db, Account, [{"person_id": one, "created_at": now} for one in new])
            for one in new:
                self._cookies[one] = await open_session(db, one, now)

    async def say_yes(self, browser: httpx.AsyncClient, pairing: Pairing) -> bool:
        """Whoever's turn it is accepts; whether the service said that it is done."""
        leads = pairing.state is PairingState.ASKING_LEADER
        cookie = {"cookie": f"session={self._cookies[pairing.leader_id if leads else pairing.junior_id]}"}
        try:
            answer = await browser.post(f"/api/v1/pairings/{pairing.id}/accept", headers=cookie)
        except httpx.TransportError:
            return False
        if answer.status_code == 200:
            (self.rig.answers.leaders if leads else self.rig.answers.juniors).add(pairing.id)
        assert answer.status_code in (200, 404, 409), answer.text
        return answer.status_code == 200

    async def all_say_yes(self, browser: httpx.AsyncClient, limit: int = 1000) -> int:
        """One yes of each whose turn it is; how many were acknowledged."""
        waiting = await self.turns(limit)
        await self.come_in([who for one in waiting for who in (one.leader_id, one.junior_id)])
        return sum([await self.say_yes(browser, one) for one in waiting])

    async def ask_now(self, count: int) -> None:
        """Weeks pass: so many check-ins fall due."""
        now = datetime.now(UTC)
        due = select(CheckIn.id).where(CheckIn.state == CheckInState.SCHEDULED).order_by(CheckIn.due_at, CheckIn.id)
        async with self.rig.database.sessions.begin() as db:
            await db.execute(update(CheckIn).where(CheckIn.id.in_(due.limit(count))).values(wake_at=now))

    async def chase_now(self, count: int) -> None:
        """Days pass: so many open questions come to their next follow-up, or to their end."""
        now = datetime.now(UTC)
        fresh = (CheckIn.state == CheckInState.OPEN, CheckIn.wake_at > now, CheckIn.follow_ups == 0)
        chosen = select(CheckIn.id).where(*fresh).order_by(CheckIn.id).limit(count)
        async with self.rig.database.sessions.begin() as db:
            await db.execute(
                update(CheckIn)
                .where(CheckIn.id.in_(chosen))
                .values(wake_at=now, fired_at=now - timedelta(days=4, minutes=1))
            )

    async def answer(self, browser: httpx.AsyncClient, count: int) -> int:
        """Answer so many open questions about sessions by the links of their mails; how many were acknowledged."""
        async with self.rig.database.reading() as db:
            open_ = list(
                await db.execute(
                    select(CheckIn.id, CheckIn.person_id)
                    .where(CheckIn.state == CheckInState.OPEN, CheckIn.kind == CheckInKind.SESSION)
                    .order_by(CheckIn.id)
                    .limit(count)
                )
            )
        done = 0
        for check_in, person in open_:
            link = f"/check-ins/{link_token(self._secret, check_in, person)}"
            try:
                answer = await browser.post(link, data={"met": "yes", "usefulness": "4"})
            except httpx.TransportError:
                continue
            if answer.status_code in (200, 303):
                self.rig.answers.check_ins[check_in] = Met.YES
                done += 1
        return done
