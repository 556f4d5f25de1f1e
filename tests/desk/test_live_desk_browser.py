"""The live desk and the widget in a real browser: a customer and two agents on one front, with a bot of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from aftersales.domain.accounts import Account, Role
from aftersales.domain.conversations import Answer
from aftersales.domain.handovers import HandoverReason, HandoverWish
from aftersales.domain.texts import Language, Text
from aftersales.services.accounts import add_account
from aftersales.services.approvals import approve
from aftersales.services.canned_answers import add_canned_answer
from aftersales.services.handoff_claims import take_over
from aftersales.services.handoff_seats import sit_down
from aftersales.services.handoff_talk import write
from aftersales.services.sessions import open_session
from connectors.web.chat import Sockets
from tests.browsers import CHROMIUM, async_chromium
from tests.desk.agents import CLI, PASSWORD
from tests.desk.test_refunds import coat
from tests.desks import want_person
from tests.fronts import Front, open_front

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs {CHROMIUM}")
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
PATIENCE = 15_000.0  # ms
expect.set_options(timeout=PATIENCE)
LOST_AFTER = "Connection lost, trying again. What you have typed is kept."


@dataclass(frozen=True, slots=True)
class Place:
    """A running front and several people's browsers; `trouble` is what went wrong in a page without being seen."""

    front: Front
    browser: Browser
    trouble: list[str]

    async def page(self, language: Language, *, width: int = 1280, height: int = 900) -> Page:
        context = await self.browser.new_context(
            locale=LOCALES[language], viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda line: self.trouble.append(line.text) if line.type == "error" else None)
        return page

    async def account(self, name: str, role: Role = Role.AGENT) -> Account:
        ctx = self.front.goods.ctx
        account = await add_account(
            ctx, name=name, role=role, password=PASSWORD, by=CLI, display_name=name.title()
        )
        await sit_down(ctx, account, open=True)
        return account

    async def agent(self, name: str, language: Language, *, width: int = 1280, height: int = 900) -> Page:
        """Signed in, with the live desk open."""
        page = await self.page(language, width=width, height=height)
        await page.goto(f"{self.front.url}/desk/sign-in?lang={language}&next=chats")
        await page.locator("#name").fill(name)
        await page.locator("#key").fill(PASSWORD)
        await page.locator("main button").click()
        await expect(page.locator("#live-desk")).to_be_visible()
        return page

    async def customer(self, language: Language, text: str) -> Page:
        """Somebody in the widget whom the bot hands over."""
        page = await self.page(language)
        await page.goto(f"{self.front.url}/demo/?lang={language}")
        await page.locator(".launcher").click()
        wish = HandoverWish(HandoverReason.REQUESTED, topic="returns")
        self.front.bot.will_say(Answer(replies=(), language=language, language_fixed=True, wish=wish))
        await expect(page.locator(".banner")).to_be_hidden()
        await say(page, text)
        return page


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        front = await stack.enter_async_context(open_front(tmp_path))
        browser = await stack.enter_async_context(async_chromium())
        place = Place(front, browser, [])
        yield place
    assert not place.trouble, place.trouble


async def say(page: Page, text: str) -> None:
    await page.locator("return-desk textarea").fill(text)
    await page.locator("return-desk textarea").press("Enter")


async def take_next(page: Page) -> None:
    await expect(page.locator("#take-next")).to_be_visible()
    await page.keyboard.press("Alt+KeyN")
    await expect(page.locator("#live-desk[data-live] #reply")).to_be_visible()


async def reply(page: Page, text: str) -> None:
    await page.keyboard.press("Alt+KeyR")
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    await expect(page.locator("li.agent", has_text=text)).to_be_visible()
    await expect(page.locator("#reply")).to_have_value("")


async def overflow(page: Page) -> int:
    found: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found


def message(page: Page, text: str) -> Locator:
    return page.locator("return-desk .message", has_text=text)


