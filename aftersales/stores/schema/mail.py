"""Tables of what customers want to be told, and of the addresses that mails came back from."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table, Time

from aftersales.stores.base import UtcDateTime, metadata

customer_preferences = Table(
    "customer_preferences",
    metadata,
    Column("customer_id", String(64), primary_key=True),
    Column("email", Boolean, nullable=False),
    Column("app", Boolean, nullable=False),
    Column("quiet_from", Time, nullable=False),
    Column("quiet_to", Time, nullable=False),
    Column("language", String(2)),
    Column("updated_at", UtcDateTime, nullable=False),
)

mail_bounces = Table(
    "mail_bounces",
    metadata,
    Column("address_hash", String(64), primary_key=True),
    Column("kind", String(4), nullable=False),
    Column("count", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
