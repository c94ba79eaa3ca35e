"""A small organisation in which everybody has a part, and the same one again for every call."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.models import FollowUp
from mentoring.checkins.rules import CheckInState
from mentoring.checkins.service import link_token
from mentoring.followups.models import Intervention, Watch
from mentoring.followups.rules import Finding, Level, Reason
from mentoring.hooks.models import Hook
from mentoring.hooks.rules import HookKind
from mentoring.identity import MACHINE
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.messages.unsubscribing import stop_token
from mentoring.pairings.models import Agreement, CalendarFeed, Concern, Delegate, Goal, Pairing, PairSession
from mentoring.pairings.rules import Occasion, PairingState
from mentoring.people import passwords
from mentoring.people import service as people
from mentoring.people.contracts import NewToken
from mentoring.people.models import Account, Mailing, Person
from mentoring.people.rules import LinkPurpose
from mentoring.policy import SCOPES
from mentoring.programmes.models import Coordinator, Enrolment, EnrolmentSkill, Exclusion, Programme
from mentoring.programmes.rules import Role
from mentoring.rounds.models import Override, ProposedPair, Round
from mentoring.rounds.rules import OverrideKind, RoundState
from mentoring.settings import Settings
from mentoring.skills.models import Skill
from mentoring.skills.service import ensure_catalogue
from tests.builders import NOW, REASONS, a_check_in, a_pairing, a_person, a_programme, an_enrolment

ANONYMOUS, STRANGER, LEADER, JUNIOR = "anonymous", "stranger", "leader", "junior"
COORDINATOR, OTHER, ADMINISTRATOR = "coordinator", "another coordinator", "administrator"
TOKEN, BARE_TOKEN, GONE = "coordinator's token", "token without scopes", "left"
DELEGATE = "delegate"
ROLES = (ANONYMOUS, STRANGER, LEADER, JUNIOR, DELEGATE, COORDINATOR, OTHER, ADMINISTRATOR, TOKEN, BARE_TOKEN, GONE)

EXCLUDED = "Unspeakable"
"""The family name of somebody whom the leader excluded."""
NO_OF_A_JUNIOR, NO_OF_A_LEADER = "the junior said this in confidence", "the leader said this in confidence"
DONE_ABOUT_IT = "I spoke with the one who confided in me"
HOOK = "https://chat.example.org/whoever-knows-this-may-write"
NOTE = "a private line to the coordinator"
CONFIDED = "the leader confides this in the coordinator"
GOAL = "what the two want to have done"
AGREED = "what the two want from each other"
PASSWORD = "a good long sentence to sign in with"
PASSING = ('INSERT INTO "sign_in"', 'INSERT INTO "attempts"', 'INSERT INTO "api_token"')
MAIL = b"Subject: For the leader alone\r\nContent-Type: text/plain\r\n\r\nHello\r\n"


class World(NamedTuple):
    """Who can knock, with what in the hand, and what there is to ask for."""

    keys: Mapping[str, Mapping[str, str]]
    """By role: the headers with which they come."""
    people: Mapping[str, UUID]
    ids: Mapping[str, str]
    """By the name of a route's parameter: what stands there in this world."""
    unseen_pairing: UUID
    """Declined by its leader before its junior (``JUNIOR``) was asked."""


async def build(db: AsyncSession, settings: Settings) -> World:
    await ensure_catalogue(db)
    who = {role: await a_person(db, family_name=role.title()) for role in ROLES[1:] if "token" not in role}
    who[ADMINISTRATOR].staff_no = None  # entered by hand: a staff file says nothing of them
    programme, elsewhere = await a_programme(db, name="Here"), await a_programme(db, name="Elsewhere")
    db.add(Coordinator(programme_id=programme.id, person_id=who[COORDINATOR].id))
    db.add(Coordinator(programme_id=elsewhere.id, person_id=who[OTHER].id))
    await db.flush()
    pairing = await _meeting(db, programme, who)
    unwilling = await an_enrolment(db, Role.JUNIOR, programme=programme)
    await _declined(db, programme, pairing.leader_enrolment_id, unwilling.id, by_junior=True)
    other = await an_enrolment(db, Role.LEADER, programme=programme)
    unseen = await _declined(db, programme, other.id, pairing.junior_enrolment_id, by_junior=False)
    round_, leader_id = await _round(db, programme, pairing)
    ids = await _things(db, settings, programme, pairing, who)
    ids |= {
        "ref": str(programme.id),
        "programme": str(programme.id),
        "round_ref": str(round_.id),
        "role": "leader",
        "leader": str(leader_id),
    }
    ids |= await _life(db, pairing, who)
    ids |= {
        "pairing_id": str(pairing.id),
        "person": str(who[STRANGER].id),
        "file_path": "style.css",
    }
    keys = await _keys(db, settings, who)
    ids["administrator"] = who[ADMINISTRATOR].email
    ids["token_id"] = keys.pop("token_id")["id"]
    who[GONE].left_on = NOW.date()
    await db.flush()
    return World(keys, {role: person.id for role, person in who.items()}, ids, unseen.id)