async def test_a_case_in_chinese_from_the_queue_to_the_hand_back_is_the_same_on_all_screens(place: Place) -> None:
    await place.account("wei")
    await place.account("li")
    wei, li = await place.agent("wei", "zh"), await place.agent("li", "zh")
    lin = await place.customer("zh", "我要找人工")
    await expect(lin.locator("return-desk .owner")).to_have_text("正在为您转接人工…")
    for one in (wei, li):
        await expect(one.locator("#region-queue")).to_contain_text("我要找人工")
        await expect(one).to_have_title("[1] 在线对话 · 售后工作台")
    await take_next(wei)
    await expect(wei.locator("#region-state")).to_contain_text("由您接待")
    await expect(lin.locator("return-desk .owner")).to_have_text("Wei正在为您服务")
    await expect(li.locator("#region-queue")).to_contain_text("同事的对话")
    await reply(wei, "您好，我是小魏")
    said = message(lin, "您好，我是小魏")
    await expect(said.locator(".name")).to_have_text("Wei")
    await expect(said.locator(".tag")).to_have_count(0)
    await wei.keyboard.press("Alt+KeyM")
    await wei.keyboard.type("这位上周来过")
    await wei.keyboard.press("Enter")
    await expect(wei.locator("li.note")).to_contain_text("这位上周来过")
    await say(lin, "鞋子还能退吗")
    await expect(wei.locator("#news")).to_have_text("鞋子还能退吗")
    await expect(wei).to_have_title("(1) 在线对话 · 售后工作台")
    await wei.locator("summary", has_text="交回").click()
    await wei.locator("#step").select_option("return_item")
    await wei.get_by_role("button", name="交回助手").click()
    await expect(wei).to_have_url(f"{place.front.url}/desk/chats?lang=zh")
    await expect(lin.locator("return-desk .owner")).to_have_text("自动助手在线")
    await expect(lin.locator("return-desk .choice:enabled").last).to_contain_text("return_item")
    await expect(message(lin, "这位上周来过")).to_have_count(0)


async def test_a_case_in_english_on_a_tablet_passed_on_and_closed(place: Place) -> None:
    await place.account("wei")
    await place.account("li")
    wei, li = await place.agent("wei", "en", width=820), await place.agent("li", "en", width=390)
    emma = await place.customer("en", "a person please")
    await wei.locator("#region-queue").get_by_role("button", name="Take", exact=True).click()
    await expect(wei.locator("#live-desk[data-live] #reply")).to_be_visible()
    await reply(wei, "Hello, a colleague knows more")
    assert await overflow(wei) <= 0
    await wei.locator("summary", has_text="Hand back").click()
    await wei.locator("#transfer-to").select_option(label="Li")
    await wei.get_by_role("button", name="Pass on", exact=True).click()
    await take_next(li)
    await expect(li.locator("#region-talk")).to_contain_text("Hello, a colleague knows more")
    await reply(li, "Li here, all done")
    assert await overflow(li) <= 0
    await expect(message(emma, "Li here, all done").locator(".name")).to_have_text("Li")
    await li.locator("summary", has_text="Hand back").click()
    await li.locator("#closing").select_option("solved")
    await li.get_by_role("button", name="Close the chat").click()
    await expect(emma.locator("return-desk .owner")).to_have_text("Chat ended. Write to start again")


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (1280, 720), (820, 900), (390, 844)])
async def test_the_reply_stays_in_sight_however_long_the_talk(place: Place, width: int, height: int) -> None:
    wei = await place.account("wei")
    page = await place.agent("wei", "en", width=width, height=height)
    await place.customer("en", "a person please")
    await take_next(page)
    chat = page.url.rpartition("/")[2].partition("?")[0]
    for number in range(12):
        await write(place.front.goods.ctx, wei, conversation_id=chat, text=f"part {number}", key=f"k{number}")
    await page.reload()
    await expect(page.locator("#live-desk[data-live] li.agent")).to_have_count(12)
    for seen in (
        page.locator("li.agent", has_text="part 11"),
        page.get_by_role("button", name="Send", exact=True),
    ):
        await expect(seen).to_be_in_viewport(ratio=1)
    assert await overflow(page) <= 0
    await page.locator("summary", has_text="Send file").click()
    await expect(page.locator("#file")).to_be_visible()


async def test_enter_that_confirms_a_word_of_an_input_method_sends_nothing(place: Place) -> None:
    await place.account("wei")
    wei = await place.agent("wei", "zh")
    await place.customer("zh", "人工")
    await take_next(wei)
    await wei.locator("#reply").fill("ni hao")
    await wei.evaluate(
        """() => {
          const field = document.querySelector("#reply");
          const key = {key: "Enter", bubbles: true};
          const enter = (how) => field.dispatchEvent(new KeyboardEvent("keydown", {...key, ...how}));
          enter({isComposing: true});
          enter({keyCode: 229});
          field.dispatchEvent(new CompositionEvent("compositionend", {bubbles: true}));
          enter({});
        }"""
    )
    await wei.wait_for_timeout(1500)
    await expect(wei.locator("#reply")).to_have_value("ni hao")
    await expect(wei.locator("li.agent")).to_have_count(0)
    await wei.locator("#reply").press("Shift+Enter")
    await wei.locator("#reply").press("Enter")
    await expect(wei.locator("li.agent")).to_have_count(1)


