"""Orders and messages for the tests of the return dialogue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from actions.said import Said
from aftersales.domain.money import Money
from aftersales.domain.orders import Customer, Fulfilment, Order, OrderLine, Payment
from aftersales.domain.texts import Text

LIN = Customer(id="lin", name="林晓雨", email="lin@example.cn", phone=None, language="zh")


def make_line(
    line_id: str,
    zh: str,
    en: str,
    *,
    quantity: int = 1,
    options: tuple[str, str] = ("", ""),
    returnable: int | None = None,
) -> OrderLine:
    back = quantity if returnable is None else returnable
    return OrderLine(
        id=line_id,
        sku=line_id,
        product_id=f"p-{line_id}",
        variant_id=f"v-{line_id}",
        category="shoes",
        tags=frozenset(),
        title=Text(zh, en),
        options=Text(*options),
        image="",
        quantity=quantity,
        fulfilled=quantity,
        return_requested=quantity - back,
        returned=0,
        dismissed=0,
        paid=Money(10000 * quantity, "CNY"),
    )


def make_order(number: str, *lines: OrderLine, day: int = 10) -> Order:
    at = datetime(2026, 11, day, 4, tzinfo=UTC)
    total = sum(line.paid.minor for line in lines)
    return Order(
        id=f"o-{number}",
        number=number,
        customer=LIN,
        placed_at=at,
        cancelled_at=None,
        country="CN",
        total=Money(total, "CNY"),
        shipping_paid=Money(0, "CNY"),
        lines=lines,
        fulfilments=(
            Fulfilment(
                id="f",
                carrier="SF",
                tracking_number="1",
                shipped_at=at,
                delivered_at=at,
                lines=tuple((line.id, line.quantity) for line in lines),
            ),
        ),
        payments=(Payment(id="p", provider="card", captured=Money(total, "CNY"), refunded=Money(0, "CNY")),),
    )


SHOES = make_line("shoes", "轻羽缓震跑鞋", "Feather cushioned running shoes", options=("黑 / 42", "Black / 42"))
SHIRTS = make_line("shirts", "纯棉圆领T恤", "Cotton crew T-shirt", quantity=3, options=("白 / M", "White / M"))
LAMP = make_line("lamp", "北欧台灯", "Nordic desk lamp")
ORDERS = (
    make_order("RD2026111000101", SHOES, SHIRTS, day=10),
    make_order("RD2026110200102", LAMP, day=2),
    make_order("RD2026102000103", make_line("coat", "羊毛大衣", "Wool coat"), day=20),
)


def said(text: str, intent: str = "inform", **entities: Any) -> Said:
    """A message as the bot would understand it; an entity's value may be one or a tuple."""
    found = {name: value if isinstance(value, tuple) else (value,) for name, value in entities.items()}
    kind, colon, value = found.get("choice", ("",))[0].partition(":")
    return Said(
        text="/inform" if "choice" in found or "photo" in found else text,
        intent=intent,
        ranking=((intent, 0.9),),
        entities=found,
        choice=(kind, value) if colon else None,
        photo=found.get("photo", (None,))[0],
    )
