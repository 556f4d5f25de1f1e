from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sanic import HTTPResponse, Request
from sanic.response import empty

from aftersales.domain.errors import ProviderRejected, Unavailable
from aftersales.ports import Mail
from connectors.sms.outbound import SmsGateway
from runtime.notifiers import ByAddress
from tests.fakes import ListNotifier
from tests.simulators import hang_up, listening, simulator_app

TOKEN = "t" * 32
CODE = Mail(
    to="+8613800138000",
    subject="",
    text="您的验证码是 123456。",
    template="mail_code",
    parameters={"code": "123456"},
)


@dataclass
class Shop:
    """A shop's address for texts; `statuses` are those of the next answers, 0 for none."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)

    async def take(self, request: Request) -> HTTPResponse:
        self.got.append((dict(request.headers), request.json))
        status = self.statuses.pop(0) if self.statuses else 204
        return empty(status) if status else hang_up(request)


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    opened, app = Shop(), simulator_app("sms")
    add: Any = app.add_route
    add(opened.take, "/sms", methods=["POST"])
    async with listening(app) as url:
        opened.url = f"{url}/sms"
        yield opened


async def test_a_text_is_handed_over_with_its_template_under_its_key(shop: Shop) -> None:
    async with SmsGateway(url=shop.url, token=TOKEN) as gateway:
        await gateway.send(CODE, key="code:1")
    [(headers, body)] = shop.got
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["idempotency-key"] == "code:1"
    assert body == {
        "to": "+8613800138000",
        "text": "您的验证码是 123456。",
        "template": "mail_code",
        "parameters": {"code": "123456"},
        "language": "zh",
    }


@pytest.mark.parametrize("status", [0, 408, 429, 500, 503])
async def test_what_may_pass_is_tried_again(shop: Shop, status: int) -> None:
    shop.statuses.append(status)
    async with SmsGateway(url=shop.url, token=TOKEN) as gateway:
        with pytest.raises(Unavailable) as error:
            await gateway.send(CODE, key="code:1")
        await gateway.send(CODE, key="code:1")
    assert "138" not in str(error.value)


@pytest.mark.parametrize("status", [301, 400, 401, 422])
async def test_what_is_refused_is_given_up(shop: Shop, status: int) -> None:
    shop.statuses.append(status)
    async with SmsGateway(url=shop.url, token=TOKEN) as gateway:
        with pytest.raises(ProviderRejected, match=f"sms_{status}"):
            await gateway.send(CODE, key="code:1")


async def test_nobody_there_is_tried_again() -> None:
    async with SmsGateway(url="http://127.0.0.1:9/sms", token=TOKEN) as gateway:
        with pytest.raises(Unavailable):
            await gateway.send(CODE, key="code:1")


async def test_addresses_are_mailed_and_numbers_are_texted() -> None:
    mails, texts = ListNotifier(), ListNotifier()
    both = ByAddress(mails, texts)
    await both.send(CODE, key="1")
    await both.send(Mail(to="lin@example.com", subject="", text=""), key="2")
    assert list(texts.sent) == ["1"]
    assert list(mails.sent) == ["2"]
