"""What the shop tells of customers, kept for a while: the live desk looks every second, the shop need not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any

from aftersales.domain.errors import AftersalesError
from aftersales.domain.orders import Customer, Order
from aftersales.services.context import Context

SECONDS = 20.0
_MOST = 1000
_ORDERS = 5


class Known:
    """What the shop cannot tell just now is not known, and asked for again after the same time."""

    def __init__(self, ctx: Context, *, seconds: float = SECONDS) -> None:
        self._ctx = ctx
        self._seconds = seconds
        self._kept: OrderedDict[tuple[str, str], tuple[float, Any]] = OrderedDict()

    async def customer(self, customer_id: str) -> Customer | None:
        found: Customer | None = await self.read(
            ("customer", customer_id), lambda: self._ctx.shop.get_customer(customer_id)
        )
        return found

    async def orders(self, customer_id: str) -> Sequence[Order]:
        """The newest, newest first."""
        found: Sequence[Order] | None = await self.read(
            ("orders", customer_id), lambda: self._ctx.shop.list_orders(customer_id, limit=_ORDERS)
        )
        return found or ()

    async def read(self, key: tuple[str, str], ask: Callable[[], Awaitable[Any]]) -> Any:
        """What `ask` gives, kept under the key; None where the shop cannot tell."""
        at, value = self._kept.get(key, (0.0, None))
        if key in self._kept and monotonic() - at < self._seconds:
            return value
        try:
            value = await ask()
        except AftersalesError:
            value = None
        self._kept[key] = (monotonic(), value)
        self._kept.move_to_end(key)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return value

    def forget(self, key: tuple[str, str]) -> None:
        """It was changed by us, and is asked for anew."""
        self._kept.pop(key, None)
