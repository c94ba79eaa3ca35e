"""the life of a pairing: booked sessions, agreements, pauses, endings, delegates, feeds, concerns"""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPEN_BEFORE = sa.text("state IN ('asking_leader', 'asking_junior', 'active')")
OPEN = sa.text("state IN ('asking_leader', 'asking_junior', 'active', 'paused')")


def replace_index(where: sa.TextClause) -> None:
    """One open pairing per leader; which states are open has changed."""
    op.drop_index("one_open_pairing_per_leader", "pairing")
    op.create_index(
        "one_open_pairing_per_leader",
        "pairing",
        ["leader_enrolment_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("digest", name=op.f("uq_calendar_feed_digest")),
    )
    op.create_table(
        "delegate",
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["leader_id"], ["person.id"], name=op.f("fk_delegate_leader_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_delegate_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("leader_id", "person_id", name=op.f("pk_delegate")),
    )
    with op.batch_alter_table("delegate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delegate_person_id"), ["person_id"], unique=False)

    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "occasion",
            sa.Enum("beginning", "midpoint", "change", name="occasion", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("skill_goal", sa.Text(), nullable=False),
        sa.Column("perspective_goal", sa.Text(), nullable=False),
        sa.Column("junior_wants", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leader_signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("junior_signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairing.id"], name=op.f("fk_agreement_pairing_id_pairing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("pairing_id", "version", name=op.f("uq_agreement_pairing_id_version")),
    )
    op.create_table(
        "assessment",
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("after BETWEEN 0 AND 4", name=op.f("ck_assessment_after_is_0_to_4")),
        sa.CheckConstraint("before BETWEEN 0 AND 4", name=op.f("ck_assessment_before_is_0_to_4")),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairing.id"], name=op.f("fk_assessment_pairing_id_pairing"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assessment_person_id_person")),
        sa.PrimaryKeyConstraint("pairing_id", "person_id", "skill", name=op.f("pk_assessment")),
    )
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assessment_person_id"), ["person_id"], unique=False)

    op.create_table(
        "concern",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["about_id"], ["person.id"], name=op.f("fk_concern_about_id_person")),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairing.id"], name=op.f("fk_concern_pairing_id_pairing"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_concern_person_id_person")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_concern_programme_id_programme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
    )
    with op.batch_alter_table("concern", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_concern_about_id"), ["about_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_concern_pairing_id"), ["pairing_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_concern_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_concern_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "rematch",
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offered_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairing.id"], name=op.f("fk_rematch_pairing_id_pairing"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_rematch_person_id_person")),
        sa.PrimaryKeyConstraint("pairing_id", "person_id", name=op.f("pk_rematch")),
    )
    with op.batch_alter_table("rematch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rematch_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("paused_by_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("paused_seconds", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column(
                "ending",
                sa.Enum("left", "withdrew", "early", "completed", name="ending", native_enum=False, length=32),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("ended_by_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("end_reason", sa.Text(), nullable=True))

    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("booked_by_id", sa.Uuid(), nullable=True))

    replace_index(OPEN)


def downgrade() -> None:
    # Dropped one by one, without the table being written anew: on SQLite that would take with it what refers to it.
    op.execute("UPDATE pairing SET state = 'active' WHERE state = 'paused'")
    replace_index(OPEN_BEFORE)
    for column in ("booked_by_id", "booked_at"):
        op.drop_column("session", column)
    for column in (
        "end_reason", "ended_by_id", "ending", "paused_seconds", "paused_by_id", "paused_until", "paused_at",
    ):  # fmt: skip
        op.drop_column("pairing", column)
    for table in ("rematch", "concern", "assessment", "agreement", "delegate", "calendar_feed"):
        op.drop_table(table)
