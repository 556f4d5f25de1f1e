"""Addresses that mails came back from, in SQL."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.bounces import Bounce, BounceKind
from aftersales.stores.inserts import hold_lock, insert_new
from aftersales.stores.schema.mail import mail_bounces


class SqlBounces:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, address_hash: str) -> Bounce | None:
        query = select(mail_bounces).where(mail_bounces.c.address_hash == address_hash)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else Bounce(**{**row, "kind": BounceKind(row["kind"])})

    async def lock(self, address_hash: str) -> Bounce | None:
        """As get, and holds the address until the transaction ends."""
        await hold_lock(self._connection, f"bounce:{address_hash}")
        return await self.get(address_hash)

    async def save(self, bounce: Bounce) -> None:
        """Writes it, whether it was there or not."""
        values = {**asdict(bounce), "kind": bounce.kind.value}
        if not await insert_new(self._connection, mail_bounces, values):
            where = mail_bounces.c.address_hash == values.pop("address_hash")
            await self._connection.execute(update(mail_bounces).where(where).values(**values))

    async def remove(self, address_hash: str) -> None:
        where = mail_bounces.c.address_hash == address_hash
        await self._connection.execute(delete(mail_bounces).where(where))