async def _meeting(db: AsyncSession, programme: Programme, who: Mapping[str, Person]) -> Pairing:
    """The leader and the junior meet; what the leader said at sign-up is known."""
    pairing = await a_pairing(
        db, PairingState.ACTIVE, leader=who[LEADER], junior=who[JUNIOR], programme=programme, reasons=REASONS
    )
    skill = (await db.scalars(select(Skill).limit(1))).one()
    for enrolment_id, level in ((pairing.leader_enrolment_id, 1), (pairing.junior_enrolment_id, 3)):
        db.add(EnrolmentSkill(enrolment_id=enrolment_id, skill_id=skill.id, position=1, level=level))
    start = datetime(2026, 3, 10, 10, tzinfo=UTC)
    db.add(
        PairSession(
            pairing_id=pairing.id, number=1, local_start=start.replace(tzinfo=None), time_zone="UTC", starts_at=start,
            minutes=45,
        )
    )  # fmt: skip
    excluded = await a_person(db, family_name=EXCLUDED)
    db.add(Exclusion(enrolment_id=pairing.leader_enrolment_id, person_id=excluded.id))
    await db.flush()
    return pairing


async def _life(db: AsyncSession, pairing: Pairing, who: Mapping[str, Person]) -> dict[str, str]:
    """Agreement, delegate, feed and what the leader confides; it was the leader who paused it once."""
    pairing.paused_by_id = pairing.leader_id
    concern = Concern(
        id=uuid4(), programme_id=pairing.programme_id, pairing_id=pairing.id, person_id=pairing.leader_id,
        about_id=pairing.junior_id, words=CONFIDED, raised_at=NOW,
    )  # fmt: skip
    feed = CalendarFeed(person_id=pairing.leader_id, digest=people.digest_of("of-the-leader"), made_at=NOW)
    delegate = Delegate(leader_id=pairing.leader_id, person_id=who[DELEGATE].id, named_at=NOW)
    agreement = Agreement(
        id=uuid4(), pairing_id=pairing.id, version=1, occasion=Occasion.BEGINNING, every_days=21, minutes=45,
        language="en", skill_goal=AGREED, perspective_goal="", junior_wants="", written_at=NOW,
    )  # fmt: skip
    goal = Goal(id=uuid4(), pairing_id=pairing.id, words=GOAL, set_at=NOW)
    db.add_all([concern, feed, delegate, agreement, goal])
    session = (await db.scalars(select(PairSession).where(PairSession.pairing_id == pairing.id))).one()
    return {
        "session_id": str(session.id),
        "concern_id": str(concern.id),
        "goal_id": str(goal.id),
        "person_id": str(who[DELEGATE].id),
        "name": "of-the-leader.ics",
    }


async def _declined(
    db: AsyncSession, programme: Programme, leader_enrolment: UUID, junior_enrolment: UUID, *, by_junior: bool
) -> Pairing:
    """A proposal that one of the two declined; the junior is asked only after the leader."""
    leader = (await db.get_one(Enrolment, leader_enrolment)).person_id
    junior = (await db.get_one(Enrolment, junior_enrolment)).person_id
    pairing = Pairing(
        programme_id=programme.id, leader_enrolment_id=leader_enrolment, junior_enrolment_id=junior_enrolment,
        leader_id=leader, junior_id=junior, state=PairingState.DECLINED, fit=0.6, reasons=REASONS, made_at=NOW,
        asked_at=NOW, over_at=NOW, junior_asked_at=NOW if by_junior else None,
        declined_by_id=junior if by_junior else leader,
        decline_reason=NO_OF_A_JUNIOR if by_junior else NO_OF_A_LEADER,
    )  # fmt: skip
    db.add(pairing)
    await db.flush()
    return pairing


