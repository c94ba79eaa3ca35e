"""What stands around the service before any door: hosts, origins, content types, headers.

Litestar's defaults leave these open (measured with 2.25, see docs/decisions/0006-walls.md); each is closed here.
"""

from urllib.parse import unquote_plus, urlsplit

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from mentoring.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
PACKED_FOR = b"accept-encoding"
"""Taken from what another site had a browser ask with a cookie: how well it packs would tell what is in it (BREACH)."""
YEAR = 31_536_000
API_BODIES = ("application/json", "multipart/form-data")
PAGE_BODIES = ("application/x-www-form-urlencoded", "multipart/form-data")


class Walls:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.origin = settings.base_url
        host = urlsplit(settings.base_url).hostname or ""
        self.hosts = {host.lower(), *(LOOPBACK if host in LOOPBACK or settings.development else ())}
        self.headers = dict(HEADERS)
        if settings.secure:
            self.headers["strict-transport-security"] = f"max-age={YEAR}; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})
        cached = scope["path"].startswith("/static/")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                if not cached:
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        asked = Headers(scope["headers"])  # not kept in the scope: the next line may take one away
        if "cookie" in asked and not self._same_origin(asked):
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != PACKED_FOR]
        refusal = self._refusal(scope["method"], scope["path"], scope["query_string"], asked)
        if refusal:
            await plain(with_headers, *refusal)
        else:
            await self.app(scope, receive, with_headers)

    def _refusal(self, method: str, path: str, query: bytes, headers: Headers) -> tuple[int, str] | None:
        if _host(headers.get("host", "")) not in self.hosts:
            return 400, "unknown host"
        if "\x00" in path or "\x00" in unquote_plus(query.decode("latin-1")):
            return 400, "NUL in the address"
        if method not in UNSAFE:
            return None
        if self._foreign(headers) or ("cookie" in headers and not self._same_origin(headers)):
            return 403, "sent from another site"
        body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        allowed = API_BODIES if path.startswith("/api/") else PAGE_BODIES
        if body and headers.get("content-type", "").partition(";")[0].strip().lower() not in allowed:
            return 415, f"send {' or '.join(allowed)}"
        return None

    def _foreign(self, headers: Headers) -> bool:
        """Whether a browser says so. It leaves our cookie out then: what was sent must not wait for a signing in."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        return site not in ("same-origin", "none") if site is not None else origin not in (None, self.origin)

    def _same_origin(self, headers: Headers) -> bool:
        """A browser says where a form was sent from; who says nothing but brings a cookie is not believed."""
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        return headers.get("origin") == self.origin


def _host(header: str) -> str | None:
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:  # brackets that enclose no address
        return None


async def plain(send: Send, status: int, text: str) -> None:
    """Answer where nobody knows yet who asks, nor in which language."""
    body = text.encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
