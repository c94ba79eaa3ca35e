"""Very many lines of one shape, written at once: a template's own loop escapes cell by cell, which takes longer."""

from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

BETWEEN = "\0"
"""Between cells while they are escaped together; no text of ours holds it, as PostgreSQL would refuse it."""
Marks = tuple[str, ...]


def repeated(
    shape: Markup, rows: Sequence[tuple[*tuple[str, ...], Marks]], written: Callable[[Marks], Markup]
) -> Markup:
    """``shape`` once for each row, whose cells take the places of its ``%s``.

    The last cell of a row is what it is marked with: of few kinds, each ``written`` once. The others are text.
    """
    if not rows:
        return Markup("")
    *texts, marks = zip(*rows, strict=True)
    columns = [str(escape(BETWEEN.join(text))).split(BETWEEN) for text in texts]
    kinds = {one: written(one) for one in set(marks)}
    columns.append([kinds[one] for one in marks])
    return Markup("".join(map(str(shape).__mod__, zip(*columns, strict=True))))  # noqa: S704  # every text is escaped above
