"""Kinds of payments, refunds by hand, and money that is owed back without goods coming back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# What the names of the providers say; as the import reads a record without a method.
_METHODS = {
    "wallet": ("wechat_pay", "alipay", "paypal", "apple_pay", "google_pay", "wallet"),
    "card": ("card", "stripe", "adyen", "unionpay"),
    "bank": ("bank", "bank_transfer"),
    "cash_on_delivery": ("cash_on_delivery", "cod"),
    "store_credit": ("store_credit",),
    "gift_card": ("gift_card",),
    "points": ("points",),
    "coupon": ("coupon",),
}


def upgrade() -> None:
    with op.batch_alter_table("shop_payments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("method", sa.String(length=20), nullable=False, server_default="other"))
        batch_op.add_column(
            sa.Column("supports_auto_refund", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    payments = sa.table(
        "shop_payments",
        sa.column("provider", sa.String),
        sa.column("method", sa.String),
        sa.column("supports_auto_refund", sa.Boolean),
    )
    for method, providers in _METHODS.items():
        known = sa.func.lower(payments.c.provider).in_(providers)
        op.execute(payments.update().where(known).values(method=method))
    in_cash = payments.c.method == "cash_on_delivery"
    op.execute(payments.update().where(in_cash).values(supports_auto_refund=False))
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("by_hand", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_index("ix_refunds_order", ["order_number", "created_at"], unique=False)
    _make_adjustments()


def _make_adjustments() -> None:
    op.create_table(
        "adjustments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("order_id", sa.String(length=100), nullable=False),
        sa.Column("order_number", sa.String(length=100), nullable=False),
        sa.Column("customer_id", sa.String(length=100), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=True),
        sa.Column("case_number", sa.String(length=32), nullable=True),
        sa.Column("line_id", sa.String(length=100), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("policy_version", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustments")),
        sa.UniqueConstraint("number", name=op.f("uq_adjustments_number")),
        sa.UniqueConstraint("key", name=op.f("uq_adjustments_key")),
    )
    with op.batch_alter_table("adjustments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_adjustments_order_id"), ["order_id"], unique=False)


def downgrade() -> None:
    op.drop_table("adjustments")
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.drop_index("ix_refunds_order")
        batch_op.drop_column("by_hand")
    with op.batch_alter_table("shop_payments", schema=None) as batch_op:
        batch_op.drop_column("supports_auto_refund")
        batch_op.drop_column("method")
