"""The link in a mail that may be stopped, and the headers by which a mail program follows it (RFC 2369, RFC 8058)."""

from functools import lru_cache
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

from mentoring.errors import NotFound
from mentoring.messages.contracts import Claimed, Post

SALT = "unsubscribe"


class StopLinkUnknown(NotFound):
    """The link is not complete, or was not signed by us."""


@lru_cache(maxsize=8)
def _serializer(secret: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=SALT)


def stop_token(secret: bytes, person_id: UUID) -> str:
    """Whose reminders the link stops. It works as long as the person is there: a mail may be read late."""
    return _serializer(secret).dumps(person_id.hex)


def read_stop_token(secret: bytes, token: str) -> UUID:
    """Raises ``StopLinkUnknown``."""
    try:
        return UUID(_serializer(secret).loads(token))
    except (BadSignature, ValueError, AttributeError, TypeError) as forged:
        raise StopLinkUnknown() from forged


def stop_url(post: Post, message: Claimed) -> str | None:
    """Where a message can be stopped; None for one that cannot."""
    if message.pace is None:
        return None
    return post.url(f"/unsubscribe/{stop_token(post.secret, message.recipient_id)}")
