"""call my phone, hide my address"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hides_address", sa.Boolean(), server_default=sa.false(), nullable=False))

    op.create_table(
        "phone_wish",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_phone_wish_contact_id_contact")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_phone_wish_meeting_id_meeting")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_phone_wish_participant_id_participant")
        ),
        sa.ForeignKeyConstraint(["taken_by"], ["person.id"], name=op.f("fk_phone_wish_taken_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_wish")),
        sa.UniqueConstraint("meeting_id", "participant_id", name=op.f("uq_phone_wish_meeting_id_participant_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_phone_wish_public_id")),
    )
    with op.batch_alter_table("phone_wish", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phone_wish_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_phone_wish_participant_id"), ["participant_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_phone_wish_taken_by"), ["taken_by"], unique=False)


def downgrade() -> None:
    op.drop_table("phone_wish")
    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.drop_column("hides_address")
