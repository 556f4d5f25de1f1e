"""Medusa's products as what a customer can have instead."""

from __future__ import annotations

from collections.abc import Sequence

from aftersales.domain.money import Money
from aftersales.domain.orders import Variant
from aftersales.domain.texts import Text
from connectors.medusa.product_payloads import Price, ProductRow, VariantRow

_ALWAYS = 1_000_000  # of what is not counted, or may be ordered without being there


def variants_of(product: ProductRow, *, currency: str | None) -> list[Variant]:
    """Those on sale with a price in `currency` (None: their first one), in the shop's order.

    Medusa tells variants of the same rank in any order, another one each time: the SKU decides between them.
    """
    if product.status != "published":
        return []
    ranked = sorted(product.variants, key=_place)
    found = (_variant(product, row, price=_price(row.prices or [], currency)) for row in ranked)
    return [variant for variant in found if variant is not None]


def _place(row: VariantRow) -> tuple[bool, int, str, str]:
    return row.variant_rank is None, row.variant_rank or 0, row.sku or "", row.id


def _price(prices: Sequence[Price], currency: str | None) -> Money | None:
    for price in prices:
        if price.is_for_everybody and currency in (None, price.currency_code.upper()):
            return Money.parse(price.amount, price.currency_code.upper())
    return None


def _variant(product: ProductRow, row: VariantRow, *, price: Money | None) -> Variant | None:
    if price is None:
        return None
    options = row.title or " / ".join(option.value for option in row.options or [])
    counted = row.manage_inventory and not row.allow_backorder
    return Variant(
        id=row.id,
        product_id=product.id,
        sku=row.sku or "",
        title=Text(zh=product.title, en=product.title),
        options=Text(zh=options, en=options),
        price=price,
        stock=_stock(row) if counted else _ALWAYS,
        image=row.thumbnail or product.thumbnail or "",
    )


def _stock(row: VariantRow) -> int:
    """Whole units over all stock locations, less what is reserved."""
    counts = [
        sum(level.available_quantity for level in (item.inventory and item.inventory.location_levels) or [])
        // max(1, item.required_quantity)
        for item in row.inventory_items or []
    ]
    return max(0, min(counts, default=0))
