"""What the server's processes start with (``granian mentoring.serving:create_service --factory``)."""

from importlib import import_module

from litestar.types import ASGIApp

from mentoring.memory import for_good


def create_service() -> ASGIApp:
    with for_good():
        service: ASGIApp = import_module("mentoring.app").create_service()
    return service
