"""Orders changed before they are sent: what the embedded shop does, inside the caller's transaction."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.orders import Address
from aftersales.stores.schema.shop import shop_changes, shop_order_lines, shop_orders, shop_variants
from aftersales.stores.transactions import insert_new

_LINES = shop_order_lines.c
_unsent = _LINES.quantity - _LINES.fulfilled - _LINES.cancelled


async def cancel(connection: AsyncConnection, *, order_id: str, units: dict[str, int], key: str) -> None:
    """Takes units out of an order and gives them back to the stock; without any left the order is cancelled."""
    if not await _begin(connection, order_id=order_id, kind="cancel", key=key):
        return
    for line_id in sorted(units):  # always in the same order, so that two changes cannot deadlock
        line = await _line(connection, order_id=order_id, line_id=line_id)
        taken = await connection.execute(
            update(shop_order_lines)
            .where(_LINES.id == line_id, _unsent >= units[line_id])
            .values(cancelled=_LINES.cancelled + units[line_id])
        )
        if taken.rowcount == 0:
            raise Conflict(f"line {line_id} has fewer than {units[line_id]} units unsent")
        await _restock(connection, line["variant_id"], units[line_id])
    left = select(func.sum(_LINES.quantity - _LINES.cancelled)).where(_LINES.order_id == order_id)
    if await connection.scalar(left) == 0:
        await connection.execute(
            update(shop_orders).where(shop_orders.c.id == order_id).values(cancelled_at=datetime.now(UTC))
        )


async def readdress(connection: AsyncConnection, *, order_id: str, address: Address, key: str) -> None:
    """Writes the address of an order of which nothing was sent."""
    if not await _begin(connection, order_id=order_id, kind="address", key=key):
        return
    sent = select(func.sum(_LINES.fulfilled)).where(_LINES.order_id == order_id).scalar_subquery()
    orders = shop_orders.c
    written = await connection.execute(
        update(shop_orders)
        .where(orders.id == order_id, orders.cancelled_at.is_(None), sent == 0)
        .values(address={**asdict(address), "lines": list(address.lines)})
    )
    if written.rowcount == 0:
        raise Conflict(f"order {order_id} was sent or cancelled")


async def make_variant(
    connection: AsyncConnection, *, order_id: str, line_id: str, variant_id: str, minor: int, key: str
) -> None:
    """Makes a whole unsent line another variant of its product."""
    if not await _begin(connection, order_id=order_id, kind="variant", key=key):
        return
    line = await _line(connection, order_id=order_id, line_id=line_id)
    variant = await _variant(connection, variant_id, product_id=line["product_id"])
    made = await connection.execute(
        update(shop_order_lines)
        .where(_LINES.id == line_id, _unsent == _LINES.quantity, _LINES.variant_id == line["variant_id"])
        .values(
            variant_id=variant_id,
            sku=variant["sku"],
            options_zh=variant["options_zh"],
            options_en=variant["options_en"],
            image=variant["image"],
            paid=minor,
        )
    )
    if made.rowcount == 0:
        raise Conflict(f"line {line_id} was sent, cancelled or changed")
    await _take_stock(connection, variant_id, line["quantity"])
    await _restock(connection, line["variant_id"], line["quantity"])
    await _correct_total(connection, order_id, minor - line["paid"])


async def _begin(connection: AsyncConnection, *, order_id: str, kind: str, key: str) -> bool:
    """Whether this change is still to be made; holds the order until the transaction ends. Raises NotFound."""
    orders = shop_orders.c
    if await connection.scalar(select(orders.id).where(orders.id == order_id).with_for_update()) is None:
        raise NotFound(order_id)
    row = {"key": key, "order_id": order_id, "kind": kind}
    noted = await connection.execute(insert_new(shop_changes, connection, unique="key").values(row))
    return noted.rowcount == 1


async def _line(connection: AsyncConnection, *, order_id: str, line_id: str) -> RowMapping:
    query = select(shop_order_lines).where(_LINES.id == line_id, _LINES.order_id == order_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(line_id)
    return row


async def _variant(connection: AsyncConnection, variant_id: str, *, product_id: str) -> RowMapping:
    variants = shop_variants.c
    query = select(shop_variants).where(variants.id == variant_id, variants.product_id == product_id)
    row = (await connection.execute(query.where(variants.active))).mappings().one_or_none()
    if row is None:
        raise NotFound(variant_id)
    return row


async def _take_stock(connection: AsyncConnection, variant_id: str, count: int) -> None:
    variants = shop_variants.c
    taken = await connection.execute(
        update(shop_variants)
        .where(variants.id == variant_id, variants.stock >= count)
        .values(stock=variants.stock - count)
    )
    if taken.rowcount == 0:
        raise Conflict(f"fewer than {count} units of {variant_id} in stock")


async def _restock(connection: AsyncConnection, variant_id: str, count: int) -> None:
    variants = shop_variants.c
    await connection.execute(
        update(shop_variants).where(variants.id == variant_id).values(stock=variants.stock + count)
    )


async def _correct_total(connection: AsyncConnection, order_id: str, minor: int) -> None:
    orders = shop_orders.c
    await connection.execute(update(shop_orders).where(orders.id == order_id).values(total=orders.total + minor))
