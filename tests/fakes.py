"""Stand-ins for the outside parties, small enough to be read: no patches are used anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aftersales.domain.conversations import Answer, Reply, Turn
from aftersales.domain.errors import NotFound, ProviderRejected, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Address, Customer, Fulfilment, Order, Variant
from aftersales.domain.texts import Language
from aftersales.ports import Capabilities, ExchangeLine, Mail

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class FrozenClock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, **duration: float) -> None:
        """Takes the words of timedelta: advance(minutes=3)."""
        self._now += timedelta(**duration)


class FakeBot:
    """Echoes, or says what it was told to; the same message id again gives the first answer again.

    `turns` are all calls, `answered` the distinct ones. `failures` is how many of the next calls are Unavailable
    (`down` fails all); `before_answer` runs inside a call, so that a test can change the world meanwhile.
    """

    def __init__(self, *answers: Answer) -> None:
        self.turns: list[Turn] = []
        self.answered: dict[tuple[str, str], Answer] = {}
        self.failures = 0
        self.down = False
        self.seconds = 0.0
        self.before_answer: Callable[[Turn], Awaitable[None]] | None = None
        self._script = list(answers)

    def will_say(self, *answers: Answer) -> None:
        """To the next turns, one by one; it echoes afterwards."""
        self._script.extend(answers)

    async def answer(self, turn: Turn) -> Answer:
        self.turns.append(turn)
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if self.down or self.failures:
            self.failures = max(0, self.failures - 1)
            raise Unavailable("bot")
        if self.before_answer is not None:
            await self.before_answer(turn)
        key = (turn.session, turn.message_id)
        if key not in self.answered:
            self.answered[key] = self._script.pop(0) if self._script else self._echo(turn)
        return self.answered[key]

    async def health(self) -> None:
        if self.down:
            raise Unavailable("bot")

    def _echo(self, turn: Turn) -> Answer:
        return Answer(
            replies=(Reply(text=f"{turn.kind}: {turn.text}"),),
            language=turn.language,
            language_fixed=turn.language_fixed,
        )


class ListNotifier:
    """Keeps what was sent; a repeated key is dropped, as the port allows the receiver to do."""

    def __init__(self) -> None:
        self.sent: dict[str, Mail] = {}
        self.down = False
        self.refuses = ""

    async def send(self, mail: Mail, *, key: str) -> None:
        if self.down:
            raise Unavailable("mailbox")
        if self.refuses:
            raise ProviderRejected(self.refuses)
        self.sent.setdefault(key, mail)


class FakeTexts:
    """Renders a response as its name, language and parameters."""

    def render(self, response: str, language: Language, **parameters: Any) -> str:
        filled = " ".join(f"{name}={value}" for name, value in sorted(parameters.items()))
        return f"{response}/{language} {filled}".strip()


class FakeShop:
    """A shop of a few orders, for reading; it refuses to change anything."""

    def __init__(self, orders: Iterable[Order] = ()) -> None:
        self.orders = {order.id: order for order in orders}
        self.down = False

    async def capabilities(self) -> Capabilities:
        return Capabilities(
            partial_refunds=True,
            idempotent_refunds=True,
            exchanges=False,
            cancel_orders=False,
            change_address=False,
            change_lines=False,
        )

    async def get_customer(self, customer_id: str) -> Customer:
        for order in await self._all():
            if order.customer.id == customer_id:
                return order.customer
        raise NotFound(customer_id)

    async def find_order(self, number: str) -> Order:
        for order in await self._all():
            if order.number == number:
                return order
        raise NotFound(number)

    async def get_order(self, order_id: str) -> Order:
        for order in await self._all():
            if order.id == order_id:
                return order
        raise NotFound(order_id)

    async def list_orders(self, customer_id: str, *, limit: int = 20) -> Sequence[Order]:
        own = [order for order in await self._all() if order.customer.id == customer_id]
        return sorted(own, key=lambda order: order.placed_at, reverse=True)[:limit]

    async def list_variants(self, product_id: str, *, currency: str | None = None) -> Sequence[Variant]:
        return ()

    async def request_exchange(self, *, order_id: str, lines: Sequence[ExchangeLine], key: str) -> str:
        raise Unavailable("read only")

    async def write_off_return(self, reference: str) -> None:
        raise Unavailable("read only")

    async def ship_replacement(self, reference: str) -> Fulfilment:
        raise Unavailable("read only")

    async def request_return(self, *, order_id: str, lines: Sequence[tuple[str, int]], key: str) -> str:
        raise Unavailable("read only")

    async def cancel_return(self, reference: str) -> None:
        raise Unavailable("read only")

    async def receive_return(self, reference: str) -> None:
        raise Unavailable("read only")

    async def cancel_units(self, *, order_id: str, units: Sequence[tuple[str, int]], key: str) -> None:
        raise Unavailable("read only")

    async def change_address(self, *, order_id: str, address: Address, key: str) -> None:
        raise Unavailable("read only")

    async def change_variant(self, *, order_id: str, line_id: str, variant_id: str, paid: Money, key: str) -> None:
        raise Unavailable("read only")

    async def health(self) -> None:
        await self._all()

    async def _all(self) -> Sequence[Order]:
        if self.down:
            raise Unavailable("shop")
        return tuple(self.orders.values())
