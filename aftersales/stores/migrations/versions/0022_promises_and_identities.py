"""Promises that agents make in words, and who signs in at the desk through an identity provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("promises", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seq", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("warn_from", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_promises_conversation", ["conversation_id"], unique=False)
    op.create_table(
        "agent_identities",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("issuer", sa.String(length=400), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("by_groups", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_identities")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_agent_identities_account_id")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_agent_identities_issuer")),
    )
    op.create_index(op.f("ix_agent_identities_account_id"), "agent_identities", ["account_id"])
    op.create_index("ix_agent_identities_email", "agent_identities", ["issuer", "email"])


def downgrade() -> None:
    op.drop_table("agent_identities")
    with op.batch_alter_table("promises", schema=None) as batch_op:
        batch_op.drop_index("ix_promises_conversation")
        for name in ("warned_at", "warn_from", "seq"):
            batch_op.drop_column(name)
