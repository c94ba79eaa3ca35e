"""What the server's processes start with (``granian mentoring.serving:create_service --factory``).

It imports nothing of ours before it is asked: what is imported stays for good, and looking through it for garbage while
it comes in takes a fifth of the start.
"""

import gc
from importlib import import_module

from litestar.types import ASGIApp


def create_service() -> ASGIApp:
    """The whole service, with garbage collection only for what comes after it."""
    gc.disable()
    service: ASGIApp = import_module("mentoring.app").create_service()
    gc.freeze()
    gc.enable()
    return service
