"""A refund that two people have to agree to, from the chat to the money: a customer, an agent and finance, each in
a real browser on the running service, in both languages. Nobody leaves the chat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from runtime.places import ROOT
from tests.browsers import CHROMIUM
from tests.e2e.agent import PASSWORD, add_agent
from tests.e2e.browser import PATIENCE, LiveAgent, Shopper, surfing
from tests.services_at_work import Service, environment, serving

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs {CHROMIUM}")
AMOUNTS = re.compile(r"second_person: \{[^}]*\}")
STRICT = "second_person: {CNY: 2000.00, USD: 300.00, GBP: 300.00}"


@pytest.fixture(scope="module")
def strict(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service in which two people agree to the price of a camera; wei may be one of them, fei is finance."""
    folder = tmp_path_factory.mktemp("strict")
    rules = folder / "returns_policy.yml"
    rules.write_text(AMOUNTS.sub(STRICT, (ROOT / "returns_policy.yml").read_text(encoding="utf8")))
    settings = environment(folder / "data", model=model, policy_file=rules)
    with serving(settings, folder=folder) as service:
        limits = [word for limit in ("CNY=9000", "USD=900", "GBP=900") for word in ("--limit", limit)]
        add_agent(service, "wei", "agent", *limits)
        add_agent(service, "fei", "finance")
        yield service


def number_in(told: str) -> str:
    found = re.search(r"RT\d{13}", told)
    assert found, told
    return found.group()


def receive(service: Service, number: str) -> None:
    answer = httpx.post(
        f"{service.url}/api/merchant/returns/{number}/receive",
        headers={"Authorization": f"Bearer {service.merchant_key}"},
        timeout=20,
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text


def test_two_people_agree_in_the_chat_in_chinese_and_the_customer_is_told(
    strict: Service, browser: Browser
) -> None:
    with (
        surfing(browser, locale="zh-CN") as hers,
        surfing(browser, locale="zh-CN") as theirs,
        surfing(browser, locale="zh-CN") as others,
    ):
        wei = LiveAgent(theirs, url=strict.url, name="wei", key=PASSWORD, language="zh")
        wei.begin("开始接待")
        lin = Shopper(hers, url=strict.url, language="zh")
        lin.sign_in("林晓雨")
        lin.open_chat()
        lin.say("我想退相机，买了不想要了")
        lin.sees("verdict", "4,299.00")
        lin.say("确认")
        number = number_in(lin.sees("return", "RT").inner_text())
        lin.say("转人工")
        wei.open_chat_of("林晓雨")
        expect(wei.packet.locator("#verdict")).to_contain_text("可以，需人工审核")
        wei.note("相机的退货，金额大")
        expect(wei.matter("return")).to_contain_text(number)
        wei.agree("return", button="同意")
        expect(wei.matter("return")).to_have_count(0, timeout=PATIENCE)
        receive(strict, number)
        expect(wei.matter("refund")).to_contain_text("需要两位不同的同事同意", timeout=PATIENCE)
        fei = LiveAgent(others, url=strict.url, name="fei", key=PASSWORD, language="zh")
        fei.look_at_chat_of("林晓雨")
        expect(fei.matter("refund")).to_contain_text("4,299.00")
        wei.agree("refund", button="同意")
        for one in (wei, fei):
            expect(one.matter("refund")).to_contain_text("已同意wei", timeout=PATIENCE)
            expect(one.matter("refund")).to_contain_text("还需要另一位同事同意")
        expect(wei.matter("refund").get_by_role("button", name="同意", exact=True)).to_have_count(0)
        fei.agree("refund", button="同意")
        expect(wei.matter("refund")).to_have_count(0, timeout=PATIENCE)
        expect(lin.page.locator(".message.bot").last).to_contain_text("4,299.00 已退回", timeout=PATIENCE)
        expect(wei.packet).to_contain_text("已到账", timeout=PATIENCE)
        wei.write("钱已经退回您的账户了")
        wei.hand_back("", button="交回助手")
        expect(lin.page.locator("return-desk .owner")).to_have_text("自动助手在线", timeout=PATIENCE)
        expect(lin.page.locator("body")).not_to_contain_text("金额大")
        wei.stop("暂停接待")


def test_half_typed_words_stay_while_two_people_agree_in_english_and_the_chat_is_closed(
    strict: Service, browser: Browser
) -> None:
    with (
        surfing(browser, locale="en-GB", size="phone") as hers,
        surfing(browser, locale="en-GB") as theirs,
        surfing(browser, locale="en-GB") as others,
    ):
        wei = LiveAgent(theirs, url=strict.url, name="wei", key=PASSWORD, language="en")
        wei.begin("Start taking chats")
        emma = Shopper(hers, url=strict.url, language="en")
        emma.sign_in("Emma Clarke")
        emma.open_chat()
        emma.say("I want to return the camera")
        emma.say("I changed my mind")
        emma.sees("verdict", "619.00")
        emma.say("yes")
        number = number_in(emma.sees("return", "RT").inner_text())
        emma.say("I want to talk to a person")
        wei.open_chat_of("Emma Clarke")
        wei.note("dear camera")
        expect(wei.matter("return")).to_contain_text(number)
        wei.agree("return", button="Approve")
        receive(strict, number)
        waiting = wei.matter("refund")
        expect(waiting).to_contain_text("Two different people have to agree", timeout=PATIENCE)
        fei = LiveAgent(others, url=strict.url, name="fei", key=PASSWORD, language="en")
        fei.look_at_chat_of("Emma Clarke")
        fei.matter("refund").locator("summary", has_text="Lower").click()
        fei.matter("refund").locator("input[name=reason]").first.fill("half a thou")
        wei.agree("refund", button="Approve")
        expect(wei.matter("refund")).to_contain_text("Agreed so farwei", timeout=PATIENCE)
        fei.page.locator("#region-packet h2").click()
        expect(fei.matter("refund")).to_contain_text("Agreed so farwei", timeout=PATIENCE)
        expect(fei.matter("refund").locator("input[name=reason]").first).to_have_value("half a thou")
        fei.matter("refund").locator("input[name=reason]").first.fill("")
        fei.agree("refund", button="Approve")
        expect(emma.page.locator(".message.bot").last).to_contain_text("has gone to your", timeout=PATIENCE)
        wei.close("solved", button="Close the chat")
        closed = "Chat ended. Write to start again"
        expect(emma.page.locator("return-desk .owner")).to_have_text(closed, timeout=PATIENCE)
        expect(emma.page.locator("body")).not_to_contain_text("dear camera")
        wei.stop("Take no more")
