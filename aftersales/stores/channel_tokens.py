"""Access tokens to messaging apps in SQL: outside of any other transaction, since calls are made in between."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.ports import ChannelToken
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.channel_tokens import channel_tokens as tokens
from aftersales.stores.transactions import reading, writing


class SqlTokenStore:
    """The port TokenStore. No two leases of a token end at the same time, so its end says which one it is."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, name: str) -> ChannelToken | None:
        columns = (tokens.c.token, tokens.c.fetched_at, tokens.c.renew_at)
        query = select(*columns).where(tokens.c.name == name, tokens.c.token.is_not(None))
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else ChannelToken(**row._mapping)

    async def lease(self, name: str, *, now: datetime, until: datetime) -> bool:
        free = or_(tokens.c.busy_until.is_(None), tokens.c.busy_until <= now)
        async with writing(self._engine) as connection:
            if await insert_new(connection, tokens, {"name": name, "busy_until": until}):
                return True
            taken = update(tokens).where(tokens.c.name == name, free).values(busy_until=until)
            return (await connection.execute(taken)).rowcount == 1

    async def save(self, name: str, token: ChannelToken, *, until: datetime) -> bool:
        values = {"token": token.token, "fetched_at": token.fetched_at, "renew_at": token.renew_at}
        mine = (tokens.c.name == name, tokens.c.busy_until == until)
        async with writing(self._engine) as connection:
            saved = await connection.execute(update(tokens).where(*mine).values(**values, busy_until=None))
        return saved.rowcount == 1

    async def release(self, name: str, *, until: datetime) -> None:
        mine = (tokens.c.name == name, tokens.c.busy_until == until)
        async with writing(self._engine) as connection:
            await connection.execute(update(tokens).where(*mine).values(busy_until=None))
