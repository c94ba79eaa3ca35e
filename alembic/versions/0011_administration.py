"""settings that were chosen, and seals on the journal"""

import sqlalchemy as sa

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chosen_setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chosen_by_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chosen_setting")),
    )
    op.create_table(
        "journal_seal",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_journal_seal")),
    )
    op.add_column("journal_entry", sa.Column("seal", sa.Integer(), nullable=True))
    op.create_index(
        "ix_journal_entry_unsealed",
        "journal_entry",
        ["number"],
        sqlite_where=sa.text("seal IS NULL"),
        postgresql_where=sa.text("seal IS NULL"),
    )
    op.create_index(op.f("ix_journal_entry_seal"), "journal_entry", ["seal"])
    op.create_index(op.f("ix_journal_entry_by_id"), "journal_entry", ["by_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_journal_entry_by_id"), table_name="journal_entry")
    op.drop_index(op.f("ix_journal_entry_seal"), table_name="journal_entry")
    op.drop_index("ix_journal_entry_unsealed", table_name="journal_entry")
    op.drop_column("journal_entry", "seal")
    op.drop_table("journal_seal")
    op.drop_table("chosen_setting")
