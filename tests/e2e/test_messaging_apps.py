"""Whole returns in WeChat and in WeCom's customer service: the service's own processes beside simulated apps."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conversations.outside import decide, mailed_code
from tests.e2e.agent import Agent
from tests.e2e.chat import Chat, words
from tests.e2e.phones import Apps, Phone, noon_zone, open_apps
from tests.e2e.stock import give_order
from tests.e2e.test_return_dialogues import filed_number, photo
from tests.services_at_work import Service, environment, serving

LIN, EMMA = "lin.xiaoyu@example.cn", "emma.clarke@example.com"
LEASE = 100.0  # seconds: for how long nobody touches the talk of a worker that died, and a little more
NEWS = 150.0  # seconds: two minutes are given to the website before news go elsewhere
_SEND = "/cgi-bin/message/custom/send"


@pytest.fixture(scope="module")
def apps() -> Iterator[Apps]:
    with open_apps() as opened:
        yield opened


@pytest.fixture(scope="module")
def shop(apps: Apps, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that is connected to both apps."""
    folder = tmp_path_factory.mktemp("apps")
    settings = environment(folder / "data", model=model, timezone=noon_zone(), **apps.settings)
    with serving(settings, folder=folder) as service:
        apps.connect(service.url)
        yield service


@dataclass(frozen=True, slots=True)
class Struck:
    """Whose words the worker had just been given, and to whom it was just writing, when it was killed."""

    unheard: Phone
    unanswered: Phone


@pytest.fixture(scope="module")
def struck(shop: Service, apps: Apps) -> Struck:
    phones = Struck(apps.in_wechat("oUnheard"), apps.in_wechat("oUnanswered"))
    phones.unheard.say("寄回去的运费谁出？")
    kill_worker(shop)
    calls = apps.wechat.state.calls
    apps.wechat.fail("slow", path=_SEND)
    before = calls.count(_SEND)
    phones.unanswered.say("退款多久能到账？")
    shop.until(lambda: calls.count(_SEND) > before, seconds=30)
    kill_worker(shop)
    return phones


@dataclass(frozen=True, slots=True)
class Linked:
    """A customer of the website with her phone; `number` is that of the return that she filed on the website."""

    phone: Phone
    order: str
    number: str


@pytest.fixture(scope="module")
def linked(shop: Service, apps: Apps, tmp_path_factory: pytest.TempPathFactory) -> Linked:
    folder = tmp_path_factory.mktemp("linked")
    order = give_order(shop, folder, customer="cust_linked", tail=90101, language="zh")
    site, phone = Chat.open(shop.url, customer="cust_linked", language="zh"), apps.in_wechat("oLinked")
    given = site.client.post("/api/chat/link-codes").raise_for_status().json()
    phone.say(given["words"], hear="绑定好了")
    phone.say("我的订单", hear=order)
    site.say("我想退那双跑鞋，尺码不合适")
    number = filed_number(words(site.say("确认")))
    site.close()
    decide(shop, number, "receive")
    return Linked(phone, order, number)


def kill_worker(service: Service) -> None:
    """Returns when the next one works."""
    before, started = service.pids["worker"], service.said.count("worker_started")
    os.kill(before, signal.SIGKILL)
    service.until(lambda: service.said.count("worker_started") > started, seconds=30)


def order_number(service: Service, tail: str) -> str:
    """The demo order whose number ends so."""
    with closing(sqlite3.connect(service.data / "returndesk.sqlite3")) as database:
        query = "SELECT number FROM shop_orders WHERE number LIKE ?"
        [(number,)] = database.execute(query, [f"%{tail}"]).fetchall()
    return str(number)


def authors(service: Service, first: str) -> list[str]:
    """Who said something in the conversation that began with these words, in order."""
    with closing(sqlite3.connect(service.data / "returndesk.sqlite3")) as database:
        query = (
            "SELECT author FROM messages WHERE conversation_id = "
            "(SELECT conversation_id FROM messages WHERE text = ? AND author = 'customer') ORDER BY seq"
        )
        return [str(author) for (author,) in database.execute(query, [first])]


