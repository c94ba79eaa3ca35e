"""the zone rules by which sessions were looked at"""

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "zone_rules",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("last_id", sa.Uuid(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_zone_rules")),
    )


def downgrade() -> None:
    op.drop_table("zone_rules")
