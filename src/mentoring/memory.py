"""What a process keeps in memory for as long as it lives."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def for_good() -> Iterator[None]:
    """What is loaded in this block stays, so it is not looked through for garbage: neither meanwhile nor ever after.

    That would slow every start, and afterwards hold up a page or a mail now and then.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
