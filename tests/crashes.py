"""The real parties with a crash or an outage at a chosen place, to try what the next process makes of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from aftersales.domain.money import Money
from aftersales.domain.orders import Address, Fulfilment, Payment
from aftersales.ports import ExchangeLine, PaymentRequest, Payments, ProviderRefund, ShopBackend


class Crash(BaseException):
    """The process dies here: no `except Exception` may hold it up."""


class TroubledPayments:
    """Real payments; `before` and `after` hold what is raised around the next calls of refund (None: nothing)."""

    def __init__(self, inner: Payments) -> None:
        self._inner = inner
        self.before: deque[BaseException | None] = deque()
        self.after: deque[BaseException | None] = deque()
        self.lookups: deque[BaseException | None] = deque()
        self.asking: deque[BaseException | None] = deque()
        self.calls: list[str] = []
        self._last: dict[str, Any] = {}

    async def carry_out_late(self) -> None:
        """What the last call of refund asked for, whatever its caller was told."""
        await self._inner.refund(**self._last)

    async def refund(self, payment: Payment, *, amount: Money, key: str, reason: str) -> ProviderRefund:
        self.calls.append(key)
        self._last = {"payment": payment, "amount": amount, "key": key, "reason": reason}
        _raise_next(self.before)
        made = await self._inner.refund(payment, amount=amount, key=key, reason=reason)
        _raise_next(self.after)
        return made

    async def find_refund(self, key: str) -> ProviderRefund | None:
        _raise_next(self.lookups)
        return await self._inner.find_refund(key)

    async def request_payment(self, *, order_id: str, amount: Money, key: str) -> PaymentRequest:
        _raise_next(self.asking)
        return await self._inner.request_payment(order_id=order_id, amount=amount, key=key)

    async def find_payment(self, key: str) -> PaymentRequest | None:
        return await self._inner.find_payment(key)

    async def cancel_payment(self, key: str) -> None:
        await self._inner.cancel_payment(key)


class TroubledShop:
    """A real shop; `before` and `after` hold what is raised around the next calls that change something."""

    def __init__(self, inner: ShopBackend) -> None:
        self._inner = inner
        self.before: deque[BaseException | None] = deque()
        self.after: deque[BaseException | None] = deque()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def request_return(self, *, order_id: str, lines: Sequence[tuple[str, int]], key: str) -> str:
        _raise_next(self.before)
        reference = await self._inner.request_return(order_id=order_id, lines=lines, key=key)
        _raise_next(self.after)
        return reference

    async def request_exchange(self, *, order_id: str, lines: Sequence[ExchangeLine], key: str) -> str:
        _raise_next(self.before)
        reference = await self._inner.request_exchange(order_id=order_id, lines=lines, key=key)
        _raise_next(self.after)
        return reference

    async def write_off_return(self, reference: str) -> None:
        _raise_next(self.before)
        await self._inner.write_off_return(reference)
        _raise_next(self.after)

    async def ship_replacement(self, reference: str) -> Fulfilment:
        _raise_next(self.before)
        parcel = await self._inner.ship_replacement(reference)
        _raise_next(self.after)
        return parcel

    async def cancel_return(self, reference: str) -> None:
        _raise_next(self.before)
        await self._inner.cancel_return(reference)
        _raise_next(self.after)

    async def receive_return(self, reference: str) -> None:
        _raise_next(self.before)
        await self._inner.receive_return(reference)
        _raise_next(self.after)

    async def cancel_units(self, *, order_id: str, units: Sequence[tuple[str, int]], key: str) -> None:
        _raise_next(self.before)
        await self._inner.cancel_units(order_id=order_id, units=units, key=key)
        _raise_next(self.after)

    async def change_address(self, *, order_id: str, address: Address, key: str) -> None:
        _raise_next(self.before)
        await self._inner.change_address(order_id=order_id, address=address, key=key)
        _raise_next(self.after)

    async def change_variant(self, *, order_id: str, line_id: str, variant_id: str, paid: Money, key: str) -> None:
        _raise_next(self.before)
        await self._inner.change_variant(
            order_id=order_id, line_id=line_id, variant_id=variant_id, paid=paid, key=key
        )
        _raise_next(self.after)


def _raise_next(planned: deque[BaseException | None]) -> None:
    error = planned.popleft() if planned else None
    if error is not None:
        raise error
