"""people are found by their words"""

import re
import unicodedata

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SEARCHED = ("given_name", "family_name", "email", "staff_no", "job_title", "unit")
BARE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
BATCH = 5_000


def upgrade() -> None:
    """The words of those who are there are written at once: a column that is half filled finds half of the people."""
    with op.batch_alter_table("person") as table:
        table.add_column(sa.Column("known_by", sa.Text(), server_default="", nullable=False))
    _fill()
    op.drop_index("ix_person_family_name_given_name", table_name="person")
    op.create_index("ix_person_found", "person", ["family_name", "given_name", "id", "left_on", "known_by"])


def _fill() -> None:
    person = sa.table("person", *(sa.column(name) for name in ("id", "known_by", *SEARCHED)))
    known = person.update().where(person.c.id == sa.bindparam("who")).values(known_by=sa.bindparam("words"))
    rows = op.get_bind().execute(sa.select(person.c.id, *(person.c[name] for name in SEARCHED))).all()
    for start in range(0, len(rows), BATCH):
        op.get_bind().execute(
            known, [{"who": who, "words": _words(texts)} for who, *texts in rows[start : start + BATCH]]
        )


def _words(texts: list[str | None]) -> str:
    """As ``mentoring.people.rules.known_by`` was on that day."""
    given, family = texts[0] or "", texts[1] or ""
    together = [] if family.casefold() != family.upper() else [f"{family}{given}"]
    plain = (re.sub(r"@\S*", " ", text or "").casefold().translate(BARE) for text in (*texts, *together))
    bare = ("".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)) for text in plain)
    words = dict.fromkeys(word for text in bare for word in re.findall(r"[^\W_]+", text))
    return "".join(f" {word}" for word in words)[:250]


def downgrade() -> None:
    op.drop_index("ix_person_found", table_name="person")
    op.create_index("ix_person_family_name_given_name", "person", ["family_name", "given_name"])
    op.drop_column("person", "known_by")
