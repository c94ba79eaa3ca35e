"""What somebody typed into a form, as it was sent."""

Typed = dict[str, str | list[str]]
"""A form as the browser sends it: fields left empty are absent, fields ticked several times are lists."""


def several(typed: Typed, name: str) -> list[str]:
    """All values of a field; none where it was left empty."""
    value = typed.get(name, [])
    return value if isinstance(value, list) else [value]


def single(typed: Typed, name: str) -> str:
    """The one value of a field; the last, should a browser send several."""
    return (several(typed, name) or [""])[-1].strip()


def flat(typed: Typed) -> dict[str, str]:
    """The one value of every field."""
    return {name: single(typed, name) for name in typed}
