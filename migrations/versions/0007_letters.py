"""text messages, an office's own words and reminders, running late, calendar feeds"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("resends", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("delivery", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("first_due_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("delivery_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("texts_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("late_until", sa.DateTime(timezone=True), nullable=True))

    op.create_table(
        "letter_wording",
        sa.Column("office_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("bring", sa.Text(), nullable=False),
        sa.Column("closing", sa.Text(), nullable=False),
        sa.Column("short", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_wording")),
        sa.UniqueConstraint(
            "office_id", "kind", "language", name=op.f("uq_letter_wording_office_id_kind_language")
        ),
    )

    op.create_table(
        "reminder_rule",
        sa.Column("office_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.JSON(), nullable=False),
        sa.Column("sms", sa.JSON(), nullable=False),
        sa.Column("printed", sa.JSON(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_until", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_rule")),
        sa.UniqueConstraint("office_id", name=op.f("uq_reminder_rule_office_id")),
    )

    op.create_table(
        "calendar_feed",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("person_id", name=op.f("uq_calendar_feed_person_id")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_calendar_feed_fingerprint")),
    )
