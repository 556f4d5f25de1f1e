"""What customers want to be told, in SQL."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.preferences import Preferences
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.mail import customer_preferences


class SqlPreferences:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, customer_id: str) -> Preferences | None:
        columns = [column for column in customer_preferences.c if column.name != "updated_at"]
        query = select(*columns).where(customer_preferences.c.customer_id == customer_id)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else Preferences(**row._mapping)

    async def save(self, preferences: Preferences, *, at: datetime) -> None:
        """Writes them, whether there were any or not."""
        values = {**asdict(preferences), "updated_at": at}
        if not await insert_new(self._connection, customer_preferences, values):
            where = customer_preferences.c.customer_id == values.pop("customer_id")
            await self._connection.execute(update(customer_preferences).where(where).values(**values))
