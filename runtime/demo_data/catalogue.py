"""The demo shop's goods and customers, read from their data files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product as combinations
from pathlib import Path
from typing import Any

import yaml

from aftersales.domain.money import Money
from aftersales.stores.shop_records import (
    AddressRecord,
    CustomerRecord,
    ProductRecord,
    TextRecord,
    VariantRecord,
    exact,
)
from runtime.demo_data.pictures import picture

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A customer and where the parcels go. Chinese buyers pay in CNY, all others in USD."""

    record: CustomerRecord
    country: str
    address: AddressRecord

    @property
    def currency(self) -> str:
        return "CNY" if self.country == "CN" else "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """`pictures` are SVG texts by file name."""

    products: tuple[ProductRecord, ...]
    pictures: dict[str, str]

    def price(self, variant_id: str, currency: str) -> Money:
        """Raises KeyError."""
        for product in self.products:
            for variant in product.variants:
                if variant.id == variant_id:
                    return exact(variant.prices[currency], currency)
        raise KeyError(variant_id)

    def tags(self, variant_id: str) -> list[str]:
        """Raises KeyError."""
        for product in self.products:
            if any(variant.id == variant_id for variant in product.variants):
                return product.tags
        raise KeyError(variant_id)


def load_buyers() -> tuple[Buyer, ...]:
    return tuple(_buyer(item) for item in _read("people.yml")["customers"])


def load_catalogue() -> Catalogue:
    data = _read("catalogue.yml")
    products: list[ProductRecord] = []
    pictures: dict[str, str] = {}
    for item in data["products"]:
        products.append(_product(item, data=data))
        for colour in item["colours"]:
            rgb = data["colours"][colour]["rgb"]
            pictures[f"{item['id']}-{colour}.svg"] = picture(
                item["drawing"], colour=rgb, category=item["category"]
            )
    return Catalogue(products=tuple(products), pictures=pictures)


def _read(name: str) -> Any:
    return yaml.safe_load((_HERE / name).read_text(encoding="utf-8"))


def _buyer(item: dict[str, Any]) -> Buyer:
    return Buyer(
        record=CustomerRecord(**{key: item[key] for key in ("id", "name", "email", "phone", "language")}),
        country=item["country"],
        address=AddressRecord(
            name=item["name"],
            phone=item["phone"],
            lines=[item["street"]],
            city=item["city"],
            postcode=item["postcode"],
        ),
    )


def _product(item: dict[str, Any], *, data: dict[str, Any]) -> ProductRecord:
    return ProductRecord(
        id=item["id"],
        category=item["category"],
        tags=item.get("tags", []),
        title=TextRecord(**item["title"]),
        image=f"/media/{item['id']}-{item['colours'][0]}.svg",
        variants=list(_variants(item, data=data)),
    )


def _variants(item: dict[str, Any], *, data: dict[str, Any]) -> Iterator[VariantRecord]:
    """One for each colour and size; every seventh is sold out."""
    sizes = data["sizes"][item["sizes"]] if item["sizes"] else [None]
    prices = item.get("colour_prices", {})
    for index, (colour, size) in enumerate(combinations(item["colours"], sizes)):
        named = [data["colours"][colour], *([size] if size else [])]
        number = index % len(sizes) + 1
        suffix = f"{colour}-{number}" if size else colour
        yield VariantRecord(
            id=f"{item['id']}-{suffix}",
            sku=f"{item['id']}-{suffix}".upper(),
            options=TextRecord(
                zh=" / ".join(part["zh"] for part in named), en=" / ".join(part["en"] for part in named)
            ),
            prices=dict(zip(("CNY", "USD"), prices.get(colour, item["price"]), strict=True)),
            stock=0 if index % 7 == 6 else 8 + (index * 5) % 23,
            image=f"/media/{item['id']}-{colour}.svg",
        )
