"""The four kinds of refusal. A cause is a class beside the rule that raises it; its name is its public code."""


class MentoringError(Exception):
    """A refusal that a person can be told of. ``details`` fill the placeholders of its catalogue text."""

    def __init__(self, **details: object) -> None:
        super().__init__(type(self).__name__, details)
        self.details = details

    @property
    def code(self) -> str:
        """The public name of the cause, the same in the API, the catalogues and the tests."""
        return type(self).__name__


class NotFound(MentoringError):
    """Not there, or not yours to know of: the two are never told apart."""


class NotAllowed(MentoringError):
    """Signed in, and seen, but not permitted."""


class Conflict(MentoringError):
    """Right in itself, but not in the state in which things are now."""


class Invalid(MentoringError):
    """What was given cannot be right, whatever the state."""
