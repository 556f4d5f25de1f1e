"""Codes that tie a messaging app to an account at the shop, in SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.link_codes import link_codes


class SqlLinkCodes:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, code_hash: str, *, customer_id: str, expires_at: datetime) -> bool:
        """False for a code that is there already: it stays whose it is, and another must be found."""
        new = {"code_hash": code_hash, "customer_id": customer_id, "expires_at": expires_at}
        return await insert_new(self._connection, link_codes, new)

    async def take(self, code_hash: str, *, now: datetime) -> str | None:
        """Whose code it is, once; None for one that is unknown, used or too old."""
        mine = delete(link_codes).where(link_codes.c.code_hash == code_hash, link_codes.c.expires_at > now)
        customer_id: str | None = await self._connection.scalar(mine.returning(link_codes.c.customer_id))
        return customer_id

    async def forget(self, *, now: datetime) -> None:
        await self._connection.execute(delete(link_codes).where(link_codes.c.expires_at <= now))
