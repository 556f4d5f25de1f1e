"""Pages of a table by birth and id, for whatever has both."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, and_, or_, select

from aftersales.domain.pages import Mark, Wanted


def page_of(table: Table, wanted: Wanted, *, state: Column[Any], after: Mark | None, limit: int) -> Select[Any]:
    """What is wanted of a table, oldest first, from behind `after`; `state` is the column of its state."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.states is not None:
        conditions.append(state.in_(wanted.states))
    if wanted.order_number is not None:
        conditions.append(table.c.order_number == wanted.order_number)
    if wanted.customer_id is not None:
        conditions.append(table.c.customer_id == wanted.customer_id)
    if wanted.since is not None:
        conditions.append(table.c.created_at >= wanted.since)
    if wanted.updated_since is not None:
        conditions.append(table.c.updated_at >= wanted.updated_since)
    if after is not None:
        beside = and_(table.c.created_at == after.at, table.c.id > after.id)
        # The first condition says nothing more, but it lets the index be used.
        conditions += [table.c.created_at >= after.at, or_(table.c.created_at > after.at, beside)]
    return select(table).where(*conditions).order_by(table.c.created_at, table.c.id).limit(limit)
