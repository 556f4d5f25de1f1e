"""In which state goods came back, and what is kept of the refund for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("return_lines", schema=None) as batch_op:
        batch_op.add_column(sa.Column("condition", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("deduction_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("deduction_rule", sa.String(length=100), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("return_lines", schema=None) as batch_op:
        for column in ("deduction_rule", "deduction_minor", "condition"):
            batch_op.drop_column(column)
