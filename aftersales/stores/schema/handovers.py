"""Tables of the hand-over: stays with people, seats at the desk, agents' private notes, canned answers."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from aftersales.stores.base import UtcDateTime, metadata

_UNENDED = text("ended_at IS NULL")

handovers = Table(
    "handovers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("language", String(2), nullable=False),
    Column("topic", String(40), nullable=False),
    Column("vip", Boolean, nullable=False),
    Column("about", JSON, nullable=False),
    Column("state", String(10), nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("ranked_at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
    Column("department", String(40), nullable=False),
    Column("meant_for", String(32)),
    Column("agent_id", String(32)),
    Column("claimed_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("outcome", String(20)),
    Index(
        "uq_handovers_unended", "conversation_id", unique=True, sqlite_where=_UNENDED, postgresql_where=_UNENDED
    ),
    Index("ix_handovers_queue", "ranked_at", "id", sqlite_where=_UNENDED, postgresql_where=_UNENDED),
    Index("ix_handovers_ended_at", "ended_at"),
)

# A private note never is a message: what writes to customers reads messages alone.
chat_notes = Table(
    "chat_notes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("key", String(100), nullable=False, unique=True),
    Column("author", String(80), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# Beside the conversation, so that a sign waits for nobody who holds its row.
talk_signs = Table(
    "talk_signs",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("customer_types_until", UtcDateTime),
    Column("agent_types_until", UtcDateTime),
    Column("fetched_seq", Integer, nullable=False),
)

seats = Table(
    "seats",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("open", Boolean, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("departments", JSON, nullable=False),
    Column("vip", Boolean, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

canned_answers = Table(
    "canned_answers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
