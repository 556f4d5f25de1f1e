"""Changes of orders, and refunds for any cause: a return or a change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _name_causes()
    _add_changes()
    _add_shop_changes()


def downgrade() -> None:
    op.drop_table("shop_changes")
    op.execute("ALTER TABLE shop_order_lines DROP COLUMN cancelled")
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.drop_index("ix_changes_state")
        batch_op.drop_index("ix_changes_customer")
        batch_op.drop_index("ix_changes_order_id")
    op.drop_table("changes")
    _name_returns()


def _name_causes() -> None:
    """What was said of a refund's return stands in the refund itself; its key and journal stay as they are."""
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cause_kind", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("cause_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("cause_number", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("conversation_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("policy_version", sa.String(length=100), nullable=True))
    op.execute(
        "UPDATE refunds SET cause_kind = 'return', "
        "cause_id = COALESCE(return_id, order_id), "
        "cause_number = "
        "COALESCE((SELECT number FROM returns WHERE returns.id = refunds.return_id), order_number), "
        "conversation_id = (SELECT conversation_id FROM returns WHERE returns.id = refunds.return_id), "
        "policy_version = (SELECT policy_version FROM returns WHERE returns.id = refunds.return_id)"
    )
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.alter_column("cause_kind", existing_type=sa.String(length=20), nullable=False)
        batch_op.alter_column("cause_id", existing_type=sa.String(length=64), nullable=False)
        batch_op.alter_column("cause_number", existing_type=sa.String(length=32), nullable=False)
        batch_op.drop_index("ix_refunds_return_id")
        batch_op.drop_constraint("fk_refunds_return_id", type_="foreignkey")
        batch_op.drop_column("return_id")
        batch_op.create_index("ix_refunds_cause_id", ["cause_id"], unique=False)


def _name_returns() -> None:
    """Back to refunds that know their return only; one of a change knows none."""
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("return_id", sa.String(length=64), nullable=True))
    op.execute("UPDATE refunds SET return_id = cause_id WHERE cause_id IN (SELECT id FROM returns)")
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.drop_index("ix_refunds_cause_id")
        for column in ("cause_kind", "cause_id", "cause_number", "conversation_id", "policy_version"):
            batch_op.drop_column(column)
        batch_op.create_foreign_key("fk_refunds_return_id", "returns", ["return_id"], ["id"])
        batch_op.create_index("ix_refunds_return_id", ["return_id"], unique=False)


def _add_changes() -> None:
    op.create_table(
        "changes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("order_id", sa.String(length=100), nullable=False),
        sa.Column("order_number", sa.String(length=100), nullable=False),
        sa.Column("customer_id", sa.String(length=100), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("policy_version", sa.String(length=100), nullable=False),
        sa.Column("failure", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sa.UniqueConstraint("key", name=op.f("uq_changes_key")),
        sa.UniqueConstraint("number", name=op.f("uq_changes_number")),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index("ix_changes_order_id", ["order_id"], unique=False)
        batch_op.create_index("ix_changes_customer", ["customer_id", "created_at"], unique=False)
        batch_op.create_index("ix_changes_state", ["state", "updated_at"], unique=False)


def _add_shop_changes() -> None:
    """The column is added in SQL: as a table made anew, as SQLite else would, it would lose its other checks."""
    op.execute(
        "ALTER TABLE shop_order_lines ADD COLUMN cancelled INTEGER DEFAULT 0 NOT NULL "
        "CONSTRAINT ck_shop_order_lines_cancelled CHECK (cancelled >= 0 AND fulfilled + cancelled <= quantity)"
    )
    op.create_table(
        "shop_changes",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["shop_orders.id"], name=op.f("fk_shop_changes_order_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_shop_changes")),
    )
    with op.batch_alter_table("shop_changes", schema=None) as batch_op:
        batch_op.create_index("ix_shop_changes_order_id", ["order_id"], unique=False)
