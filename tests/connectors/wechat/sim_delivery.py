"""How the simulated WeChat pushes: sealed, up to three times five seconds apart, with the same MsgId.

Whether the query changes between the tries is not known; here it does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from aftersales.ports import Clock
from connectors.wechat.crypto import Cipher
from tests.connectors.wechat.pushing import Form, sealed, written
from tests.fakes import FrozenClock

TRIES = 3
PAUSE = 5.0
DEADLINE = 5.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """`answered` is what the front said to each try; None for no answer in time."""

    answered: tuple[int | None, ...]
    taken: bool


@dataclass
class Delivery:
    """`fronts` take turns. `twice` tells everything two times at once; `held` is kept back for out_of_order."""

    cipher: Cipher
    app_id: str
    clock: Clock
    form: Form = "xml"
    fronts: list[str] = field(default_factory=list)
    twice: bool = False
    held: list[dict[str, Any]] | None = None
    done: list[Delivered] = field(default_factory=list)
    deadline: float = DEADLINE
    sleep: Callable[[float], Awaitable[None]] | None = None
    _turn: count[int] = field(default_factory=count)

    async def push(self, fields: dict[str, Any]) -> Delivered | None:
        """None for one that is held back."""
        if self.held is not None:
            self.held.append(fields)
            return None
        if self.twice:
            delivered, _ = await asyncio.gather(self._deliver(fields), self._deliver(fields))
        else:
            delivered = await self._deliver(fields)
        self.done.append(delivered)
        return delivered

    async def out_of_order(self) -> None:
        """Delivers what was held back, the last one first."""
        held, self.held = self.held or [], None
        for fields in reversed(held):
            await self.push(fields)

    async def _deliver(self, fields: dict[str, Any]) -> Delivered:
        answered: list[int | None] = []
        for attempt in range(TRIES):
            if attempt:
                await self._pause()
            status, body = await self._try(fields)
            answered.append(status)
            if status == 200 and body in (b"success", b""):
                return Delivered(tuple(answered), taken=True)
        return Delivered(tuple(answered), taken=False)

    async def _pause(self) -> None:
        """On the clock that the account lives by, unless the tests sleep in another way."""
        if self.sleep is not None:
            await self.sleep(PAUSE)
        elif isinstance(self.clock, FrozenClock):
            self.clock.advance(seconds=PAUSE)
        else:
            await asyncio.sleep(PAUSE)

    async def _try(self, fields: dict[str, Any]) -> tuple[int | None, bytes]:
        turn = next(self._turn)
        query, body = sealed(
            written(fields, self.form),
            at=self.clock.now(),
            by=self.cipher,
            form=self.form,
            nonce=str(100_000_000 + turn),
            openid=str(fields["FromUserName"]),
        )
        url = f"{self.fronts[turn % len(self.fronts)]}/connect/wechat/{self.app_id}"
        media_type = "text/xml" if self.form == "xml" else "application/json"
        try:
            async with httpx.AsyncClient(timeout=self.deadline) as client:
                answer = await client.post(url, params=query, content=body, headers={"Content-Type": media_type})
        except httpx.HTTPError:
            return None, b""
        return answer.status_code, answer.content
