"""Tables of how refunds are reviewed: what was known when one was granted, and who has decided what."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from aftersales.stores.base import UtcDateTime, metadata

_SERIAL = BigInteger().with_variant(Integer, "sqlite")

# `signals` is a list of {"kind", "points", "facts"}; `raised_by` an actor of the journal, empty for the rules.
refund_reviews = Table(
    "refund_reviews",
    metadata,
    Column("refund_id", ForeignKey("refunds.id"), primary_key=True),
    Column("raised_by", String(120), nullable=False),
    Column("signals", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# `round` counts how often the refund has come to wait: a consent holds for one waiting only.
refund_approvals = Table(
    "refund_approvals",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("refund_id", ForeignKey("refunds.id"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("account", String(32), nullable=False),
    Column("step", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("refund_id", "round", "account", "step", name="uq_refund_approvals_refund_id"),
)

# The 64 bits of a picture's difference hash in four bands: of two that differ in three bits at most, one is equal.
photos = Table(
    "photos",
    metadata,
    Column("attachment_id", ForeignKey("attachments.id", ondelete="CASCADE"), primary_key=True),
    Column("conversation_id", String(32), nullable=False, index=True),
    Column("hash", String(16), nullable=False),
    Column("band_a", Integer, nullable=False),
    Column("band_b", Integer, nullable=False),
    Column("band_c", Integer, nullable=False),
    Column("band_d", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    *(Index(f"ix_photos_band_{band}", f"band_{band}") for band in "abcd"),
)
