"""The table of changes of orders. `before` and `after` are of one kind: {"units"}, {"version"} or {"address"}."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, String, Table

from aftersales.stores.base import UtcDateTime, metadata

changes = Table(
    "changes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("order_id", String(100), nullable=False, index=True),
    Column("order_number", String(100), nullable=False),
    Column("customer_id", String(100), nullable=False),
    Column("conversation_id", String(64)),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("policy_version", String(100), nullable=False),
    Column("failure", String(200)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_changes_customer", "customer_id", "created_at"),
    Index("ix_changes_state", "state", "updated_at"),
)
