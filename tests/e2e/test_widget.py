"""The demo shop, the chat, the desk and the mailbox in a real browser on the running service."""

from __future__ import annotations

import io
import re

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browsers import CHROMIUM
from tests.e2e.browser import PATIENCE, DeskWorker, Shopper, surfing
from tests.e2e.chat import Chat
from tests.services_at_work import Service

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs {CHROMIUM}")


def test_a_return_in_chinese_from_the_shop_page_until_the_desk_has_the_goods_and_the_money_is_back(
    service: Service, browser: Browser
) -> None:
    with surfing(browser, locale="zh-CN") as hers, surfing(browser, locale="zh-CN") as theirs:
        lin = Shopper(hers, url=service.url, language="zh")
        lin.sign_in("林晓雨")
        lin.open_chat()
        lin.say("我要退货")
        lin.hears("哪一笔订单")
        lin.say("尾号00102的那单")
        lin.hears("退哪件")
        lin.tap("马克杯")
        lin.hears("要退几件")
        lin.tap("2")
        lin.hears("什么原因")
        lin.tap("收到就损坏")
        lin.hears("具体情况")
        lin.tap("跳过")
        lin.hears("照片")
        lin.attach("mug.jpg", photo())
        verdict = lin.sees("verdict", "符合售后政策")
        expect(verdict).to_contain_text("由我们承担")
        amount = verdict.locator(".amount strong").inner_text()
        lin.tap("确认退货")
        slip = lin.sees("return", "待寄回")
        number = slip.locator(".number").inner_text()
        DeskWorker(theirs, url=service.url, key=service.merchant_key).receive(number)
        expect(lin.answers.filter(has_text=f"退货 {number} 的包裹已经收到")).to_be_visible(timeout=PATIENCE)
        paid = lin.answers.filter(has_text=re.compile(rf"退款 {re.escape(amount)} 已退回.*{number}"))
        expect(paid).to_be_visible(timeout=PATIENCE)


def test_a_return_in_english_on_a_phone_with_a_reload_a_photo_and_a_correction(
    service: Service, browser: Browser
) -> None:
    with surfing(browser, locale="en-GB", size="phone") as hers:
        chloe = Shopper(hers, url=service.url, language="en")
        chloe.sign_in("Chloe Nguyen")
        chloe.open_chat()
        chloe.page.locator(".starters .choice").first.click()
        chloe.hears("Which order")
        chloe.tap("10064")
        chloe.hears("Which item")
        before = chloe.messages.count()
        chloe.page.reload()
        chloe.open_chat()
        expect(chloe.messages).to_have_count(before)
        chloe.tap("novel")
        chloe.hears("How many")
        chloe.tap("1")
        chloe.hears("reason")
        chloe.tap("Arrived damaged")
        chloe.hears("describe the problem")
        chloe.say("half of the pages are torn")
        chloe.hears("photo")
        chloe.attach("pages.jpg", photo())
        chloe.sees("verdict", "× 1")
        expect(chloe.page.locator(".customer .picture img")).to_be_visible()
        chloe.say("sorry, two of them")
        verdict = chloe.sees("verdict", "× 2")
        expect(verdict).to_contain_text("Paid by us")
        chloe.tap("Yes, file it")
        chloe.sees("return", "Waiting for your parcel")
        assert chloe.overflow() <= 0


def test_signing_out_in_the_shop_leaves_nothing_on_the_screen_or_in_the_browser(
    service: Service, browser: Browser
) -> None:
    with surfing(browser, locale="zh-CN") as hers:
        guest = Shopper(hers, url=service.url, language="zh")
        guest.sign_in("朱慧敏")
        guest.open_chat()
        guest.say("我有哪些订单")
        number = guest.sees("order", "RD").locator(".number").inner_text()
        guest.field.fill("写了一半的话")
        token = guest.session_token()
        guest.sign_out()
        expect(guest.messages).to_have_count(0)
        expect(guest.field).to_have_value("")
        expect(guest.page.locator("body")).not_to_contain_text(number)
        guest.page.wait_for_function("() => Object.keys(localStorage).some((key) => key.endsWith(':session'))")
        left = guest.stored()
        assert [secret for secret in (token, "cust_16", "朱慧敏", number, "写了一半") if secret in left] == []
    asked = {"headers": {"Authorization": f"Bearer {token}"}, "params": {"after": 0}}
    assert httpx.get(f"{service.url}/api/chat/messages", timeout=20, **asked).status_code == 401  # type: ignore[arg-type]


def test_a_guest_proves_who_she_is_with_the_code_from_the_mailbox_page(service: Service, browser: Browser) -> None:
    number = an_order_of(service, "cust_17")
    with surfing(browser, locale="zh-CN") as hers:
        guest = Shopper(hers, url=service.url, language="zh")
        guest.open_chat()
        guest.say("我有哪些订单")
        guest.hears("订单号")
        guest.say(number)
        guest.hears("手机号或邮箱")
        guest.say("hu.tianyou@example.cn")
        guest.hears("验证码")
        expect(guest.slips).to_have_count(0)
        guest.say(code_in_the_mailbox(hers, service.url, to="hu.tianyou@example.cn"))
        expect(guest.answers.filter(has_text="核实通过")).to_be_visible(timeout=PATIENCE)
        expect(guest.slips.filter(has_text=number)).to_be_visible(timeout=PATIENCE)


def an_order_of(service: Service, customer: str) -> str:
    chat = Chat.open(service.url, customer=customer)
    cards = [card for message in chat.say("我有哪些订单") for card in message["cards"]]
    chat.close()
    return str(cards[0]["number"])


def code_in_the_mailbox(context: BrowserContext, url: str, *, to: str) -> str:
    page = context.new_page()
    page.goto(f"{url}/demo/mailbox/?lang=zh")
    mail = page.locator("#mails > li", has_text=to).first
    expect(mail).to_be_visible(timeout=PATIENCE)
    found = re.search(r"\b\d{6}\b", mail.locator("p").inner_text())
    assert found
    page.close()
    return found.group()


def photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(buffer, "JPEG")
    return buffer.getvalue()
