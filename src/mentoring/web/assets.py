"""Static files: read once, packed once, and marked by their content, so that browsers keep them for a year."""

import gzip
import mimetypes
import re
from hashlib import sha256
from pathlib import Path

from jinja2.ext import Extension
from litestar import HttpMethod, Request, Response, route
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from mentoring.policy import Action
from mentoring.settings import Settings
from mentoring.web import look

NAMED = re.compile(r"/static/([\w.-]+\w)")
FOR_A_YEAR = "public, max-age=31536000, immutable"
"""For an address that names its content; any other is asked after each time."""


class Asset(Struct, frozen=True):
    body: bytes
    packed: bytes
    kind: str
    mark: str


class Assets:
    """All static files of a deployment, its own colours and logo at the end of the stylesheet."""

    def __init__(self, settings: Settings) -> None:
        self.files = {path.name: _asset(path, settings) for path in sorted(look.STATIC.iterdir())}

    def marked(self, source: str) -> str:
        """``source`` of a template, in which ``/static/NAME`` carries the mark of its content."""
        return NAMED.sub(lambda found: f"{found.group()}?{self.files[found.group(1)].mark}", source)


def _asset(path: Path, settings: Settings) -> Asset:
    own = look.rules(settings).encode() if path.name == "style.css" else b""
    body = path.read_bytes() + own
    kind = mimetypes.types_map[path.suffix]
    return Asset(body, gzip.compress(body, mtime=0), kind, sha256(body).hexdigest()[:12])


def marking(assets: Assets) -> type[Extension]:
    """Templates name a static file plainly; compiled, its address carries the mark."""

    class Marking(Extension):
        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            return assets.marked(source)

    return Marking


@route(
    "/static/{file_path:path}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    opt={"action": Action.PUBLIC},
    include_in_schema=False,
    sync_to_thread=False,
)
def static(
    request: Request[object, object, object],  # type: ignore[type-var]  # its own defaults
    file_path: FromPath[Path],
    assets: NamedDependency[Assets],
) -> Response[bytes]:
    """One file, packed where the browser can unpack, or the word that it has not changed."""
    found = assets.files.get(str(file_path).lstrip("/"))
    if found is None:
        raise NotFoundException()
    lasting = FOR_A_YEAR if request.url.query == found.mark else "no-cache"
    headers = {"etag": f'"{found.mark}"', "cache-control": lasting, "vary": "accept-encoding"}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=found.kind)
    if "gzip" in request.headers.get("accept-encoding", ""):
        packed = {**headers, "content-encoding": "gzip"}
        return Response(found.packed, headers=packed, media_type=found.kind)
    return Response(found.body, headers=headers, media_type=found.kind)


ROUTES = (static,)
