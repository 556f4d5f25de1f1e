"""A FAKE Shopify: it answers our own documents from memory, as the documentation says that Shopify does.

It is no proof of what Shopify does. What our documents ask for is checked against Shopify's own schema by
`make test-shopify`; what Shopify makes of them was not tried on a shop of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx

from tests.connectors.shopify.fake_orders import FakeOrder, money
from tests.connectors.shopify.graph import Object, answer, page

SHOP = "foothill.myshopify.com"
TOKEN = "shpat_1"
Happens = Callable[[], httpx.Response | None]


class FakeShopify(httpx.AsyncBaseTransport):
    """Orders, products and customers by gid.

    `requests` are the documents' names, in order, `asked` the documents themselves with their variables. `faults`
    are taken one by one before a request is answered: a response replaces the answer, None lets it through. `lose`
    names a mutation of which the answer is lost once. `polls` are how often a job is still busy.
    """

    def __init__(self) -> None:
        self.orders: dict[str, FakeOrder] = {}
        self.customers: dict[str, dict[str, Any]] = {}
        self.products: dict[str, dict[str, Any]] = {}
        self.currency = "CNY"
        self.requests: list[str] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.faults: list[Happens] = []
        self.lose: str | None = None
        self.polls = 1
        self.token = TOKEN
        self._ids = 1000
        self._idempotent: dict[str, tuple[Any, Any]] = {}
        self._jobs: dict[str, int] = {}

    def new_id(self, kind: str) -> str:
        self._ids += 1
        return f"gid://shopify/{kind}/{self._ids}"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(await request.aread())
        name = body["query"].split("(")[0].split("{")[0].split()[1]
        self.requests.append(name)
        self.asked.append((body["query"], body["variables"]))
        if self.faults and (planned := self.faults.pop(0)()) is not None:
            return planned
        if request.headers.get("X-Shopify-Access-Token") != self.token:
            return httpx.Response(401, json={"errors": "[API] Invalid API key or access token"})
        told = httpx.Response(200, json={"data": answer(body["query"], self._root(), body["variables"])})
        if self.lose == name:
            self.lose = None
            raise httpx.ReadTimeout("the answer is lost", request=request)
        return told

    def _root(self) -> Object:
        return {
            "shop": {"id": "gid://shopify/Shop/1", "currencyCode": self.currency},
            "order": lambda id: self.orders[id].told() if id in self.orders else None,
            "orders": self._search,
            "customer": lambda id: self.customers.get(id),
            "product": lambda id: self.products.get(id),
            "fulfillment": self._fulfillment,
            "return": lambda id: next((o.return_told(id) for o in self.orders.values() if id in o.returns), None),
            "returnableFulfillments": self._returnable,
            "returnableFulfillment": self._returnable_of,
            "node": self._node,
            "job": self._job,
            "refundCreate": self._refund,
            "returnCreate": self._return,
            "returnCancel": lambda id: self._of_return(id).cancel_return(id),
            "returnProcess": lambda input: self._of_return(input["returnId"]).process(input),
            "orderCancel": self._cancel,
            "orderUpdate": lambda input: self.orders[input["id"]].update(input),
        }

    def _search(self, *, query: str, first: int, after: str | None = None, **_: Any) -> Object:
        """As fuzzy as Shopify's: a name is found by any part of it."""
        field, _colon, value = query.partition(":")
        newest = sorted(self.orders.values(), key=lambda order: order.placed_at, reverse=True)
        if field == "name":
            newest = [order for order in newest if value.lower() in order.name.lower()]
        return page([order.told() for order in newest])(first=first, after=after)

    def _fulfillment(self, id: str) -> Object | None:
        parcels = (parcel for order in self.orders.values() for parcel in order.parcels)
        return next((parcel for parcel in parcels if parcel["id"] == id), None)

    def _returnable(self, *, orderId: str, **paging: Any) -> Object:  # noqa: N803
        return page(self.orders[orderId].returnable() if orderId in self.orders else [])(**paging)

    def _returnable_of(self, id: str) -> Object:
        return next(row for order in self.orders.values() for row in order.returnable() if row["id"] == id)

    def _node(self, id: str) -> Object | None:
        for order in self.orders.values():
            if any(row["id"] == id for row in order.transactions):
                return {"__typename": "OrderTransaction", "id": id, "order": order.told()}
        return None

    def _job(self, id: str) -> Object:
        self._jobs[id] -= 1
        return {"id": id, "done": self._jobs[id] <= 0}

    def _of_return(self, id: str) -> FakeOrder:
        return next(order for order in self.orders.values() if id in order.returns)

    def _return(self, *, returnInput: Any) -> Object:  # noqa: N803
        return self.orders[returnInput["orderId"]].file_return(returnInput, self.new_id)

    def _refund(self, *, input: Any, idempotent: str) -> Object:
        """One refund per key; the directive is mandatory since 2026-04."""
        assert idempotent.strip()
        if idempotent in self._idempotent:
            known, payload = self._idempotent[idempotent]
            assert known == input, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
            return dict(payload)
        payload = self.orders[input["orderId"]].refund(input, self.new_id)
        self._idempotent[idempotent] = (input, payload)
        return payload

    def _cancel(self, *, orderId: str, staffNote: str, **_: Any) -> Object:  # noqa: N803
        errors = self.orders[orderId].cancel(staffNote, restock=self._restock)
        if errors:
            return {"job": None, "orderCancelUserErrors": errors}
        job = self.new_id("Job")
        self._jobs[job] = self.polls
        return {"job": {"id": job, "done": False}, "orderCancelUserErrors": []}

    def _restock(self, variant_id: str, units: int) -> None:
        for product in self.products.values():
            for row in product["rows"]:
                if row["id"] == variant_id:
                    row["inventoryQuantity"] += units


def throttled(*, cost: int = 500, available: int = 100, rate: float = 100.0) -> httpx.Response:
    status = {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": rate}
    told = {"requestedQueryCost": cost, "actualQueryCost": None, "throttleStatus": status}
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    return httpx.Response(200, json={"errors": errors, "extensions": {"cost": told}})


def bag(amount: str | Decimal, currency: str) -> dict[str, Any]:
    return money(Decimal(amount), currency)
