"""Tables of the programs that use the merchant API: their keys, and what their repeated requests were answered."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String, Table, Text

from aftersales.stores.base import UtcDateTime, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("prefix", String(8), nullable=False, unique=True),
    Column("hash", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)

# `status` is empty while the request is being worked on; `body` is encrypted, since it may hold personal data and
# secrets that are told once.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", String(40), primary_key=True),
    Column("key_hash", String(64), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer),
    Column("body", Text),
    Column("at", UtcDateTime, nullable=False, index=True),
)
