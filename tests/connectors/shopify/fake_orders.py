"""One order of the fake Shopify, with its parcels, returns and transactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.connectors.shopify.graph import Object, firsts, page

NewId = Callable[[str], str]
_PAID = {"SALE", "CAPTURE"}


def money(amount: Decimal, currency: str, *, shop: tuple[Decimal, str] | None = None) -> dict[str, Any]:
    """A MoneyBag; `shop` is what the shop books of it in its own currency."""
    booked = shop or (amount, currency)
    return {
        "presentmentMoney": {"amount": str(amount), "currencyCode": currency},
        "shopMoney": {"amount": str(booked[0]), "currencyCode": booked[1]},
    }


def wrong(message: str, code: str = "INVALID") -> list[dict[str, Any]]:
    return [{"code": code, "field": ["input"], "message": message}]


class FakeOrder:
    """`fields` are those that Shopify tells as they are."""

    def __init__(self, fields: dict[str, Any], *, lines: list[dict[str, Any]], currency: str) -> None:
        self.fields = fields
        self.lines = lines
        self.currency = currency
        self.parcels: list[dict[str, Any]] = []
        self.transactions: list[dict[str, Any]] = []
        self.refunds: list[dict[str, Any]] = []
        self.returns: dict[str, dict[str, Any]] = {}
        self.marks: dict[str, str] = {}
        self.refund_status = "SUCCESS"

    @property
    def id(self) -> str:
        return str(self.fields["id"])

    @property
    def name(self) -> str:
        return str(self.fields["name"])

    @property
    def placed_at(self) -> str:
        return str(self.fields["processedAt"])

    def told(self) -> Object:
        return self.fields | {
            "lineItems": page(self.lines),
            "transactions": firsts(self.transactions),
            "transactionsCount": {"count": len(self.transactions)},
            "fulfillments": firsts(self.parcels),
            "fulfillmentsCount": {"count": len(self.parcels)},
            "returns": page([{"id": id, "status": row["status"]} for id, row in self.returns.items()]),
            "refunds": firsts(self.refunds),
            "metafield": lambda *, namespace, key: {"value": self.marks[key]} if key in self.marks else None,
        }

    def pay(self, id: str, amount: str, *, gateway: str = "shopify_payments", **fields: Any) -> None:
        self.transactions.append(
            {
                "id": id,
                "kind": "SALE",
                "status": "SUCCESS",
                "gateway": gateway,
                "manualPaymentGateway": False,
                "processedAt": self.placed_at,
                "amountSet": money(Decimal(amount), self.currency),
                "parentTransaction": None,
            }
            | fields
        )

    def send(self, new_id: NewId) -> None:
        """All of it in one parcel, which is delivered."""
        packed = [
            {"id": new_id("FulfillmentLineItem"), "quantity": x["quantity"], "lineItem": x} for x in self.lines
        ]
        for line in self.lines:
            line["unfulfilledQuantity"] = 0
        self.parcels.append(
            {
                "id": new_id("Fulfillment"),
                "status": "SUCCESS",
                "createdAt": "2026-11-16T02:00:00Z",
                "deliveredAt": "2026-11-18T02:00:00Z",
                "location": {"id": "gid://shopify/Location/7"},
                "trackingInfo": firsts([{"company": "SF Express", "number": "SF0001"}]),
                "fulfillmentLineItems": page(packed),
                "packed": packed,
            }
        )

    def returnable(self) -> list[Object]:
        out: Counter[str] = Counter()
        for row in self.returns.values():
            for line in row["lines"] if row["status"] in {"OPEN", "CLOSED"} else []:
                out[line["fulfillmentLineItem"]["id"]] += line["quantity"]
        rows: list[Object] = []
        for parcel in self.parcels:
            free = [
                {"quantity": left, "fulfillmentLineItem": packed}
                for packed in parcel["packed"]
                if (left := packed["quantity"] - out[packed["id"]])
            ]
            rows.append({"id": parcel["id"], "returnableFulfillmentLineItems": page(free)})
        return rows

    def file_return(self, given: Any, new_id: NewId) -> Object:
        packed = {row["id"]: row for parcel in self.parcels for row in parcel["packed"]}
        free: Counter[str] = Counter()
        for row in self.returnable():
            for unit in row["returnableFulfillmentLineItems"](first=250)["nodes"]:
                free[unit["fulfillmentLineItem"]["id"]] = unit["quantity"]
        if any(free[line["fulfillmentLineItemId"]] < line["quantity"] for line in given["returnLineItems"]):
            return {"return": None, "userErrors": wrong("Quantity is not returnable")}
        id = new_id("Return")
        lines = [
            {
                "__typename": "ReturnLineItem",
                "id": new_id("ReturnLineItem"),
                "quantity": line["quantity"],
                "processedQuantity": 0,
                "unprocessedQuantity": line["quantity"],
                "returnReasonNote": line["returnReasonNote"],
                "fulfillmentLineItem": packed[line["fulfillmentLineItemId"]],
            }
            for line in given["returnLineItems"]
        ]
        spots = [
            {
                "id": new_id("ReverseFulfillmentOrderLineItem"),
                "totalQuantity": line["quantity"],
                "fulfillmentLineItem": line["fulfillmentLineItem"],
                "dispositions": [],
            }
            for line in lines
        ]
        self.returns[id] = {"status": "OPEN", "lines": lines, "spots": spots}
        return {"return": {"id": id}, "userErrors": []}

    def return_told(self, id: str) -> Object:
        row = self.returns[id]
        return {
            "id": id,
            "status": row["status"],
            "order": {"id": self.id},
            "returnLineItems": page(row["lines"]),
            "reverseFulfillmentOrders": page([{"lineItems": page(row["spots"])}]),
        }

    def cancel_return(self, id: str) -> Object:
        row = self.returns[id]
        if row["status"] != "OPEN" or any(line["processedQuantity"] for line in row["lines"]):
            return {"return": None, "userErrors": wrong("Return is not cancelable", "INVALID_STATE")}
        row["status"] = "CANCELED"
        return {"return": {"id": id, "status": "CANCELED"}, "userErrors": []}

    def process(self, given: Any) -> Object:
        """Closes the return with its last units. Restocking needs a location."""
        row = self.returns[given["returnId"]]
        lines = {line["id"]: line for line in row["lines"]}
        spots = {spot["id"]: spot for spot in row["spots"]}
        asked = given["returnLineItems"]
        if row["status"] != "OPEN" or any(lines[x["id"]]["unprocessedQuantity"] < x["quantity"] for x in asked):
            return {"return": None, "userErrors": wrong("Return is not open", "INVALID_STATE")}
        for item in asked:
            line = lines[item["id"]]
            line["unprocessedQuantity"] -= item["quantity"]
            line["processedQuantity"] += item["quantity"]
            for done in item["dispositions"]:
                assert done["dispositionType"] != "RESTOCKED" or done["locationId"]
                told = {"type": done["dispositionType"], "quantity": done["quantity"]}
                spots[done["reverseFulfillmentOrderLineItemId"]]["dispositions"].append(told)
        if not any(line["unprocessedQuantity"] for line in row["lines"]):
            row["status"] = "CLOSED"
        return {"return": {"id": given["returnId"], "status": row["status"]}, "userErrors": []}

    def refund(self, given: Any, new_id: NewId) -> Object:
        (part,) = given["transactions"]
        taken = next(row for row in self.transactions if row["id"] == part["parentId"])
        amount = Decimal(part["amount"])
        back = [row for row in self.transactions if (row["parentTransaction"] or {}).get("id") == taken["id"]]
        left = amount_of(taken) - sum((amount_of(row) for row in back if row["status"] != "FAILURE"), Decimal(0))
        assert (given["currency"], part["kind"], part["gateway"]) == (self.currency, "REFUND", taken["gateway"])
        if amount > left:
            return {
                "refund": None,
                "userErrors": [{"field": ["transactions"], "message": "Refund amount is too big"}],
            }
        row = taken | {
            "id": new_id("OrderTransaction"),
            "kind": "REFUND",
            "status": self.refund_status,
            "amountSet": money(amount, self.currency),
            "parentTransaction": {"id": taken["id"]},
        }
        self.transactions.append(row)
        refund = {"id": new_id("Refund"), "note": given["note"], "transactions": lambda first: {"nodes": [row]}}
        self.refunds.append(refund)
        return {"refund": {"id": refund["id"]}, "userErrors": []}

    def cancel(self, note: str, *, restock: Callable[[str, int], None]) -> list[dict[str, Any]]:
        if self.parcels or self.fields["cancelledAt"]:
            return wrong("Cannot cancel an order that is fulfilled or cancelled")
        self.fields |= {"cancelledAt": "2026-11-21T04:00:00Z", "cancellation": {"staffNote": note}}
        for line in self.lines:
            restock(line["variant"]["id"], line["unfulfilledQuantity"])
            line |= {"unfulfilledQuantity": 0, "currentQuantity": 0}
        return []

    def update(self, given: Any) -> Object:
        written = dict(given["shippingAddress"])
        written["countryCodeV2"] = written.pop("countryCode")
        written["province"] = written.pop("provinceCode")
        self.fields["shippingAddress"] = written
        for field in given["metafields"]:
            self.marks[field["key"]] = field["value"]
        return {"order": {"id": self.id}, "userErrors": []}


def amount_of(row: dict[str, Any]) -> Decimal:
    return Decimal(row["amountSet"]["presentmentMoney"]["amount"])
