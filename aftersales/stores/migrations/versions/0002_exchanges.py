"""Exchanges, refunds without a return, and payments that are asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("returns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("remedy", sa.String(length=20), server_default="return", nullable=False))
        batch_op.add_column(sa.Column("to_pay_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("payment_link", sa.String(length=500), nullable=True))
    with op.batch_alter_table("return_lines", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replacement", sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table("shop_returns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kept", sa.Boolean(), server_default=sa.false(), nullable=False))
    _create_exchanges()
    op.create_table(
        "shop_payment_requests",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("payment_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_shop_payment_requests_amount"),
        sa.CheckConstraint("status IN ('open', 'paid', 'cancelled')", name="ck_shop_payment_requests_status"),
        sa.ForeignKeyConstraint(["order_id"], ["shop_orders.id"], name=op.f("fk_shop_payment_requests_order_id")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["shop_payments.id"], name=op.f("fk_shop_payment_requests_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_payment_requests")),
        sa.UniqueConstraint("key", name=op.f("uq_shop_payment_requests_key")),
    )


def _create_exchanges() -> None:
    op.create_table(
        "shop_exchanges",
        sa.Column("return_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.CheckConstraint("state IN ('reserved', 'shipped', 'released')", name="ck_shop_exchanges_state"),
        sa.ForeignKeyConstraint(["return_id"], ["shop_returns.id"], name=op.f("fk_shop_exchanges_return_id")),
        sa.PrimaryKeyConstraint("return_id", name=op.f("pk_shop_exchanges")),
    )
    op.create_table(
        "shop_exchange_lines",
        sa.Column("return_id", sa.String(length=64), nullable=False),
        sa.Column("line_id", sa.String(length=64), nullable=False),
        sa.Column("variant_id", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("new_line_id", sa.String(length=64), nullable=True),
        sa.CheckConstraint("quantity > 0", name="ck_shop_exchange_lines_quantity"),
        sa.CheckConstraint("paid >= 0", name="ck_shop_exchange_lines_paid"),
        sa.ForeignKeyConstraint(
            ["return_id"], ["shop_exchanges.return_id"], name=op.f("fk_shop_exchange_lines_return_id")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["shop_order_lines.id"], name=op.f("fk_shop_exchange_lines_line_id")),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["shop_variants.id"], name=op.f("fk_shop_exchange_lines_variant_id")
        ),
        sa.ForeignKeyConstraint(
            ["new_line_id"], ["shop_order_lines.id"], name=op.f("fk_shop_exchange_lines_new_line_id")
        ),
        sa.PrimaryKeyConstraint("return_id", "line_id", name=op.f("pk_shop_exchange_lines")),
    )
    with op.batch_alter_table("shop_exchange_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_exchange_lines_new_line_id"), ["new_line_id"], unique=False)


def downgrade() -> None:
    op.drop_table("shop_payment_requests")
    op.drop_table("shop_exchange_lines")
    op.drop_table("shop_exchanges")
    with op.batch_alter_table("shop_returns", schema=None) as batch_op:
        batch_op.drop_column("kept")
    with op.batch_alter_table("return_lines", schema=None) as batch_op:
        batch_op.drop_column("replacement")
    with op.batch_alter_table("returns", schema=None) as batch_op:
        batch_op.drop_column("payment_link")
        batch_op.drop_column("to_pay_minor")
        batch_op.drop_column("remedy")
