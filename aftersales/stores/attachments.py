"""What is known of customers' files; the files themselves lie in a folder."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.errors import NotFound
from aftersales.ports import Attachment
from aftersales.stores.schema.conversations import attachments


class SqlAttachments:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, attachment: Attachment) -> None:
        await self._connection.execute(insert(attachments).values(**asdict(attachment)))

    async def get(self, attachment_id: str) -> Attachment:
        """Raises NotFound."""
        query = select(attachments).where(attachments.c.id == attachment_id)
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound("attachment")
        return Attachment(**row._mapping)

    async def count_of(self, conversation_id: str) -> int:
        query = select(func.count()).where(attachments.c.conversation_id == conversation_id)
        return int(await self._connection.scalar(query) or 0)
