"""Our calls at the simulated WeChat: tokens, what each errcode means, what may have happened, files."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from aftersales.domain.channels import Notice, Option, Picture, Refusal, Sender, Sent, Words
from aftersales.domain.errors import Invalid, NotFound, OutcomeUnknown, Unavailable
from aftersales.stores.channel_tokens import SqlTokenStore
from connectors.wechat.accounts import AccountKind, WeChatAccount
from connectors.wechat.client import WeChatClient
from connectors.wechat.notices import Form, FormKind, Forms
from connectors.wechat.outbound import WeChatChannel
from connectors.wechat.pictures import LARGEST
from tests.connectors.wechat.sim_state import Fault
from tests.connectors.wechat.simulator import SimulatedAccount, SimulatedCustomer, simulated_account
from tests.databases import open_database
from tests.fakes import FrozenClock

KEY = "0123456789abcdef01234567"
SEND = "/cgi-bin/message/custom/send"
STABLE = "/cgi-bin/stable_token"


@dataclass
class Talk:
    """A channel of ours to a simulated account, and a customer who has just written."""

    account: SimulatedAccount
    customer: SimulatedCustomer
    channel: WeChatChannel
    client: WeChatClient
    store: SqlTokenStore
    clock: FrozenClock
    pauses: list[float]

    @property
    def to(self) -> Sender:
        return Sender(self.account.state.kind.value, self.account.state.app_id, self.customer.person.openid)

    async def send(self, text: str = "您好") -> Sent:
        return await self.channel.send(self.to, Words(text=text), key=KEY)

    def calls(self, path: str) -> int:
        return self.account.state.calls.count(path)

    def wrote(self) -> None:
        """As after a message of the customer, without a front."""
        self.customer.person.grant(5, _TWO_DAYS, at=self.clock.now())


_TWO_DAYS = timedelta(hours=48)
TEMPLATE = Form(kind=FormKind.TEMPLATE, template="T-refund", fields={"thing1": "{text}", "amount2": "{amount}"})
SUBSCRIBED = Form(kind=FormKind.SUBSCRIPTION, template="S-refund", fields={"thing1": "退款", "phrase2": "{state}"})
OF_MINI = Form(kind=FormKind.MINI, template="M-refund", fields={"thing1": "{text}"}, page="pages/orders/index")
FORMS = {
    AccountKind.SERVICE: Forms({"utter_tell_refund": TEMPLATE, "utter_tell_return": SUBSCRIBED}),
    AccountKind.MINI: Forms({"default": OF_MINI}),
}


@asynccontextmanager
async def talking(
    folder: Path, *, kind: AccountKind = AccountKind.SERVICE, menus: bool = True, timeout: float = 5.0
) -> AsyncIterator[Talk]:
    clock, pauses = FrozenClock(), list[float]()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async with open_database("sqlite", folder) as engine, simulated_account(clock, kind=kind) as account:
        store = SqlTokenStore(engine)
        client = WeChatClient(
            account.account, store=store, clock=clock, url=account.url, timeout=timeout, sleep=sleep
        )
        channel = WeChatChannel(client, forms=FORMS[kind], menus=menus)
        talk = Talk(account, account.customer("oUser"), channel, client, store, clock, pauses)
        account.state.templates |= {"T-refund", "S-refund", "M-refund"}
        talk.wrote()
        try:
            yield talk
        finally:
            await client.close()


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with talking(tmp_path) as made:
        yield made


def notice(response: str = "utter_tell_refund", **parameters: str) -> Notice:
    return Notice(
        response=response,
        language="zh",
        parameters={"amount": "¥1,290.00", "state": "已到账", **parameters},
        text="您的退款 ¥1,290.00 已经原路退回，一到三个工作日到账。",
        link="https://desk.example",
    )


def noise(side: int, kind: str) -> bytes:
    """A picture that cannot be compressed."""
    content = io.BytesIO()
    Image.effect_noise((side, side), 100).convert("RGBA" if kind == "PNG" else "RGB").save(content, format=kind)
    return content.getvalue()


# Messages


async def test_a_text_arrives_as_it_was_written_and_is_marked_as_the_bots(talk: Talk) -> None:
    assert await talk.send('退货😀 "ok"\n第二行\ud800') == Sent()
    (shown,) = talk.customer.received
    assert (shown.text, shown.labelled) == ('退货😀 "ok"\n第二行', True)
    await talk.channel.send(talk.to, Words(text="我是小王", by_bot=False), key=KEY)
    assert not talk.customer.received[-1].labelled


async def test_options_are_a_menu_where_the_account_has_menus(talk: Talk, tmp_path: Path) -> None:
    assert talk.channel.manners.most_options == 10
    words = Words(text="满意吗？", options=(Option("101", "满意"), Option("102", "不满意")))
    assert await talk.channel.send(talk.to, words, key=KEY) == Sent()
    (shown,) = talk.customer.received
    assert (shown.kind, shown.text, shown.options) == ("menu", "满意吗？", {"101": "满意", "102": "不满意"})
    talk.account.state.verified = False
    assert (await talk.channel.send(talk.to, words, key=KEY)).refusal is Refusal.REFUSED


@pytest.mark.parametrize("kind", AccountKind)
async def test_a_channel_without_menus_says_so(kind: AccountKind, tmp_path: Path) -> None:
    async with talking(tmp_path, kind=kind, menus=False) as talk:
        manners = talk.channel.manners
        assert (manners.most_options, manners.longest_text, manners.limited) == (0, 2048, True)
        assert await talk.send() == Sent()
        assert "aimsgcontext" in talk.account.state.bodies[-1] or kind is AccountKind.MINI


async def test_what_is_not_allowed_any_more_is_told(talk: Talk) -> None:
    assert [(await talk.send()).refusal for _ in range(6)] == [None] * 5 + [Refusal.SPENT]
    talk.wrote()
    talk.clock.advance(hours=48)
    assert (await talk.send()).refusal is Refusal.CLOSED
    talk.wrote()
    talk.customer.person.follows = False
    assert (await talk.send()).refusal is Refusal.CLOSED


async def test_a_message_that_will_never_pass_is_refused_and_logged_by_its_number(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (await talk.send("长" * 683)).refusal is Refusal.REFUSED
    assert (await talk.send(" ")).refusal is Refusal.REFUSED
    nobody = Sender("wechat", talk.account.state.app_id, "oSecretNobody")
    assert (await talk.channel.send(nobody, Words(text="您好"), key=KEY)).refusal is Refusal.REFUSED
    logged = "".join(capsys.readouterr())
    assert all(f"{code}" in logged for code in (45002, 44004, 40003))
    assert "rid" in logged
    assert "oSecretNobody" not in logged
    assert "长长" not in logged


async def test_a_message_to_an_account_that_is_connected_no_more_waits(talk: Talk) -> None:
    with pytest.raises(Unavailable):
        await talk.channel.send(Sender("wechat", "wxother", "oUser"), Words(text="您好"), key=KEY)
    with pytest.raises(NotFound):
        await talk.channel.pull(talk.account.state.app_id, cursor="", token="")


# Tokens


async def test_one_token_serves_all_calls_and_all_processes(talk: Talk) -> None:
    other = WeChatClient(talk.account.account, store=talk.store, clock=talk.clock, url=talk.account.url)
    await talk.send()
    await WeChatChannel(other, forms=Forms()).send(talk.to, Words(text="您好"), key=KEY)
    await asyncio.gather(*(talk.send() for _ in range(3)))
    await other.close()
    assert (talk.calls(STABLE), talk.calls(SEND)) == (1, 5)
    talk.clock.advance(hours=1, minutes=57)
    await talk.send()
    assert talk.calls(STABLE) == 2


async def test_a_token_that_was_made_useless_elsewhere_is_replaced_and_the_message_sent_once(
    talk: Talk,
) -> None:
    await talk.send()
    talk.clock.advance(minutes=1)
    talk.account.state.invalidate_tokens()
    assert await talk.send("第二条") == Sent()
    assert [shown.text for shown in talk.customer.received] == ["您好", "第二条"]
    assert talk.calls(STABLE) == 2


async def test_a_token_that_is_refused_at_once_is_told_to_the_shop(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    talk.account.fail("token", path=SEND)
    with pytest.raises(Unavailable):
        await talk.send()
    assert "40001" in "".join(capsys.readouterr())
    assert await talk.send() == Sent()


async def test_many_that_meet_a_useless_token_get_one_new_one(talk: Talk) -> None:
    await talk.send()
    talk.clock.advance(minutes=1)
    talk.account.state.invalidate_tokens()
    assert await asyncio.gather(*(talk.send() for _ in range(4))) == [Sent()] * 4
    assert talk.calls(STABLE) == 2


async def test_a_server_that_refuses_every_token_is_asked_for_one_more_and_no_further(talk: Talk) -> None:
    await talk.send()
    talk.clock.advance(minutes=1)
    talk.account.fail("token", "token", path=SEND)
    with pytest.raises(Unavailable):
        await talk.send()
    assert (talk.calls(STABLE), talk.calls(SEND)) == (2, 3)
    talk.account.fail("token", path=SEND)
    with pytest.raises(Unavailable):
        await talk.send()
    assert talk.calls(STABLE) == 2
    assert len(talk.customer.received) == 1


@pytest.mark.parametrize("wrong", ["secret", "app_id", "address"])
async def test_an_account_that_does_not_let_us_in_is_told_to_the_shop(
    talk: Talk, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"app_id": talk.account.state.app_id, "secret": talk.account.state.secret}
    talk.account.state.allowed = wrong != "address"
    given |= {wrong: "wrong"} if wrong in given else {}
    account = WeChatAccount(app_id=given["app_id"], secret=given["secret"])
    client = WeChatClient(account, store=talk.store, clock=talk.clock, url=talk.account.url)
    with pytest.raises(Unavailable):
        await client.post(SEND, {})
    await client.close()
    logged = "".join(capsys.readouterr())
    assert {"secret": "AppSecret", "app_id": "AppID", "address": "203.0.113.7"}[wrong] in logged
    assert talk.account.state.secret not in logged


# Trouble


async def test_a_busy_server_is_asked_three_times_with_pauses(talk: Talk) -> None:
    talk.account.fail("busy", "busy", path=SEND)
    assert await talk.send() == Sent()
    assert len(talk.pauses) == 2
    talk.account.fail("busy", "busy", "busy", path=SEND)
    with pytest.raises(Unavailable):
        await talk.send()
    assert len(talk.customer.received) == 1


@pytest.mark.parametrize("fault", ["502", "not_json", "not_an_object", "no_errcode"])
async def test_an_answer_that_says_nothing_leaves_open_what_happened(talk: Talk, fault: Fault) -> None:
    await talk.send()
    talk.account.fail(fault, path=SEND)
    with pytest.raises(OutcomeUnknown):
        await talk.send()
    assert talk.calls(SEND) == 2


@pytest.mark.parametrize("fault", ["502", "not_json", "not_an_object", "no_errcode", "busy"])
async def test_without_a_token_nothing_was_sent(talk: Talk, fault: Fault) -> None:
    talk.account.fail(*[fault] * (3 if fault == "busy" else 1), path=STABLE)
    with pytest.raises(Unavailable):
        await talk.send()
    assert talk.calls(SEND) == 0
    assert await talk.send() == Sent()


async def test_a_slow_answer_leaves_open_what_happened_and_none_at_all_does_not(tmp_path: Path) -> None:
    async with talking(tmp_path, timeout=0.5) as talk:
        await talk.send()
        talk.account.fail("slow", path=SEND)
        with pytest.raises(OutcomeUnknown):
            await talk.send()
        url = "http://127.0.0.1:9"
        unreachable = WeChatClient(talk.account.account, store=talk.store, clock=talk.clock, url=url)
        with pytest.raises(Unavailable):
            await unreachable.post(SEND, {})
        await unreachable.close()


@pytest.mark.parametrize("code", [45009, 45011, 48001, 48004, 50002, 40164])
async def test_what_the_shop_has_to_mend_waits_and_is_told(
    code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == STABLE:
            return httpx.Response(200, json={"access_token": "T", "expires_in": 7200})
        return httpx.Response(200, json={"errcode": code, "errmsg": "no rid: 5f0a1b2c-1a2b3c4d-5e6f7a8b"})

    async with open_database("sqlite", tmp_path) as engine:
        account = WeChatAccount(app_id="wx1", secret="s")
        client = WeChatClient(
            account, store=SqlTokenStore(engine), clock=FrozenClock(), transport=httpx.MockTransport(answer)
        )
        with pytest.raises(Unavailable):
            await client.post(SEND, {})
    logged = "".join(capsys.readouterr())
    assert f"errcode={code}" in logged or f"{code}" in logged
    assert "5f0a1b2c-1a2b3c4d-5e6f7a8b" in logged


# Pictures and files


async def test_a_picture_is_sent_as_it_is(talk: Talk) -> None:
    png = noise(64, "PNG")
    picture = Picture(content=png, media_type="image/png", name="a.png")
    assert await talk.channel.send(talk.to, picture, key=KEY) == Sent()
    assert (talk.customer.received[-1].kind, talk.customer.received[-1].image) == ("image", png)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_a_picture_that_is_too_large_is_made_smaller(talk: Talk, kind: str) -> None:
    large = noise(2400, kind)
    assert len(large) > LARGEST
    picture = Picture(content=large, media_type=f"image/{kind.lower()}", name=f"a.{kind.lower()}")
    assert await talk.channel.send(talk.to, picture, key=KEY) == Sent()
    shown = talk.customer.received[-1].image
    assert len(shown) <= LARGEST
    with Image.open(io.BytesIO(shown)) as image:
        assert (image.format, image.width, image.height) == ("JPEG", image.height, image.width)


async def test_a_damaged_picture_and_one_that_wechat_does_not_take_are_refused(talk: Talk) -> None:
    for content in (b"no picture", b"\x89PNG\r\n" + b"x" * (LARGEST + 1)):
        picture = Picture(content=content, media_type="image/png", name="a.png")
        assert (await talk.channel.send(talk.to, picture, key=KEY)).refusal is Refusal.REFUSED
    assert talk.customer.received == []


async def test_a_file_of_a_customer_is_fetched_while_wechat_keeps_it(talk: Talk) -> None:
    media = talk.account.state.keep(b"\x89PNG...", "image/png", "../../wx camera.png")
    fetched = await talk.channel.fetch(talk.account.state.app_id, media)
    assert (fetched.content, fetched.name) == (b"\x89PNG...", "wx camera.png")
    talk.clock.advance(days=3)
    with pytest.raises(Invalid, match="file_gone"):
        await talk.channel.fetch(talk.account.state.app_id, media)
    with pytest.raises(Invalid, match="file_gone"):
        await talk.channel.fetch(talk.account.state.app_id, "M&access_token=x")


async def test_a_file_above_ten_megabytes_is_not_held(talk: Talk) -> None:
    media = talk.account.state.keep(bytes(10 * 1024 * 1024 + 1), "video/mp4", "a.mp4")
    with pytest.raises(Invalid, match="file_too_large"):
        await talk.channel.fetch(talk.account.state.app_id, media)


@pytest.mark.parametrize("fault", ["502", "not_json", "not_an_object"])
async def test_a_file_that_cannot_be_fetched_just_now_is_asked_for_again(talk: Talk, fault: Fault) -> None:
    media = talk.account.state.keep(b"x", "image/png", "a.png")
    talk.account.fail(fault, path="/cgi-bin/media/get")
    with pytest.raises(Unavailable):
        await talk.channel.fetch(talk.account.state.app_id, media)
    assert (await talk.channel.fetch(talk.account.state.app_id, media)).content == b"x"


async def test_a_useless_token_is_replaced_for_files_as_well(talk: Talk) -> None:
    media = talk.account.state.keep(b"x", "image/png", "a.png")
    await talk.send()
    talk.clock.advance(minutes=1)
    talk.account.state.invalidate_tokens()
    assert (await talk.channel.fetch(talk.account.state.app_id, media)).content == b"x"


# Typing


@pytest.mark.parametrize("kind", AccountKind)
async def test_typing_is_shown_and_refusals_of_it_are_of_no_matter(kind: AccountKind, tmp_path: Path) -> None:
    async with talking(tmp_path, kind=kind) as talk:
        await talk.channel.show_typing(talk.to)
        assert talk.customer.person.typing_until is not None
        await talk.channel.show_typing(talk.to)  # 45081
        talk.clock.advance(minutes=1)
        await talk.channel.show_typing(talk.to)  # 45080
        talk.account.fail("502", "busy", "busy", "busy")
        await talk.channel.show_typing(talk.to)
        await talk.channel.show_typing(talk.to)
        talk.wrote()
        await talk.channel.show_typing(talk.to)
        await talk.send()
        assert talk.customer.person.typing_until is None


# Notices


async def test_a_template_is_filled_in_and_its_number_told(talk: Talk) -> None:
    sent = await talk.channel.notify(talk.to, notice(), key=KEY)
    assert sent.reference.isdigit()
    (shown,) = talk.customer.received
    assert shown.notice["data"] == {
        "thing1": {"value": "您的退款 ¥1,290.00 已经原路…"},
        "amount2": {"value": "¥1290.00"},
    }
    assert (shown.notice["url"], shown.notice["client_msg_id"]) == ("https://desk.example", KEY)
    assert talk.customer.person.left == 5


async def test_a_subscribed_notice_needs_consent_each_time(talk: Talk) -> None:
    told = notice("utter_tell_return")
    assert (await talk.channel.notify(talk.to, told, key=KEY)).refusal is Refusal.NO_FORM
    talk.customer.person.consents["S-refund"] = 1
    assert await talk.channel.notify(talk.to, told, key=KEY) == Sent()
    assert talk.customer.received[-1].notice["page"] == "https://desk.example"
    assert (await talk.channel.notify(talk.to, told, key=KEY)).refusal is Refusal.NO_FORM


async def test_news_without_a_form_and_those_that_do_not_fit_are_told_in_another_way(talk: Talk) -> None:
    assert (await talk.channel.notify(talk.to, notice("utter_other"), key=KEY)).refusal is Refusal.NO_FORM
    talk.customer.person.consents["S-refund"] = 1
    long = notice("utter_tell_return", state="已经原路退回")
    assert (await talk.channel.notify(talk.to, long, key=KEY)).refusal is Refusal.NO_FORM
    empty = notice("utter_tell_return", state="")
    assert (await talk.channel.notify(talk.to, empty, key=KEY)).refusal is Refusal.NO_FORM


async def test_who_has_left_gets_no_template(talk: Talk) -> None:
    talk.customer.person.follows = False
    assert (await talk.channel.notify(talk.to, notice(), key=KEY)).refusal is Refusal.GONE


async def test_a_mini_program_has_its_own_forms_and_pages(tmp_path: Path) -> None:
    async with talking(tmp_path, kind=AccountKind.MINI) as talk:
        talk.customer.person.consents["M-refund"] = 1
        assert await talk.channel.notify(talk.to, notice("utter_whatever"), key=KEY) == Sent()
        body: Any = talk.customer.received[-1].notice
        assert (body["template_id"], body["page"]) == ("M-refund", "pages/orders/index")


# Authorisation


async def test_a_code_tells_who_has_come_once_and_for_five_minutes(talk: Talk) -> None:
    code = talk.customer.authorises()
    assert await talk.client.openid_of(code) == "oUser"
    with pytest.raises(Invalid):
        await talk.client.openid_of(code)
    late = talk.customer.authorises()
    talk.clock.advance(minutes=6)
    with pytest.raises(Invalid):
        await talk.client.openid_of(late)
    for wrong in ("", "unknown", "x" * 513):
        with pytest.raises(Invalid):
            await talk.client.openid_of(wrong)


async def test_who_looks_at_a_snapshot_is_nobody(talk: Talk) -> None:
    with pytest.raises(Invalid, match="snapshot"):
        await talk.client.openid_of(talk.customer.authorises(snapshot=True))


async def test_authorisation_that_fails_is_no_wrong_code(talk: Talk) -> None:
    wrong = WeChatAccount(app_id=talk.account.state.app_id, secret="wrong")
    client = WeChatClient(wrong, store=talk.store, clock=talk.clock, url=talk.account.url)
    with pytest.raises(Unavailable):
        await client.openid_of("CODE")
    await client.close()
