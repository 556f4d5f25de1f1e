"""What Shopify tells about products, as far as we read it."""

from __future__ import annotations

from decimal import Decimal

from connectors.shopify.payloads import Connection, Image, Wire


class Preview(Wire):
    image: Image | None = None


class Media(Wire):
    preview: Preview | None = None


class MediaNodes(Wire):
    nodes: tuple[Media, ...] = ()


class Tracked(Wire):
    tracked: bool


class VariantRow(Wire):
    """`price` is in the currency of the shop."""

    id: str
    sku: str | None = None
    title: str
    price: Decimal
    inventory_quantity: int | None = None
    inventory_policy: str
    inventory_item: Tracked
    media: MediaNodes = MediaNodes()


class ProductRow(Wire):
    id: str
    title: str
    status: str
    featured_media: Media | None = None
    variants: Connection[VariantRow]


def first_image(*media: Media | None) -> str:
    """The address of the first picture that there is, or empty."""
    for item in media:
        if item is not None and item.preview is not None and item.preview.image is not None:
            return item.preview.image.url
    return ""
