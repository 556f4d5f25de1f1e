"""The widget in a real browser under a strict content security policy, against a front that can misbehave."""

import gzip
import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from tests.browsers import CHROMIUM, chromium
from tests.connectors.web.fake_front import PIXEL, WIDGET, site_token

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs /usr/bin/chromium")
expect.set_options(timeout=6_000)

WATCH_POLICY = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


class Front:
    def __init__(self, address: str) -> None:
        self.address = address

    def post(self, path: str, **body: Any) -> None:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}/fake/{path}", json.dumps(body).encode(), headers)
        urllib.request.urlopen(request, timeout=5).close()

    def say(self, text: str, **more: Any) -> None:
        self.post("say", text=text, **more)

    def switch(self, **switches: Any) -> None:
        self.post("switch", **switches)

    @property
    def state(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.address}/fake/state", timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.state["conversations"][-1]]


@pytest.fixture(scope="module")
def running_front() -> Iterator[Front]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("fake_front.py")), str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    front = Front(f"http://127.0.0.1:{port}")
    for _ in range(100):
        try:
            front.post("reset")
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    yield front
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def front(running_front: Front) -> Front:
    running_front.post("reset")
    return running_front


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 640, "height": 720}, reduced_motion="reduce")
    context.set_default_timeout(6_000)
    context.add_init_script(WATCH_POLICY)
    yield context
    context.close()


@pytest.fixture
def visit(front: Front, context: BrowserContext) -> Iterator[Callable[..., Page]]:
    """Opens the shop's page in a new tab; afterwards no tab may have broken the page's policy or thrown."""
    errors: list[str] = []
    tabs: list[Page] = []

    def open_tab(query: str = "", *, chat: bool = True) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        tabs.append(page)
        page.goto(f"{front.address}/shop?{query}")
        if chat:
            open_chat(page)
        return page

    yield open_tab
    left = [page for page in tabs if not page.is_closed()]
    assert [page.evaluate("violations") for page in left] == [[] for _ in left]
    assert errors == []


def open_chat(page: Page) -> None:
    page.locator(".launcher").click()
    expect(page.locator("textarea")).to_be_visible()
    page.wait_for_function("() => Object.keys(localStorage).some((key) => key.endsWith(':session'))")


def write(page: Page, text: str) -> None:
    page.locator("textarea").fill(text)
    page.locator("textarea").press("Enter")


def bubbles(page: Page) -> list[str]:
    return page.locator(".message .bubble").all_text_contents()


def stored(page: Page) -> list[str]:
    keys: list[str] = page.evaluate("Object.keys(localStorage)")
    return [key for key in keys if key.startswith("returndesk:")]


def weight(*names: str) -> int:
    return sum(len(gzip.compress((WIDGET / name).read_bytes(), 9)) for name in names)


def statically_imported(name: str) -> set[str]:
    found = {name}
    for other in re.findall(r'^import .* from "\./(.+?)";', (WIDGET / name).read_text(), re.M):
        found |= statically_imported(other)
    return found


def test_the_launcher_weighs_at_most_ten_kilobytes_and_the_whole_widget_forty() -> None:
    assert weight(*statically_imported("returndesk.js"), "returndesk.css") <= 10 * 1024
    assert weight(*(path.name for path in WIDGET.iterdir() if path.suffix in {".js", ".css"})) <= 40 * 1024


def test_a_page_with_the_button_alone_loads_nothing_else_and_begins_no_session(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit(chat=False)
    expect(page.locator(".launcher")).to_be_visible()
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name.split('/').pop())")
    assert set(loaded) <= statically_imported("returndesk.js") | {"returndesk.css", "favicon.ico"}
    assert front.state["begun"] == []


