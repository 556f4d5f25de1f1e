"""The table of access tokens to messaging apps."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from aftersales.stores.base import UtcDateTime, metadata

channel_tokens = Table(
    "channel_tokens",
    metadata,
    Column("name", String(120), primary_key=True),
    # Empty until the first one was fetched. The apps keep one alive for two hours.
    Column("token", Text),
    Column("fetched_at", UtcDateTime),
    Column("renew_at", UtcDateTime),
    # The lease of the process that fetches another one just now.
    Column("busy_until", UtcDateTime),
)
