"""Talks that people answer at a desk elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outside_talks",
        sa.Column("handover_id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("outside_id", sa.String(length=40)),
        sa.Column("sent_seq", sa.Integer(), nullable=False),
        sa.Column("heard_id", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("busy_until", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["handover_id"], ["handovers.id"], name=op.f("fk_outside_talks_handover_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_outside_talks_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("handover_id", name=op.f("pk_outside_talks")),
    )
    op.create_index("ix_outside_talks_conversation_id", "outside_talks", ["conversation_id"])
    op.create_index("ix_outside_talks_outside_id", "outside_talks", ["outside_id"])
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_outside_talks_due", "outside_talks", ["due_at"], sqlite_where=due, postgresql_where=due)


def downgrade() -> None:
    op.drop_table("outside_talks")
