"""Tables of the talk: conversations, messages, sessions, one-time codes and attachments."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from aftersales.stores.base import UtcDateTime, metadata

_PENDING = text("owner = 'bot' AND asked_seq > answered_seq")


def _conversation_id(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "conversation_id",
        String(32),
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("owner", String(8), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("matter", Integer, nullable=False),
    Column("language", String(2), nullable=False),
    Column("language_fixed", Boolean, nullable=False),
    Column("customer_id", String(64), index=True),
    Column("last_seq", Integer, nullable=False),
    Column("asked_seq", Integer, nullable=False),
    Column("answered_seq", Integer, nullable=False),
    Column("agent_id", String(32)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # The lease of the process that is asking the bot just now; not part of the conversation itself.
    Column("answering_by", String(32)),
    Column("answering_until", UtcDateTime),
    Index("ix_conversations_created", "created_at", "id"),
    Index("ix_conversations_pending", "updated_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
)

# A client's ids, the bot's and ours are apart: nobody can take the name of somebody else's message.
messages = Table(
    "messages",
    metadata,
    _conversation_id(primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("author", String(8), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("value", Text),
    Column("choices", JSON, nullable=False),
    Column("cards", JSON, nullable=False),
    Column("attachment_ids", JSON, nullable=False),
    Column("client_message_id", String(200)),
    Column("in_reply_to", Integer),
    Column("sender", String(80)),
    Index("uq_messages_client_message_id", "conversation_id", "author", "client_message_id", unique=True),
)

chat_sessions = Table(
    "chat_sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    _conversation_id(),
    Index("ix_chat_sessions_conversation_id", "conversation_id"),
)

used_site_tokens = Table(
    "used_site_tokens",
    metadata,
    Column("token_id", String(64), primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

one_time_codes = Table(
    "one_time_codes",
    metadata,
    _conversation_id(primary_key=True),
    Column("code_hash", String(128)),
    Column("customer_id", String(64)),
    Column("tries_left", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

code_requests = Table(
    "code_requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_code_requests_subject", "subject", "at"),
)

# What a message came to: a turn that is run again neither sends another code nor counts another try.
code_outcomes = Table(
    "code_outcomes",
    metadata,
    _conversation_id(primary_key=True),
    Column("message_id", String(200), primary_key=True),
    Column("step", String(8), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", String(32), primary_key=True),
    _conversation_id(),
    Column("name", String(200), nullable=False),
    Column("media_type", String(40), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("path", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_attachments_conversation_id", "conversation_id"),
)
