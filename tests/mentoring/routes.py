"""Every route of the service with a request that is right in itself, and who gets in."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar

from mentoring.app import surrounded
from mentoring.db import Database
from mentoring.settings import Settings
from tests.mentoring.world import (
    ADMINISTRATOR,
    ANONYMOUS,
    COORDINATOR,
    DELEGATE,
    JUNIOR,
    LEADER,
    OTHER,
    PASSWORD,
    ROLES,
    STRANGER,
    TOKEN,
    World,
    copied,
)


class Call(NamedTuple):
    """Who gets in, and a request that is right in itself."""

    who: set[str]
    json: Mapping[str, object] | None = None
    data: Mapping[str, object] | None = None
    file: str | None = None


ALL = set(ROLES)
PEOPLE = {STRANGER, LEADER, JUNIOR, DELEGATE, COORDINATOR, OTHER, ADMINISTRATOR}
SIGNED_IN = {*PEOPLE, TOKEN}
STAFF = {COORDINATOR, OTHER, ADMINISTRATOR, TOKEN}
ITS = {COORDINATOR, ADMINISTRATOR, TOKEN}
OWN_COORDINATOR = {COORDINATOR, TOKEN}
BOSS = {ADMINISTRATOR}
TWO = {LEADER, JUNIOR}
BOOKING = {*TWO, DELEGATE}
TERMS = {"every_days": 21, "minutes": 45, "language": "en"}
SIGNATURE = {"version": 1, "revision": 1}
PAIR = {"leader": "L", "junior": "J"}
SIGN_UP = {"skills": [{"code": "2.6", "level": 2}], "hours": [[0, 540, 600]]}
SIGN_UP_FORM = {"skill-1": "2.6", "level-1": "2", "from-0-1": "09:00", "to-0-1": "10:00"}
STAFF_FILE = "staff_no,given_name,family_name,email\nX1,A,B,a@example.org\n"
SIGN_UP_FILE = "staff_no,role,skills,hours\nX1,leader,2.6=1,mon:09:00-10:00\n"

ROUTES: dict[str, Call] = {
    "GET /health": Call(ALL),
    "GET /": Call(ALL),
    "GET /static/{file_path}": Call(ALL),
    "HEAD /static/{file_path}": Call(ALL),
    "GET /schema": Call(SIGNED_IN),
    "GET /schema/openapi.json": Call(SIGNED_IN),
    # coming in and going out
    "GET /sign-in": Call(ALL),
    "POST /sign-in": Call(ALL, data={"email": "{administrator}", "password": PASSWORD}),
    "POST /sign-in/again": Call(
        ALL, data={"email": "{administrator}", "password": PASSWORD, "again": "/me", "typed": "a=b"}
    ),
    "POST /sign-out": Call(ALL),
    "GET /forgotten": Call(ALL),
    "POST /forgotten": Call(ALL, data={"email": "nobody@example.org"}),
    "GET /enter/{secret}": Call(ALL),
    "POST /enter/{secret}": Call(ALL, data={"password": ""}),
    "POST /language": Call(SIGNED_IN, data={"language": "fr"}),
    # oneself
    "GET /me": Call(SIGNED_IN),
    "GET /api/v1/me": Call(SIGNED_IN),
    "GET /api/v1/me/asked": Call(SIGNED_IN),
    "GET /me/settings": Call(SIGNED_IN),
    "POST /me/settings/zone": Call(SIGNED_IN, data={"zone": "Asia/Bangkok"}),
    "POST /me/settings/reminders": Call(SIGNED_IN, data={"stop": "true"}),
    "GET /me/data": Call(SIGNED_IN),
    "GET /me/data/erased": Call(ALL),
    "POST /me/data/export": Call(SIGNED_IN),
    "POST /api/v1/me/export": Call(SIGNED_IN),
    "POST /me/data/erase": Call(SIGNED_IN, data={"address": "nobody@example.org"}),
    "POST /api/v1/me/erasure": Call(SIGNED_IN, json={"address": "nobody@example.org"}),
    # the directory
    "GET /api/v1/people": Call(STAFF),
    "GET /api/v1/people/{person}": Call(STAFF),
    "GET /api/v1/people/{person}/record": Call(STAFF),
    "GET /staff": Call(STAFF),
    "GET /staff/{person}": Call(STAFF),
    "POST /api/v1/accounts": Call(STAFF, json={"given_name": "N", "email": "new@example.org"}),
    "POST /api/v1/accounts/{person}/invitation": Call(STAFF),
    "POST /api/v1/staff/imports": Call(STAFF, file=STAFF_FILE),
    "GET /staff/import": Call(STAFF),
    "POST /staff/import": Call(STAFF, file=STAFF_FILE),
    "POST /staff/import/problems": Call(STAFF, file=STAFF_FILE),
    "GET /api/v1/tokens": Call(BOSS),
    "POST /api/v1/tokens": Call(BOSS, json={"name": "t", "scopes": []}),
    "DELETE /api/v1/tokens/{token_id}": Call(BOSS),
    # skills
    "GET /api/v1/skills": Call(SIGNED_IN),
    "GET /api/v1/skills/credit": Call(SIGNED_IN),
    "POST /api/v1/skills": Call(STAFF, json={"code": "own.1", "title": "Ours"}),
    # programmes
    "GET /api/v1/programmes": Call(SIGNED_IN),
    "GET /programmes": Call(SIGNED_IN),
    "POST /api/v1/programmes": Call(STAFF, json={"name": "New"}),
    "GET /programmes/new": Call(STAFF),
    "POST /programmes/new": Call(STAFF, data={"name": "New", "preset": "sprint"}),
    "GET /api/v1/programmes/{ref}": Call(ITS),
    "GET /programmes/{ref}": Call(ITS),
    "PATCH /api/v1/programmes/{ref}": Call(ITS, json={"open": False}),
    "POST /programmes/{ref}": Call(ITS, data={"open": "no"}),
    "POST /api/v1/programmes/{ref}/coordinators": Call(ITS, json={"person": "{stranger}"}),
    "POST /programmes/{ref}/coordinators": Call(ITS, data={"person": "{stranger}"}),
    "DELETE /api/v1/programmes/{ref}/coordinators/{person}": Call(ITS),
    "GET /api/v1/programmes/{ref}/sign-ups": Call(ITS),
    "GET /programmes/{ref}/sign-ups": Call(ITS),
    "GET /api/v1/programmes/{ref}/exclusions": Call(OWN_COORDINATOR),
    "POST /api/v1/programmes/{ref}/sign-ups/imports": Call(ITS, file=SIGN_UP_FILE),
    "GET /programmes/{ref}/sign-ups/import": Call(ITS),
    "POST /programmes/{ref}/sign-ups/import": Call(ITS, file=SIGN_UP_FILE),
    "POST /programmes/{ref}/sign-ups/import/problems": Call(ITS, file=SIGN_UP_FILE),
    # one's own sign-up
    "GET /api/v1/programmes/{ref}/sign-up/{role}": Call({LEADER}),
    "GET /programmes/{ref}/sign-up/{role}": Call(SIGNED_IN),
    "PUT /api/v1/programmes/{ref}/sign-up/{role}": Call(SIGNED_IN, json=SIGN_UP),
    "POST /programmes/{ref}/sign-up/{role}": Call(SIGNED_IN, data=SIGN_UP_FORM),
    "PUT /api/v1/programmes/{ref}/sign-up/{role}/draft": Call(SIGNED_IN, json={"typed": {"skill-1": "2.6"}}),
    "POST /programmes/{ref}/sign-up/{role}/draft": Call(SIGNED_IN, data=SIGN_UP_FORM),
    "POST /programmes/{ref}/sign-up/{role}/draft/discard": Call(SIGNED_IN),
    "DELETE /api/v1/programmes/{ref}/sign-up/{role}": Call({LEADER}),
    "POST /programmes/{ref}/sign-up/{role}/withdraw": Call({LEADER}),
    "PUT /api/v1/programmes/{ref}/checklist": Call({JUNIOR}, json={"ticked": ["guide"]}),
    "GET /programmes/{ref}/preparation": Call({JUNIOR}),
    "POST /programmes/{ref}/preparation": Call({JUNIOR}, data={"ticked": "guide"}),
    # rounds
    "GET /api/v1/programmes/{programme}/readiness": Call(ITS),
    "GET /programmes/{programme}/readiness": Call(ITS),
    "GET /api/v1/programmes/{programme}/network": Call(ITS),
    "GET /programmes/{programme}/network": Call(ITS),
    "POST /api/v1/programmes/{programme}/effects": Call(ITS, json={"rules": {"unit": False}}),
    "POST /programmes/{programme}/effects": Call(ITS, data={"rules.unit": "off"}),
    "GET /api/v1/programmes/{programme}/rounds": Call(ITS),
    "GET /programmes/{programme}/rounds": Call(ITS),
    "POST /api/v1/programmes/{programme}/rounds": Call(ITS, json={}),
    "POST /programmes/{programme}/rounds": Call(ITS),
    "GET /api/v1/rounds/{round_ref}": Call(ITS),
    "GET /rounds/{round_ref}": Call(ITS),
    "POST /api/v1/rounds/{round_ref}/pins": Call(ITS, json={**PAIR, "reason": "r"}),
    "POST /api/v1/rounds/{round_ref}/forbids": Call(ITS, json={**PAIR, "reason": "r"}),
    "POST /rounds/{round_ref}/overrides": Call(ITS, data={**PAIR, "reason": "r", "kind": "pin"}),
    "POST /api/v1/rounds/{round_ref}/clearings": Call(ITS, json=PAIR),
    "POST /rounds/{round_ref}/clearings": Call(ITS, data=PAIR),
    "POST /api/v1/rounds/{round_ref}/publish": Call(ITS, json={}),
    "GET /rounds/{round_ref}/publish": Call(ITS),
    "POST /rounds/{round_ref}/publish": Call(ITS, data={"revision": "1"}),
    "POST /api/v1/rounds/{round_ref}/undo": Call(ITS),
    "POST /rounds/{round_ref}/undo": Call(ITS),
    "POST /api/v1/rounds/{round_ref}/replay": Call(ITS),
    "POST /rounds/{round_ref}/replay": Call(ITS),
    "POST /api/v1/rounds/{round_ref}/verify": Call(ITS),
    "POST /rounds/{round_ref}/verify": Call(ITS),
    "POST /api/v1/rounds/{round_ref}/explanation": Call(ITS, json={"leader": "L"}),
    "POST /rounds/{round_ref}/explanation": Call(ITS, data={"leader": "L"}),
    "GET /api/v1/rounds/{round_ref}/fairness": Call(ITS),
    "GET /rounds/{round_ref}/fairness": Call(ITS),
    "POST /api/v1/rounds/{round_ref}/what-if": Call(ITS, json={"pins": [PAIR]}),
    "POST /rounds/{round_ref}/what-if": Call(ITS, data={**PAIR, "kind": "pin"}),
    "POST /api/v1/rounds/{round_ref}/decisions": Call(ITS, json={"pins": [PAIR], "reason": "r"}),
    "POST /rounds/{round_ref}/decisions": Call(ITS, data={"pin_leader": "L", "pin_junior": "J", "reason": "r"}),
    "POST /api/v1/rounds/{round_ref}/readmissions": Call(ITS, json={"person": "L"}),
    "POST /rounds/{round_ref}/readmissions": Call(ITS, data={"person": "L"}),
    "GET /rounds/{round_ref}/leaders/{leader}": Call(ITS),
    "GET /rounds/{round_ref}/unmatched": Call(ITS),
    "GET /rounds/{round_ref}/scores": Call(ITS),
    "GET /api/v1/rounds/{round_ref}/scores": Call(ITS),
    "GET /rounds/{round_ref}/recruits": Call(ITS),
    "GET /api/v1/rounds/{round_ref}/recruits": Call(ITS),
    "GET /rounds/{round_ref}/differences": Call(ITS),
    "GET /api/v1/rounds/{round_ref}/differences": Call(ITS),
    "GET /api/v1/rounds/{round_ref}/publish-preview": Call(ITS),
    "POST /api/v1/rounds/{round_ref}/comparison": Call(ITS),
    "POST /rounds/{round_ref}/comparison": Call(ITS),
    "POST /api/v1/programmes/{programme}/comparison": Call(ITS),
    "POST /programmes/{programme}/comparison": Call(ITS),
    "POST /api/v1/rounds/{round_ref}/export": Call(ITS),
    "POST /rounds/{round_ref}/export": Call(ITS, data={"format": "json"}),
    # pairings
    "GET /api/v1/pairings": Call(SIGNED_IN),
    "GET /api/v1/sessions": Call(SIGNED_IN),
    "GET /api/v1/pairings/records": Call(SIGNED_IN),
    "GET /api/v1/pairings/{pairing_id}": Call(TWO),
    "GET /pairings/{pairing_id}": Call(TWO),
    "GET /api/v1/pairings/{pairing_id}/sessions": Call(TWO),
    "POST /api/v1/pairings/{pairing_id}/accept": Call(TWO),
    "POST /pairings/{pairing_id}/accept": Call(TWO),
    "POST /api/v1/pairings/{pairing_id}/decline": Call(TWO, json={"reason": ""}),
    "POST /pairings/{pairing_id}/decline": Call(TWO, data={"reason": ""}),
    # their life: sessions, agreement, pauses, endings
    "GET /api/v1/sessions/{session_id}": Call(BOOKING),
    "GET /api/v1/sessions/{session_id}/slots": Call(BOOKING),
    "POST /api/v1/sessions/{session_id}/book": Call(BOOKING, json={"local_start": "2026-03-12T14:30"}),
    "POST /api/v1/sessions/{session_id}/call-off": Call(BOOKING),
    "POST /api/v1/sessions/{session_id}/report": Call(TWO, json={"held": True}),
    "GET /sessions/{session_id}": Call(BOOKING),
    "POST /sessions/{session_id}/book": Call(BOOKING, data={"local_start": "2026-03-12T14:30"}),
    "POST /sessions/{session_id}/call-off": Call(BOOKING),
    "POST /sessions/{session_id}/report": Call(TWO, data={"held": "true"}),
    "GET /api/v1/pairings/{pairing_id}/agreement": Call(TWO),
    "PUT /api/v1/pairings/{pairing_id}/agreement": Call(TWO, json=TERMS),
    "POST /api/v1/pairings/{pairing_id}/agreement/sign": Call(TWO, json=SIGNATURE),
    "GET /pairings/{pairing_id}/agreement": Call(TWO),
    "POST /pairings/{pairing_id}/agreement": Call(TWO, data=TERMS),
    "POST /pairings/{pairing_id}/agreement/sign": Call(TWO, data=SIGNATURE),
    "GET /api/v1/pairings/{pairing_id}/goals": Call(TWO),
    "POST /api/v1/pairings/{pairing_id}/goals": Call(TWO, json={"words": "Post once"}),
    "POST /pairings/{pairing_id}/goals": Call(TWO, data={"words": "Post once"}),
    "PUT /api/v1/goals/{goal_id}": Call(TWO, json={"reached": True}),
    "DELETE /api/v1/goals/{goal_id}": Call(TWO),
    "POST /pairings/{pairing_id}/goals/{goal_id}": Call(TWO, data={"reached": "true"}),
    "POST /pairings/{pairing_id}/goals/{goal_id}/drop": Call(TWO),
    "POST /api/v1/pairings/{pairing_id}/pause": Call(TWO, json={"until": "2026-04-01"}),
    "POST /pairings/{pairing_id}/pause": Call(TWO, data={"until": "2026-04-01"}),
    "POST /api/v1/pairings/{pairing_id}/resume": Call({LEADER}),
    "POST /pairings/{pairing_id}/resume": Call({LEADER}),
    "POST /api/v1/pairings/{pairing_id}/end": Call(TWO, json={}),
    "POST /pairings/{pairing_id}/end": Call(TWO, data={"reason": ""}),
    "POST /api/v1/pairings/{pairing_id}/leave": Call(TWO, json={}),
    "POST /pairings/{pairing_id}/leave": Call(TWO, data={"reason": ""}),
    "POST /api/v1/pairings/{pairing_id}/rematch": Call(TWO),
    "POST /pairings/{pairing_id}/rematch": Call(TWO),
    "POST /api/v1/pairings/{pairing_id}/concerns": Call(TWO, json={"message": "x"}),
    "POST /pairings/{pairing_id}/concern": Call(TWO, data={"message": "x"}),
    "GET /api/v1/pairings/{pairing_id}/assessment": Call(TWO),
    "PUT /api/v1/pairings/{pairing_id}/assessment": Call(
        TWO, json={"skills": [{"skill": "2.6", "after": 2, "before": 1}]}
    ),
    "GET /pairings/{pairing_id}/closing": Call(TWO),
    "POST /pairings/{pairing_id}/closing": Call(TWO, data={"skill": "2.6", "after-2.6": "2", "before-2.6": "1"}),
    "GET /api/v1/concerns": Call(SIGNED_IN),
    "GET /concerns": Call(SIGNED_IN),
    "POST /api/v1/concerns/{concern_id}/close": Call(OWN_COORDINATOR),
    "POST /concerns/{concern_id}/close": Call(OWN_COORDINATOR),
    "GET /api/v1/me/delegates": Call(SIGNED_IN),
    "POST /api/v1/me/delegates": Call(SIGNED_IN, json={"person": "{stranger}"}),
    "DELETE /api/v1/me/delegates/{person_id}": Call(SIGNED_IN),
    "GET /api/v1/me/delegated-sessions": Call(SIGNED_IN),
    "GET /api/v1/me/feed": Call(SIGNED_IN),
    "POST /api/v1/me/feed": Call(SIGNED_IN),
    "DELETE /api/v1/me/feed": Call(SIGNED_IN),
    "GET /me/calendar": Call(SIGNED_IN),
    "POST /me/calendar/feed": Call(SIGNED_IN),
    "POST /me/calendar/revoke": Call(SIGNED_IN),
    "POST /me/delegates": Call(SIGNED_IN, data={"person": "{stranger}"}),
    "POST /me/delegates/{person_id}/remove": Call(SIGNED_IN),
    "GET /me/sessions": Call(SIGNED_IN),
    "GET /feeds/{name}": Call(ALL),
    # check-ins
    "GET /api/v1/check-ins": Call(SIGNED_IN),
    "GET /api/v1/check-ins/{check_in_id}": Call({LEADER}),
    "GET /me/check-ins": Call(SIGNED_IN),
    "GET /me/check-ins/{check_in_id}": Call({LEADER}),
    "POST /api/v1/check-ins/{check_in_id}/answer": Call({LEADER}, json={"met": "no"}),
    "POST /me/check-ins/{check_in_id}": Call({LEADER}, data={"met": "no"}),
    "GET /check-ins/{token}": Call(ALL),
    "POST /check-ins/{token}": Call(ALL, data={"met": "no"}),
    "GET /api/v1/follow-ups": Call(SIGNED_IN),
    # pairings at risk, and trying a ladder out
    "GET /api/v1/at-risk": Call(SIGNED_IN),
    "GET /at-risk": Call(SIGNED_IN),
    "GET /api/v1/at-risk/{pairing_id}": Call(ITS),
    "GET /at-risk/{pairing_id}": Call(ITS),
    "POST /api/v1/at-risk/{pairing_id}/acted": Call(ITS, json={"note": "called both"}),
    "POST /at-risk/{pairing_id}/acted": Call(ITS, data={"note": "called both"}),
    "POST /api/v1/programmes/{programme}/simulation": Call(ITS, json={"scenario": "fine"}),
    "GET /programmes/{programme}/simulation": Call(ITS),
    # what comes in by mail, and reminders stopped by their reader
    "POST /api/v1/inbound": Call(BOSS, file="From: x@example.org\n\nHello\n"),
    "GET /api/v1/sessions/{session_id}/answers": Call(TWO),
    "GET /unsubscribe/{stop_token}": Call(ALL),
    "POST /unsubscribe/{stop_token}": Call(ALL, data={"List-Unsubscribe": "One-Click"}),
    # webhooks
    "GET /api/v1/programmes/{programme}/hooks": Call(BOSS),
    "POST /api/v1/programmes/{programme}/hooks": Call(
        BOSS, json={"name": "Ours", "kind": "slack", "url": "https://chat.example.org/x"}
    ),
    "DELETE /api/v1/hooks/{hook_id}": Call(BOSS),
    # the upkeep
    "GET /metrics": Call(STAFF),
    "GET /api/v1/status": Call(STAFF),
    "POST /api/v1/status/resume": Call(STAFF),
    # messages
    "GET /api/v1/messages": Call(STAFF),
    "GET /api/v1/messages/counts": Call(STAFF),
    "POST /api/v1/messages/{message_id}/again": Call(STAFF),
    "POST /api/v1/messages/{message_id}/give-up": Call(STAFF),
    "POST /api/v1/messages/export": Call(STAFF),
    "GET /api/v1/bounces": Call(STAFF),
    "PUT /api/v1/bounces/{bounced_id}": Call(STAFF, json={"email": "right@example.org"}),
    "GET /messages": Call(STAFF),
    "GET /messages/bounced": Call(STAFF),
    "POST /messages/bounced/{bounced_id}": Call(STAFF, data={"email": "right@example.org"}),
    "POST /messages/{message_id}/again": Call(STAFF),
    "POST /messages/{message_id}/give-up": Call(STAFF),
    "POST /messages/export": Call(STAFF, data={"box": "all", "format": "csv"}),
    # exports
    "GET /programmes/{programme}/exports": Call(ITS),
    "POST /programmes/{programme}/exports": Call(ITS, data={"table": "pairings", "format": "csv"}),
    "POST /api/v1/programmes/{programme}/exports": Call(ITS, json={"table": "check_ins"}),
    # the administration
    "GET /admin": Call(STAFF),
    "POST /admin/resume": Call(STAFF),
    "POST /admin/check": Call(BOSS),
    "GET /admin/roles": Call(BOSS),
    "POST /admin/roles/administrators": Call(BOSS, data={"person": "{stranger}"}),
    "POST /admin/roles/coordinators": Call(BOSS, data={"person": "{stranger}", "programme": "Here"}),
    "GET /api/v1/administrators": Call(BOSS),
    "PUT /api/v1/administrators/{person}": Call(BOSS),
    "DELETE /api/v1/administrators/{person}": Call(BOSS),
    "GET /admin/settings": Call(BOSS),
    "POST /admin/settings": Call(BOSS, data={"organisation": "Ours"}),
    "GET /api/v1/settings": Call(BOSS),
    "PATCH /api/v1/settings": Call(BOSS, json={"values": {"organisation": "Ours"}}),
    "GET /admin/tokens": Call(BOSS),
    "POST /admin/tokens": Call(BOSS, data={"name": "t", "scopes": "rounds", "days": "30"}),
    "POST /admin/tokens/{token_id}/revoke": Call(BOSS),
    "GET /admin/hooks": Call(BOSS),
    "POST /admin/hooks": Call(
        BOSS, data={"name": "Ours", "kind": "slack", "url": "https://chat.example.org/x", "programme": "Here"}
    ),
    "GET /admin/hooks/{hook_id}": Call(BOSS),
    "POST /admin/hooks/{hook_id}/ping": Call(BOSS),
    "POST /admin/hooks/{hook_id}/remove": Call(BOSS),
    "POST /api/v1/hooks/{hook_id}/ping": Call(BOSS),
    "GET /api/v1/hooks/{hook_id}/deliveries": Call(BOSS),
    "GET /admin/audit": Call(BOSS),
    "POST /admin/audit/export": Call(BOSS, data={"format": "csv"}),
    "GET /api/v1/audit": Call(BOSS),
    "POST /api/v1/audit/export": Call(BOSS, json={}),
    "GET /api/v1/mailbox": Call(SIGNED_IN),
    "GET /mailbox": Call(SIGNED_IN),
    "GET /api/v1/mailbox/{message_id}": Call({LEADER, ADMINISTRATOR}),
    "GET /mailbox/{message_id}": Call({LEADER, ADMINISTRATOR}),
}
"""Every route, and who gets in: whoever may, and is then told of success or of what stands in the way."""
ELSEWHERE_TRIED = {"GET /schema/{path}"}
"""The framework's own; what is behind it is ``/schema/openapi.json``."""