async def _round(db: AsyncSession, programme: Programme, pairing: Pairing) -> tuple[Round, UUID]:
    round_ = Round(
        id=uuid4(), programme_id=programme.id, number=1, name="Here 1", state=RoundState.PROPOSED, year=2026,
        requested_at=NOW, solved_at=NOW, leaders=1, juniors=1, matched=1, total_fit=0.62,
    )  # fmt: skip
    db.add(round_)
    await db.flush()
    led, taught = (
        await an_enrolment(db, Role.LEADER, programme=programme),
        await an_enrolment(db, Role.JUNIOR, programme=programme),
    )
    both = {"round_id": round_.id, "leader_enrolment_id": led.id, "junior_enrolment_id": taught.id}
    db.add(ProposedPair(**both, fit=0.62, reasons=REASONS))
    db.add(Override(**both, kind=OverrideKind.PIN, reason="they asked for it", at=NOW))
    await db.flush()
    return round_, led.person_id


async def _things(
    db: AsyncSession, settings: Settings, programme: Programme, pairing: Pairing, who: Mapping[str, Person]
) -> dict[str, str]:
    leader = who[LEADER]
    check_in = await a_check_in(db, pairing=pairing)
    await a_check_in(db, pairing=pairing, moment="session_2", state=CheckInState.ANSWERED, note=NOTE, met=None)
    db.add(
        FollowUp(programme_id=programme.id, pairing_id=pairing.id, person_id=leader.id, reason="silent", opened_at=NOW)
    )
    db.add(
        Watch(
            programme_id=programme.id, pairing_id=pairing.id, level=Level.RED, points=60, changed_at=NOW,
            findings=[Finding(Reason.CANDOUR, 60)],
        )
    )  # fmt: skip
    db.add(
        Intervention(
            programme_id=programme.id, pairing_id=pairing.id, by_id=who[COORDINATOR].id, at=NOW, level=Level.RED,
            points=60, note=DONE_ABOUT_IT,
        )
    )  # fmt: skip
    hook = Hook(
        id=uuid4(), programme_id=programme.id, name="Ours", kind=HookKind.SIGNED, url=HOOK, secret="whsec_MTIz",
        topics=[], made_at=NOW,
    )  # fmt: skip
    db.add(hook)
    bounced = await a_person(db)
    db.add(Mailing(person_id=bounced.id, bounced_at=NOW, bounced_address=bounced.email, bounce="550 no such user"))
    mail = Message(
        id=uuid4(), kind="consent_leader", about=pairing.id, recipient_id=leader.id, state=MessageState.KEPT,
        made_at=NOW, sent_at=NOW, address=leader.email, mail=MAIL,
    )  # fmt: skip
    db.add(mail)
    await db.flush()
    return {
        "check_in_id": str(check_in.id),
        "message_id": str(mail.id),
        "hook_id": str(hook.id),
        "bounced_id": str(bounced.id),
        "stop_token": stop_token(settings.secret(), leader.id),
        "session_id": str(await db.scalar(select(PairSession.id).where(PairSession.pairing_id == pairing.id))),
        "token": link_token(settings.secret(), check_in.id, leader.id),
        "secret": await people.make_link(db, who[STRANGER].id, LinkPurpose.SIGN_IN, datetime.now(UTC)),
    }


async def _keys(db: AsyncSession, settings: Settings, who: Mapping[str, Person]) -> dict[str, dict[str, str]]:
    """A session for each person, two tokens of the coordinator; the administrator has a password as well."""
    now = datetime.now(UTC)
    keys: dict[str, dict[str, str]] = {ANONYMOUS: {}}
    for role, person in who.items():
        boss = role == ADMINISTRATOR
        hashed = await passwords.digest(PASSWORD) if boss else None
        db.add(Account(person_id=person.id, administrator=boss, created_at=now, password_hash=hashed))
        await db.flush()
        keys[role] = {"cookie": f"session={await people.open_session(db, person.id, now)}"}
    coordinator = str(who[COORDINATOR].id)
    for role, scopes in ((TOKEN, list(SCOPES)), (BARE_TOKEN, [])):
        made = await people.make_token(db, MACHINE, coordinator, NewToken(role, scopes), now - timedelta(minutes=1))
        keys[role] = {"authorization": f"Bearer {made.token}"}
        keys["token_id"] = {"id": str(made.id)}
    return keys


def copied(source: Path, target: Path) -> None:
    """Put the world back as it was, while it is open; by SQLite's own means, in one transaction."""
    with closing(sqlite3.connect(source)) as pristine, closing(sqlite3.connect(target, timeout=10)) as used:
        pristine.backup(used)


def traces(path: Path) -> str:
    """Everything that the database holds but when somebody was last seen."""
    with closing(sqlite3.connect(path)) as connection:
        kept = (line for line in connection.iterdump() if not line.startswith(PASSING))
        return "\n".join(kept)
