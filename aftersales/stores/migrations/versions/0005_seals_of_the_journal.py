"""Seals of the journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "journal_seals",
        sa.Column("position", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("entry_id", _NUMBER, nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_journal_seals")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_journal_seals_entry_id")),
    )


def downgrade() -> None:
    op.drop_table("journal_seals")
