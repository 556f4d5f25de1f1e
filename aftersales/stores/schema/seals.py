"""The chain over the journal. No foreign key: a seal outlives its entry, which tells that one was removed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table

from aftersales.stores.base import UtcDateTime, metadata

_NUMBER = BigInteger().with_variant(Integer, "sqlite")

journal_seals = Table(
    "journal_seals",
    metadata,
    Column("position", _NUMBER, primary_key=True, autoincrement=False),
    Column("entry_id", _NUMBER, nullable=False, unique=True),
    Column("seal", String(64), nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False),
)
