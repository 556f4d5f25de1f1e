"""Goods on their way back: what the embedded shop does to its lines, inside the caller's transaction."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.ids import new_id
from aftersales.stores.schema.shop import shop_order_lines, shop_orders, shop_return_lines, shop_returns
from aftersales.stores.transactions import insert_new

_LINES = shop_order_lines.c
# Part of every return that is filed: building a statement takes longer than running it.
_BY_KEY = select(shop_returns.c.id).where(shop_returns.c.key == bindparam("wanted"))
_ORDER = select(shop_orders.c.id).where(shop_orders.c.id == bindparam("wanted"))
_LINES_OF_ORDER = select(_LINES.id).where(_LINES.order_id == bindparam("wanted"))
_LEFT = _LINES.fulfilled - _LINES.return_requested - _LINES.returned - _LINES.dismissed
_MARK = (
    update(shop_order_lines)
    .where(_LINES.id == bindparam("wanted"), bindparam("units") <= _LEFT)
    .values(return_requested=_LINES.return_requested + bindparam("units"))
)
_HOLD = shop_return_lines.insert()


async def request(connection: AsyncConnection, *, order_id: str, units: dict[str, int], key: str) -> str:
    """Files a return and marks its units, all or none. Raises NotFound, and Conflict when too few are left."""
    known = await reference_of(connection, key)
    if known is not None:
        return known
    await _check_lines(connection, order_id=order_id, line_ids=units.keys())
    row = {"id": f"ret_{new_id()}", "key": key, "order_id": order_id, "state": "requested"}
    filed = await connection.execute(insert_new(shop_returns, connection, unique="key").values(row))
    if filed.rowcount == 0:  # a parallel request under the same key was first
        return await reference_of(connection, key) or _lost(key)
    for line_id in sorted(units):  # always in the same order, so that two returns cannot deadlock
        await _mark(connection, line_id, units[line_id])
    held = [{"return_id": row["id"], "line_id": line, "quantity": count} for line, count in units.items()]
    await connection.execute(_HOLD, held)
    return row["id"]


async def close(
    connection: AsyncConnection, reference: str, *, into: Literal["received", "kept", "cancelled"]
) -> None:
    """Ends a requested return. Harmless when it has ended so already. Raises NotFound, Conflict."""
    ending = {"state": "cancelled" if into == "cancelled" else "received", "kept": into == "kept"}
    ended = await connection.execute(
        update(shop_returns)
        .where(shop_returns.c.id == reference, shop_returns.c.state == "requested")
        .values(ending)
    )
    if ended.rowcount == 0:
        return await _check_closed(connection, reference, ending=ending)
    query = select(shop_return_lines).where(shop_return_lines.c.return_id == reference)
    held = await connection.execute(query.order_by(shop_return_lines.c.line_id))
    for item in held.mappings().all():
        change: dict[str, Any] = {"return_requested": _LINES.return_requested - item["quantity"]}
        if into == "received":
            change["returned"] = _LINES.returned + item["quantity"]
        if into == "kept":
            change["dismissed"] = _LINES.dismissed + item["quantity"]
        await connection.execute(update(shop_order_lines).where(_LINES.id == item["line_id"]).values(change))


async def reference_of(connection: AsyncConnection, key: str) -> str | None:
    """The return that was filed under this key."""
    reference: str | None = await connection.scalar(_BY_KEY, {"wanted": key})
    return reference


def _lost(key: str) -> str:
    raise Conflict(f"the return of key {key} is gone")


async def _check_lines(connection: AsyncConnection, *, order_id: str, line_ids: Any) -> None:
    if await connection.scalar(_ORDER, {"wanted": order_id}) is None:
        raise NotFound(order_id)
    missing = set(line_ids) - set((await connection.scalars(_LINES_OF_ORDER, {"wanted": order_id})).all())
    if missing:
        raise NotFound(min(missing))


async def _mark(connection: AsyncConnection, line_id: str, count: int) -> None:
    marked = await connection.execute(_MARK, {"wanted": line_id, "units": count})
    if marked.rowcount == 0:
        raise Conflict(f"line {line_id} has fewer than {count} units left")


async def _check_closed(connection: AsyncConnection, reference: str, *, ending: dict[str, Any]) -> None:
    query = select(shop_returns.c.state, shop_returns.c.kept).where(shop_returns.c.id == reference)
    now = (await connection.execute(query)).mappings().one_or_none()
    if now is None:
        raise NotFound(reference)
    if dict(now) != ending:
        raise Conflict(f"the return is {now['state']}")
