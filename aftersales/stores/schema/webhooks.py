"""Tables of webhooks out. Secrets are encrypted; a delivery's body is emptied once it will not be sent again."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, text

from aftersales.stores.base import UtcDateTime, metadata

_SERIAL = BigInteger().with_variant(Integer, "sqlite")
_WAITING = text("state = 'waiting'")

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("url", String(1000), nullable=False),
    Column("secret", Text, nullable=False),
    Column("events", JSON, nullable=False),
    Column("position", _SERIAL, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("off", String(20)),
    Column("old_secret", Text),
    Column("old_until", UtcDateTime),
    Column("failing_since", UtcDateTime),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("endpoint_id", ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", String(64), nullable=False),
    Column("type", String(60), nullable=False),
    Column("lane", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime, index=True),
    Column("status", Integer),
    Column("failure", String(40)),
    Index("ix_webhook_deliveries_endpoint", "endpoint_id", "id"),
    Index(
        "ix_webhook_deliveries_waiting",
        "endpoint_id",
        "lane",
        "id",
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    ),
)
