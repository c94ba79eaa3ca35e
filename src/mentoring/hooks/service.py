"""Webhooks are added and removed; and what happens is put down to be told to them."""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.followups.contracts import PairingAtRisk
from mentoring.hooks import rules
from mentoring.hooks.contracts import Delivery, HookAdded, HookMade, HookPinged, HookRemoved, HookView, NewHook
from mentoring.hooks.models import Hook
from mentoring.hooks.rules import TOLD, AddressRefused, HookKind, HookNotFound, Topic
from mentoring.identity import Actor
from mentoring.messages import service as messages
from mentoring.messages.contracts import Intended
from mentoring.messages.models import Message
from mentoring.pairings.contracts import PairingBegan, PairingEnded
from mentoring.pairings.models import Pairing
from mentoring.policy import Action
from mentoring.programmes.models import Programme
from mentoring.programmes.queries import find_programme

KEY_BYTES = 24
"""Of a signature's key: what Standard Webhooks asks for at least."""


async def add_hook(db: AsyncSession, actor: Actor, ref: str, new: NewHook, now: datetime) -> HookMade:
    """Let an address be told of what happens in a programme. Raises ``ProgrammeNotFound``, ``AddressRefused``."""
    programme = await find_programme(db, actor, ref, Action.HOOK_WRITE)
    if not rules.plausible_url(new.url):
        raise AddressRefused(url=urlsplit(new.url).hostname or "")
    signed = new.kind is HookKind.SIGNED
    hook = Hook(
        id=uuid4(),
        programme_id=programme.id,
        name=new.name.strip(),
        kind=new.kind,
        url=new.url,
        secret=f"whsec_{b64encode(secrets.token_bytes(KEY_BYTES)).decode()}" if signed else None,
        topics=[topic.value for topic in new.topics or TOLD],
        made_at=now,
    )
    db.add(hook)
    journal.record(db, HookAdded(hook.id), by=actor.id, at=now)
    await db.flush()
    return HookMade(_view(hook, programme.name), hook.secret)


async def list_hooks(db: AsyncSession, actor: Actor, ref: str) -> list[HookView]:
    """The webhooks of a programme. Raises ``ProgrammeNotFound``."""
    programme = await find_programme(db, actor, ref, Action.HOOK_WRITE)
    return await _hooks(db, Hook.programme_id == programme.id)


async def list_all(db: AsyncSession, actor: Actor) -> list[HookView]:
    """The webhooks of all programmes."""
    policy.require_right(actor, Action.HOOK_WRITE)
    return await _hooks(db, true())


async def _hooks(db: AsyncSession, where: ColumnElement[bool]) -> list[HookView]:
    rows = await db.execute(
        select(Hook, Programme.name)
        .join(Programme, Programme.id == Hook.programme_id)
        .where(where, Hook.removed_at.is_(None))
        .order_by(Programme.name, Hook.made_at, Hook.id)
    )
    return [_view(hook, programme) for hook, programme in rows]


async def ping(db: AsyncSession, actor: Actor, hook_id: UUID, now: datetime) -> None:
    """Tell a webhook that this is a test, by the same way as all else. Raises ``HookNotFound``."""
    hook = await _find(db, actor, hook_id)
    told = Intended(Topic.PING.value, uuid4(), hook.id, now, channel=hook.kind.value)
    await messages.enqueue(db, [told])
    journal.record(db, HookPinged(hook.id), by=actor.id, at=now)


async def list_deliveries(db: AsyncSession, actor: Actor, hook_id: UUID, limit: int = 50) -> list[Delivery]:
    """What was told to a webhook, the latest first. Raises ``HookNotFound``."""
    hook = await _find(db, actor, hook_id)
    chosen = select(Message).where(Message.recipient_id == hook.id).order_by(Message.made_at.desc(), Message.id)
    return [
        Delivery(one.id, one.kind, one.state, one.made_at, one.sent_at, one.attempt, one.error)
        for one in await db.scalars(chosen.limit(limit))
    ]


async def read_hook(db: AsyncSession, actor: Actor, hook_id: UUID) -> HookView:
    """One webhook. Raises ``HookNotFound``."""
    hook = await _find(db, actor, hook_id)
    return _view(hook, (await db.get_one(Programme, hook.programme_id)).name)


async def _find(db: AsyncSession, actor: Actor, hook_id: UUID) -> Hook:
    hook = policy.require(actor, Action.HOOK_WRITE, await db.get(Hook, hook_id), HookNotFound)
    if hook.removed_at is not None:
        raise HookNotFound()
    return hook


async def remove_hook(db: AsyncSession, actor: Actor, hook_id: UUID, now: datetime) -> None:
    """Tell it nothing more, what waits included. Raises ``HookNotFound``."""
    hook = policy.require(actor, Action.HOOK_WRITE, await db.get(Hook, hook_id), HookNotFound)
    if hook.removed_at is None:
        hook.removed_at = now
        journal.record(db, HookRemoved(hook.id), by=actor.id, at=now)


def _view(hook: Hook, programme: str) -> HookView:
    return HookView(
        id=hook.id,
        programme_id=hook.programme_id,
        programme=programme,
        name=hook.name,
        kind=hook.kind,
        host=urlsplit(hook.url).hostname or "",
        topics=[Topic(topic) for topic in hook.topics],
        made_at=hook.made_at,
    )


Told = PairingBegan | PairingEnded | PairingAtRisk
TOPICS: dict[type, Topic] = {
    PairingBegan: Topic.PAIRING_BEGAN,
    PairingEnded: Topic.PAIRING_ENDED,
    PairingAtRisk: Topic.PAIRING_AT_RISK,
}


async def tell_hooks(db: AsyncSession, events: Sequence[Told], now: datetime) -> None:
    """Reaction: what happened is put down for each webhook that wants to know. What was confided is not."""
    open_events = [one for one in events if not (isinstance(one, PairingAtRisk) and one.confided)]
    rows = await db.execute(
        select(Pairing.id, Hook)
        .join(Hook, Hook.programme_id == Pairing.programme_id)
        .where(Pairing.id.in_([one.pairing_id for one in open_events]), Hook.removed_at.is_(None))
    )
    wanted: dict[UUID, list[Hook]] = {}
    for pairing_id, hook in rows:
        wanted.setdefault(pairing_id, []).append(hook)
    await messages.enqueue(
        db,
        [
            Intended(topic.value, one.pairing_id, hook.id, now, _sequence(one), channel=hook.kind.value)
            for one in open_events
            for topic in (TOPICS[type(one)],)
            for hook in wanted.get(one.pairing_id, [])
            if topic.value in hook.topics
        ],
    )


def _sequence(event: Told) -> int:
    return event.alert if isinstance(event, PairingAtRisk) else 0
