"""What a webhook is told: ids and codes, in the form that its receiver reads. No names, nothing in confidence."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from standardwebhooks import Webhook

from mentoring.hooks.rules import HookKind, Topic
from mentoring.i18n import Words
from mentoring.messages.contracts import Claimed, Post


class News(NamedTuple):
    """What happened, to which pairing (of a test: to none) of which programme; ``level`` where it is at risk."""

    topic: Topic
    pairing_id: UUID | None
    programme_id: UUID
    programme: str
    level: str | None
    at: datetime


class Parcel(NamedTuple):
    """What is sent, and with which headers."""

    body: bytes
    headers: Mapping[str, str]


def parcel(kind: HookKind, secret: str | None, news: News, message: Claimed, post: Post) -> Parcel:
    """Write a message out for its receiver."""
    if kind is HookKind.SIGNED:
        return _signed(secret or "", news, message, post.now)
    words, link = Words("en"), post.url(f"/at-risk/{news.pairing_id}" if news.pairing_id else "/")
    text = words.text(f"hook.{news.topic.value}", programme=news.programme, level=news.level or "")
    card = _slack(text, link) if kind is HookKind.SLACK else _teams(text, link, words.text("hook.open"))
    return Parcel(msgspec.json.encode(card), {})


def _slack(text: str, link: str) -> object:
    """Slack reads three characters as markup."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": f"{plain}\n{link}"}


def _teams(text: str, link: str, label: str) -> object:
    """An adaptive card, which the workflows of Teams take."""
    card = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": text, "wrap": True}],
        "actions": [{"type": "Action.OpenUrl", "title": label, "url": link}],
    }
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def _signed(secret: str, news: News, message: Claimed, now: datetime) -> Parcel:
    """Standard Webhooks: one id however often it is tried, so that a receiver can drop the second."""
    data = {"pairing_id": news.pairing_id, "programme_id": news.programme_id, "level": news.level}
    body = msgspec.json.encode({"type": news.topic.value, "timestamp": news.at, "data": data})
    key = f"{message.kind}|{message.about}|{message.sequence}|{message.recipient_id}"
    identity = f"msg_{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    signature = Webhook(secret).sign(identity, now, body.decode())
    stamp = str(int(now.timestamp()))
    return Parcel(body, {"webhook-id": identity, "webhook-timestamp": stamp, "webhook-signature": signature})
