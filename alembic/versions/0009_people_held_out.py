"""people who are held out of a round"""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "held_out",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_held_out_enrolment_id_enrolment")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_held_out_round_id_round"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("round_id", "enrolment_id", name=op.f("pk_held_out")),
    )


def downgrade() -> None:
    op.drop_table("held_out")
