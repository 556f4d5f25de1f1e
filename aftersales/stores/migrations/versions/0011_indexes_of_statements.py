"""Statements of a customer and of a period find their refunds without reading all of them."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_refunds_customer", "refunds", ["customer_id", "created_at", "id"], unique=False)
    op.create_index("ix_refunds_created", "refunds", ["created_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_refunds_created", table_name="refunds")
    op.drop_index("ix_refunds_customer", table_name="refunds")
