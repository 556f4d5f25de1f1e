"""The desk's pages: open returns, refunds to decide, open cases and their talk."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sanic import HTTPResponse, Request

from aftersales.domain.cases import Case
from aftersales.domain.errors import AftersalesError, NotFound
from aftersales.domain.ids import new_id
from aftersales.domain.orders import Order
from aftersales.domain.returns import Return
from aftersales.domain.texts import Language
from aftersales.services.cases import open_cases
from aftersales.services.context import Context
from aftersales.services.overview import FullReturn, case_with_talk, find_returns, reads_replies, refunds_to_decide
from desk.application import back_to, desk_of, language_of, session_of, show

MOST = 100
_NUMBER = re.compile(r"[A-Za-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True)
class Row:
    """A return as a line of the list: `goods` are titles with units, `customer` a name."""

    full: FullReturn
    customer: str
    goods: tuple[str, ...]


async def returns_page(request: Request) -> HTTPResponse:
    """GET /desk/."""
    if session_of(request) is None:
        return back_to(request, "sign-in")
    ctx = desk_of(request).context
    found = await find_returns(ctx, limit=MOST)
    orders = await read_orders(ctx, {full.item.order_id for full in found})
    language = language_of(request)
    rows = [
        Row(
            full,
            _customer(orders, full.item.order_id),
            goods_of(full.item, orders.get(full.item.order_id), language),
        )
        for full in found
    ]
    return show(request, "returns.html", rows=rows, most=MOST)


async def refunds_page(request: Request) -> HTTPResponse:
    """GET /desk/refunds."""
    if session_of(request) is None:
        return back_to(request, "sign-in")
    ctx = desk_of(request).context
    refunds = await refunds_to_decide(ctx, limit=MOST)
    orders = await read_orders(ctx, {refund.order_id for refund in refunds})
    rows = [(refund, _customer(orders, refund.order_id)) for refund in refunds]
    return show(request, "refunds.html", rows=rows, most=MOST)


async def cases_page(request: Request) -> HTTPResponse:
    """GET /desk/cases: those promised soonest first."""
    if session_of(request) is None:
        return back_to(request, "sign-in")
    ctx = desk_of(request).context
    cases = await open_cases(ctx, limit=MOST)
    names = await read_names(ctx, cases)
    rows = [(case, names.get(case.customer_id or "")) for case in cases]
    return show(request, "cases.html", rows=rows, most=MOST)


async def case_page(request: Request, number: str) -> HTTPResponse:
    """GET /desk/cases/{number}: the case and what was said."""
    if session_of(request) is None:
        return back_to(request, "sign-in")
    ctx = desk_of(request).context
    if not _NUMBER.fullmatch(number):
        return back_to(request, "cases", problem="not_found")
    try:
        case, talk = await case_with_talk(ctx, number=number)
    except NotFound:
        return back_to(request, "cases", problem="not_found")
    names = await read_names(ctx, [case])
    customer = names.get(case.customer_id or "")
    is_read = await reads_replies(ctx, conversation_id=case.conversation_id)
    return show(request, "case.html", case=case, talk=talk, customer=customer, is_read=is_read, reply_id=new_id())


async def read_orders(ctx: Context, ids: Iterable[str]) -> Mapping[str, Order]:
    """The orders by id; those that the shop cannot tell just now are left out."""

    async def read(order_id: str) -> Order | None:
        try:
            return await ctx.shop.get_order(order_id)
        except AftersalesError:
            return None

    found = await asyncio.gather(*(read(order_id) for order_id in ids))
    return {order.id: order for order in found if order is not None}


async def read_names(ctx: Context, cases: Iterable[Case]) -> Mapping[str, str]:
    """Customers' names by id; those that the shop cannot tell just now are left out."""
    names: dict[str, str] = {}
    for customer_id in {case.customer_id for case in cases if case.customer_id}:
        try:
            names[customer_id] = (await ctx.shop.get_customer(customer_id)).name
        except AftersalesError:
            continue
    return names


def goods_of(item: Return, order: Order | None, language: Language) -> tuple[str, ...]:
    """Each line as "2 × title, options"; the line's id where the order is not at hand."""
    titles = {line.id: (line.title, line.options) for line in order.lines} if order else {}
    goods = []
    for line in item.lines:
        texts = titles.get(line.line_id)
        words = [text.of(language) for text in texts if text.of(language)] if texts else [line.line_id]
        goods.append(f"{line.quantity} × {', '.join(words)}")
    return tuple(goods)


def _customer(orders: Mapping[str, Order], order_id: str) -> str:
    order = orders.get(order_id)
    return order.customer.name if order else "—"
