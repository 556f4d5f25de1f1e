"""The table of who may sign in through an identity provider. Without a subject a row is an invitation."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, UniqueConstraint

from aftersales.stores.base import UtcDateTime, metadata

agent_identities = Table(
    "agent_identities",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("issuer", String(400), nullable=False),
    Column("subject", String(255)),
    Column("email", String(320), nullable=False),
    Column("by_groups", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("issuer", "subject"),
    Index("ix_agent_identities_email", "issuer", "email"),
)