async def test_nothing_typed_is_lost_when_the_chat_goes_to_somebody_else_or_is_far_too_long(place: Place) -> None:
    await place.account("wei")
    boss = await place.account("boss", Role.SUPERVISOR)
    wei = await place.agent("wei", "en")
    await place.customer("en", "a person please")
    await take_next(wei)
    pasted = "log\n" * 5000
    await wei.locator("#reply").evaluate("(field, text) => (field.value = text)", pasted)
    await wei.locator("#reply").press("Enter")
    await expect(wei.locator("#reply-problem")).to_contain_text("2000 characters at most")
    await expect(wei.locator("#reply")).to_have_value(pasted)
    await wei.locator("#reply").fill("half a thought")
    chat = wei.url.rpartition("/")[2].partition("?")[0]
    await take_over(place.front.goods.ctx, boss, conversation_id=chat)
    await expect(wei.locator("#region-state")).to_contain_text("Boss has this chat")
    await expect(wei.locator("#reply-problem")).to_contain_text("no longer yours")
    await expect(wei.locator("#reply")).to_have_value("half a thought")
    await expect(wei.locator("#reply-form button")).to_be_disabled()
    await wei.reload()
    await expect(wei.locator("#reply")).to_have_value("half a thought")


async def test_a_lost_connection_is_told_and_everything_is_there_again_afterwards(place: Place) -> None:
    account = await place.account("wei")
    wei = await place.agent("wei", "en")
    await expect(wei.locator("#region-queue")).to_contain_text("Nobody is waiting.")
    desk = place.front.app.ctx.desk
    place.front.app.ctx.desk = replace(desk, sockets=Sockets(most=0))
    await desk.sockets.close(account.id, code=1011)
    await expect(wei.locator("#connection")).to_have_text(LOST_AFTER)
    await expect(wei.locator("#connection")).to_be_visible()
    await place.customer("en", "while you were away")
    place.front.app.ctx.desk = desk
    await expect(wei.locator("#region-queue")).to_contain_text("while you were away")
    await expect(wei.locator("#connection")).to_be_hidden()


async def test_a_slash_finds_a_canned_answer_and_what_is_not_filled_in_is_asked_about(place: Place) -> None:
    boss = await place.account("boss", Role.SUPERVISOR)
    ctx = place.front.goods.ctx
    for name, words in (("hello", "Hi, {agent} here."), ("parcel", "Your order {order} is on its way.")):
        await add_canned_answer(ctx, boss, name=name, text=Text(zh="您好", en=words))
    page = await place.agent("boss", "en")
    await place.customer("en", "where is it?")
    await take_next(page)
    await page.keyboard.press("Alt+KeyR")
    await page.keyboard.press("/")
    await page.keyboard.type("way parcel")
    await page.keyboard.press("Enter")
    await expect(page.locator("#reply")).to_have_value("Your order {order} is on its way.")
    await page.keyboard.press("Enter")
    await expect(page.locator("#reply-problem")).to_contain_text("not filled in")
    await expect(page.locator("li.agent")).to_have_count(0)
    await page.keyboard.press("Enter")
    await expect(page.locator("li.agent")).to_contain_text("Your order {order} is on its way.")
    await page.locator("h1").click()
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_contain_text("Take the next one")
    await expect(page.locator("#keys dl")).to_be_visible()


async def test_half_typed_words_of_a_decision_outlive_what_colleagues_decide_meanwhile(place: Place) -> None:
    boss, fei = await place.account("boss", Role.SUPERVISOR), await place.account("fei", Role.SUPERVISOR)
    ctx = place.front.goods.ctx
    _, _, large = await coat(place.front, signals=True)
    _, talk = await open_session(ctx, channel="web", language="en", customer_id="c-lin")
    await want_person(place.front.goods, talk)
    page = await place.agent("boss", "en")
    await page.goto(f"{place.front.url}/desk/chats/{talk.id}?lang=en")
    await expect(page.locator("#live-desk[data-live]")).to_be_visible()
    matter, form = page.locator(f"#refund-{large.id}"), f"#refund-{large.id}-reject"
    await matter.locator("summary", has_text="Reject").click()
    await page.locator(f"{form}-reason").fill("looks worn")
    await approve(ctx, refund_id=large.id, account=fei)
    await page.locator("#region-packet h2").click()
    await expect(matter).to_contain_text("Another person has to agree")
    await expect(page.locator(f"{form}-reason")).to_have_value("looks worn")
    await approve(ctx, refund_id=large.id, account=boss)
    await expect(page.locator(f"{form}-problem")).to_contain_text("changed meanwhile")
    await expect(page.locator(f"{form}-reason")).to_have_value("looks worn")
    await page.locator(f"{form}-reason").fill("")
    await page.locator("#region-packet h2").click()
    await expect(matter).to_have_count(0)
