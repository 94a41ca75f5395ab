"""working weeks: places of hours, recurring absences, travel times, the time of people with several diaries, offered times"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0006"
down_revision = "0005"


def upgrade() -> None:

    op.create_table(
        "recurring_absence",
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("closes", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("every_n_weeks", sa.Integer(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("every_n_weeks >= 1", name=op.f("ck_recurring_absence_every_n_weeks")),
        sa.CheckConstraint(
            "opens < closes AND opens % 5 = 0 AND closes % 5 = 0", name=op.f("ck_recurring_absence_opens_before_closes")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_recurring_absence_created_by")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_recurring_absence_resource_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recurring_absence")),
        sa.UniqueConstraint("public_id", name=op.f("uq_recurring_absence_public_id")),
    )
    with op.batch_alter_table("recurring_absence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recurring_absence_resource_id"), ["resource_id"], unique=False)

    op.create_table(
        "travel_time",
        sa.Column("one_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes >= 0 AND minutes <= 720", name=op.f("ck_travel_time_minutes")),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_travel_time_lower_first")),
        sa.ForeignKeyConstraint(["one_id"], ["office.id"], name=op.f("fk_travel_time_one_id")),
        sa.ForeignKeyConstraint(["other_id"], ["office.id"], name=op.f("fk_travel_time_other_id")),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_travel_time")),
    )
    with op.batch_alter_table("travel_time", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_travel_time_other_id"), ["other_id"], unique=False)

    op.create_table(
        "work_claim",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("holder", sa.Integer(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_work_claim_person_id")),
        sa.PrimaryKeyConstraint("person_id", "tick", name=op.f("pk_work_claim")),
    )
    with op.batch_alter_table("work_claim", schema=None) as batch_op:
        batch_op.create_index("ix_work_claim_holder", ["kind", "holder"], unique=False)

    op.create_table(
        "time_offer",
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("starts", sa.JSON(), nullable=False),
        sa.Column("offered_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_time_offer_appointment_id")),
        sa.ForeignKeyConstraint(["offered_by"], ["person.id"], name=op.f("fk_time_offer_offered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_offer")),
        sa.UniqueConstraint("appointment_id", "version", name=op.f("uq_time_offer_appointment_id_version")),
        sa.UniqueConstraint("public_id", name=op.f("uq_time_offer_public_id")),
    )

    with op.batch_alter_table("working_hours", schema=None) as batch_op:
        batch_op.add_column(sa.Column("place_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_working_hours_place_id"), "office", ["place_id"], ["id"])

    with op.batch_alter_table("resource", schema=None) as batch_op:
        batch_op.add_column(sa.Column("apart", sa.Boolean(), nullable=True))


def downgrade() -> None:

    with op.batch_alter_table("resource", schema=None) as batch_op:
        batch_op.drop_column("apart")

    with op.batch_alter_table("working_hours", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_working_hours_place_id"), type_="foreignkey")
        batch_op.drop_column("place_id")

    for table in ("time_offer", "work_claim", "travel_time", "recurring_absence"):
        op.drop_table(table)
