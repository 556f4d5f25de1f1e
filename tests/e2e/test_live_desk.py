"""A customer and two agents through a whole case in real browsers on the running service, in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browsers import CHROMIUM
from tests.e2e.agent import PASSWORD, add_agent
from tests.e2e.browser import PATIENCE, LiveAgent, Shopper, surfing
from tests.services_at_work import Service

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs {CHROMIUM}")


@pytest.fixture(scope="module")
def agents(service: Service) -> tuple[str, str]:
    """Names of two accounts."""
    for name in ("wei", "li"):
        add_agent(service, name, "agent")
    return "wei", "li"


def test_a_case_in_chinese_from_the_wish_for_a_person_back_to_the_bot(
    service: Service, browser: Browser, agents: tuple[str, str]
) -> None:
    with (
        surfing(browser, locale="zh-CN") as hers,
        surfing(browser, locale="zh-CN") as theirs,
        surfing(browser, locale="zh-CN") as others,
    ):
        wei = LiveAgent(theirs, url=service.url, name=agents[0], key=PASSWORD, language="zh")
        li = LiveAgent(others, url=service.url, name=agents[1], key=PASSWORD, language="zh")
        wei.begin("开始接待")
        lin = Shopper(hers, url=service.url, language="zh")
        lin.sign_in("林晓雨")
        lin.open_chat()
        lin.say("转人工")
        wei.open_chat_of("林晓雨")
        expect(wei.packet).to_contain_text("要求人工")
        expect(wei.packet).to_contain_text("RD")
        expect(lin.page.locator("return-desk .owner")).to_have_text("wei正在为您服务", timeout=PATIENCE)
        expect(li.lists).to_contain_text("林晓雨 · wei", timeout=PATIENCE)
        wei.write("您好，我看一下您的订单")
        expect(lin.page.locator(".message.agent")).to_contain_text("您好，我看一下您的订单", timeout=PATIENCE)
        wei.note("老顾客，态度很好")
        lin.say("谢谢，那我想退货")
        expect(wei.talk).to_contain_text("那我想退货", timeout=PATIENCE)
        wei.hand_back("return_item", button="交回助手")
        expect(lin.page.locator("return-desk .owner")).to_have_text("自动助手在线", timeout=PATIENCE)
        lin.tap("退货")
        lin.hears("哪一笔订单")
        expect(lin.page.locator("body")).not_to_contain_text("态度很好")
        wei.stop("暂停接待")


def test_a_case_in_english_passed_on_to_a_colleague_and_closed(
    service: Service, browser: Browser, agents: tuple[str, str]
) -> None:
    with (
        surfing(browser, locale="en-GB", size="phone") as hers,
        surfing(browser, locale="en-GB") as theirs,
        surfing(browser, locale="en-GB") as others,
    ):
        wei = LiveAgent(theirs, url=service.url, name=agents[0], key=PASSWORD, language="en")
        wei.begin("Start taking chats")
        emma = Shopper(hers, url=service.url, language="en")
        emma.sign_in("Emma Clarke")
        emma.open_chat()
        emma.say("I want to talk to a person")
        wei.open_chat_of("Emma Clarke")
        wei.write("Hello Emma, my colleague knows more about this")
        li = LiveAgent(others, url=service.url, name=agents[1], key=PASSWORD, language="en")
        li.begin("Start taking chats")
        wei.pass_on(to="li", button="Pass on")
        li.open_chat_of("Emma Clarke")
        expect(li.talk).to_contain_text("my colleague knows more")
        li.write("Hi Emma, it is all settled")
        expect(emma.page.locator(".message.agent").last).to_contain_text("it is all settled", timeout=PATIENCE)
        assert emma.overflow() <= 0
        li.close("solved", button="Close the chat")
        closed = "Chat ended. Write to start again"
        expect(emma.page.locator("return-desk .owner")).to_have_text(closed, timeout=PATIENCE)
        wei.stop("Take no more")
        li.stop("Take no more")
