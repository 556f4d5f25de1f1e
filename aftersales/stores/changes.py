"""Changes of orders in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.changes import Change, ChangeKind, ChangeState, Rewrite, Units, Version
from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.money import Money
from aftersales.domain.orders import Address
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.changes import changes


class SqlChanges:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, change: Change) -> None:
        """Raises Conflict when the number or the key is taken; the transaction stays usable."""
        if not await insert_new(self._connection, changes, _values(change)):
            raise Conflict("number or key of the change")

    async def save(self, change: Change) -> None:
        """Writes what changes in a change's life; what it is about never does."""
        await self._connection.execute(
            update(changes)
            .where(changes.c.id == change.id)
            .values(state=change.state.value, failure=change.failure, updated_at=change.updated_at)
        )

    async def get(self, change_id: str) -> Change:
        """Raises NotFound."""
        return await self._one(select(changes).where(changes.c.id == change_id))

    async def lock(self, change_id: str) -> Change:
        """As get, and holds the row for writing until the transaction ends."""
        return await self._one(select(changes).where(changes.c.id == change_id).with_for_update())

    async def by_number(self, number: str) -> Change:
        return await self._one(select(changes).where(changes.c.number == number))

    async def by_key(self, key: str) -> Change | None:
        found = await self._read(select(changes).where(changes.c.key == key))
        return found[0] if found else None

    async def of_order(self, order_id: str) -> Sequence[Change]:
        return await self._read(
            select(changes).where(changes.c.order_id == order_id).order_by(changes.c.created_at, changes.c.id)
        )

    async def of_customer(self, customer_id: str, *, limit: int = 50) -> Sequence[Change]:
        return await self._read(_newest(select(changes).where(changes.c.customer_id == customer_id), limit))

    async def latest(self, *, limit: int = 100) -> Sequence[Change]:
        return await self._read(_newest(select(changes), limit))

    async def waiting_for_shop(self, *, before: datetime, limit: int = 50) -> Sequence[Change]:
        return await self._read(
            select(changes)
            .where(changes.c.state == ChangeState.REQUESTED.value, changes.c.updated_at <= before)
            .order_by(changes.c.updated_at)
            .limit(limit)
        )

    async def _one(self, query: Select[Any]) -> Change:
        found = await self._read(query)
        if not found:
            raise NotFound("change")
        return found[0]

    async def _read(self, query: Select[Any]) -> list[Change]:
        return [_change(row) for row in (await self._connection.execute(query)).mappings()]


def _newest(query: Select[Any], limit: int) -> Select[Any]:
    return query.order_by(changes.c.created_at.desc(), changes.c.id).limit(limit)


def _values(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "number": change.number,
        "key": change.key,
        "kind": change.kind.value,
        "state": change.state.value,
        "order_id": change.order_id,
        "order_number": change.order_number,
        "customer_id": change.customer_id,
        "conversation_id": change.conversation_id,
        "before": _written(change.rewrite.before),
        "after": _written(change.rewrite.after),
        "amount_minor": change.amount.minor,
        "currency": change.amount.currency,
        "policy_version": change.policy_version,
        "failure": change.failure,
        "created_at": change.created_at,
        "updated_at": change.updated_at,
    }


def _change(row: RowMapping) -> Change:
    fields = dict(row)
    amount = Money(fields.pop("amount_minor"), fields.pop("currency"))
    before, after = _read_side(fields.pop("before")), _read_side(fields.pop("after"))
    if after is None:
        raise ValueError(f"change {row['number']} says nothing")
    return Change(
        **{
            **fields,
            "kind": ChangeKind(row["kind"]),
            "state": ChangeState(row["state"]),
            "rewrite": Rewrite(before, after),
            "amount": amount,
        }
    )


def _written(side: Units | Version | Address | None) -> dict[str, Any]:
    match side:
        case Units():
            return {"units": dict(side.lines)}
        case Version():
            return {"version": asdict(side)}
        case Address():
            return {"address": {**asdict(side), "lines": list(side.lines)}}
    return {}


def _read_side(kept: Mapping[str, Any]) -> Units | Version | Address | None:
    match kept:
        case {"units": units}:
            return Units(tuple(units.items()))
        case {"version": version}:
            return Version(**{**version, "paid": Money(**version["paid"])})
        case {"address": address}:
            return Address(**{**address, "lines": tuple(address["lines"])})
    return None
