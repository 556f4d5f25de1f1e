"""A Medusa server as its shopkeeper uses it: the calls with which the tests fill and change a store."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import httpx

USER, PASSWORD = "shopkeeper@example.com", "only-for-tests"
PATIENCE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where a running server is, and what it was filled with. `secret_key` and `public_key` are API keys.

    Prices of region `plain` (CNY) have no tax; `taxed` (USD) adds 10 %. Our subscriber in it tells
    `notices_port` of this machine of refunds, signed with `notices_secret`.
    """

    url: str
    notices_port: int
    notices_secret: str
    secret_key: str
    public_key: str
    channel: str
    location: str
    profile: str
    plain: str
    taxed: str
    shipping: str

    def told(self) -> dict[str, Any]:
        return asdict(self)


class Admin:
    """Calls that must succeed; anything else fails the test with what the server said."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def post(self, path: str, body: Any = None, **parameters: str) -> Any:
        return await self._call("POST", path, body, parameters)

    async def get(self, path: str, **parameters: str) -> Any:
        return await self._call("GET", path, None, parameters)

    async def delete(self, path: str) -> Any:
        return await self._call("DELETE", path, None, {})

    async def _call(self, method: str, path: str, body: Any, parameters: dict[str, str]) -> Any:
        answer = await self._client.request(method, path, json=body, params=parameters)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()


def admin_client(store: Store) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=store.url, auth=(store.secret_key, ""), timeout=PATIENCE, trust_env=False)


def shopper_client(store: Store) -> httpx.AsyncClient:
    """The storefront's: whoever has the publishable key."""
    return httpx.AsyncClient(
        base_url=store.url,
        headers={"x-publishable-api-key": store.public_key},
        timeout=PATIENCE,
        trust_env=False,
    )


async def furnish(url: str, *, notices_port: int, notices_secret: str) -> Store:
    """Fills an empty server with what every shop has: keys, regions, taxes, a stock location, shipping."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False) as client:
        token = (await Admin(client).post("/auth/user/emailpass", {"email": USER, "password": PASSWORD}))["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        admin = Admin(client)
        secret = await _key(admin, "secret")
        public = await _key(admin, "publishable")
        channel = (await admin.post("/admin/sales-channels", {"name": "Web"}))["sales_channel"]["id"]
        await admin.post(f"/admin/api-keys/{public['id']}/sales-channels", {"add": [channel]})
        plain = await _region(admin, "China", currency="cny", country="cn")
        taxed = await _region(admin, "America", currency="usd", country="us")
        tax = {"country_code": "us", "provider_id": "tp_system"}
        rate = {"rate": 10, "name": "Sales tax", "code": "sales"}
        await admin.post("/admin/tax-regions", {**tax, "default_tax_rate": rate})
        location, shipping, profile = await _shipping(admin, channel)
        return Store(
            url=url,
            notices_port=notices_port,
            notices_secret=notices_secret,
            secret_key=secret["token"],
            public_key=public["token"],
            channel=channel,
            location=location,
            profile=profile,
            plain=plain,
            taxed=taxed,
            shipping=shipping,
        )


async def _key(admin: Admin, kind: str) -> dict[str, Any]:
    made: dict[str, Any] = (await admin.post("/admin/api-keys", {"title": kind, "type": kind}))["api_key"]
    return made


async def _region(admin: Admin, name: str, *, currency: str, country: str) -> str:
    body = {
        "name": name,
        "currency_code": currency,
        "countries": [country],
        "payment_providers": ["pp_system_default"],
        "automatic_taxes": True,
    }
    return str((await admin.post("/admin/regions", body))["region"]["id"])


async def _shipping(admin: Admin, channel: str) -> tuple[str, str, str]:
    """Stock location, shipping option and shipping profile: one warehouse that sends everywhere."""
    place = {"name": "Warehouse", "address": {"address_1": "1 Dock Road", "country_code": "cn"}}
    location = (await admin.post("/admin/stock-locations", place))["stock_location"]["id"]
    here = f"/admin/stock-locations/{location}"
    await admin.post(f"{here}/sales-channels", {"add": [channel]})
    await admin.post(f"{here}/fulfillment-providers", {"add": ["manual_manual"]})
    sets = await admin.post(
        f"{here}/fulfillment-sets", {"name": "All", "type": "shipping"}, fields="*fulfillment_sets"
    )
    zones = f"/admin/fulfillment-sets/{sets['stock_location']['fulfillment_sets'][0]['id']}/service-zones"
    countries = [{"type": "country", "country_code": code} for code in ("cn", "us")]
    made = await admin.post(zones, {"name": "All", "geo_zones": countries})
    profile = (await admin.get("/admin/shipping-profiles"))["shipping_profiles"][0]["id"]
    option = {
        "name": "Parcel",
        "service_zone_id": made["fulfillment_set"]["service_zones"][0]["id"],
        "shipping_profile_id": profile,
        "provider_id": "manual_manual",
        "price_type": "flat",
        "type": {"label": "Parcel", "description": "Parcel", "code": "parcel"},
        "prices": [{"currency_code": "cny", "amount": 10}, {"currency_code": "usd", "amount": 5}],
        "rules": [
            {"attribute": "is_return", "operator": "eq", "value": "false"},
            {"attribute": "enabled_in_store", "operator": "eq", "value": "true"},
        ],
    }
    shipping = (await admin.post("/admin/shipping-options", option))["shipping_option"]["id"]
    return location, shipping, profile
