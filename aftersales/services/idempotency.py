"""A request that a program names is done once, and its answer told again for a day.

As the IETF draft on the header Idempotency-Key describes it (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aftersales.domain.errors import Invalid, Taken
from aftersales.services.context import Context
from aftersales.services.vault import decrypt, encrypt

KEPT = timedelta(hours=24)
# No request takes so long: whoever began it is gone. Every deed is guarded by the states of what it is done to, so
# that doing it once more is refused or changes nothing.
_ABANDONED_AFTER = timedelta(minutes=2)
_PURPOSE = "idempotency"


@dataclass(frozen=True, slots=True)
class Told:
    """`status` as HTTP has it. `again`: it was not done just now."""

    status: int
    body: dict[str, Any]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A request by the name that `caller` gave it; `request` tells requests apart.

    `vault` encrypts what is kept.
    """

    caller: str
    name: str
    request: bytes
    vault: bytes

    @property
    def key_hash(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def request_hash(self) -> str:
        return hashlib.sha256(self.request).hexdigest()


async def once(ctx: Context, named: Named, act: Callable[[], Awaitable[Told]]) -> Told:
    """The answer of `act`, or that which the same request got before.

    Raises Invalid (idempotency_mismatch) for another request under the same name, Taken while the first is being
    worked on, and what `act` raises: the name is free again then.
    """
    known = await _begin(ctx, named)
    if known is not None:
        return known
    try:
        told = await act()
    except Exception:
        async with ctx.unit_of_work() as uow:
            await uow.idempotency.remove(named.caller, named.key_hash)
        raise
    body = encrypt(json.dumps(told.body), key=named.vault, purpose=_PURPOSE)
    async with ctx.unit_of_work() as uow:
        await uow.idempotency.finish(named.caller, named.key_hash, status=told.status, body=body)
    return told


async def forget_answers(ctx: Context) -> None:
    """Removes those that are older than a day."""
    async with ctx.unit_of_work() as uow:
        await uow.idempotency.forget(before=ctx.clock.now() - KEPT)


async def _begin(ctx: Context, named: Named) -> Told | None:
    """None where the caller has to do it."""
    now, row = ctx.clock.now(), (named.caller, named.key_hash)
    async with ctx.unit_of_work() as uow:
        if await uow.idempotency.begin(*row, request_hash=named.request_hash, at=now):
            return None
        stored = await uow.idempotency.lock(*row)
        if stored is None:  # given up this moment by whoever had begun it
            raise Taken
        if stored.at < now - KEPT:
            await uow.idempotency.remove(*row)
            await uow.idempotency.begin(*row, request_hash=named.request_hash, at=now)
            return None
        if stored.request_hash != named.request_hash:
            raise Invalid("idempotency_key", "idempotency_mismatch")
        if stored.status is not None and stored.body is not None:
            body = json.loads(decrypt(stored.body, key=named.vault, purpose=_PURPOSE))
            return Told(stored.status, body, again=True)
        if stored.at > now - _ABANDONED_AFTER:
            raise Taken
        await uow.idempotency.restart(*row, at=now)
        return None
