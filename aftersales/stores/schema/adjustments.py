"""The table of money that is owed back without goods coming back."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table

from aftersales.stores.base import UtcDateTime, metadata

adjustments = Table(
    "adjustments",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("order_id", String(100), nullable=False, index=True),
    Column("order_number", String(100), nullable=False),
    Column("customer_id", String(100), nullable=False),
    Column("conversation_id", String(64)),
    Column("case_number", String(32)),
    Column("line_id", String(100)),
    Column("quantity", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("policy_version", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
