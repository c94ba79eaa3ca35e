"""The only place that knows how a refusal looks over HTTP: problem+json for programs, a page for people."""

import logging
from urllib.parse import quote
from uuid import uuid4

import msgspec
from litestar import MediaType, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Template
from sqlalchemy.exc import DBAPIError

from mentoring.db import passing
from mentoring.errors import Conflict, Invalid, MentoringError, NotAllowed, NotFound
from mentoring.policy import SignedOutMeanwhile, SignInNeeded
from mentoring.web.doors import AnyRequest, Page, words_of
from mentoring.web.forms import FormRefused, text_of

log = logging.getLogger(__name__)
STATUS: dict[type[MentoringError], int] = {NotFound: 404, NotAllowed: 403, Conflict: 409, Invalid: 422}
"""The four kinds; a cause with a status of its own says so in ``http_status``."""
PROBLEM_JSON = "application/problem+json"


def refused(request: AnyRequest, refusal: MentoringError) -> Response[object]:
    """Answer a refusal in the form that the asker reads."""
    status = _status(refusal)
    if isinstance(refusal, SignedOutMeanwhile) and not for_program(request):
        return _signed_out(request, refusal)
    if isinstance(refusal, SignInNeeded):
        if not for_program(request):
            back = request.url.path if request.method == "GET" else "/"
            return Redirect(f"/sign-in?next={quote(back)}", status_code=303)
        status = 401
    return _answer(request, status, refusal.code, text_of(refusal, words_of(request.scope)), refusal.details)


def _signed_out(request: AnyRequest, refusal: SignedOutMeanwhile) -> Response[object]:
    """Let somebody sign in again with the form that they sent in hand."""
    context = {**refusal.details, "email": "", "refusal": words_of(request.scope).text(f"error.{refusal.code}")}
    return Page("people/sign_in_again.html", context=context, status_code=401, media_type=MediaType.HTML)  # type: ignore[return-value]  # as in ``_answer``


def form_refused(request: AnyRequest, refused: FormRefused) -> Template:
    """Show the form again, what was typed in it, with the words of the refusal above."""
    refusal = refused.refusal
    refused.again.status_code = _status(refusal)
    refused.again.context["cause"] = refusal
    refused.again.context["refusal"] = text_of(refusal, words_of(request.scope))
    return refused.again


def _status(refusal: MentoringError) -> int:
    status = next(code for kind, code in STATUS.items() if isinstance(refusal, kind))
    return int(getattr(refusal, "http_status", status))


def refused_by_framework(request: AnyRequest, error: HTTPException) -> Response[object]:
    """Answer what Litestar refuses: unknown addresses, unreadable bodies, wrong methods.

    A field that is called as one of our dependencies (``words``) it takes for our own mistake; it is the asker's.
    """
    words = words_of(request.scope)
    status = 400 if isinstance(error.__cause__, msgspec.ValidationError) else error.status_code
    key = f"http.{status}"
    text = words.text(key if words.has(key) else "http.400")
    extra = error.extra if isinstance(error.extra, list) else []
    details: dict[str, object] = {
        "fields": [{"field": one.get("key", ""), "why": one.get("message", "")} for one in extra]
    }
    return _answer(request, status, "BadRequest", text, details)


def too_deep(request: AnyRequest, _: RecursionError) -> Response[object]:
    return _answer(request, 400, "BadRequest", words_of(request.scope).text("http.400"), {})


def failed(request: AnyRequest, error: Exception) -> Response[object]:
    """Answer our own mistakes: an id that finds the log line, and nothing else."""
    incident = str(uuid4())
    log.error("request failed", exc_info=error, extra={"incident": incident})
    return _answer(
        request, 500, "Failed", words_of(request.scope).text("http.500", incident=incident), {"incident": incident}
    )


def unavailable(request: AnyRequest, error: Exception) -> Response[object]:
    """Answer while the database does not: later, please. Nothing is shown that could not be decided upon."""
    log.error("database unavailable", extra={"error": type(error).__name__})
    return _answer(request, 503, "Unavailable", words_of(request.scope).text("http.503"), {})


def failed_in_database(request: AnyRequest, error: DBAPIError) -> Response[object]:
    """Two who stood in each other's way are no mistake: one of them does it again."""
    return unavailable(request, error) if passing(error) else failed(request, error)


def for_program(request: AnyRequest) -> bool:
    return request.url.path.startswith(("/api/", "/schema", "/health"))


def _answer(request: AnyRequest, status: int, code: str, text: str, details: dict[str, object]) -> Response[object]:
    if for_program(request):
        body = {"type": "about:blank", "status": status, "code": code, "detail": text, "details": details}
        return Response(msgspec.json.encode(body, enc_hook=str), status_code=status, media_type=PROBLEM_JSON)
    return Page(
        "web/problem.html", context={"text": text, "status": status}, status_code=status, media_type=MediaType.HTML
    )  # type: ignore[return-value]  # a Page is rendered into a Response by Litestar
