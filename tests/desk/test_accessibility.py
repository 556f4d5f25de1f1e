"""Every page in a real browser under axe: no known hindrance of WCAG 2.2 A and AA, contrast included."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from aftersales.domain.accounts import Account, Role
from aftersales.domain.reasons import Reason
from aftersales.domain.signed_links import LinkTo, name_of_customer
from aftersales.domain.texts import Language, Text
from aftersales.services.accounts import add_account
from aftersales.services.canned_answers import add_canned_answer
from aftersales.services.handoff_claims import claim
from aftersales.services.handoff_seats import sit_down
from aftersales.services.handoff_talk import add_note, write
from tests.browsers import CHROMIUM, async_chromium
from tests.desk.agents import CLI, PASSWORD, wants_a_person
from tests.desk.test_cases import complain, visit
from tests.desk.test_chat_settling import claim_of
from tests.desk.test_chat_verdicts import chat_about
from tests.desk.test_promises_in_chat import promised
from tests.desk.test_refunds import coat
from tests.fronts import Front, open_front
from tests.goods import NUMBER, SHOES

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs {CHROMIUM}")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
PATIENCE = 15_000.0  # ms

Scheme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody sees the pages."""

    language: Language
    scheme: Scheme
    width: int


LOOKS = (Look("zh", "light", 1280), Look("en", "dark", 360))


async def fill(front: Front) -> list[str]:
    """Something on each page; gives the addresses of all pages, those behind signed links too."""
    ctx = front.goods.ctx
    boss = await add_account(ctx, name="boss", role=Role.ADMIN, password=PASSWORD, by=CLI, display_name="Mei")
    await sit_down(ctx, boss, open=True)
    await add_canned_answer(ctx, boss, name="hello", text=Text(zh="您好", en="Hello"))
    item, refund, _ = await coat(front, signals=True)
    case = await complain(front, await visit(front))
    _, waiting = await wants_a_person(front)
    visitor, chat = await wants_a_person(front)
    await claim(ctx, boss, conversation_id=chat)
    await write(ctx, boss, conversation_id=chat, text="I'll refund $20 within 3 days", key="k1")
    assert await promised(front, chat)
    await add_note(ctx, boss, conversation_id=chat, text="a regular", key="n1")
    await visitor.say("thank you", id="m2")
    deciding = await chat_with_all_to_decide(front, boss)
    pages = (
        "",
        "refunds",
        f"refunds/{refund.id}",
        "changes",
        "cases",
        f"cases/{case.number}",
        "promises",
        "feedback",
    )
    more = f"orders/{NUMBER}/statement", "chats/search?q=thank", "canned", "seats", "keys", "account"
    named = {LinkTo.CASE: case.number, LinkTo.RETURN: item.number, LinkTo.PREFERENCES: name_of_customer("c-lin")}
    links = [ctx.links.link(name, now=ctx.clock.now(), to=to) for to, name in named.items()]
    return [
        *(
            f"/desk/{path}"
            for path in (*pages, *more, "chats", f"chats/{chat}", f"chats/{waiting}", f"chats/{deciding}")
        ),
        *(link.removeprefix(ctx.links.address) for link in links),
        f"{links[0].removeprefix(ctx.links.address)}x",
    ]


async def chat_with_all_to_decide(front: Front, boss: Account) -> str:
    """A chat with a verdict and the packet's forms: besides the refunds a return, a claim and a complaint."""
    await front.goods.ask((SHOES, 1), key="k2", reason=Reason.DAMAGED)
    lin = await visit(front)
    await claim_of(front, lin, key="k2")
    await complain(front, lin, order_number=NUMBER, key="k3")
    chat = await chat_about(front)
    await claim(front.goods.ctx, boss, conversation_id=chat)
    return chat


async def hindrances(page: Page, look: Look) -> list[str]:
    found = await Axe().run(page, options=RULES)
    return [
        f"{look} {page.url}: {one['id']} {node['target']} {node['failureSummary']}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


async def surf(browser: Browser, look: Look) -> Page:
    context = await browser.new_context(
        locale={"zh": "zh-CN", "en": "en-GB"}[look.language],
        viewport={"width": look.width, "height": 900},
        color_scheme=look.scheme,
        reduced_motion="reduce",
        bypass_csp=True,
    )
    context.set_default_timeout(PATIENCE)
    return await context.new_page()


async def look_at_all(front: Front, browser: Browser, paths: list[str], look: Look) -> list[str]:
    page = await surf(browser, look)
    await page.goto(f"{front.url}/desk/sign-in?lang={look.language}")
    found = await hindrances(page, look)
    await page.locator("#name").fill("boss")
    await page.locator("#key").fill(PASSWORD)
    await page.locator("main button").click()
    for path in paths:
        await page.goto(f"{front.url}{path}{'&' if '?' in path else '?'}lang={look.language}")
        await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        found += await hindrances(page, look)
    return found


async def look_at_the_widget(front: Front, browser: Browser, look: Look) -> list[str]:
    page = await surf(browser, look)
    await page.goto(f"{front.url}/demo/?lang={look.language}")
    found = await hindrances(page, look)
    await page.locator(".launcher").click()
    await expect(page.locator(".banner")).to_be_hidden(timeout=PATIENCE)
    await page.locator("return-desk textarea").fill("hello")
    await page.locator("return-desk textarea").press("Enter")
    await expect(page.locator("return-desk .message").last).to_be_visible(timeout=PATIENCE)
    return found + await hindrances(page, look)


async def test_no_page_has_a_known_hindrance(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        front = await stack.enter_async_context(open_front(tmp_path))
        browser = await stack.enter_async_context(async_chromium())
        paths = await fill(front)
        found: list[str] = []
        for look in LOOKS:
            found += await look_at_all(front, browser, paths, look)
            found += await look_at_the_widget(front, browser, look)
    assert not found, "\n".join(found)
