"""What Medusa 2 tells about goods, as far as we read it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors.medusa.payloads import Value, Wire

PRODUCT_FIELDS = (
    "id,title,status,thumbnail,*variants,*variants.options,*variants.prices,*variants.inventory_items,"
    "*variants.inventory_items.inventory.location_levels"
)


class Price(Wire):
    """`rules` are empty for the price that everybody pays."""

    currency_code: str
    amount: Decimal
    min_quantity: int | None = None
    rules: dict[str, Any] | None = None

    @property
    def is_for_everybody(self) -> bool:
        return not self.rules and self.min_quantity in (None, 0, 1)


class Level(Wire):
    available_quantity: int = 0


class Inventory(Wire):
    location_levels: list[Level] | None = None


class InventoryItem(Wire):
    """`required_quantity` of it make one unit of the variant."""

    required_quantity: int = 1
    inventory: Inventory | None = None


class VariantRow(Wire):
    id: str
    title: str | None = None
    sku: str | None = None
    manage_inventory: bool = True
    allow_backorder: bool = False
    inventory_items: list[InventoryItem] | None = None
    options: list[Value] | None = None
    prices: list[Price] | None = None
    variant_rank: int | None = None
    thumbnail: str | None = None


class ProductRow(Wire):
    id: str
    title: str
    status: str
    thumbnail: str | None = None
    variants: tuple[VariantRow, ...] = ()
