"""own words over the catalogues"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"


def upgrade() -> None:

    op.create_table(
        "wording",
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=22), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording")),
        sa.UniqueConstraint("language", "digest", name=op.f("uq_wording_language_digest")),
    )


def downgrade() -> None:

    op.drop_table("wording")