def test_enter_that_confirms_an_input_method_candidate_sends_nothing(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit()
    page.locator("textarea").fill("我要退")
    page.locator("textarea").evaluate(
        """(field) => {
          const plain = {key: "Enter", bubbles: true, cancelable: true};
          const enter = (more) => field.dispatchEvent(new KeyboardEvent("keydown", {...plain, ...more}));
          field.dispatchEvent(new CompositionEvent("compositionstart"));
          enter({isComposing: true, keyCode: 13});
          enter({keyCode: 229});
          field.dispatchEvent(new CompositionEvent("compositionend", {data: "退"}));
          enter({keyCode: 13}); // Safari: the same key, after the end of the composition
        }"""
    )
    page.wait_for_timeout(200)
    assert (bubbles(page), front.state["posts"]) == ([], [])
    page.locator("textarea").press("Shift+Enter")
    page.locator("textarea").press_sequentially("货")
    page.locator("textarea").press("Enter")
    expect(page.locator(".customer .tick")).to_have_count(1)
    assert front.texts == ["我要退\n货"]


def test_a_message_whose_acknowledgement_was_lost_is_sent_again_and_stays_one(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit()
    front.switch(lose_answer=True, mute=True)  # stored, but neither answered nor pushed
    write(page, "订单 1024 什么时候发货？")
    expect(page.locator(".customer .error")).to_have_text("没有发出去")
    expect(page.locator(".customer .tick")).to_have_count(1)  # tried again by itself
    first, second = front.state["posts"]
    assert first == second
    front.switch(mute=False)
    front.say("我看看")
    expect(page.locator(".message .bubble")).to_have_text(["订单 1024 什么时候发货？", "我看看"])
    assert front.texts == ["订单 1024 什么时候发货？", "我看看"]


def test_a_message_that_failed_offers_to_try_again(front: Front, visit: Callable[..., Page]) -> None:
    page = visit()
    front.switch(down=True)
    write(page, "在吗")
    expect(page.locator(".customer .error")).to_have_text("没有发出去")
    front.switch(down=False)
    page.get_by_role("button", name="重发").click()
    expect(page.locator(".customer .tick")).to_have_count(1)
    assert front.texts == ["在吗"]


def test_after_a_lost_connection_every_message_is_there_once_and_in_order(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit()
    write(page, "一")
    expect(page.locator(".customer .tick")).to_have_count(1)
    front.switch(no_socket=True)  # from now on only long polling is left
    front.post("drop")
    for text in ["二", "三", "四"]:
        front.say(text)
    expect(page.locator(".message .bubble")).to_have_text(["一", "二", "三", "四"])
    front.say("五")
    expect(page.locator(".message .bubble")).to_have_text(["一", "二", "三", "四", "五"])


def test_what_arrives_twice_is_shown_once_and_what_was_skipped_is_fetched(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit()
    front.switch(twice=True)
    front.say("一")
    front.say("二")
    expect(page.locator(".message .bubble")).to_have_text(["一", "二"])
    front.switch(skip=1)
    front.say("三")
    page.wait_for_timeout(100)
    front.say("四")
    front.say("五")
    expect(page.locator(".message .bubble")).to_have_text(["一", "二", "三", "四", "五"])


def test_two_tabs_show_the_same_conversation(front: Front, visit: Callable[..., Page]) -> None:
    first, second = visit(), visit()
    write(first, "我要退货")
    expect(first.locator(".customer .tick")).to_have_count(1)
    front.say("请选择订单", choices=[{"title": "订单 A", "value": "a"}, {"title": "订单 B", "value": "b"}])
    second.locator(".message .choice", has_text="订单 B").click()
    for page in (first, second):
        expect(page.locator(".message .bubble")).to_have_text(["我要退货", "请选择订单", "订单 B"])
        expect(page.locator(".message .choice:enabled")).to_have_count(0)
    assert len(front.state["begun"]) == 1


def test_a_reload_keeps_the_conversation_the_unsent_message_and_the_draft(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit()
    front.say("您好")
    expect(page.locator(".bot .bubble")).to_have_text("您好")
    front.switch(down=True)
    front.post("drop")
    write(page, "断网时写的")
    page.locator("textarea").fill("写了一半")
    page.reload()
    open_chat(page)
    expect(page.locator(".customer .bubble")).to_have_text("断网时写的")
    expect(page.locator("textarea")).to_have_value("写了一半")
    front.switch(down=False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator(".message .bubble")).to_have_text(["您好", "断网时写的"])
    expect(page.locator(".customer .tick")).to_have_count(1)
    assert front.texts == ["您好", "断网时写的"]


def test_signing_out_erases_everything_in_both_tabs(front: Front, visit: Callable[..., Page]) -> None:
    first, second = visit(), visit()
    write(first, "我的手机号是 13800000000")
    for page in (first, second):
        expect(page.locator(".customer .bubble")).to_have_count(1)
    second.locator("textarea").fill("还没写完")
    first.get_by_role("button", name="清除聊天并退出").click()
    first.get_by_role("button", name="清除", exact=True).click()
    for page in (first, second):
        expect(page.locator(".panel")).to_be_hidden()
        expect(page.locator(".message")).to_have_count(0)
        expect(page.locator("textarea")).to_have_value("")
        assert stored(page) == []
        assert page.evaluate("sessionStorage.length") == 0
    assert len(front.state["signed_out"]) == 1
    open_chat(second)
    assert bubbles(second) == []
    assert len(front.state["begun"]) == 2


@pytest.mark.parametrize("later", [f"token={site_token('c-emma')}", ""], ids=["another customer", "nobody"])
def test_a_shared_computer_shows_nothing_of_the_customer_before(
    front: Front, visit: Callable[..., Page], later: str
) -> None:
    page = visit(f"token={site_token('c-lin')}")
    front.say("林晓，您的退款 129 元已到账")
    expect(page.locator(".bot .bubble")).to_have_count(1)
    assert page.evaluate("violations") == []
    page.close()
    page = visit(later)
    assert len(front.state["signed_out"]) == 1
    page.wait_for_timeout(300)
    assert bubbles(page) == []
    assert [session.get("site_token") for session in front.state["begun"]] == [
        site_token("c-lin"),
        later[6:] or None,
    ]


def test_a_tab_that_still_shows_the_customer_before_does_not_show_the_next_one(
    front: Front, visit: Callable[..., Page]
) -> None:
    first = visit(f"token={site_token('c-lin')}")
    second = visit(f"token={site_token('c-emma')}")
    expect(first.locator(".panel")).to_be_hidden()
    front.say("Emma, your refund is on its way")
    expect(second.locator(".bot .bubble")).to_have_count(1)
    first.wait_for_timeout(200)
    assert bubbles(first) == []
    expect(first.locator(".badge")).to_be_hidden()


def test_what_a_guest_wrote_before_there_was_a_session_is_not_sent_as_somebody_else(
    front: Front, visit: Callable[..., Page]
) -> None:
    front.switch(down=True)
    page = visit(chat=False)
    page.locator(".launcher").click()
    write(page, "只给我自己看的")
    expect(page.locator(".customer .bubble")).to_have_count(1)
    front.switch(down=False)
    page = visit(f"token={site_token('c-emma')}")
    page.wait_for_timeout(200)
    assert bubbles(page) == []
    assert front.state["posts"] == []


def test_a_renewed_site_token_of_the_same_customer_keeps_the_chat(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit(f"token={site_token('c-lin')}")
    front.say("您好")
    expect(page.locator(".bot .bubble")).to_have_count(1)
    page.locator("return-desk").evaluate(
        "(desk, token) => desk.setAttribute('site-token', token)", site_token("c-lin") + "2"
    )
    page.wait_for_timeout(200)
    assert bubbles(page) == ["您好"]
    page.locator("return-desk").evaluate(
        "(desk, token) => desk.setAttribute('site-token', token)", site_token("c-emma")
    )
    expect(page.locator(".message")).to_have_count(0)


def test_a_session_that_the_server_forgot_is_begun_anew_with_a_notice(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit()
    front.say("旧的消息")
    expect(page.locator(".bot .bubble")).to_have_count(1)
    front.post("expire")
    write(page, "还在吗")
    expect(page.locator(".system .bubble")).to_contain_text("新的会话")
    assert bubbles(page) == [page.locator(".system .bubble").text_content()]


def test_everything_can_be_done_with_the_keyboard(front: Front, visit: Callable[..., Page]) -> None:
    page = visit(chat=False)
    expect(page.locator(".launcher")).to_be_visible()
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    focused = "document.querySelector('return-desk').shadowRoot.activeElement"
    page.wait_for_function(f"() => {focused}?.tagName === 'TEXTAREA'")
    page.keyboard.type("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".customer .tick")).to_have_count(1)
    front.say("哪一件？", choices=[{"title": "衬衫", "value": "shirt"}])
    expect(page.locator(".message .choice")).to_be_enabled()
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
        if page.evaluate(f"{focused}?.textContent") == "衬衫":
            break
    page.keyboard.press("Space")
    expect(page.locator(".message .choice.chosen")).to_be_disabled()
    page.wait_for_function(f"() => {focused}?.tagName === 'TEXTAREA'")
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    assert page.evaluate(f"{focused}.className") == "launcher"
    assert front.texts == ["hello", "哪一件？", "衬衫"]


def test_unread_messages_are_counted_while_the_chat_is_closed_and_in_other_pages(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit()
    page.keyboard.press("Escape")
    front.say("退款已提交")
    front.say("退款已到账")
    expect(page.locator(".badge")).to_have_text("2")
    expect(page.locator(".launcher")).to_have_attribute("aria-label", "打开售后客服，2 条未读消息")
    page.reload()
    expect(page.locator(".badge")).to_have_text("2")
    open_chat(page)
    expect(page.locator(".badge")).to_be_hidden()
    page.reload()
    page.wait_for_timeout(400)
    expect(page.locator(".badge")).to_be_hidden()


def test_only_what_is_new_is_announced(front: Front, visit: Callable[..., Page]) -> None:
    page = visit()
    front.say("以前说过的")
    expect(page.locator(".bot")).to_have_count(1)
    page.reload()
    page.locator(".launcher").click()
    expect(page.locator(".bot")).to_have_count(1)
    log = page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "off")
    expect(log).to_have_attribute("aria-live", "polite")
    log.evaluate("(log) => { log.before_ = log.querySelector('.bot'); }")
    front.say("新的", typing=True)
    expect(page.locator(".bot")).to_have_count(2)
    assert log.evaluate("(log) => log.before_ === log.querySelector('.bot')")
    expect(page.locator(".typing")).to_be_visible()


def test_text_is_never_markup_and_only_web_addresses_become_links(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit()
    text = "<img src=x onerror=alert(1)> javascript:alert(1) 请看 https://example.com/a?b=1。 谢谢"
    front.say(text)
    expect(page.locator(".bot .bubble")).to_have_text(text)
    link = page.locator(".bot .bubble a")
    expect(link).to_have_attribute("href", "https://example.com/a?b=1")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    assert page.locator(".bot .bubble img").count() == 0


def test_cards_say_money_and_dates_in_the_language_of_the_reader_and_unknown_ones_are_skipped(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit()
    money = {"amount": "9007199254740993.10", "currency": "CNY"}  # a float would lose the last digits
    check = {"id": "window", "passed": False, "text": "超过 7 天"}
    verdict = {
        "type": "verdict",
        "allowed": True,
        "amount": money,
        "fee": {"amount": "0.00", "currency": "CNY"},
        "checks": [check],
    }
    verdict |= {
        "shipping_payer": "merchant",
        "refund_by": "2026-11-30",
        "rule_id": "R-1",
        "rule_text": "…",
        "policy_version": "3",
        "lines": [],
    }
    front.say("", cards=[{"type": "hologram"}, verdict])
    expect(page.locator(".slip")).to_have_count(1)
    expect(page.locator(".slip .amount strong")).to_have_text("¥9,007,199,254,740,993.10")
    expect(page.locator(".slip .facts")).to_contain_text("2026年11月30日")
    page.get_by_role("button", name="Switch to English").click()
    expect(page.locator(".slip .facts")).to_contain_text("30 Nov 2026")
    expect(page.locator(".customer .tick")).to_have_count(1)
    assert front.texts[-1] == "English please"


def test_a_verdict_says_whether_it_stands_needs_a_person_or_refuses(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit()
    money = {"amount": "12.00", "currency": "CNY"}
    aside = {"id": "postage", "passed": False, "required": False, "text": "整单退回时退运费"}
    verdict = {
        "type": "verdict",
        "allowed": True,
        "needs_review": True,
        "amount": money,
        "fee": money,
        "shipping_payer": "customer",
        "refund_by": None,
        "rule_id": "R-1",
        "rule_text": "…",
        "policy_version": "3",
        "lines": [{"title": "衬衫", "quantity": 1, "amount": money}],
        "checks": [{"id": "window", "passed": True, "required": True, "text": "期限"}, aside],
    }
    front.say("", cards=[verdict])
    expect(page.locator(".slip .stamp.review")).to_have_text("需要人工审核")
    expect(page.locator(".slip summary")).to_have_text("逐项核对：1 项中 1 项符合")
    expect(page.locator(".slip .checks .no")).to_have_count(0)
    front.say("", cards=[verdict | {"allowed": False, "needs_review": False}])
    expect(page.locator(".slip .stamp.no")).to_have_text("不符合售后政策")
    expect(page.locator(".slip").last.locator(".money")).to_have_count(0)


def test_several_orders_are_drawn_small_and_what_the_bubble_says_is_not_repeated(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit()
    money = {"amount": "12.00", "currency": "CNY"}
    order: dict[str, Any] = {"type": "order", "number": "1", "status": "paid", "placed_at": "2026-11-20T08:00:00Z"}
    order |= {"total": money, "lines": [{"title": "衬衫", "quantity": 1}]}
    front.say("哪一笔？", cards=[order, order | {"number": "2"}])
    expect(page.locator(".slip.order.small")).to_have_count(2)
    front.say("您的订单", cards=[order])
    expect(page.locator(".slip.order:not(.small)")).to_have_count(1)
    case = {"type": "return", "number": "1", "status": "awaiting_parcel", "amount": money, "lines": []}
    front.say("请寄回", cards=[case | {"next_step_text": "请寄回"}])
    expect(page.locator(".slip.return")).to_have_count(1)
    expect(page.locator(".slip.return .next")).to_have_count(0)


def test_a_customer_takes_the_chat_to_another_app_with_words_to_be_sent_there(
    front: Front, visit: Callable[..., Page]
) -> None:
    front.switch(apps=["wechat", "telegram"])
    page = visit()
    phone = page.get_by_role("button", name="在微信等应用里接收进度")
    phone.click()
    expect(page.locator(".apps")).to_contain_text("在微信公众号或Telegram里给我们发这句话")
    expect(page.locator(".apps .code")).to_have_text("绑定 12345678")
    page.locator(".apps").get_by_role("button", name="关闭").click()
    expect(page.locator(".apps")).to_be_hidden()
    expect(phone).to_be_focused()
    front.switch(no_codes=True)
    phone.click()
    expect(page.locator(".apps")).to_contain_text("现在取不到绑定码")


def test_a_customer_reads_what_was_said_in_other_talks_oldest_on_top(
    front: Front, visit: Callable[..., Page]
) -> None:
    said = {"conversation_id": "c", "channel": "wechat", "seq": 1, "cards": [], "files": 0, "from": "customer"}
    later = {**said, "text": "退款到了吗", "at": "2026-11-20T08:00:00Z"}
    first = {**said, "text": "我要退货", "at": "2026-11-19T08:00:00Z", "files": 1}
    front.switch(earlier=[[later], [first]])
    page = visit()
    more = page.get_by_role("button", name="查看以前的对话")
    more.click()
    expect(page.locator(".earlier .bubble")).to_have_text(["退款到了吗"])
    more.click()
    expect(page.locator(".earlier .bubble")).to_have_text(["我要退货\n［1 个文件］", "退款到了吗"])
    expect(page.locator(".earlier .day").first).to_have_text("微信 · 2026年11月19日")
    expect(more).to_be_hidden()


def test_who_has_no_app_to_take_it_to_is_offered_none(front: Front, visit: Callable[..., Page]) -> None:
    page = visit()
    expect(page.locator(".header .icon-button:visible")).to_have_count(3)


def test_a_photo_is_uploaded_with_a_preview_and_a_refusal_is_explained(
    front: Front, visit: Callable[..., Page]
) -> None:
    page = visit()
    photo: FilePayload = {"name": "破损.png", "mimeType": "image/png", "buffer": PIXEL}
    page.locator("input[type=file]").set_input_files([photo])
    expect(page.locator(".customer .tick")).to_have_count(1)
    assert front.state["conversations"][-1][0]["attachments"][0]["name"] == "破损.png"
    page.reload()
    open_chat(page)
    page.wait_for_function(
        "() => document.querySelector('return-desk').shadowRoot.querySelector('.picture img')?.naturalWidth === 1"
    )
    program: FilePayload = {"name": "a.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}
    page.locator("input[type=file]").set_input_files([program])
    expect(page.locator(".customer .error")).to_have_text("只支持 JPG、PNG、WebP、PDF 和 MP4")
    front.switch(refuse_file="file_too_large")
    page.locator("input[type=file]").set_input_files([photo])
    expect(page.locator(".customer .error")).to_have_text(["只支持 JPG、PNG、WebP、PDF 和 MP4", "文件超过 10 MB"])


def test_a_reader_of_old_messages_is_not_pulled_down_but_told(front: Front, visit: Callable[..., Page]) -> None:
    page = visit()
    for number in range(20):
        front.say(f"第 {number} 条")
    expect(page.locator(".bot")).to_have_count(20)
    page.locator(".scroller").evaluate("(node) => { node.scrollTop = 0; }")
    page.wait_for_timeout(100)
    front.say("新的")
    expect(page.locator(".pill")).to_be_visible()
    assert page.locator(".scroller").evaluate("(node) => node.scrollTop") == 0
    page.locator(".pill").click()
    expect(page.locator(".pill")).to_be_hidden()
    expect(page.locator(".bot").last).to_be_in_viewport()


def test_the_phone_gets_the_whole_screen_large_targets_and_a_field_that_does_not_zoom(
    browser: Browser, front: Front
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="en-GB"
    )
    page = context.new_page()
    page.goto(f"{front.address}/shop?lang=en")
    page.locator(".launcher").tap()
    expect(page.locator("textarea")).to_be_visible()
    page.wait_for_timeout(300)
    assert page.locator(".panel").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert page.locator("textarea").evaluate("(node) => getComputedStyle(node).fontSize") == "16px"
    for button in page.locator(".panel button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, button.get_attribute("aria-label")
    context.close()


CONTRAST = """(selectors) => {
  const root = document.querySelector("return-desk").shadowRoot;
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [red, green, blue] = rgba(colour).map((value) => linear(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (rgba(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const ratio = (node) => {
    const pair = [luminance(getComputedStyle(node).color), luminance(ground(node))];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  return Object.fromEntries(selectors.map((selector) => [selector, ratio(root.querySelector(selector))]));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_a_contrast_of_at_least_four_and_a_half(browser: Browser, front: Front, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme, locale="zh-CN", reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{front.address}/shop")
    open_chat(page)
    check = [{"id": "a", "passed": True, "text": "是"}, {"id": "b", "passed": False, "text": "否"}]
    money = {"amount": "1.00", "currency": "CNY"}
    verdict = {
        "type": "verdict",
        "allowed": False,
        "amount": money,
        "fee": money,
        "shipping_payer": "customer",
        "refund_by": None,
    }
    verdict |= {
        "rule_id": "R-1",
        "rule_text": "…",
        "policy_version": "3",
        "lines": [{"title": "衬衫", "quantity": 1}],
        "checks": check,
    }
    case = {
        "type": "return",
        "number": "1",
        "status": "rejected",
        "amount": money,
        "refund_status": "failed",
        "lines": [],
    }
    front.say(
        "看 https://example.com",
        cards=[verdict, case | {"next_step_text": "等"}],
        choices=[{"title": "旧", "value": "1"}],
    )
    write(page, "旧")
    expect(page.locator(".customer .tick")).to_have_count(1)
    front.say("加入", **{"from": "system"})
    front.say("您好", choices=[{"title": "新", "value": "2"}])
    expect(page.locator(".message")).to_have_count(4)
    selectors = [
        ".title",
        ".owner",
        ".icon-button",
        ".lead",
        ".note",
        ".day",
        ".name",
        ".tag",
        ".who time",
        ".bot .bubble",
    ]
    selectors += [
        ".bot .bubble a",
        ".customer .bubble",
        ".system .bubble",
        ".foot time",
        ".choice:disabled",
        ".choice:enabled",
    ]
    selectors += [
        ".stamp.no",
        ".rule span",
        ".rule-text",
        "summary",
        ".checks li",
        ".status",
        ".item-detail",
        ".facts dt",
        ".refund-failed",
        ".next span",
    ]
    selectors += ["textarea", ".send", ".launcher", ".banner", ".danger", ".badge", ".pill"]
    ratios = page.evaluate(CONTRAST, selectors)
    assert {selector: round(ratio, 2) for selector, ratio in ratios.items() if ratio < 4.5} == {}
    context.close()
