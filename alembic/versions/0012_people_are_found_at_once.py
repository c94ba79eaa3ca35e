"""people are found at once on postgresql"""

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """On SQLite the index by which people are listed is looked through, as before."""
    if op.get_bind().dialect.name == "postgresql":
        words = sa.text("array_to_tsvector(array_remove(string_to_array(known_by, ' '::text), ''::text))")
        op.create_index("ix_person_words", "person", [words], postgresql_using="gin")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_person_words", table_name="person")
