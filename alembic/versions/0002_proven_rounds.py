"""proven rounds"""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rounds solved before there were policies matched as many leaders as possible, then the greatest total."""
    with op.batch_alter_table("programme") as table:
        table.add_column(sa.Column("matching", sa.JSON(), server_default="{}", nullable=False))
    with op.batch_alter_table("round") as table:
        first = '{"policy": "coverage_first"}'
        table.add_column(sa.Column("matching", sa.JSON(), server_default=first, nullable=False))
    with op.batch_alter_table("round_inputs") as table:
        table.add_column(sa.Column("aim", sa.JSON(), server_default="{}", nullable=False))
        table.add_column(sa.Column("proof", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    # Without the tables being written anew: on SQLite that would take with it what refers to them.
    op.drop_column("round_inputs", "proof")
    op.drop_column("round_inputs", "aim")
    op.drop_column("round", "matching")
    op.drop_column("programme", "matching")
