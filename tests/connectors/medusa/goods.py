"""Goods and orders in a Medusa store, made through its own API as its pages make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.connectors.medusa.admin import Admin, Store

_PARCELS = "id,*fulfillments,*fulfillments.items"
ADDRESS = {
    "first_name": "晓雨",
    "last_name": "林",
    "phone": "+8610000000001",
    "address_1": "示例路 1 号",
    "city": "上海",
    "country_code": "cn",
    "postal_code": "200000",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """`variants` are ids by size."""

    id: str
    variants: dict[str, str]


async def make_customer(admin: Admin, **changes: Any) -> Any:
    body = {"email": f"{uuid4().hex}@example.cn", "first_name": "晓雨", "last_name": "林", **changes}
    return (await admin.post("/admin/customers", body))["customer"]


async def make_product(
    admin: Admin,
    store: Store,
    *,
    prices: dict[str, dict[str, float]],
    stock: int = 5,
    sku: str = "SKU",
    **changes: Any,
) -> Product:
    """`prices` are major units by size and currency; every variant has `stock` units in the warehouse."""
    mark = uuid4().hex[:8]
    variants = [
        {
            "title": f"size {size}",
            "sku": f"{sku}-{size}/{mark}",
            "manage_inventory": True,
            "options": {"Size": size},
            "prices": [{"currency_code": code, "amount": amount} for code, amount in of_size.items()],
        }
        for size, of_size in prices.items()
    ]
    body = {
        "title": "Running shoes",
        "handle": f"shoes-{mark}",
        "status": "published",
        "shipping_profile_id": store.profile,
        "options": [{"title": "Size", "values": list(prices)}],
        "variants": variants,
        "sales_channels": [{"id": store.channel}],
        **changes,
    }
    made = (await admin.post("/admin/products", body, fields="id,*variants,*variants.inventory_items"))["product"]
    for variant in made["variants"]:
        item = variant["inventory_items"][0]["inventory_item_id"]
        level = {"location_id": store.location, "stocked_quantity": stock}
        await admin.post(f"/admin/inventory-items/{item}/location-levels", level)
    ids = {variant["sku"]: variant["id"] for variant in made["variants"]}
    return Product(id=made["id"], variants={size: ids[f"{sku}-{size}/{mark}"] for size in prices})


async def stock_up(admin: Admin, store: Store, wanted: dict[str, int], *, more: bool) -> None:
    """Units by variant: as many more in the warehouse, or as many in all that can still be sold."""
    fields = "id,*inventory_items.inventory.location_levels"
    for variant_id, count in wanted.items():
        found = await admin.get("/admin/product-variants", id=variant_id, fields=fields)
        (level,) = found["variants"][0]["inventory_items"][0]["inventory"]["location_levels"]
        path = f"/admin/inventory-items/{level['inventory_item_id']}/location-levels/{store.location}"
        before = level["stocked_quantity"] if more else level["reserved_quantity"]
        await admin.post(path, {"stocked_quantity": before + count})


async def tag(admin: Admin, value: str) -> str:
    """The id of a product tag, made where there is none."""
    known = (await admin.get("/admin/product-tags", value=value))["product_tags"]
    made = known[0] if known else (await admin.post("/admin/product-tags", {"value": value}))["product_tag"]
    return str(made["id"])


async def order_by_cart(
    shopper: Admin, store: Store, *, email: str, items: Sequence[tuple[str, int]], region: str, **changes: Any
) -> str:
    """What a customer orders and authorises in the storefront; gives the order's id."""
    country = "us" if region == store.taxed else "cn"
    address = {**ADDRESS, "country_code": country}
    cart = {
        "region_id": region,
        "sales_channel_id": store.channel,
        "email": email,
        "shipping_address": address,
        "billing_address": address,
        "items": [{"variant_id": variant, "quantity": units} for variant, units in items],
        **changes,
    }
    cart_id = (await shopper.post("/store/carts", cart))["cart"]["id"]
    await shopper.post(f"/store/carts/{cart_id}/shipping-methods", {"option_id": store.shipping})
    paying = await shopper.post("/store/payment-collections", {"cart_id": cart_id})
    collection = paying["payment_collection"]["id"]
    session = {"provider_id": "pp_system_default"}
    await shopper.post(f"/store/payment-collections/{collection}/payment-sessions", session)
    return str((await shopper.post(f"/store/carts/{cart_id}/complete"))["order"]["id"])


