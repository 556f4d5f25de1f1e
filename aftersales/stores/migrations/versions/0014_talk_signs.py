"""Who is typing in a talk with a person, and how far the customer's client has read it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "talk_signs",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("customer_types_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agent_types_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_talk_signs_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_talk_signs")),
    )


def downgrade() -> None:
    op.drop_table("talk_signs")
