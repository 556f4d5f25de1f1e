"""Adjustments in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.adjustments import Adjustment
from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.money import Money
from aftersales.domain.refunds import CauseKind
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.adjustments import adjustments

_TABLE = adjustments.c
_PLAIN = ("id", "number", "key", "order_id", "order_number", "customer_id", "conversation_id", "case_number")
_KEPT = (*_PLAIN, "line_id", "quantity", "policy_version", "created_at")

# Read in every turn of a return: building a statement takes longer than running it.
_OF_ORDER = (
    select(adjustments).where(_TABLE.order_id == bindparam("wanted")).order_by(_TABLE.created_at, _TABLE.id)
)


class SqlAdjustments:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, item: Adjustment) -> None:
        """Raises Conflict when the number or the key is taken; the transaction stays usable."""
        values = {name: getattr(item, name) for name in _KEPT}
        money = {"amount_minor": item.amount.minor, "currency": item.amount.currency}
        if not await insert_new(self._connection, adjustments, {**values, **money, "kind": item.kind.value}):
            raise Conflict("number or key of the adjustment")

    async def lock(self, adjustment_id: str) -> Adjustment:
        """Holds the row until the transaction ends. Raises NotFound."""
        return await self._one(select(adjustments).where(_TABLE.id == adjustment_id).with_for_update())

    async def by_number(self, number: str) -> Adjustment:
        """Raises NotFound."""
        return await self._one(select(adjustments).where(_TABLE.number == number))

    async def by_key(self, key: str) -> Adjustment | None:
        found = await self._read(select(adjustments).where(_TABLE.key == key))
        return found[0] if found else None

    async def of_order(self, order_id: str) -> Sequence[Adjustment]:
        """Oldest first."""
        return await self._read(_OF_ORDER, wanted=order_id)

    async def _one(self, query: Select[Any]) -> Adjustment:
        found = await self._read(query)
        if not found:
            raise NotFound("adjustment")
        return found[0]

    async def _read(self, query: Select[Any], **values: str) -> list[Adjustment]:
        rows = (await self._connection.execute(query, values)).mappings()
        return [
            Adjustment(
                **{name: row[name] for name in _KEPT},
                kind=CauseKind(row["kind"]),
                amount=Money(row["amount_minor"], row["currency"]),
            )
            for row in rows
        ]
