"""Two clocks on each case, what it was merged into, and a table of what customers were promised."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_TIMES = (
    *("first_due", "first_soon", "first_warned_at", "first_breached_at", "answered_at"),
    *("resolve_due", "resolve_soon", "resolve_warned_at", "resolve_breached_at", "paused_since"),
)
_PROMISE_TIMES = ("moved_to", "late_told_at", "kept_at", "broken_at", "released_at")


def upgrade() -> None:
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=2), nullable=False, server_default="zh"))
        for name in _TIMES:
            batch_op.add_column(sa.Column(name, _TIME, nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_cases_merged_into"), ["merged_into"], unique=False)
    op.execute(
        "UPDATE cases SET language = 'en' "
        "WHERE conversation_id IN (SELECT id FROM conversations WHERE language = 'en')"
    )
    # A case that waits for its customer was answered, and one that nobody works on is at rest.
    op.execute("UPDATE cases SET answered_at = created_at WHERE state IN ('waiting_customer', 'resolved')")
    op.execute("UPDATE cases SET paused_since = created_at WHERE state NOT IN ('open', 'assigned')")

    op.create_table(
        "promises",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=100), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("told_by", sa.String(length=120), nullable=False),
        *(sa.Column(name, _TIME, nullable=False) for name in ("told_at", "late_from", "due_at")),
        *(sa.Column(name, _TIME, nullable=True) for name in _PROMISE_TIMES),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
        sa.UniqueConstraint("key", name=op.f("uq_promises_key")),
    )
    with op.batch_alter_table("promises", schema=None) as batch_op:
        batch_op.create_index("ix_promises_subject", ["subject", "subject_id"], unique=False)
        batch_op.create_index("ix_promises_open", ["kept_at", "released_at", "due_at"], unique=False)


def downgrade() -> None:
    op.drop_table("promises")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_merged_into"))
        for name in ("merged_into", *reversed(_TIMES), "language"):
            batch_op.drop_column(name)
