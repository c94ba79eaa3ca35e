"""Many lines written at once say what a template's own loop would have said."""

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from mentoring.web.rows import repeated

TEXT = st.text(st.characters(exclude_characters="\0"))
SHAPE = Markup('<p title="%s">%s 100 %%%s</p>')


def marked(marks: tuple[str, ...]) -> Markup:
    return Markup(" ").join(marks)


@given(st.lists(st.tuples(TEXT, TEXT, st.lists(TEXT, max_size=2).map(tuple)), max_size=5))
def test_every_text_is_escaped_and_stands_in_its_place(rows: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert repeated(SHAPE, rows, marked) == Markup().join(
        SHAPE % (one, other, marked(last)) for one, other, last in rows
    )


def test_what_a_name_carries_is_no_html() -> None:
    assert repeated(SHAPE, [("'>", "<b>%s</b>", ("<i>",))], marked) == (
        '<p title="&#39;&gt;">&lt;b&gt;%s&lt;/b&gt; 100 %&lt;i&gt;</p>'
    )
