"""ladder and risk"""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "past_pause",
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairing.id"], name=op.f("fk_past_pause_pairing_id_pairing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pairing_id", "began_at", name=op.f("pk_past_pause")),
    )
    op.create_table(
        "hook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind", sa.Enum("slack", "teams", "signed", name="hookkind", native_enum=False, length=32), nullable=False
        ),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_hook_programme_id_programme"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook")),
    )
    with op.batch_alter_table("hook", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hook_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "mailing",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounced_address", sa.Text(), nullable=True),
        sa.Column("bounce", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_mailing_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_mailing")),
    )
    op.create_table(
        "intervention",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "level", sa.Enum("green", "amber", "red", name="level", native_enum=False, length=32), nullable=False
        ),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_intervention_by_id_person")),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairing.id"], name=op.f("fk_intervention_pairing_id_pairing"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_intervention_programme_id_programme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intervention")),
    )
    with op.batch_alter_table("intervention", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_intervention_pairing_id_at"), ["pairing_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_intervention_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "rung",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column(
            "matter",
            sa.Enum("first_session", "silence", "agreement", name="matter", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tell", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairing.id"], name=op.f("fk_rung_pairing_id_pairing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rung")),
        sa.UniqueConstraint(
            "pairing_id", "matter", "since", "number", name=op.f("uq_rung_pairing_id_matter_since_number")
        ),
    )
    op.create_table(
        "watch",
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "level", sa.Enum("green", "amber", "red", name="level", native_enum=False, length=32), nullable=False
        ),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alerts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairing.id"], name=op.f("fk_watch_pairing_id_pairing"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_watch_programme_id_programme")),
        sa.PrimaryKeyConstraint("pairing_id", name=op.f("pk_watch")),
    )
    with op.batch_alter_table("watch", schema=None) as batch_op:
        batch_op.create_index(
            "ix_watch_at_risk",
            ["programme_id", "points"],
            unique=False,
            sqlite_where=sa.text("level <> 'green'"),
            postgresql_where=sa.text("level <> 'green'"),
        )
        batch_op.create_index(batch_op.f("ix_watch_programme_id"), ["programme_id"], unique=False)
        batch_op.create_index(
            "ix_watch_waiting",
            ["wake_at"],
            unique=False,
            sqlite_where=sa.text("wake_at IS NOT NULL"),
            postgresql_where=sa.text("wake_at IS NOT NULL"),
        )

    # Pairings that are under way are watched over from now on: each is looked at as soon as the clock runs again.
    op.execute(
        "INSERT INTO watch (pairing_id, programme_id, wake_at, level, points, findings, changed_at, alerts) "
        "SELECT id, programme_id, began_at, 'green', 0, '[]', began_at, 0 FROM pairing "
        "WHERE state = 'active' AND began_at IS NOT NULL"
    )
    op.create_table(
        "session_answer",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum("accepted", "declined", "tentative", "countered", name="answer", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_answer_person_id_person")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_session_answer_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "person_id", name=op.f("pk_session_answer")),
    )
    with op.batch_alter_table("session_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_answer_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("pace", sa.Enum("question", "reminder", name="pace", native_enum=False, length=32), nullable=True)
        )
        batch_op.add_column(sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("within_id", sa.Uuid(), nullable=True))
        batch_op.create_index(
            "ix_message_hooked",
            ["wake_at"],
            unique=False,
            sqlite_where=sa.text("channel <> 'email' AND wake_at IS NOT NULL"),
            postgresql_where=sa.text("channel <> 'email' AND wake_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_message_held",
            ["wake_at"],
            unique=False,
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )
        batch_op.create_index(batch_op.f("ix_message_within_id"), ["within_id"], unique=False)


def downgrade() -> None:
    op.drop_table("past_pause")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_within_id"))
        batch_op.drop_index(
            "ix_message_hooked",
            sqlite_where=sa.text("channel <> 'email' AND wake_at IS NOT NULL"),
            postgresql_where=sa.text("channel <> 'email' AND wake_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_message_held", sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'")
        )
        batch_op.drop_column("within_id")
        batch_op.drop_column("released_at")
        batch_op.drop_column("pace")

    with op.batch_alter_table("session_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_answer_person_id"))

    op.drop_table("session_answer")
    with op.batch_alter_table("watch", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_watch_waiting",
            sqlite_where=sa.text("wake_at IS NOT NULL"),
            postgresql_where=sa.text("wake_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_watch_programme_id"))
        batch_op.drop_index(
            "ix_watch_at_risk", sqlite_where=sa.text("level <> 'green'"), postgresql_where=sa.text("level <> 'green'")
        )

    op.drop_table("watch")
    op.drop_table("rung")
    with op.batch_alter_table("intervention", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_intervention_programme_id"))
        batch_op.drop_index(batch_op.f("ix_intervention_pairing_id_at"))

    op.drop_table("intervention")
    op.drop_table("mailing")
    with op.batch_alter_table("hook", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hook_programme_id"))

    op.drop_table("hook")
