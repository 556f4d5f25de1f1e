"""Pictures as WeChat takes them."""

from __future__ import annotations

import io
from dataclasses import replace

from PIL import Image

from aftersales.domain.channels import Picture

# One line of the page on temporary media says 10 MB for images, another one 2 MB.
LARGEST = 2 * 1024 * 1024
_SIDES = (2560, 1600, 1000)  # pixels; a JPEG of the last has about 0.3 MB


def fit(picture: Picture) -> Picture:
    """The picture itself, or where it has more than 2 MB a smaller one as JPEG; takes a while then.

    Our own files alone are read here: they were encoded anew when they came in. Raises OSError, SyntaxError
    or ValueError for a damaged one.
    """
    if len(picture.content) <= LARGEST:
        return picture
    content = picture.content
    for side in _SIDES:
        content = _smaller(picture.content, side)
        if len(content) <= LARGEST:
            break
    name = f"{picture.name.rpartition('.')[0] or picture.name}.jpg"
    return replace(picture, content=content, media_type="image/jpeg", name=name)


def _smaller(content: bytes, side: int) -> bytes:
    """On white where it is transparent."""
    encoded = io.BytesIO()
    with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as image:
        image.thumbnail((side, side))
        shown = image.convert("RGBA")
        ground = Image.new("RGBA", shown.size, "white")
        Image.alpha_composite(ground, shown).convert("RGB").save(encoded, format="JPEG", quality=85)
    return encoded.getvalue()
