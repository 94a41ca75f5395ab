"""keys by which programs send into a meeting or show it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "stream_key",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_stream_key_meeting_id_meeting")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_stream_key_participant_id_participant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream_key")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_stream_key_fingerprint")),
        sa.UniqueConstraint("public_id", name=op.f("uq_stream_key_public_id")),
    )
    with op.batch_alter_table("stream_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stream_key_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_stream_key_participant_id"), ["participant_id"], unique=False)


def downgrade() -> None:
    op.drop_table("stream_key")
