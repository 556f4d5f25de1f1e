"""What is known of customers' files; the files themselves lie in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.errors import NotFound
from aftersales.ports import Attachment
from aftersales.stores.schema.approvals import photos
from aftersales.stores.schema.conversations import attachments
from aftersales.stores.schema.returns import case_notes, cases, returns


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

    async def count_of(self, conversation_id: str, *, since: datetime) -> int:
        query = select(func.count()).where(
            attachments.c.conversation_id == conversation_id, attachments.c.at >= since
        )
        return int(await self._connection.scalar(query) or 0)

    async def remove_unused(self, conversation_id: str) -> Sequence[Attachment]:
        """Removes the conversation's files that no return or case rests on, and what is known of them; which."""
        kept = await self._evidence(conversation_id)
        query = select(attachments).where(attachments.c.conversation_id == conversation_id)
        rows = await self._connection.execute(query)
        unused = [Attachment(**row._mapping) for row in rows if row.id not in kept]
        ids = [attachment.id for attachment in unused]
        for table, column in ((photos, photos.c.attachment_id), (attachments, attachments.c.id)):
            await self._connection.execute(delete(table).where(column.in_(ids)))
        return unused

    async def _evidence(self, conversation_id: str) -> set[str]:
        of_returns = select(returns.c.attachment_ids).where(returns.c.conversation_id == conversation_id)
        of_cases = select(cases.c.attachment_ids).where(cases.c.conversation_id == conversation_id)
        of_notes = (
            select(case_notes.c.attachment_ids)
            .join(cases, cases.c.id == case_notes.c.case_id)
            .where(cases.c.conversation_id == conversation_id)
        )
        found: set[str] = set()
        for query in (of_returns, of_cases, of_notes):
            for ids in await self._connection.scalars(query):
                found.update(ids)
        return found
