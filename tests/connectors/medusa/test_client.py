"""Failures that a real server does not show on demand: which of them mean that nothing has happened."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from aftersales.domain.errors import NotFound, OutcomeUnknown, Unavailable
from connectors.medusa.client import Declined, MedusaSettings, as_json
from tests.connectors.medusa.answers import Respond, Server, fails, says

NOT_SENT = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]
MAY_BE_SENT = [httpx.ReadTimeout, httpx.ReadError, httpx.WriteTimeout, httpx.WriteError, httpx.RemoteProtocolError]


async def test_every_request_carries_the_secret_key_and_nothing_else_does() -> None:
    server = Server(says(200, {"a": 1}))
    assert await server.client.get("/admin/orders", fields="id") == {"a": 1}
    (request,) = server.requests
    assert request.headers["authorization"] == "Basic c2tfMTo="
    assert str(request.url) == "http://shop.example/admin/orders?fields=id"
    assert "sk_1" not in repr(MedusaSettings(url="x", secret_key="sk_1"))


@pytest.mark.parametrize("error", NOT_SENT)
async def test_a_write_that_never_left_has_not_happened(error: type[httpx.TransportError]) -> None:
    server = Server(fails(error))
    with pytest.raises(Unavailable):
        await server.client.post("/admin/returns", {})
    with pytest.raises(Unavailable):
        await server.client.delete("/admin/returns/r/request")
    assert len(server.requests) == 2


@pytest.mark.parametrize("error", MAY_BE_SENT)
async def test_a_write_whose_answer_is_lost_may_have_happened_and_is_not_sent_again(
    error: type[httpx.TransportError],
) -> None:
    server = Server(fails(error))
    with pytest.raises(OutcomeUnknown):
        await server.client.post("/admin/returns", {})
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_write_that_failed_over_there_may_have_happened(status: int) -> None:
    server = Server(says(status))
    with pytest.raises(OutcomeUnknown):
        await server.client.post("/admin/returns", {})
    assert len(server.requests) == 1


async def test_a_write_that_was_turned_away_has_not_happened() -> None:
    for status in (401, 403, 429):
        with pytest.raises(Unavailable):
            await Server(says(status)).client.post("/admin/returns", {})


@pytest.mark.parametrize("first", [*(fails(e) for e in (*NOT_SENT, *MAY_BE_SENT)), says(500), says(429)])
async def test_a_read_is_tried_again(first: Respond) -> None:
    server = Server(first, says(200, {"a": 1}))
    assert await server.client.get("/admin/orders") == {"a": 1}
    assert len(server.requests) == 2


async def test_a_read_is_tried_three_times_and_then_unavailable() -> None:
    server = Server(says(503))
    with pytest.raises(Unavailable):
        await server.client.get("/admin/orders")
    assert len(server.requests) == 3


async def test_what_is_missing_or_declined_is_told_and_not_tried_again() -> None:
    server = Server(says(404, {"type": "not_found", "message": "no such order"}))
    with pytest.raises(NotFound, match="no such order"):
        await server.client.get("/admin/orders/x")
    assert len(server.requests) == 1
    with pytest.raises(Unavailable):
        await Server(says(400, {"message": "no such field"})).client.get("/x")
    for status in (400, 409, 422):
        with pytest.raises(Declined, match="already"):
            await Server(says(status, {"type": "invalid_data", "message": "already"})).client.post("/x")


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":'])
async def test_an_answer_that_is_no_json_is_no_answer(body: bytes) -> None:
    server = Server(lambda _request: httpx.Response(200, content=body))
    with pytest.raises(Unavailable):
        await server.client.get("/x")
    with pytest.raises(OutcomeUnknown):
        await server.client.post("/x")


async def test_an_answer_without_end_is_cut_off() -> None:
    server = Server(lambda _request: httpx.Response(200, content=b" " * (9 * 1024 * 1024)))
    with pytest.raises(OutcomeUnknown):
        await server.client.post("/x")


async def test_amounts_travel_digit_by_digit() -> None:
    server = Server(says(200, {}))
    await server.client.post(
        "/x", {"amount": Decimal("10000000000000000.10"), "note": '"n"\n', "items": [{"n": 2}]}
    )
    text = server.requests[0].content.decode()
    assert text == '{"amount": 10000000000000000.10, "note": "\\"n\\"\\n", "items": [{"n": 2}]}'
    assert as_json({"a": Decimal("1E+2"), "b": None, "c": [True]}) == '{"a": 100, "b": null, "c": [true]}'
    server = Server(lambda _request: httpx.Response(200, content=b'{"amount": 0.1}'))
    assert (await server.client.get("/x"))["amount"] == Decimal("0.1")
