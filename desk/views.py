"""The desk's pages: open returns and changes of orders."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sanic import HTTPResponse, Request

from aftersales.domain.errors import AftersalesError
from aftersales.domain.goods_condition import GoodsCondition
from aftersales.domain.orders import Order
from aftersales.domain.reasons import MERCHANT_FAULT
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import Return
from aftersales.domain.texts import Language
from aftersales.services.change_views import latest_changes
from aftersales.services.context import Context
from aftersales.services.overview import FullReturn, GrantedException, exceptions_of, find_returns
from desk.application import back_to, desk_of, language_of, session_of, show

MOST = 100
MOST_CONDITIONS = 15  # a form has 20 fields at most


@dataclass(frozen=True, slots=True)
class Row:
    """A return as a line of the list: `goods` are titles with units, `methods` kinds of payments by their ids.

    `may_deduct`: the state of the goods can change what is paid back.
    """

    full: FullReturn
    customer: str
    goods: tuple[str, ...]
    methods: Mapping[str, str]
    exception: GrantedException | None

    @property
    def may_deduct(self) -> bool:
        item = self.full.item
        plain = item.remedy is Remedy.RETURN and item.reason not in MERCHANT_FAULT
        return plain and len(item.lines) <= MOST_CONDITIONS


async def returns_page(request: Request) -> HTTPResponse:
    """GET /desk/."""
    if session_of(request) is None:
        return back_to(request, "sign-in")
    ctx = desk_of(request).context
    found = await find_returns(ctx, limit=MOST)
    orders = await read_orders(ctx, {full.item.order_id for full in found})
    exceptions = await exceptions_of(ctx, {full.item.id for full in found})
    language = language_of(request)
    rows = [
        Row(
            full,
            customer_of(orders, full.item.order_id),
            goods_of(full.item, orders.get(full.item.order_id), language),
            _methods(orders.get(full.item.order_id)),
            exceptions.get(full.item.id),
        )
        for full in found
    ]
    return show(
        request, "returns.html", rows=rows, most=MOST, conditions=[condition.value for condition in GoodsCondition]
    )


def _methods(order: Order | None) -> Mapping[str, str]:
    return {payment.id: payment.method.value for payment in order.payments} if order else {}


async def changes_page(request: Request) -> HTTPResponse:
    """GET /desk/changes: the newest first."""
    if session_of(request) is None:
        return back_to(request, "sign-in")
    ctx = desk_of(request).context
    views = await latest_changes(ctx, limit=MOST)
    orders = await read_orders(ctx, {view.change.order_id for view in views})
    rows = [(view, customer_of(orders, view.change.order_id)) for view in views]
    return show(request, "changes.html", rows=rows, most=MOST)


async def read_orders(ctx: Context, ids: Iterable[str]) -> Mapping[str, Order]:
    """The orders by id; those that the shop cannot tell just now are left out."""

    async def read(order_id: str) -> Order | None:
        try:
            return await ctx.shop.get_order(order_id)
        except AftersalesError:
            return None

    found = await asyncio.gather(*(read(order_id) for order_id in ids))
    return {order.id: order for order in found if order is not None}


def goods_of(item: Return, order: Order | None, language: Language) -> tuple[str, ...]:
    """Each line as "2 × title, options → wanted"; the line's id where the order is not at hand."""
    titles = {line.id: (line.title, line.options) for line in order.lines} if order else {}
    goods = []
    for line in item.lines:
        texts = titles.get(line.line_id)
        words = [text.of(language) for text in texts if text.of(language)] if texts else [line.line_id]
        coming = line.replacement
        wanted = (coming.options.of(language) or coming.title.of(language)) if coming else ""
        goods.append(f"{line.quantity} × {', '.join(words)}{f' → {wanted}' if wanted else ''}")
    return tuple(goods)


def customer_of(orders: Mapping[str, Order], order_id: str) -> str:
    """The customer's name; a dash where the order is not at hand."""
    order = orders.get(order_id)
    return order.customer.name if order else "—"
