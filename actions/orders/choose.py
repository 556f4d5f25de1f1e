"""Which of the customer's orders or returns a question is about. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from actions.returns.draft import matching_orders, orders_numbered
from aftersales.domain.deliveries import is_awaited
from aftersales.domain.orders import Order
from aftersales.services.return_views import ReturnView

OVER = frozenset({"done", "cancelled", "rejected"})


def named_orders(orders: Sequence[Order], *, reference: str | None, words: str) -> list[Order] | None:
    """Those that a number or the goods' names point at: none where a number fits nothing, None if not named."""
    numbers = orders_numbered(orders, reference) if reference else matching_orders(words, orders)
    if not numbers and not reference:
        return None
    return [order for order in orders if order.number in numbers]


def orders_to_track(orders: Sequence[Order], *, named: Sequence[Order] | None) -> list[Order]:
    """The named ones, and of these what is still to come; without a name all that is to come, else the latest."""
    asked = orders if named is None else named
    awaited = [order for order in asked if is_awaited(order)]
    return awaited or (list(named) if named is not None else [order for order in orders if order.fulfilments][:1])


def returns_to_tell(views: Sequence[ReturnView], *, named: Sequence[Order] | None, words: str) -> list[ReturnView]:
    """The one whose number is said; those of the named orders; else all that are open, or the latest."""
    numbered = [view for view in views if view.item.number in words.upper()]
    if numbered:
        return numbered
    if named is not None:
        numbers = {order.number for order in named}
        return [view for view in views if view.item.order_number in numbers]
    return [view for view in views if view.next_step not in OVER] or list(views[:1])
