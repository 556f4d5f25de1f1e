"""Signing in at the shop from WeChat: simulator, front, browser's cookies, and the talk afterwards."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import time
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from aftersales.domain.ids import new_id
from aftersales.domain.signed_links import SignedLinks
from aftersales.services.access import conversation_customer
from runtime.channels import open_channels
from tests.connectors.wechat.simulator import SimulatedAccount, SimulatedCustomer, simulated_account
from tests.connectors.working import work
from tests.databases import DATABASES
from tests.fakes import FrozenClock
from tests.fronts import SITE_KEY, Front, open_front
from tests.talks import LIN

SIGN_IN = "https://shop.example/sign-in"


@dataclass(frozen=True)
class Talk:
    front: Front
    account: SimulatedAccount
    folder: Path

    @property
    def customer(self) -> SimulatedCustomer:
        return self.account.customer("oLin")

    async def says(self, text: str) -> str:
        """What the customer is answered."""
        await self.customer.says(text)
        await self.work()
        return self.customer.received[-1].text

    async def work(self) -> None:
        async with open_channels(self.front.settings, clock=self.front.goods.clock) as channels:
            await work(self.front, channels, folder=self.folder)

    async def link(self) -> str:
        [link] = re.findall(r"http://\S+", await self.says("绑定"))
        return str(link)

    async def known(self) -> str | None:
        ctx = self.front.goods.ctx
        async with ctx.unit_of_work(read_only=True) as uow:
            talks = await uow.conversations.of_customer(LIN.id, limit=1)
        return await conversation_customer(ctx, conversation_id=talks[0].id) if talks else None


def signed_in(customer_id: str = LIN.id) -> str:
    """As the shop says who has signed in."""
    now = int(time())
    claims = {"sub": customer_id, "aud": "returndesk", "iat": now, "exp": now + 60, "jti": new_id()}
    return jwt.encode(claims, SITE_KEY, algorithm="HS256")


def query_of(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


@pytest.fixture(params=DATABASES)
async def talk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Talk]:
    clock = FrozenClock()
    async with (
        simulated_account(clock) as account,
        open_front(
            tmp_path, kind=request.param, clock=clock, shop_sign_in_url=SIGN_IN, **account.settings
        ) as front,
    ):
        account.connect(front.url)
        links = SignedLinks(b"key-of-the-tests", front.url)
        ctx = replace(
            front.goods.ctx, links=links, front_url=front.url, sign_in_apps=frozenset({"wechat"}), clock=clock
        )
        front.app.ctx.wechat_links = replace(front.app.ctx.wechat_links, context=ctx)
        goods = replace(front.goods, ctx=ctx, clock=clock)
        yield Talk(replace(front, goods=goods), account, tmp_path / "attachments")


async def test_who_signs_in_at_the_shop_is_known_in_wechat(talk: Talk) -> None:
    async with httpx.AsyncClient() as browser:
        to_wechat = await browser.get(await talk.link())
        asked = query_of(to_wechat)
        assert to_wechat.headers["location"].startswith(
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid="
        )
        assert to_wechat.headers["location"].endswith("#wechat_redirect")
        assert (asked["scope"], asked["response_type"]) == ("snsapi_base", "code")
        code = {"code": talk.customer.authorises(), "state": asked["state"]}
        to_shop = query_of(await browser.get(f"{talk.front.url}/l/back", params=code))
        assert await talk.known() is None
        back = {"site_token": signed_in(), "state": to_shop["state"]}
        done = await browser.get(to_shop["return_to"], params=back, headers={"Accept-Language": "en"})
    assert done.status_code == 200
    assert "You&#39;re linked" in done.text
    await talk.work()
    assert talk.customer.received[-1].text.startswith("utter_channel_linked/zh")
    assert await talk.known() == LIN.id


async def test_somebody_else_in_wechat_links_nothing(talk: Talk) -> None:
    async with httpx.AsyncClient() as browser:
        asked = query_of(await browser.get(await talk.link()))
        other = talk.account.customer("oMallory").authorises()
        answer = await browser.get(f"{talk.front.url}/l/back", params={"code": other, "state": asked["state"]})
    assert answer.status_code == 403


async def test_a_snapshot_of_the_page_and_a_used_code_link_nothing(talk: Talk) -> None:
    async with httpx.AsyncClient() as browser:
        asked = query_of(await browser.get(await talk.link()))
        code = talk.customer.authorises(snapshot=True)
        for _ in range(2):
            answer = await browser.get(f"{talk.front.url}/l/back", params={"code": code, "state": asked["state"]})
            assert answer.status_code == 403


@pytest.mark.parametrize("what", ["cookie", "state", "step", "late", "token"])
async def test_nobody_is_led_into_the_middle_of_it(talk: Talk, what: str) -> None:
    async with httpx.AsyncClient() as browser:
        asked = query_of(await browser.get(await talk.link()))
        state = asked["state"]
        if what != "step":
            code = {"code": talk.customer.authorises(), "state": state}
            state = query_of(await browser.get(f"{talk.front.url}/l/back", params=code))["state"]
        if what == "cookie":
            browser.cookies.clear()
        if what == "late":
            talk.front.goods.clock.advance(minutes=16)
        token = signed_in() if what != "token" else "forged"
        given = {"site_token": token, "state": "0" * 32 if what == "state" else state}
        answer = await browser.get(f"{talk.front.url}/l/done", params=given)
    assert answer.status_code in (401, 404, 410)
    assert await talk.known() is None


async def test_a_forged_link_and_too_many_of_them_are_refused(talk: Talk) -> None:
    async with httpx.AsyncClient() as browser:
        link = await talk.link()
        assert (await browser.get(f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}")).status_code == 404
        statuses = [(await browser.get(f"{talk.front.url}/l/x")).status_code for _ in range(30)]
    assert statuses[-1] == 429
