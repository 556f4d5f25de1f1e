"""Customers' files: known by their bytes, freed of metadata, kept under a name of ours."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import os
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import filetype  # type: ignore[import-untyped]
from PIL import Image, ImageOps

from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.ids import new_id
from aftersales.domain.photos import hash_of
from aftersales.ports import Attachment, Photo, UnitOfWork
from aftersales.services.context import Context

LARGEST_FILE = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
MOST_PER_CONVERSATION = 20  # within a day
_LONGEST_NAME = 80
_DAY = timedelta(days=1)
_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "video/mp4": "mp4",
}
_IMAGE_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_UNSAFE_IN_NAMES = frozenset('<>:"|?*')


_HASHED = (9, 8)  # columns and rows that a picture's hash is made of


@dataclass(frozen=True, slots=True)
class _Examined:
    """`photo_hash` is None where it is no picture, or one that shows too little."""

    content: bytes
    media_type: str
    sha256: str
    photo_hash: str | None


async def store_attachment(
    ctx: Context,
    *,
    folder: Path,
    conversation_id: str,
    name: str,
    content: bytes,
    is_evidence: bool = True,
    pictures_only: bool = False,
) -> Attachment:
    """Keeps a JPEG, PNG, WebP, PDF or MP4 file as `folder`/id; what it is, its bytes tell, not its name.

    Images are encoded anew: turned upright, without metadata, still. Their hash is kept where the picture
    `is_evidence`, a customer's own; one that an agent sends to two customers is no sign of risk. Raises Invalid:
    file_empty, file_too_large (more than 10 MB or 50 megapixels), file_type (also damaged images), file_no_picture
    (any other file where `pictures_only` are taken); Conflict("too_many_files") beyond 20 in a conversation within
    a day; NotFound. Nothing is left in the folder when it raises.
    """
    if not content:
        raise Invalid("file_empty")
    if len(content) > LARGEST_FILE:
        raise Invalid("file_too_large")
    async with ctx.unit_of_work() as uow:
        await _check_room(uow, conversation_id, since=ctx.clock.now() - _DAY)
    examined = await asyncio.to_thread(_examine, content, pictures_only=pictures_only)
    attachment_id = new_id()
    attachment = Attachment(
        id=attachment_id,
        conversation_id=conversation_id,
        name=clean_name(name, media_type=examined.media_type),
        media_type=examined.media_type,
        size=len(examined.content),
        sha256=examined.sha256,
        path=attachment_id,
        at=ctx.clock.now(),
    )
    path = folder / attachment.path
    await asyncio.to_thread(_write, path, examined.content)
    try:
        async with ctx.unit_of_work() as uow:
            await _check_room(uow, conversation_id, since=ctx.clock.now() - _DAY)
            await uow.attachments.add(attachment)
            if is_evidence and examined.photo_hash is not None:
                await uow.photos.add(_photo(attachment, examined.photo_hash))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return attachment


async def read_attachment(ctx: Context, *, conversation_id: str, attachment_id: str) -> Attachment:
    """What is known of a file of this conversation. Raises NotFound, also for another conversation's file."""
    async with ctx.unit_of_work(read_only=True) as uow:
        attachment = await uow.attachments.get(attachment_id)
    if attachment.conversation_id != conversation_id:
        raise NotFound("attachment")
    return attachment


def clean_name(name: str, *, media_type: str) -> str:
    """The last part of a file name, without control characters, with the ending that its type has."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = (c for c in last if c not in _UNSAFE_IN_NAMES and not unicodedata.category(c).startswith("C"))
    stem = "".join(kept).strip(" .")
    if "." in stem:
        stem = stem.rpartition(".")[0]
    return f"{stem[:_LONGEST_NAME].strip(' .') or 'file'}.{_ENDINGS[media_type]}"


async def _check_room(uow: UnitOfWork, conversation_id: str, *, since: datetime) -> None:
    """Holds the conversation's lock until the transaction ends."""
    await uow.conversations.lock(conversation_id)
    if await uow.attachments.count_of(conversation_id, since=since) >= MOST_PER_CONVERSATION:
        raise Conflict("too_many_files")


def _examine(content: bytes, *, pictures_only: bool) -> _Examined:
    """The bytes to be kept. Blocks for as long as an image takes to be encoded."""
    media_type = filetype.guess_mime(content)
    if media_type not in _ENDINGS:
        raise Invalid("file_type")
    if pictures_only and media_type not in _IMAGE_FORMATS:
        raise Invalid("file_no_picture")
    photo_hash = None
    if media_type in _IMAGE_FORMATS:
        content, photo_hash = _encode_anew(content, image_format=_IMAGE_FORMATS[media_type])
    return _Examined(content, media_type, hashlib.sha256(content).hexdigest(), photo_hash)


def _photo(attachment: Attachment, photo_hash: str) -> Photo:
    return Photo(
        attachment_id=attachment.id,
        conversation_id=attachment.conversation_id,
        hash=photo_hash,
        at=attachment.at,
    )


def _encode_anew(content: bytes, *, image_format: str) -> tuple[bytes, str | None]:
    """The picture alone (upright, in RGB or RGBA, its first frame, nothing else of the file), and its hash."""
    try:
        with Image.open(io.BytesIO(content), formats=[image_format]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Invalid("file_too_large")
            upright = ImageOps.exif_transpose(opened)
            picture = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            picture.info.clear()
            encoded = io.BytesIO()
            picture.save(encoded, format=image_format, quality=88)
            small = picture.convert("L").resize(_HASHED, Image.Resampling.LANCZOS)
            photo_hash = hash_of(small.tobytes(), width=_HASHED[0])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Invalid("file_too_large") from None
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError):
        raise Invalid("file_type") from None  # Pillow's decoders raise all of these on damaged files
    return encoded.getvalue(), photo_hash


def _write(path: Path, content: bytes) -> None:
    """All of it under its name, or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
