"""Versions of the returns policy, each with the text in which it stood, in the order in which they were noted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from aftersales.stores.base import UtcDateTime, metadata

_SERIAL = BigInteger().with_variant(Integer, "sqlite")

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("version", String(40), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("valid_from", UtcDateTime, nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
)
