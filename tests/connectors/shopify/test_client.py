"""Which failures of Shopify mean that nothing has happened, and which that it may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from aftersales.domain.errors import OutcomeUnknown, Unavailable
from connectors.shopify import documents as ask
from connectors.shopify.client import Declined, ShopifyClient, ShopifySettings
from tests.connectors.shopify.fake import throttled

Respond = Callable[[httpx.Request], httpx.Response]
NOT_SENT = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]
MAY_BE_SENT = [httpx.ReadTimeout, httpx.ReadError, httpx.WriteTimeout, httpx.RemoteProtocolError]
SHOP = {"data": {"shop": {"id": "gid://shopify/Shop/1"}}}
MADE = {"data": {"orderUpdate": {"order": {"id": "1"}, "userErrors": []}}}


class Server:
    """Answers as it is told to, the last answer for ever, and remembers requests and pauses."""

    def __init__(self, *responses: Respond, **settings: Any) -> None:
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []
        self._responses = list(responses)
        given: dict[str, Any] = {"token": "shpat_1"} | settings
        transport = httpx.MockTransport(self._respond)
        self.client = ShopifyClient(
            ShopifySettings(shop="foothill.myshopify.com", transport=transport, sleep=self._sleep, **given)
        )

    async def write(self) -> dict[str, Any]:
        return await self.client.mutate(ask.ORDER_UPDATE, input={})

    async def read(self) -> dict[str, Any]:
        return await self.client.query(ask.HEALTH)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return (self._responses.pop(0) if len(self._responses) > 1 else self._responses[0])(request)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def says(body: object, status: int = 200, **headers: str) -> Respond:
    return lambda _request: httpx.Response(status, json=body, headers=headers)


def fails(error: type[httpx.TransportError]) -> Respond:
    def respond(request: httpx.Request) -> httpx.Response:
        raise error("planned", request=request)

    return respond


def wrong(code: str, data: object = None) -> Respond:
    return says({"data": data, "errors": [{"message": "no", "extensions": {"code": code}}]})


async def test_every_request_carries_the_token_and_no_log_shows_it() -> None:
    server = Server(says(SHOP))
    assert (await server.read())["shop"]["id"] == "gid://shopify/Shop/1"
    (request,) = server.requests
    assert request.headers["x-shopify-access-token"] == "shpat_1"
    assert str(request.url) == "https://foothill.myshopify.com/admin/api/2026-10/graphql.json"
    assert "shpat_1" not in repr(ShopifySettings(shop="x", token="shpat_1", client_secret="shpat_1"))


async def test_what_is_throttled_waits_until_there_is_room_and_is_sent_again() -> None:
    full = lambda _request: throttled(cost=500, available=100, rate=100.0)  # noqa: E731
    server = Server(full, says({}, 429, **{"Retry-After": "3"}), says(MADE))
    assert (await server.write())["order"] == {"id": "1"}
    assert server.slept == [4.0, 3.0]
    for call in (Server(full).write, Server(full).read):
        with pytest.raises(Unavailable):
            await call()


async def test_a_pause_is_never_longer_than_customers_wait() -> None:
    server = Server(lambda _request: throttled(cost=100_000, available=0, rate=1.0), says(MADE))
    await server.write()
    assert server.slept == [8.0]


async def test_a_mutation_that_says_throttled_and_has_data_may_have_happened() -> None:
    server = Server(wrong("THROTTLED", data={"orderUpdate": None}))
    with pytest.raises(OutcomeUnknown):
        await server.write()
    assert len(server.requests) == 1


async def test_what_is_refused_with_status_200_is_declined() -> None:
    errors = [{"code": "INVALID_STATE", "field": None, "message": "not open"}]
    server = Server(says({"data": {"returnCancel": {"return": None, "userErrors": errors}}}))
    with pytest.raises(Declined, match="not open") as declined:
        await server.client.mutate(ask.RETURN_CANCEL, id="1")
    assert declined.value.codes == {"INVALID_STATE"}
    assert len(server.requests) == 1


async def test_an_error_inside_shopify_may_have_happened() -> None:
    errors = [{"code": "INTERNAL_ERROR", "field": None, "message": "oops"}]
    for answer in (
        says({"data": {"returnCancel": {"return": None, "userErrors": errors}}}),
        wrong("INTERNAL_SERVER_ERROR"),
        says({"errors": "oops"}),
        says({"data": None}),
        says({"data": {}}),
        says([]),
        says({}, 500),
        says({}, 503),
    ):
        with pytest.raises(OutcomeUnknown):
            await Server(answer).client.mutate(ask.RETURN_CANCEL, id="1")


async def test_data_with_errors_beside_it_is_not_believed() -> None:
    server = Server(wrong("ACCESS_DENIED", data=SHOP["data"]))
    with pytest.raises(Unavailable):
        await server.read()
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 423, 430])
async def test_a_mutation_that_was_turned_away_has_not_happened(status: int) -> None:
    server = Server(says({"errors": "no"}, status))
    with pytest.raises(Unavailable):
        await server.write()
    assert len(server.requests) == 1


@pytest.mark.parametrize("error", NOT_SENT)
async def test_a_mutation_that_never_left_has_not_happened(error: type[httpx.TransportError]) -> None:
    with pytest.raises(Unavailable):
        await Server(fails(error)).write()


@pytest.mark.parametrize("error", MAY_BE_SENT)
async def test_a_mutation_whose_answer_is_lost_is_not_sent_again(error: type[httpx.TransportError]) -> None:
    server = Server(fails(error))
    with pytest.raises(OutcomeUnknown):
        await server.write()
    assert len(server.requests) == 1


@pytest.mark.parametrize("first", [*(fails(e) for e in (*NOT_SENT, *MAY_BE_SENT)), says({}, 500), says([])])
async def test_a_query_is_tried_again(first: Respond) -> None:
    server = Server(first, says(SHOP))
    await server.read()
    assert len(server.requests) == 2


async def test_an_answer_without_end_is_cut_off() -> None:
    server = Server(lambda _request: httpx.Response(200, content=b" " * (9 * 1024 * 1024)))
    with pytest.raises(OutcomeUnknown):
        await server.write()


async def test_a_token_is_fetched_once_and_again_when_it_is_no_longer_taken() -> None:
    def token(text: str) -> Respond:
        return says({"access_token": text, "expires_in": 86399})

    server = Server(
        token("one"), says(SHOP), says(SHOP), says({}, 401), token("two"), says(SHOP),
        token="", client_id="id", client_secret="secret",
    )  # fmt: skip
    for _ in range(3):
        await server.read()
    assert server.requests[0].content == b"grant_type=client_credentials&client_id=id&client_secret=secret"
    used = [request.headers.get("x-shopify-access-token") for request in server.requests]
    assert used == [None, "one", "one", "one", None, "two"]


async def test_without_a_token_nothing_has_happened() -> None:
    for answer in (says({}, 400), says([]), fails(httpx.ReadTimeout)):
        server = Server(answer, token="", client_id="id", client_secret="secret")
        with pytest.raises(Unavailable):
            await server.write()
        assert len(server.requests) == 1
