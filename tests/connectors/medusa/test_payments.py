"""Refunds through Medusa when an answer is lost, wrong or late; tests/connectors/medusa/live has a real server."""

from __future__ import annotations

import httpx
import pytest

from aftersales.domain.errors import OutcomeUnknown, ProviderRejected, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Payment
from connectors.medusa.changes import OrderLocks
from connectors.medusa.payments import MedusaPayments
from tests.connectors.medusa.answers import Server, fails, recorded, said, says

PAYMENT_ID: str = recorded("payment_refunded")["payment"]["id"]
PAYMENT = Payment(id=PAYMENT_ID, provider="x", captured=Money(7147, "USD"), refunded=Money(0, "USD"))
NO_CHANGE = says(200, {"order_changes": []})
BEFORE, AFTER = said("payment_refunded"), said("payment_paid_though_declined")


def payments(server: Server) -> MedusaPayments:
    async def payment_id_of(key: str) -> str | None:
        return PAYMENT_ID if key.startswith("f") else None

    return MedusaPayments(server.client, locks=OrderLocks(), payment_id_of=payment_id_of)


async def refund(server: Server, *, minor: int = 200, key: str = "f2") -> tuple[str, int]:
    made = await payments(server).refund(PAYMENT, amount=Money(minor, "USD"), key=key, reason="return RT2")
    return made.status, made.amount.minor


def writes(server: Server) -> list[str]:
    return [request.url.path for request in server.requests if request.method != "GET"]


async def test_a_refund_that_was_made_is_not_made_again() -> None:
    server = Server(BEFORE)
    assert await refund(server, minor=4398, key="f1") == ("succeeded", 4398)
    with pytest.raises(ProviderRejected, match="key_reused"):
        await refund(server, minor=4399, key="f1")
    assert writes(server) == []


async def test_a_key_is_no_other_key_that_begins_like_it() -> None:
    found = await payments(Server(BEFORE)).find_refund("f")
    assert found is None


async def test_a_provider_that_moves_no_money_is_not_asked() -> None:
    server = Server(BEFORE)

    async def payment_id_of(_key: str) -> str | None:
        return PAYMENT_ID

    by_hand = frozenset({"system_default"})
    manual = MedusaPayments(server.client, locks=OrderLocks(), payment_id_of=payment_id_of, by_hand=by_hand)
    with pytest.raises(ProviderRejected, match="by_hand"):
        await manual.refund(PAYMENT, amount=Money(200, "USD"), key="f2", reason="return RT2")
    assert writes(server) == []


async def test_what_was_paid_though_it_was_declined_is_paid() -> None:
    declined = says(400, {"message": "Order (o) already has an existing active order change"})
    server = Server(BEFORE, BEFORE, NO_CHANGE, declined, AFTER)
    assert await refund(server) == ("succeeded", 200)
    assert writes(server) == [f"/admin/payments/{PAYMENT_ID}/refund"]


async def test_what_was_declined_and_is_not_there_is_rejected() -> None:
    server = Server(BEFORE, BEFORE, NO_CHANGE, says(400, {"message": "no"}), BEFORE)
    with pytest.raises(ProviderRejected, match="declined"):
        await refund(server)


async def test_while_a_change_is_open_nothing_is_sent() -> None:
    (change,) = recorded("changes_open")["order_changes"]
    server = Server(BEFORE, BEFORE, says(200, {"order_changes": [change | {"internal_note": "the shopkeeper's"}]}))
    with pytest.raises(Unavailable, match="order_busy"):
        await refund(server)
    assert writes(server) == []


async def test_a_lost_answer_is_unknown_and_asked_only_once() -> None:
    server = Server(BEFORE, BEFORE, NO_CHANGE, fails(httpx.ReadTimeout), AFTER)
    with pytest.raises(OutcomeUnknown):
        await refund(server)
    assert len(writes(server)) == 1


async def test_an_answer_that_cannot_be_checked_afterwards_is_unknown() -> None:
    server = Server(BEFORE, BEFORE, NO_CHANGE, says(200), says(503))
    with pytest.raises(OutcomeUnknown):
        await refund(server)


async def test_a_refund_that_never_left_is_unavailable() -> None:
    server = Server(BEFORE, BEFORE, NO_CHANGE, fails(httpx.ConnectError))
    with pytest.raises(Unavailable):
        await refund(server)


async def test_an_answer_of_another_shape_is_no_answer() -> None:
    bodies: list[object] = [{}, [], None, {"payment": None}, {"payment": {"id": 1}}]
    for body in bodies:
        with pytest.raises(Unavailable):
            await payments(Server(says(200, body))).find_refund("f1")


async def test_a_refund_that_medusa_has_not_booked_is_pending() -> None:
    found = await payments(Server(AFTER)).find_refund("f2")
    assert found is not None
    assert (found.status, found.amount) == ("pending", Money(200, "USD"))
    booked = await payments(Server(AFTER)).find_refund("f1")
    assert booked is not None
    assert booked.status == "succeeded"


async def test_nothing_is_concluded_from_a_payment_that_is_not_told() -> None:
    assert await payments(Server(says(500))).find_refund("another") is None
    for silent in (says(404), says(500), says(200, {})):
        with pytest.raises(Unavailable):
            await payments(Server(silent)).find_refund("f1")
