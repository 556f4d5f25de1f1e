"""Whether the ledger of refunds, the shop's books and the payment provider agree, to the cent."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.money import Money
from aftersales.stores.schema.returns import refunds, returns
from aftersales.stores.schema.shop import shop_orders, shop_payments


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """`refunds` were paid. `double`: keys or returns paid more than once; `lost`: returns whose money is owed and
    on its way no more, or whose books disagree; `over`: payments of which more was paid back than was paid.
    """

    refunds: int
    double: int
    lost: int
    over: int

    @property
    def is_clean(self) -> bool:
        return not (self.double or self.lost or self.over)

    def __str__(self) -> str:
        return f"refunds={self.refunds} double={self.double} lost={self.lost} over={self.over}"


async def audit(engine: AsyncEngine, *, ledger: Path, orders: Mapping[str, int]) -> Findings:
    """`orders`: what each order number is owed, in minor units, for its one return."""
    moved, keys = _paid_by_provider(ledger)
    async with engine.connect() as connection:
        rows = (await connection.execute(select(refunds))).mappings().all()
        filed = (await connection.execute(select(returns))).mappings().all()
        books = (await connection.execute(_payments_of(orders))).mappings().all()
    settled: dict[str, int] = defaultdict(int)
    ours: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["state"] == "succeeded":
            settled[row["cause_id"]] += row["amount_minor"]
            ours[row["payment_id"]] += row["amount_minor"]
    returned: dict[str, list[str]] = defaultdict(list)
    for item in filed:
        returned[item["order_number"]].append(item["id"])
    double = sum(count > 1 for count in keys.values()) + sum(len(ids) > 1 for ids in returned.values())
    lost = 0
    for number, owed in orders.items():
        paid = sum(settled[return_id] for return_id in returned[number])
        double += paid > owed
        lost += paid < owed
    over = 0
    for payment in books:
        told = {moved[payment["id"]], ours[payment["id"]], payment["refunded"]}
        lost += len(told) > 1
        over += max(told) > payment["captured"]
    return Findings(refunds=sum(row["state"] == "succeeded" for row in rows), double=double, lost=lost, over=over)


def _payments_of(orders: Mapping[str, int]) -> Select[Any]:
    """Those of these orders alone: the demo shop has others, with refunds of long ago."""
    return select(shop_payments).join(shop_orders).where(shop_orders.c.number.in_(list(orders)))


def _paid_by_provider(ledger: Path) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Minor units paid by payment, and how often each key was paid."""
    with sqlite3.connect(ledger) as connection:
        rows = connection.execute("SELECT key, payment_id, amount, currency FROM moves WHERE status = 'succeeded'")
        moved: dict[str, int] = defaultdict(int)
        keys: Counter[str] = Counter()
        for key, payment_id, amount, currency in rows:
            moved[payment_id] += Money.parse(amount, currency).minor
            keys[key] += 1
    return moved, keys
