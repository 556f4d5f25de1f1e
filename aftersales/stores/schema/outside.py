"""The table of talks that people answer at a desk elsewhere."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, text

from aftersales.stores.base import UtcDateTime, metadata

_DUE = text("due_at IS NOT NULL")

outside_talks = Table(
    "outside_talks",
    metadata,
    Column("handover_id", ForeignKey("handovers.id", ondelete="CASCADE"), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("outside_id", String(40), index=True),
    Column("sent_seq", Integer, nullable=False),
    Column("heard_id", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("due_at", UtcDateTime),
    # The lease of the worker that is at it just now; not part of the talk itself.
    Column("busy_until", UtcDateTime),
    Index("ix_outside_talks_due", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
)