class Door:
    """The whole service in a world that is put back after every change."""

    def __init__(self, client: AsyncClient, world: World, pristine: Path, path: Path) -> None:
        self.client = client
        self.world = world
        self.pristine = pristine
        self.path = path

    async def knock(self, route: str, role: str, ids: dict[str, str] | None = None) -> Response:
        method, _, path = route.partition(" ")
        call = ROUTES[route]
        self.client.cookies.clear()
        return await self.client.request(
            method,
            path.format(**{**self.world.ids, **(ids or {})}),
            headers=self.world.keys[role],
            json=self._named(call.json),
            data=self._named(call.data),
            files={"file": ("file.csv", call.file.encode())} if call.file else None,
        )

    def _named(self, body: Mapping[str, object] | None) -> dict[str, object] | None:
        """Put those people in who are named in a body."""
        known = {"{stranger}": str(self.world.people[STRANGER]), "{administrator}": self.world.ids["administrator"]}
        if body is None:
            return None
        return {name: known.get(value, value) if isinstance(value, str) else value for name, value in body.items()}

    def put_back(self) -> None:
        copied(self.pristine, self.path)


def visiting(app: Litestar, opened: Database, settings: Settings) -> AsyncClient:
    service = surrounded(app, settings, opened)
    transport = ASGITransport(service, raise_app_exceptions=False)  # type: ignore[arg-type]  # Litestar types scopes narrower
    return AsyncClient(transport=transport, base_url=settings.base_url, headers={"origin": settings.base_url})


def reader_of(route: str) -> str:
    """Whose page it is: a participant's where it speaks of oneself, a coordinator's before others."""
    who = ROUTES[route].who
    if who == ALL:
        return ANONYMOUS
    own = (LEADER, JUNIOR, DELEGATE, COORDINATOR, ADMINISTRATOR)
    return next(role for role in (own if "/me" in route else (COORDINATOR, *own)) if role in who)


def let_in(answer: Response) -> bool:
    """Not sent away: neither unknown, nor forbidden, nor on to the sign-in page."""
    away = answer.headers.get("location", "").startswith("/sign-in?")
    return answer.status_code not in (401, 403, 404) and not away
