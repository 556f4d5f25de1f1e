"""The table of codes that tie a messaging app to an account at the shop."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from aftersales.stores.base import UtcDateTime, metadata

link_codes = Table(
    "link_codes",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("customer_id", String(64), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)