async def capture(admin: Admin, order_id: str) -> str:
    """Takes the money that the customer authorised; gives the payment's id."""
    order = (await admin.get(f"/admin/orders/{order_id}"))["order"]
    (payment,) = [payment for paid in order["payment_collections"] for payment in paid["payments"]]
    await admin.post(f"/admin/payments/{payment['id']}/capture")
    return str(payment["id"])


async def fulfil(admin: Admin, store: Store, order_id: str, items: Sequence[tuple[str, int]] = ()) -> Any:
    """Packs (line id, units), all of the order where nothing is said; gives the fulfilment."""
    packed = items
    if not packed:
        order = (await admin.get(f"/admin/orders/{order_id}", fields="id,*items"))["order"]
        packed = [(item["id"], item["quantity"]) for item in order["items"]]
    body = {
        "location_id": store.location,
        "items": [{"id": line_id, "quantity": units} for line_id, units in packed],
    }
    made = await admin.post(f"/admin/orders/{order_id}/fulfillments", body, fields=_PARCELS)
    return max(made["order"]["fulfillments"], key=lambda parcel: str(parcel["id"]))  # ids grow with time


async def ship(admin: Admin, order_id: str, parcel: Any, *, tracking: str = "SF0001") -> None:
    label = {
        "tracking_number": tracking,
        "tracking_url": f"https://carrier.example/{tracking}",
        "label_url": f"https://carrier.example/{tracking}.pdf",
    }
    items = [{"id": item["line_item_id"], "quantity": item["quantity"]} for item in parcel["items"]]
    path = f"/admin/orders/{order_id}/fulfillments/{parcel['id']}/shipments"
    await admin.post(path, {"items": items, "labels": [label]})


async def deliver(admin: Admin, order_id: str, parcel: Any) -> None:
    await admin.post(f"/admin/orders/{order_id}/fulfillments/{parcel['id']}/mark-as-delivered")


async def hand_over(admin: Admin, store: Store, order_id: str) -> None:
    """Packed, sent and delivered."""
    parcel = await fulfil(admin, store, order_id)
    await ship(admin, order_id, parcel)
    await deliver(admin, order_id, parcel)


async def order_by_draft(
    admin: Admin,
    store: Store,
    *,
    customer_id: str,
    email: str,
    items: Sequence[tuple[str, int, float]],
    shipping: float = 10,
) -> tuple[str, dict[str, str]]:
    """An unpaid order of (variant id, units, price of one), made by the shopkeeper.

    Gives its id, and those of its lines by variant.
    """
    draft = {
        "region_id": store.plain,
        "sales_channel_id": store.channel,
        "customer_id": customer_id,
        "email": email,
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "items": [
            {"variant_id": variant, "quantity": units, "unit_price": price} for variant, units, price in items
        ],
        "shipping_methods": [{"shipping_option_id": store.shipping, "name": "Parcel", "amount": shipping}],
    }
    made = (await admin.post("/admin/draft-orders", draft, fields="id,*items"))["draft_order"]
    await admin.post(f"/admin/draft-orders/{made['id']}/convert-to-order", fields="id")
    return made["id"], {item["variant_id"]: item["id"] for item in made["items"]}


async def pay(admin: Admin, order_id: str, *, amount: float) -> None:
    """The shopkeeper notes that the whole order was paid."""
    body = {"order_id": order_id, "amount": amount}
    collection = (await admin.post("/admin/payment-collections", body))["payment_collection"]["id"]
    await admin.post(f"/admin/payment-collections/{collection}/mark-as-paid", {"order_id": order_id})
