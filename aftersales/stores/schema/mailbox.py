"""Table of the embedded mailbox: what would have been sent by e-mail or SMS."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from aftersales.stores.base import UtcDateTime, metadata

mailbox = Table(
    "mailbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("to", String(320), nullable=False, index=True),
    Column("subject", String(400), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
