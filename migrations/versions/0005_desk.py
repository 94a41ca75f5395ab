"""series, arrivals, attempts to call, lateness"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "series",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("office_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("every_weeks", sa.Integer(), nullable=False),
        sa.Column("booked_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("every_weeks >= 1", name=op.f("ck_series_every_weeks")),
        sa.ForeignKeyConstraint(["booked_by"], ["person.id"], name=op.f("fk_series_booked_by")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_series_office_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_series_person_id")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_series_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("public_id", name=op.f("uq_series_public_id")),
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_office_id"), ["office_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_series_person_id"), ["person_id"], unique=False)

    op.create_table(
        "series_part",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_series_part_appointment_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_series_part_series_id")),
        sa.PrimaryKeyConstraint("series_id", "number", name=op.f("pk_series_part")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_series_part_appointment_id")),
    )
    op.create_table(
        "arrival",
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("here_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("talk_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_arrival_appointment_id")),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_arrival")),
    )
    op.create_table(
        "call_attempt",
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(length=14), nullable=False),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_call_attempt_appointment_id")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_call_attempt_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_attempt")),
        sa.UniqueConstraint("appointment_id", "number", name=op.f("uq_call_attempt_appointment_id_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_call_attempt_public_id")),
    )
    op.create_table(
        "lateness",
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("said_by", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_lateness_appointment_id")),
        sa.ForeignKeyConstraint(["said_by"], ["person.id"], name=op.f("fk_lateness_said_by")),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_lateness")),
    )


def downgrade() -> None:
    op.drop_table("lateness")
    op.drop_table("call_attempt")
    op.drop_table("arrival")
    op.drop_table("series_part")
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_series_person_id"))
        batch_op.drop_index(batch_op.f("ix_series_office_id"))

    op.drop_table("series")
