"""Cases with a state, a department and notes; feedback; when a payment was charged."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Filled in for the cases that are there already; the code always gives these itself.
_FILLED: dict[str, tuple[sa.types.TypeEngine[Any], str]] = {
    "state": (sa.String(length=20), "open"),
    "severity": (sa.String(length=10), "normal"),
    "department": (sa.String(length=40), ""),
    "wish": (sa.String(length=20), ""),
    "decision": (sa.String(length=20), ""),
    "attachment_ids": (sa.JSON(), "[]"),
    "facts": (sa.JSON(), "{}"),
}
_OPEN_TO_NULL: dict[str, sa.types.TypeEngine[Any]] = {
    "assigned_to": sa.String(length=120),
    "order_number": sa.String(length=100),
    "return_number": sa.String(length=32),
}


def upgrade() -> None:
    with op.batch_alter_table("cases", schema=None) as batch_op:
        for name, (kind, value) in _FILLED.items():
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=value))
        for name, kind in _OPEN_TO_NULL.items():
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        batch_op.create_index("ix_cases_customer", ["customer_id", "created_at"], unique=False)
    with op.batch_alter_table("cases", schema=None) as batch_op:
        for name, (kind, _) in _FILLED.items():
            batch_op.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
    op.execute("UPDATE cases SET state = 'closed' WHERE closed_at IS NOT NULL")

    op.create_table(
        "case_notes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attachment_ids", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_notes_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notes")),
        sa.UniqueConstraint("key", name=op.f("uq_case_notes_key")),
    )
    with op.batch_alter_table("case_notes", schema=None) as batch_op:
        batch_op.create_index("ix_case_notes_case", ["case_id", "at"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=100), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("order_number", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("key", name=op.f("uq_feedback_key")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_created_at"), ["created_at"], unique=False)

    with op.batch_alter_table("shop_payments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("shop_payments", schema=None) as batch_op:
        batch_op.drop_column("captured_at")
    op.drop_table("feedback")
    op.drop_table("case_notes")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_customer")
        for name in (*_OPEN_TO_NULL, *_FILLED):
            batch_op.drop_column(name)
