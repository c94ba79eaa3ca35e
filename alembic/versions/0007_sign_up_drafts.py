"""sign-up drafts"""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enrolment", sa.Column("wants_back", sa.Text(), nullable=True))
    op.create_table(
        "sign_up_draft",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Enum("leader", "junior", name="role", native_enum=False, length=32), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sign_up_draft_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_sign_up_draft_programme_id_programme"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("programme_id", "person_id", "role", name=op.f("pk_sign_up_draft")),
    )
    op.create_index(op.f("ix_sign_up_draft_person_id"), "sign_up_draft", ["person_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_sign_up_draft_person_id"), table_name="sign_up_draft")
    op.drop_table("sign_up_draft")
    op.drop_column("enrolment", "wants_back")
