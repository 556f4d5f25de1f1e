"""Hashes of customers' pictures in SQL, found by their bands and compared bit by bit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.photos import bands, distance
from aftersales.ports import Photo, SeenPhoto
from aftersales.stores.schema.approvals import photos
from aftersales.stores.schema.conversations import conversations

_COLUMNS = (photos.c.band_a, photos.c.band_b, photos.c.band_c, photos.c.band_d)
_MOST_CANDIDATES = 5000


class SqlPhotos:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, photo: Photo) -> None:
        found = {column.name: band for column, band in zip(_COLUMNS, bands(photo.hash), strict=True)}
        await self._connection.execute(
            insert(photos).values(
                attachment_id=photo.attachment_id,
                conversation_id=photo.conversation_id,
                hash=photo.hash,
                at=photo.at,
                **found,
            )
        )

    async def of_conversation(self, conversation_id: str) -> Sequence[Photo]:
        """Oldest first."""
        query = select(photos.c.attachment_id, photos.c.conversation_id, photos.c.hash, photos.c.at)
        rows = await self._connection.execute(
            query.where(photos.c.conversation_id == conversation_id).order_by(photos.c.at, photos.c.attachment_id)
        )
        return [Photo(**row) for row in rows.mappings()]

    async def like(self, photo: Photo, *, bits: int, since: datetime) -> Sequence[SeenPhoto]:
        """See the port. Of more than 5000 pictures that could be near the newest are compared."""
        near = or_(*(column == band for column, band in zip(_COLUMNS, bands(photo.hash), strict=True)))
        rows = await self._connection.execute(
            select(photos.c.attachment_id, photos.c.hash, photos.c.at, conversations.c.customer_id)
            .join(conversations, conversations.c.id == photos.c.conversation_id)
            .where(
                near,
                photos.c.at >= since,
                photos.c.conversation_id != photo.conversation_id,
                conversations.c.customer_id.is_not(None),
            )
            .order_by(photos.c.at.desc())
            .limit(_MOST_CANDIDATES)
        )
        return [
            SeenPhoto(attachment_id=row["attachment_id"], customer_id=row["customer_id"], at=row["at"])
            for row in rows.mappings()
            if distance(row["hash"], photo.hash) <= bits
        ]
