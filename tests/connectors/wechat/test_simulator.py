"""The simulated WeChat itself: by its own rules, and by what two libraries that others have made take it for."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from wechatpy import WeChatClient as TheirClient
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatClientException
from wechatpy.utils import check_signature
from werobot.client import Client as OtherClient
from werobot.client import ClientException
from werobot.crypto import MessageCrypt
from werobot.parser import parse_user_msg

from connectors.wechat.accounts import AccountKind
from connectors.wechat.envelopes import read_fields, text_of
from tests.connectors.wechat.pushing import AES_KEY, TOKEN, Form
from tests.connectors.wechat.sim_front import Heard, hearing
from tests.connectors.wechat.simulator import SECRET, SimulatedAccount, simulated_account
from tests.fakes import FrozenClock

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


class Wechatpy(TheirClient):  # type: ignore[misc]
    """Its own token call has a fixed address."""

    def __init__(self, account: SimulatedAccount) -> None:
        super().__init__(account.state.app_id, SECRET, timeout=10)
        self.API_BASE_URL = f"{account.url}/cgi-bin/"

    def fetch_access_token(self) -> Any:
        query = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        return self._fetch_access_token(url=f"{self.API_BASE_URL}token", params=query)


class WeRoBot(OtherClient):  # type: ignore[misc]
    """All its addresses are fixed."""

    def __init__(self, account: SimulatedAccount) -> None:
        super().__init__({"APP_ID": account.state.app_id, "APP_SECRET": SECRET})
        self._root = account.url

    def request(self, method: str, url: str, **options: Any) -> Any:
        return super().request(method, url.replace("https://api.weixin.qq.com", self._root), **options)


async def message_to(heard: Heard, number: int = -1) -> tuple[bytes, bytes]:
    """The push as wechatpy opens it, and as WeRoBot does."""
    query, body = heard.pushes[number]
    encrypt = text_of(read_fields(body), "encrypt")
    signature, time, nonce = (query[name] for name in ("msg_signature", "timestamp", "nonce"))
    check_signature(TOKEN, query["signature"], time, nonce)
    app_id = "wx0123456789abcdef"
    by_wechatpy = WeChatCrypto(TOKEN, AES_KEY, app_id).decrypt_message(
        {"Encrypt": encrypt}, signature, time, nonce
    )
    by_werobot = MessageCrypt(TOKEN, AES_KEY, app_id).decrypt_message(time, nonce, signature, encrypt)
    return by_wechatpy.encode() if isinstance(by_wechatpy, str) else by_wechatpy, by_werobot


# What others take its pushes for


async def test_wechatpy_and_werobot_read_what_customers_do() -> None:
    async with simulated_account(FrozenClock()) as account, hearing() as heard:
        account.connect(heard.url)
        customer = account.customer("oUser")
        done = [
            (customer.says("我要退货😀"), "text", "content", "我要退货😀", "text"),
            (customer.sends_picture(PNG), "image", "media_id", "MEDIA-", "image"),
            (customer.speaks("退款"), "voice", "recognition", "退款", "voice"),
            (customer.shares_place("广州市"), "location", "label", "广州市", "location"),
            (customer.clicks("退货"), "event", "key", "退货", "click_event"),
            (customer.scans("123"), "event", "scene_id", "123", "scan_event"),
            (customer.follows(), "event", "event", "subscribe", "subscribe_event"),
            (customer.unfollows(), "event", "event", "unsubscribe", "unsubscribe_event"),
        ]
        for deed, type_, name, value, other_type in done:
            await deed
            by_wechatpy, by_werobot = await message_to(heard)
            message, other = parse_message(by_wechatpy), parse_user_msg(by_werobot)
            assert (message.type, message.source, other.type, other.source) == (
                type_,
                "oUser",
                other_type,
                "oUser",
            )
            assert str(getattr(message, name)).startswith(value)


async def test_a_click_in_the_menu_of_a_message_is_a_text_with_the_items_id() -> None:
    async with simulated_account(FrozenClock()) as account, hearing() as heard:
        account.connect(heard.url)
        customer = account.customer("oUser")
        await customer.says("在吗")
        client = await asyncio.to_thread(Wechatpy, account)
        menu = {"head_content": "满意吗？", "list": [{"id": "101", "content": "满意"}], "tail_content": ""}
        body = {"touser": "oUser", "msgtype": "msgmenu", "msgmenu": menu}
        await asyncio.to_thread(client.post, "message/custom/send", data=body)
        await customer.chooses("满意")
        message = parse_message((await message_to(heard))[0])
        assert (message.type, message.content, message._data["bizmsgmenuid"]) == ("text", "满意", "101")
        assert (customer.person.left, customer.person.until) == (
            3,
            account.state.clock.now() + timedelta(minutes=1),
        )


# What others make of its API


async def test_wechatpy_and_werobot_write_to_customers_and_meet_the_limits() -> None:
    async with simulated_account(FrozenClock()) as account, hearing() as heard:
        account.connect(heard.url)
        customer = account.customer("oUser")
        await customer.says("在吗")
        theirs, other = await asyncio.to_thread(Wechatpy, account), WeRoBot(account)
        await asyncio.to_thread(theirs.message.send_text, "oUser", "您好😀")
        uploaded = await asyncio.to_thread(theirs.media.upload, "image", ("a.png", PNG, "image/png"))
        await asyncio.to_thread(theirs.message.send_image, "oUser", uploaded["media_id"])
        other._token, other.token_expires_at = theirs.access_token, 2**40
        await asyncio.to_thread(other.send_text_message, "oUser", "第三条")
        assert [(shown.kind, shown.text, shown.image) for shown in customer.received] == [
            ("text", "您好😀", b""),
            ("image", "", PNG),
            ("text", "第三条", b""),
        ]
        for _ in range(2):
            await asyncio.to_thread(theirs.message.send_text, "oUser", "还有")
        with pytest.raises(WeChatClientException) as refused:
            await asyncio.to_thread(theirs.message.send_text, "oUser", "太多")
        assert refused.value.errcode == 45047
        with pytest.raises(ClientException, match="45047"):
            await asyncio.to_thread(other.send_text_message, "oUser", "太多")
        got = await asyncio.to_thread(theirs.media.download, uploaded["media_id"])
        assert got.content == PNG


async def test_wechatpy_fetches_another_token_where_its_own_was_made_useless() -> None:
    async with simulated_account(FrozenClock()) as account, hearing() as heard:
        account.connect(heard.url)
        await account.customer("oUser").says("在吗")
        theirs = await asyncio.to_thread(Wechatpy, account)
        await asyncio.to_thread(theirs.message.send_text, "oUser", "一")
        account.state.invalidate_tokens()
        await asyncio.to_thread(theirs.message.send_text, "oUser", "二")
        assert account.state.calls.count("/cgi-bin/token") == 2


async def test_a_plain_token_ends_the_one_before_it_after_five_minutes_and_a_stable_one_does_not() -> None:
    clock = FrozenClock()
    async with simulated_account(clock) as account:
        state = account.state
        stable, _ = state.stable_token(force=False)
        first, _ = state.plain_token()
        state.plain_token()
        assert state.is_valid(first)
        clock.advance(minutes=5)
        assert not state.is_valid(first)
        assert state.stable_token(force=False)[0] == stable
        clock.advance(hours=1, minutes=51)
        following, valid = state.stable_token(force=False)
        assert following != stable
        assert state.is_valid(stable)
        assert valid == 7200
        clock.advance(minutes=4)
        assert not state.is_valid(stable)
        forced, _ = state.stable_token(force=True)
        assert not state.is_valid(following)
        assert state.is_valid(forced)


# How it pushes


@pytest.mark.parametrize("form", ["xml", "json"])
async def test_what_is_not_acknowledged_is_told_three_times_with_the_same_number(form: Form) -> None:
    clock = FrozenClock()
    async with simulated_account(clock, form=form) as account, hearing() as heard:
        account.connect(heard.url)
        heard.answers = [(500, "success"), (200, "<xml>no reply</xml>")]
        customer = account.customer("oUser")
        began = clock.now()
        delivered = await customer.says("在吗")
        assert delivered is not None
        assert (delivered.answered, delivered.taken, customer.person.faults_shown) == ((500, 200, 200), True, 0)
        assert (clock.now() - began).total_seconds() == 10
        opened = [read_fields((await message_to(heard, number))[0]) for number in range(3)]
        assert len({text_of(fields, "msgid") for fields in opened}) == 1
        heard.answers = [(503, "")] * 3
        await customer.says("在吗")
        assert customer.person.faults_shown == 1


async def test_who_answers_too_late_is_told_again() -> None:
    async with simulated_account(FrozenClock()) as account, hearing() as heard:
        account.connect(heard.url)
        account.delivery.deadline = 0.3
        heard.seconds = 1.0
        delivered = await account.customer("oUser").says("在吗")
        assert delivered is not None
        assert delivered.answered == (None, None, None)
        assert len(heard.pushes) == 3


async def test_pushes_can_come_twice_out_of_order_and_to_two_fronts() -> None:
    async with simulated_account(FrozenClock()) as account, hearing() as heard, hearing() as second:
        account.connect(heard.url, second.url)
        account.delivery.twice = True
        customer = account.customer("oUser")
        await customer.says("一")
        assert (len(heard.pushes), len(second.pushes)) == (1, 1)
        account.delivery.twice, account.delivery.held = False, []
        await customer.says("二")
        await customer.says("三")
        account.connect(heard.url)
        await account.delivery.out_of_order()
        contents = [text_of(read_fields((await message_to(heard, number))[0]), "content") for number in (-2, -1)]
        assert contents == ["三", "二"]


async def test_the_address_is_confirmed_as_the_console_does() -> None:
    async with simulated_account(FrozenClock()) as account, hearing() as heard:
        account.connect(heard.url)
        assert await account.confirm_address()


# Its other rules


async def test_what_became_of_a_template_is_pushed_with_its_number() -> None:
    async with simulated_account(FrozenClock()) as account, hearing() as heard:
        account.connect(heard.url)
        customer = account.customer("oUser")
        account.state.templates.add("T")
        theirs = await asyncio.to_thread(Wechatpy, account)
        data = {"thing1": {"value": "退款"}}
        sent = await asyncio.to_thread(theirs.message.send_template, "oUser", "T", data)
        customer.person.blocks_notices = True
        await asyncio.to_thread(theirs.message.send_template, "oUser", "T", data)
        await account.deliver_events()
        first, second = [parse_message((await message_to(heard, number))[0]) for number in (-2, -1)]
        assert (first.id, first.status, second.status) == (sent["msgid"], "success", "failed:user block")


async def test_rules_of_typing_are_kept() -> None:
    clock = FrozenClock()
    async with simulated_account(clock) as account, hearing() as heard:
        account.connect(heard.url)
        customer = account.customer("oUser")
        token, _ = account.state.stable_token(force=False)

        async def typing(command: str = "Typing") -> int:
            async with httpx.AsyncClient(base_url=account.url) as client:
                body = {"touser": "oUser", "command": command}
                query = {"access_token": token}
                answer = await client.post("/cgi-bin/message/custom/typing", params=query, json=body)
            return int(answer.json()["errcode"])

        assert await typing() == 45080
        await customer.says("在吗")
        assert [await typing(), await typing(), await typing("typing")] == [0, 45081, 45072]
        clock.advance(seconds=15)
        assert await typing() == 0
        clock.advance(seconds=16)
        assert await typing() == 45080


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"touser": "oUser", "msgtype": "Text", "Text": {"content": "a"}}, 40008),
        ({"touser": "oUser", "msgtype": "text", "text": {"content": ""}}, 44004),
        ({"touser": "oUser", "msgtype": "text", "text": {"content": "x" * 2049}}, 45002),
        ({"touser": "oNobody", "msgtype": "text", "text": {"content": "a"}}, 40003),
        ({"touser": "oUser", "msgtype": "image", "image": {"media_id": "none"}}, 40007),
        ({"touser": "oUser", "msgtype": "text", "text": {"content": "退"}}, 40033),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
async def test_messages_are_refused_by_the_number_that_the_pages_name(body: dict[str, Any], code: int) -> None:
    async with simulated_account(FrozenClock()) as account, hearing() as heard:
        account.connect(heard.url)
        await account.customer("oUser").says("在吗")
        token, _ = account.state.stable_token(force=False)
        async with httpx.AsyncClient(base_url=account.url) as client:
            answer = await client.post(
                "/cgi-bin/message/custom/send", params={"access_token": token}, content=json.dumps(body)
            )
        assert (answer.status_code, answer.json()["errcode"]) == (200, code)
        assert "rid: " in answer.json()["errmsg"]


async def test_a_mini_programs_customer_who_enters_may_be_sent_two_messages_within_a_minute() -> None:
    async with simulated_account(FrozenClock(), kind=AccountKind.MINI) as account, hearing() as heard:
        account.connect(heard.url)
        customer = account.customer("oUser")
        await customer.enters("order-page")
        assert (customer.person.left, customer.person.until) == (
            2,
            account.state.clock.now() + timedelta(minutes=1),
        )
        await customer.says("在吗")
        assert customer.person.left == 5
