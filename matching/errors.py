"""What the engine can conclude: the problem is not one, or nothing satisfies it.

The sentences here are for logs. Whoever shows them to people translates the codes.
"""

from enum import IntFlag


class MatchingError(Exception):
    """Whatever the engine raises on purpose."""


class InvalidProblem(MatchingError):
    """A field of the problem is not what it must be.

    ``field`` is the name of the field, as in ``Problem`` (``weights.need`` for a weight).
    ``why`` is one of kind, shape, range, bytes.
    """

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class Infeasible(MatchingError):
    """The pins cannot all be kept; ``pairs`` are the pins that prove it.

    ``cause`` is ``leader_capacity`` or ``junior_capacity`` (these pins ask more of one person than
    that person can take) or ``refused`` (``rules`` are all the rules that refuse this one pin).
    """

    def __init__(self, cause: str, pairs: tuple[tuple[int, int], ...], rules: IntFlag) -> None:
        super().__init__(f"{cause}: {pairs} {rules!r}")
        self.cause = cause
        self.pairs = pairs
        self.rules = rules


class TooLarge(MatchingError):
    """So many people that sums of points would no longer be exact; ``places`` to be filled."""

    def __init__(self, places: int) -> None:
        super().__init__(f"{places} places")
        self.places = places


class OutOfReach(MatchingError):
    """So many pairs across groups cannot be had without leaving leaders out; ``most`` can."""

    def __init__(self, asked: int, most: int) -> None:
        super().__init__(f"{asked} pairs across, at most {most}")
        self.asked = asked
        self.most = most
