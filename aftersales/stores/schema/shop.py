"""Tables of the embedded shop: customers, products, orders, what went back and what was paid back.

Amounts are minor units. `import_run` is the last import that wrote the row: it tells a record that a file
holds twice from one that an earlier file brought. No password and no card is ever kept here.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    false,
    true,
)

from aftersales.stores.base import UtcDateTime, metadata


def _now() -> datetime:
    return datetime.now(UTC)


def _check(name: str, condition: str) -> CheckConstraint:
    return CheckConstraint(condition, name=f"ck_{name}")


shop_customers = Table(
    "shop_customers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("email", String(254), index=True),
    Column("phone", String(16), index=True),
    Column("language", String(2), nullable=False),
    Column("segments", JSON, nullable=False, default=list, server_default="[]"),
    Column("import_run", String(32)),
    _check("shop_customers_contact", "email IS NOT NULL OR phone IS NOT NULL"),
    _check("shop_customers_language", "language IN ('zh', 'en')"),
)

shop_products = Table(
    "shop_products",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("category", String(40), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("title_zh", String(300), nullable=False),
    Column("title_en", String(300), nullable=False),
    Column("image", String(500), nullable=False),
    Column("import_run", String(32)),
)

# `prices` is a list of [currency, minor units]; the first is the main one.
shop_variants = Table(
    "shop_variants",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("product_id", ForeignKey("shop_products.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("sku", String(64), nullable=False, unique=True),
    Column("options_zh", String(300), nullable=False),
    Column("options_en", String(300), nullable=False),
    Column("prices", JSON, nullable=False),
    Column("stock", Integer, nullable=False),
    Column("image", String(500), nullable=False),
    Column("active", Boolean, nullable=False),
    _check("shop_variants_stock", "stock >= 0"),
)

shop_orders = Table(
    "shop_orders",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("customer_id", ForeignKey("shop_customers.id"), nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("cancelled_at", UtcDateTime),
    Column("country", String(2), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("shipping_paid", BigInteger, nullable=False),
    Column("address", JSON(none_as_null=True)),
    Column("channel", String(40), nullable=False, server_default=""),
    Column("import_run", String(32)),
    _check("shop_orders_total", "shipping_paid >= 0 AND shipping_paid <= total"),
    Index("ix_shop_orders_customer_id_placed_at", "customer_id", "placed_at"),
)

shop_order_lines = Table(
    "shop_order_lines",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("order_id", ForeignKey("shop_orders.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("product_id", ForeignKey("shop_products.id"), nullable=False),
    Column("variant_id", ForeignKey("shop_variants.id"), nullable=False),
    Column("sku", String(64), nullable=False),
    Column("category", String(40), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("title_zh", String(300), nullable=False),
    Column("title_en", String(300), nullable=False),
    Column("options_zh", String(300), nullable=False),
    Column("options_en", String(300), nullable=False),
    Column("image", String(500), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("fulfilled", Integer, nullable=False),
    Column("return_requested", Integer, nullable=False),
    Column("returned", Integer, nullable=False),
    Column("dismissed", Integer, nullable=False),
    Column("cancelled", Integer, nullable=False, server_default="0"),
    Column("paid", BigInteger, nullable=False),
    _check("shop_order_lines_quantity", "quantity > 0 AND fulfilled >= 0 AND fulfilled <= quantity"),
    _check("shop_order_lines_back", "return_requested >= 0 AND returned >= 0 AND dismissed >= 0"),
    _check("shop_order_lines_returnable", "return_requested + returned + dismissed <= fulfilled"),
    _check("shop_order_lines_paid", "paid >= 0"),
    _check("shop_order_lines_cancelled", "cancelled >= 0 AND fulfilled + cancelled <= quantity"),
)

shop_fulfilments = Table(
    "shop_fulfilments",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("order_id", ForeignKey("shop_orders.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("carrier", String(100), nullable=False),
    Column("tracking_number", String(100), nullable=False),
    Column("shipped_at", UtcDateTime),
    Column("delivered_at", UtcDateTime),
)

shop_fulfilment_lines = Table(
    "shop_fulfilment_lines",
    metadata,
    Column("fulfilment_id", ForeignKey("shop_fulfilments.id"), primary_key=True),
    Column("line_id", ForeignKey("shop_order_lines.id"), primary_key=True, index=True),
    Column("quantity", Integer, nullable=False),
    _check("shop_fulfilment_lines_quantity", "quantity > 0"),
)

# `reserved` is the sum of the pending refunds of the embedded payment provider.
shop_payments = Table(
    "shop_payments",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("order_id", ForeignKey("shop_orders.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("provider", String(40), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("captured", BigInteger, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False, default=0),
    Column("captured_at", UtcDateTime),
    Column("method", String(20), nullable=False, server_default="other"),
    Column("supports_auto_refund", Boolean, nullable=False, server_default=true()),
    Column("country", String(2)),
    _check("shop_payments_refunded", "refunded >= 0 AND refunded <= captured"),
    _check("shop_payments_reserved", "reserved >= 0"),
)

# `kept`: the units of a received return were written off, because the customer keeps them or never got them.
shop_returns = Table(
    "shop_returns",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("order_id", ForeignKey("shop_orders.id"), nullable=False, index=True),
    Column("state", String(20), nullable=False),
    Column("kept", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcDateTime, nullable=False, default=_now),
    _check("shop_returns_state", "state IN ('requested', 'received', 'cancelled')"),
)

shop_return_lines = Table(
    "shop_return_lines",
    metadata,
    Column("return_id", ForeignKey("shop_returns.id"), primary_key=True),
    Column("line_id", ForeignKey("shop_order_lines.id"), primary_key=True, index=True),
    Column("quantity", Integer, nullable=False),
    _check("shop_return_lines_quantity", "quantity > 0"),
)

# One row per change that was made under a key, so that none is made twice.
shop_changes = Table(
    "shop_changes",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("order_id", ForeignKey("shop_orders.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False, default=_now),
)

# What is sent for the units of a return: stock is taken off when it is filed (`reserved`). `line_id` is that of
# the units that go back; the line that comes is `new_line_id`, written with its parcel.
shop_exchanges = Table(
    "shop_exchanges",
    metadata,
    Column("return_id", ForeignKey("shop_returns.id"), primary_key=True),
    Column("state", String(20), nullable=False),
    _check("shop_exchanges_state", "state IN ('reserved', 'shipped', 'released')"),
)

shop_exchange_lines = Table(
    "shop_exchange_lines",
    metadata,
    Column("return_id", ForeignKey("shop_exchanges.return_id"), primary_key=True),
    Column("line_id", ForeignKey("shop_order_lines.id"), primary_key=True),
    Column("variant_id", ForeignKey("shop_variants.id"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("new_line_id", ForeignKey("shop_order_lines.id"), index=True),
    _check("shop_exchange_lines_quantity", "quantity > 0"),
    _check("shop_exchange_lines_paid", "paid >= 0"),
)

# Payments that the embedded provider asks a customer for; a paid one is a payment of the order (`payment_id`).
shop_payment_requests = Table(
    "shop_payment_requests",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("order_id", ForeignKey("shop_orders.id"), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("status", String(20), nullable=False),
    Column("payment_id", ForeignKey("shop_payments.id")),
    Column("created_at", UtcDateTime, nullable=False),
    _check("shop_payment_requests_amount", "amount > 0"),
    _check("shop_payment_requests_status", "status IN ('open', 'paid', 'cancelled')"),
)

# The embedded payment provider's own ledger.
shop_payment_refunds = Table(
    "shop_payment_refunds",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("payment_id", ForeignKey("shop_payments.id"), nullable=False, index=True),
    Column("currency", String(3), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("status", String(20), nullable=False),
    Column("failure", String(60)),
    Column("settle_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    _check("shop_payment_refunds_amount", "amount > 0"),
    _check("shop_payment_refunds_status", "status IN ('pending', 'succeeded', 'failed')"),
    Index("ix_shop_payment_refunds_status_settle_at", "status", "settle_at"),
)
