"""What the embedded shop sends in exchange: stock taken off, given back, or sent, in the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.returns import OUT_OF_STOCK
from aftersales.ports import ExchangeLine
from aftersales.stores.schema.shop import (
    shop_exchange_lines,
    shop_exchanges,
    shop_fulfilment_lines,
    shop_fulfilments,
    shop_order_lines,
    shop_products,
    shop_returns,
    shop_variants,
)
from aftersales.stores.transactions import insert_new

_VARIANTS = shop_variants.c


async def reserve(connection: AsyncConnection, reference: str, lines: Sequence[ExchangeLine]) -> None:
    """Takes the variants off the stock, once. Raises NotFound, and Conflict("out_of_stock")."""
    row = {"return_id": reference, "state": "reserved"}
    filed = await connection.execute(insert_new(shop_exchanges, connection, unique="return_id").values(row))
    if filed.rowcount == 0:
        return
    for line in sorted(lines, key=lambda line: line.variant_id):  # in one order, so that two cannot deadlock
        await _take(connection, line.variant_id, line.quantity)
    rows = [
        {
            "return_id": reference,
            "line_id": line.line_id,
            "variant_id": line.variant_id,
            "quantity": line.quantity,
            "paid": line.paid.minor,
        }
        for line in lines
    ]
    await connection.execute(shop_exchange_lines.insert(), rows)


async def release(connection: AsyncConnection, reference: str) -> None:
    """Gives reserved stock back, once; nothing for a return without an exchange."""
    if not await _advance(connection, reference, state="released"):
        return
    for row in await _lines(connection, reference):
        back = update(shop_variants).where(_VARIANTS.id == row["variant_id"])
        await connection.execute(back.values(stock=_VARIANTS.stock + row["quantity"]))


async def ship(connection: AsyncConnection, reference: str, *, now: datetime) -> tuple[str, str]:
    """The order's id and that of the parcel. Raises NotFound, and Conflict before the units are settled."""
    query = (
        select(shop_returns.c.order_id, shop_returns.c.state, shop_exchanges.c.state.label("stock"))
        .join(shop_exchanges)
        .where(shop_returns.c.id == reference)
    )
    exchange = (await connection.execute(query)).mappings().one_or_none()
    if exchange is None:
        raise NotFound(reference)
    if exchange["state"] != "received":
        raise Conflict(f"the return is {exchange['state']}")
    parcel_id = f"{reference}_parcel"
    if await _advance(connection, reference, state="shipped"):
        await _send(connection, reference, order_id=exchange["order_id"], parcel_id=parcel_id, now=now)
    return exchange["order_id"], parcel_id


async def _take(connection: AsyncConnection, variant_id: str, count: int) -> None:
    taken = await connection.execute(
        update(shop_variants)
        .where(_VARIANTS.id == variant_id, _VARIANTS.active, _VARIANTS.stock >= count)
        .values(stock=_VARIANTS.stock - count)
    )
    if taken.rowcount:
        return
    on_sale = select(_VARIANTS.id).where(_VARIANTS.id == variant_id, _VARIANTS.active)
    if await connection.scalar(on_sale) is None:
        raise NotFound(variant_id)
    raise Conflict(OUT_OF_STOCK)


async def _advance(connection: AsyncConnection, reference: str, *, state: str) -> bool:
    """Whether it was this call that ended the reservation."""
    moved = await connection.execute(
        update(shop_exchanges)
        .where(shop_exchanges.c.return_id == reference, shop_exchanges.c.state == "reserved")
        .values(state=state)
    )
    return moved.rowcount == 1


async def _lines(connection: AsyncConnection, reference: str) -> Sequence[RowMapping]:
    query = select(shop_exchange_lines).where(shop_exchange_lines.c.return_id == reference)
    return (await connection.execute(query.order_by(shop_exchange_lines.c.variant_id))).mappings().all()


async def _send(
    connection: AsyncConnection, reference: str, *, order_id: str, parcel_id: str, now: datetime
) -> None:
    rows = await _lines(connection, reference)
    first = await _next_position(connection, shop_order_lines.c, order_id)
    new = [
        await _new_line(connection, row, order_id=order_id, line_id=f"{reference}_{index}", position=first + index)
        for index, row in enumerate(rows)
    ]
    await connection.execute(shop_order_lines.insert(), new)
    for row, line in zip(rows, new, strict=True):
        await connection.execute(
            update(shop_exchange_lines)
            .where(shop_exchange_lines.c.return_id == reference, shop_exchange_lines.c.line_id == row["line_id"])
            .values(new_line_id=line["id"])
        )
    await connection.execute(
        shop_fulfilments.insert().values(
            id=parcel_id,
            order_id=order_id,
            position=await _next_position(connection, shop_fulfilments.c, order_id),
            carrier=await _carrier(connection, order_id),
            tracking_number=f"EX{secrets.randbelow(10**10):010d}",
            shipped_at=now,
        )
    )
    held = [{"fulfilment_id": parcel_id, "line_id": line["id"], "quantity": line["quantity"]} for line in new]
    await connection.execute(shop_fulfilment_lines.insert(), held)


async def _new_line(
    connection: AsyncConnection, row: RowMapping, *, order_id: str, line_id: str, position: int
) -> dict[str, Any]:
    traits = [shop_products.c[name] for name in ("category", "tags", "title_zh", "title_en")]
    query = select(shop_variants, *traits).join(shop_products).where(_VARIANTS.id == row["variant_id"])
    variant = (await connection.execute(query)).mappings().one()
    copied = ("product_id", "sku", "category", "tags", "title_zh", "title_en", "options_zh", "options_en", "image")
    return {
        **{name: variant[name] for name in copied},
        "id": line_id,
        "order_id": order_id,
        "position": position,
        "variant_id": row["variant_id"],
        "quantity": row["quantity"],
        "fulfilled": row["quantity"],
        "return_requested": 0,
        "returned": 0,
        "dismissed": 0,
        "paid": row["paid"],
    }


async def _next_position(connection: AsyncConnection, columns: Any, order_id: str) -> int:
    last = await connection.scalar(select(func.max(columns.position)).where(columns.order_id == order_id))
    return 0 if last is None else int(last) + 1


async def _carrier(connection: AsyncConnection, order_id: str) -> str:
    """The one that brought the order."""
    columns = shop_fulfilments.c
    query = select(columns.carrier).where(columns.order_id == order_id).order_by(columns.position).limit(1)
    return await connection.scalar(query) or ""
