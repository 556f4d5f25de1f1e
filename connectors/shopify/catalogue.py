"""Shopify's products as what a customer can have instead."""

from __future__ import annotations

from collections.abc import Sequence

from aftersales.domain.money import Money
from aftersales.domain.orders import Variant
from aftersales.domain.texts import Text
from connectors.shopify.ids import bare
from connectors.shopify.product_payloads import ProductRow, VariantRow, first_image

_ALWAYS = 1_000_000  # of what is not counted, or may be ordered without being there
_ON_SALE = {"ACTIVE", "UNLISTED"}


def variants_of(
    product: ProductRow, rows: Sequence[VariantRow], *, shop_currency: str, currency: str | None
) -> list[Variant]:
    """In the shop's order; nothing in another currency: a price there depends on the market."""
    if product.status not in _ON_SALE or currency not in (None, shop_currency):
        return []
    return [_variant(product, row, currency=shop_currency) for row in rows]


def _variant(product: ProductRow, row: VariantRow, *, currency: str) -> Variant:
    counted = row.inventory_item.tracked and row.inventory_policy == "DENY"
    return Variant(
        id=bare(row.id),
        product_id=bare(product.id),
        sku=row.sku or "",
        title=Text(zh=product.title, en=product.title),
        options=Text(zh=row.title, en=row.title),
        price=Money.parse(row.price, currency),
        stock=max(0, row.inventory_quantity or 0) if counted else _ALWAYS,
        image=first_image(*row.media.nodes, product.featured_media),
    )
