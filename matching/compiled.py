"""What numba compiles. Only imported where the size of a problem asks for it, and where numba is there."""

from collections.abc import Callable
from typing import TypeVar

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., object])


def _as(_function: Function, made: object) -> Function:
    """What was compiled is called like what it was made of."""
    called: Function = made  # type: ignore[assignment]  # numba's own type knows no arguments
    return called


def compiled(function: Function) -> Function:
    """Compile at the first call, for good where the code's folder can be written; other threads run meanwhile."""
    try:
        return _as(function, numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:  # no folder to keep it in: it is compiled once a process
        return _as(function, numba.njit(nogil=True)(function))


def part(function: Function) -> Function:
    """Compile into whatever calls it: handing a sheet over would cost more than most of what is done with it."""
    return _as(function, numba.njit(nogil=True, forceinline=True)(function))


def rough_part(function: Function) -> Function:
    """The same for bounds in float32, whose sums may be reordered: their margin allows for it."""
    return _as(function, numba.njit(nogil=True, fastmath=True)(function))


@intrinsic
def _ones(_typing, _word):  # type: ignore[no-untyped-def]
    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@part
def ones(word: np.uint64) -> np.uint64:
    """Count the bits of a word by the processor's own instruction."""
    counted: np.uint64 = _ones(word)  # type: ignore[call-arg]  # numba gives the typing itself
    return counted