@pytest.mark.usefixtures("linked", "struck")  # begun first, since both take their time
def test_a_damaged_item_goes_back_in_wechat_until_the_money_is_there(shop: Service, apps: Apps) -> None:
    phone = apps.in_wechat("oLin")
    phone.does(apps.wechat.customer("oLin").follows, "(关注)", hear="智能助手")
    phone.say("你好，我买的东西坏了，想退货", hear="订单号")
    phone.say(order_number(shop, "00101"), hear="手机号或邮箱")
    phone.say(LIN, hear="验证码")
    phone.say(mailed_code(shop, contacts={LIN}, place=1, seconds=20), hear="核实通过")
    phone.choose("T 恤", hear="几件")
    phone.say("一件", hear="照片")
    phone.send_photo(photo(), hear="79.00.*运费由我们承担")
    number = filed_number(phone.say("确认", hear="退货已提交"))
    decide(shop, number, "receive")
    phone.hear(f"退款 ¥79.00 已退回.*{number}")
    assert all(bubble.labelled for bubble in phone.bubbles if not bubble.is_menu)
    assert phone.transcript().count("已退回") == 1


def test_an_item_goes_back_in_wecom_until_the_money_is_there(shop: Service, apps: Apps) -> None:
    phone = apps.in_wecom("wmEmma")
    phone.does(apps.wecom.customer("wmEmma").enters, "(opens the chat)", hear="智能助手")
    phone.say("Hi, I'd like to return my running shoes", hear="order number")
    phone.say(order_number(shop, "00201"), hear="e-mail")
    phone.say(EMMA, hear="6-digit code")
    phone.say(mailed_code(shop, contacts={EMMA}, place=1, seconds=20), hear="verified")
    phone.choose("Arrived damaged", hear="describe the problem")
    phone.say("the left sole came off", hear="photo")
    phone.send_photo(photo(), hear="Shall I file it")
    number = filed_number(phone.choose("Yes", hear=r"RT\d{13}"))
    decide(shop, number, "receive")
    phone.hear(f"refund of.*{number}")


def test_a_person_answers_in_wechat_and_hands_back(shop: Service, apps: Apps) -> None:
    phone = apps.in_wechat("oWei")
    with Agent(shop) as agent:
        phone.say("转人工", hear="已接入")
        [chat] = agent.chats()
        assert "3 messages left" in agent.page(chat)
        for key, text in (("k1", "您好，请问怎么了？"), ("k2", "方便的话，请发一下您的手机尾号。")):
            agent.write(chat, text, key=key).raise_for_status()
            phone.hear(text)
        assert "1 messages left" in agent.page(chat)
        assert [bubble.labelled for bubble in phone.bubbles[-2:]] == [False, False]
        phone.say("0001，不过我自己再看看")
        shop.until(lambda: "我自己再看看" in agent.page(chat), seconds=20)
        agent.do(f"{chat}/hand-back", step="return_item").raise_for_status()
        phone.hear("自动助手")
    phone.say("运费谁出？", hear="运费由您承担")


def test_a_customer_of_the_website_hears_in_wechat_of_a_return_that_was_filed_there(linked: Linked) -> None:
    linked.phone.hear(f"退款 ¥399.00 已退回.*{linked.number}", seconds=NEWS)
    assert linked.phone.transcript().count("已退回") == 1


def test_a_worker_that_is_killed_in_mid_talk_loses_nothing_and_doubles_nothing(
    shop: Service, struck: Struck
) -> None:
    """A message that was being sent may arrive twice: WeChat has no keys."""
    struck.unheard.hear("寄回运费由您承担", seconds=LEASE)
    struck.unanswered.hear("7 天内把钱退出", seconds=LEASE)
    assert len(struck.unheard.bubbles) == 1
    assert len(struck.unanswered.bubbles) in (1, 2)
    for asked in ("寄回去的运费谁出？", "退款多久能到账？"):
        assert authors(shop, asked) == ["customer", "bot"]
