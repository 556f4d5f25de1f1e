"""A customer, and a person at the desk, in a real browser on the running service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect

PATIENCE = 30_000.0  # ms, for what the bot or the worker does
_SOMETHING = re.compile(".+")

Size = Literal["desktop", "phone"]
_SIZES: dict[Size, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}

_WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


@dataclass
class Trouble:
    """What went wrong in a browser's pages without being seen on them."""

    found: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(_WATCH_POLICY)
        context.on("page", self._watch_page)

    def _watch_page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.found.append(f"thrown: {error}"))
        page.on("console", self._logged)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _logged(self, line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            self.found.append(line.text)

    def _failed(self, request: Request) -> None:
        """A page that is left gives up what it still waits for; that is no fault."""
        if request.failure != "net::ERR_ABORTED":
            self.found.append(f"failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.found.append(f"{response.status}: {response.request.method} {response.url}")


@contextmanager
def surfing(browser: Browser, *, locale: str, size: Size = "desktop") -> Iterator[BrowserContext]:
    """A browser of somebody's own. At the end no page of it may have had trouble."""
    context = browser.new_context(locale=locale, reduced_motion="reduce", **_SIZES[size])
    context.set_default_timeout(PATIENCE)
    trouble = Trouble()
    trouble.watch(context)
    try:
        yield context
    finally:
        context.close()
    assert not trouble.found, trouble.found


class Shopper:
    """Somebody on the demo shop's page with the chat."""

    def __init__(self, context: BrowserContext, *, url: str, language: Literal["zh", "en"]) -> None:
        self.page = context.new_page()
        self.page.goto(f"{url}/demo/?lang={language}")
        self.field = self.page.locator("textarea")
        self.messages = self.page.locator(".message")
        self.answers = self.page.locator(".message.bot .bubble")
        self.slips = self.page.locator(".slip")

    def sign_in(self, name: str) -> None:
        """Chooses the customer of this name, and waits until the shop knows."""
        with self.page.expect_response("**/demo/api/sign-in"):
            self.page.locator("#customer").select_option(label=name)
        expect(self.page.locator("return-desk")).to_have_attribute("site-token", _SOMETHING)

    def sign_out(self) -> None:
        self.page.locator("#customer").select_option(value="")

    def open_chat(self) -> None:
        """Opens it and waits until it has a session: what is written before would be nobody's."""
        self.page.locator(".launcher").click()
        expect(self.field).to_be_visible()
        expect(self.page.locator(".banner")).to_be_hidden(timeout=PATIENCE)

    def say(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def tap(self, title: str) -> None:
        """The newest choice with this in its title."""
        choice = self.page.locator(".message .choice:enabled", has_text=title).last
        choice.click()

    def attach(self, name: str, content: bytes) -> None:
        picker = self.page.locator("input[type=file]")
        picker.set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": content})

    def hears(self, words: str) -> None:
        """Waits until the newest answer with text says so."""
        expect(self.answers.last).to_contain_text(words, timeout=PATIENCE)

    def sees(self, kind: Literal["order", "verdict", "return"], words: str) -> Locator:
        """Waits until the newest slip of this kind says so."""
        slip = self.page.locator(f".slip.{kind}").last
        expect(slip).to_contain_text(words, timeout=PATIENCE)
        return slip

    def stored(self) -> str:
        """Everything that this browser keeps of the page."""
        found: str = self.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        return found

    def session_token(self) -> str:
        found: str = self.page.evaluate(
            "JSON.parse(Object.entries(localStorage).find(([key]) => key.endsWith(':session'))[1]).token"
        )
        return found

    def overflow(self) -> int:
        """How many pixels the page is wider than the screen."""
        found: int = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return found


class DeskWorker:
    """Somebody at the desk."""

    def __init__(self, context: BrowserContext, *, url: str, key: str, name: str = "owner") -> None:
        self.page = context.new_page()
        self.page.goto(f"{url}/desk/")
        self.page.locator("#name").fill(name)
        self.page.locator("#key").fill(key)
        self.page.get_by_role("button", name="登录").click()
        expect(self.page.get_by_role("heading", name="退货", exact=True)).to_be_visible()

    def receive(self, number: str) -> None:
        card = self.page.locator("article", has_text=number)
        card.get_by_role("button", name="已收到货").click()
        expect(self.page.locator(".line.done")).to_be_visible(timeout=PATIENCE)


class LiveAgent:
    """Somebody at the live desk."""

    def __init__(
        self, context: BrowserContext, *, url: str, name: str, key: str, language: Literal["zh", "en"]
    ) -> None:
        self.page = context.new_page()
        self.page.goto(f"{url}/desk/sign-in?lang={language}&next=chats")
        self.page.locator("#name").fill(name)
        self.page.locator("#key").fill(key)
        self.page.locator("main button").click()
        self.lists = self.page.locator(".lists")
        self.talk = self.page.locator("#region-talk")
        self.packet = self.page.locator("#region-packet")
        expect(self.page.locator("#live-desk[data-live]")).to_be_visible(timeout=PATIENCE)

    def begin(self, button: str) -> None:
        """Takes new chats from now on."""
        self.page.get_by_role("button", name=button, exact=True).click()
        expect(self.page.locator(".dot.open")).to_be_visible(timeout=PATIENCE)

    def stop(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()
        expect(self.page.locator(".dot.open")).to_have_count(0, timeout=PATIENCE)

    def open_chat_of(self, customer: str) -> None:
        """As soon as the service has given it to this agent."""
        line = self.page.locator("#region-mine .chat-line > a", has_text=customer)
        expect(line).to_be_visible(timeout=PATIENCE)
        line.click()
        expect(self.page.locator("#live-desk[data-live] #reply")).to_be_visible(timeout=PATIENCE)

    def write(self, text: str) -> None:
        self.page.locator("#reply").fill(text)
        self.page.locator("#reply").press("Enter")
        expect(self.page.locator("li.agent", has_text=text)).to_be_visible(timeout=PATIENCE)

    def note(self, text: str) -> None:
        self.page.locator("#note").fill(text)
        self.page.locator("#note").press("Enter")
        expect(self.page.locator("li.note", has_text=text)).to_be_visible(timeout=PATIENCE)

    def look_at_chat_of(self, customer: str) -> None:
        """One that somebody else has."""
        line = self.page.locator("#region-queue .chat-line > a", has_text=customer)
        expect(line).to_be_visible(timeout=PATIENCE)
        line.click()
        expect(self.page.locator("#live-desk[data-live] #region-state h1")).to_be_visible(timeout=PATIENCE)

    def matter(self, kind: Literal["refund", "return", "case"]) -> Locator:
        """What is to be decided in the packet."""
        return self.packet.locator(f".matter[id^='{kind}-']")

    def agree(self, kind: Literal["refund", "return"], *, button: str) -> None:
        """Approves what is to be decided, and stays in the chat."""
        before = self.page.url
        self.matter(kind).get_by_role("button", name=button, exact=True).click()
        expect(self.page.locator("#packet-done")).not_to_be_empty(timeout=PATIENCE)
        assert self.page.url == before

    def hand_back(self, step: str, *, button: str) -> None:
        self._finish(button, "#step", step)

    def close(self, reason: str, *, button: str) -> None:
        self._finish(button, "#closing", reason)

    def pass_on(self, *, to: str, button: str) -> None:
        colleague = self.page.locator(f"#transfer-to option[value='agent:{to}']")
        expect(colleague).to_be_attached(timeout=PATIENCE)
        self._finish(button, "#transfer-to", f"agent:{to}")

    def _finish(self, button: str, choice: str, value: str) -> None:
        self.page.locator("details.deeds:has(#step) > summary").click()
        self.page.locator(choice).select_option(value)
        self.page.get_by_role("button", name=button, exact=True).click()
        expect(self.page.locator("#reply")).to_have_count(0, timeout=PATIENCE)
