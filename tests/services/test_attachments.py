from __future__ import annotations

import asyncio
import hashlib
import io
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.ports import Attachment
from aftersales.services.attachments import MOST_PER_CONVERSATION, clean_name, read_attachment, store_attachment
from tests.databases import DATABASES
from tests.talks import World, open_world

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 32


@pytest.fixture(params=DATABASES)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(request.param, tmp_path) as opened:
        yield opened


def picture(image_format: str, *, size: tuple[int, int] = (60, 40), mode: str = "RGB") -> bytes:
    """Left half red, right half green, to be turned; with position, camera and author where the format can."""
    image = Image.new(mode, size, "green")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: shown a quarter turn clockwise
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825)[1] = "N"
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Secret Author")
    content = io.BytesIO()
    extra = {"comment": b"Secret Comment"} if image_format == "JPEG" else {}
    if image_format == "PNG":
        image.save(content, format=image_format, pnginfo=words, exif=exif)
    else:
        image.save(content, format=image_format, exif=exif, **extra)
    return content.getvalue()


async def store(world: World, folder: Path, content: bytes, *, name: str = "photo.jpg") -> Attachment:
    talk = await world.talk()
    return await store_attachment(
        world.ctx, folder=folder / "files", conversation_id=talk.id, name=name, content=content
    )


async def refusal(world: World, folder: Path, content: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        await store(world, folder, content)
    assert not (folder / "files").exists()
    return refused.value.field


@pytest.mark.parametrize(
    ("image_format", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
async def test_an_image_is_kept_upright_and_without_its_metadata(
    world: World, tmp_path: Path, image_format: str, media_type: str
) -> None:
    original = picture(image_format)
    assert b"Secret" in original
    stored = await store(world, tmp_path, original, name="IMG_1.HEIC")
    content = (tmp_path / "files" / stored.path).read_bytes()
    assert (stored.media_type, stored.size) == (media_type, len(content))
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert b"Secret" not in content
    with Image.open(io.BytesIO(content)) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == (image_format, (40, 60), {})
        red, green, _ = kept.convert("RGB").getpixel((20, 10))  # type: ignore[misc]
        assert red > 200 > 60 > green


@pytest.mark.parametrize(("content", "media_type"), [(PDF, "application/pdf"), (MP4, "video/mp4")])
async def test_documents_and_videos_are_kept_as_they_are(
    world: World, tmp_path: Path, content: bytes, media_type: str
) -> None:
    stored = await store(world, tmp_path, content, name="x.exe")
    assert stored.media_type == media_type
    assert (tmp_path / "files" / stored.id).read_bytes() == content
    assert [path.name for path in (tmp_path / "files").iterdir()] == [stored.id]


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1"])
async def test_pictures_of_every_colour_mode_are_taken(world: World, tmp_path: Path, mode: str) -> None:
    image = Image.new("RGB", (8, 8), "blue").convert(mode)
    content = io.BytesIO()
    image.save(content, format="JPEG" if mode == "CMYK" else "PNG")
    assert (await store(world, tmp_path, content.getvalue())).size > 0


async def test_transparency_is_kept(world: World, tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(content, format="PNG")
    stored = await store(world, tmp_path, content.getvalue())
    with Image.open(tmp_path / "files" / stored.path) as kept:
        assert kept.getpixel((0, 0)) == (255, 0, 0, 0)


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00" + b"\x00" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"<html>",
        b"GIF89a" + b"\x00" * 50,
        b"PK\x03\x04" + b"\x00" * 50,
        b"plain text",
        b"\xff\xd8\xff\xe0" + b"no picture behind it" * 5,
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 50,
        b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 50,
    ],
)
async def test_other_and_false_files_are_refused(world: World, tmp_path: Path, content: bytes) -> None:
    assert await refusal(world, tmp_path, content) == "file_type"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
async def test_truncated_images_are_refused(world: World, tmp_path: Path, image_format: str) -> None:
    noise = Image.frombytes("RGB", (64, 64), random.Random(1).randbytes(64 * 64 * 3))
    content = io.BytesIO()
    noise.save(content, format=image_format)
    whole = content.getvalue()
    assert await refusal(world, tmp_path, whole[: len(whole) // 2]) == "file_type"


@pytest.mark.parametrize("side", [7100, 10_000, 20_000])
async def test_an_image_of_too_many_pixels_is_refused(world: World, tmp_path: Path, side: int) -> None:
    content = io.BytesIO()
    Image.new("1", (side, side)).save(content, format="PNG")
    assert len(content.getvalue()) < 200_000
    assert await refusal(world, tmp_path, content.getvalue()) == "file_too_large"


async def test_an_empty_and_an_enormous_file_are_refused(world: World, tmp_path: Path) -> None:
    assert await refusal(world, tmp_path, b"") == "file_empty"
    assert await refusal(world, tmp_path, PDF + b"x" * (10 * 1024 * 1024)) == "file_too_large"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\photos\\受损 照片.JPG", "受损 照片.pdf"),
        ("in\u202evoice\x00\n.exe", "invoice.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("..", "file.pdf"),
        ("", "file.pdf"),
        ('a<b>"c".pdf', "abc.pdf"),
        ("x" * 500 + ".pdf", "x" * 80 + ".pdf"),
    ],
)
def test_a_file_name_is_cleaned(name: str, kept: str) -> None:
    assert clean_name(name, media_type="application/pdf") == kept


async def test_a_conversation_keeps_twenty_files_also_when_they_come_at_once(world: World, tmp_path: Path) -> None:
    talk = await world.talk()
    folder = tmp_path / "files"
    outcomes = await asyncio.gather(
        *(
            store_attachment(world.ctx, folder=folder, conversation_id=talk.id, name="a.pdf", content=PDF)
            for _ in range(MOST_PER_CONVERSATION + 3)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Attachment) for outcome in outcomes) == MOST_PER_CONVERSATION
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3
    assert len(list(folder.iterdir())) == MOST_PER_CONVERSATION


async def test_a_file_is_read_from_its_own_conversation_only(world: World, tmp_path: Path) -> None:
    stored = await store(world, tmp_path, PDF)
    found = await read_attachment(world.ctx, conversation_id=stored.conversation_id, attachment_id=stored.id)
    assert found == stored
    other = await world.talk()
    for conversation_id, attachment_id in ((other.id, stored.id), (stored.conversation_id, "unknown")):
        with pytest.raises(NotFound):
            await read_attachment(world.ctx, conversation_id=conversation_id, attachment_id=attachment_id)


async def test_an_unknown_conversation_keeps_no_file(world: World, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await store_attachment(
            world.ctx, folder=tmp_path / "files", conversation_id="nobody", name="a", content=PDF
        )
    assert not (tmp_path / "files").exists()
