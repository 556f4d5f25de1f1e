"""Files of a conversation as messaging apps take them: pictures in JPEG or PNG."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from PIL import Image

from aftersales.domain.channels import Picture
from aftersales.domain.errors import NotFound
from aftersales.services.context import Context

_TAKEN = {"image/jpeg": "jpg", "image/png": "png"}


async def load_picture(ctx: Context, attachment_id: str, *, folder: Path) -> Picture | None:
    """The picture, a WebP one as JPEG; None for what is no picture, or gone."""
    try:
        async with ctx.unit_of_work(read_only=True) as uow:
            attachment = await uow.attachments.get(attachment_id)
        content = await asyncio.to_thread((folder / attachment.path).read_bytes)
    except (NotFound, FileNotFoundError):
        return None
    media_type = attachment.media_type
    if media_type == "image/webp":
        content, media_type = await asyncio.to_thread(_as_jpeg, content), "image/jpeg"
    if media_type not in _TAKEN:
        return None
    return Picture(content=content, media_type=media_type, name=f"{attachment.id}.{_TAKEN[media_type]}")


def _as_jpeg(content: bytes) -> bytes:
    """Our own files alone are read here: they were encoded anew when they came in."""
    encoded = io.BytesIO()
    with Image.open(io.BytesIO(content), formats=["WEBP"]) as picture:
        picture.convert("RGB").save(encoded, format="JPEG", quality=88)
    return encoded.getvalue()
