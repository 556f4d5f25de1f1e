"""Tables of returns, refunds, cases, feedback, the journal, the outbox, and the locks on units and payments."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, false

from aftersales.stores.base import UtcDateTime, metadata

_ID = String(64)
_SERIAL = BigInteger().with_variant(Integer, "sqlite")

returns = Table(
    "returns",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("state", String(20), nullable=False),
    Column("order_id", String(100), nullable=False, index=True),
    Column("order_number", String(100), nullable=False),
    Column("customer_id", String(100), nullable=False),
    Column("conversation_id", _ID),
    Column("reason", String(40), nullable=False),
    Column("comment", Text, nullable=False),
    Column("attachment_ids", JSON, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("who_pays_shipping", String(10), nullable=False),
    Column("rule_id", String(100), nullable=False),
    Column("policy_version", String(100), nullable=False),
    Column("needs_human", Boolean, nullable=False),
    Column("shop_reference", String(200)),
    Column("remedy", String(20), nullable=False, server_default="return"),
    Column("to_pay_minor", BigInteger),
    Column("payment_link", String(500)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_returns_customer", "customer_id", "created_at"),
    Index("ix_returns_state", "state", "updated_at"),
    Index("ix_returns_created", "created_at", "id"),
)

# `replacement` is what comes for the units in an exchange: variant, titles and options, minor units paid for it.
return_lines = Table(
    "return_lines",
    metadata,
    Column("return_id", ForeignKey("returns.id"), primary_key=True),
    Column("line_id", String(100), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("replacement", JSON(none_as_null=True)),
    Column("condition", String(20)),
    Column("deduction_minor", BigInteger),
    Column("deduction_rule", String(100)),
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("state", String(20), nullable=False),
    Column("cause_kind", String(20), nullable=False),
    Column("cause_id", _ID, nullable=False, index=True),
    Column("cause_number", String(32), nullable=False),
    Column("conversation_id", _ID),
    Column("policy_version", String(100)),
    Column("order_id", String(100), nullable=False),
    Column("order_number", String(100), nullable=False),
    Column("customer_id", String(100), nullable=False),
    Column("payment_id", String(100), nullable=False, index=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("provider_reference", String(200)),
    Column("failure", String(200)),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("by_hand", Boolean, nullable=False, server_default=false()),
    Index("ix_refunds_due", "state", "next_attempt_at"),
    Index("ix_refunds_order", "order_number", "created_at"),
    Index("ix_refunds_customer", "customer_id", "created_at", "id"),
    Index("ix_refunds_created", "created_at", "id"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("conversation_id", _ID, nullable=False, index=True),
    Column("customer_id", String(100)),
    Column("reason", String(100), nullable=False),
    Column("summary", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("promised_by", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("state", String(20), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("department", String(40), nullable=False),
    Column("assigned_to", String(120)),
    Column("order_number", String(100)),
    Column("return_number", String(32)),
    Column("wish", String(20), nullable=False),
    Column("decision", String(20), nullable=False),
    Column("attachment_ids", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("language", String(2), nullable=False, server_default="zh"),
    Column("first_due", UtcDateTime),
    Column("first_soon", UtcDateTime),
    Column("first_warned_at", UtcDateTime),
    Column("first_breached_at", UtcDateTime),
    Column("answered_at", UtcDateTime),
    Column("resolve_due", UtcDateTime),
    Column("resolve_soon", UtcDateTime),
    Column("resolve_warned_at", UtcDateTime),
    Column("resolve_breached_at", UtcDateTime),
    Column("paused_since", UtcDateTime),
    Column("merged_into", String(32), index=True),
    Index("ix_cases_open", "closed_at", "promised_by"),
    Index("ix_cases_customer", "customer_id", "created_at"),
    Index("ix_cases_created", "created_at", "id"),
)

case_notes = Table(
    "case_notes",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("key", String(200), nullable=False, unique=True),
    Column("author", String(10), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("attachment_ids", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_case_notes_case", "case_id", "at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("conversation_id", _ID, nullable=False),
    Column("customer_id", String(100)),
    Column("kind", String(20), nullable=False),
    Column("rating", Integer),
    Column("comment", Text, nullable=False),
    Column("order_number", String(100)),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)

journal = Table(
    "journal",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("subject", String(20), nullable=False),
    Column("subject_id", _ID, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("trigger", String(40), nullable=False),
    Column("from_state", String(40)),
    Column("to_state", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("policy_version", String(100)),
    Column("detail", JSON, nullable=False),
    Index("ix_journal_subject", "subject", "subject_id", "id"),
)

# A row stays after it was done, without its payload: its key keeps the same thing from being done twice.
outbox = Table(
    "outbox",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("kind", String(40), nullable=False),
    Column("key", String(200), nullable=False, unique=True),
    Column("payload", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Index("ix_outbox_due", "done_at", "due_at"),
)

# One row per thing that is locked by name ("payment:…", "order:…") because its own row lives elsewhere.
locks = Table("locks", metadata, Column("name", String(200), primary_key=True))
