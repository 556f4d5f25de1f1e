"""By what kind of means a payment was made, and whether its provider pays back when asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
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
    by_hand = payments.c.method == "cash_on_delivery"
    op.execute(payments.update().where(by_hand).values(supports_auto_refund=False))


def downgrade() -> None:
    with op.batch_alter_table("shop_payments", schema=None) as batch_op:
        batch_op.drop_column("supports_auto_refund")
        batch_op.drop_column("method")
