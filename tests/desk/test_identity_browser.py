"""Signing in through the provider in a real browser, whose cookies follow the rules for other sites."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from aftersales.services.identities import invite
from tests.browsers import CHROMIUM, async_chromium
from tests.desk.agents import CLI
from tests.desk.providers import at_its_address, identity_provider, settings
from tests.desk.test_identity import account
from tests.desk.test_live_desk_browser import LOCALES, PATIENCE
from tests.fronts import open_front

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs {CHROMIUM}")


@pytest.mark.parametrize(("lang", "button"), [("en", "Sign in with Foothill ID"), ("zh", "用 Foothill ID 登录")])
async def test_from_the_button_to_the_desk_and_out_again(tmp_path: Path, lang: str, button: str) -> None:
    with identity_provider() as issuer:
        async with open_front(tmp_path, **settings(issuer)) as opened, async_chromium() as browser:
            front = at_its_address(opened)
            await account(front)
            await invite(front.goods.ctx, name="wei", issuer=issuer, subject="wei-at-work", by=CLI)
            context = await browser.new_context(locale=LOCALES[lang])
            context.set_default_timeout(PATIENCE)
            page = await context.new_page()
            await page.goto(f"{front.url}/desk/sign-in?lang={lang}&next=chats")
            await page.get_by_role("link", name=button).click()
            await page.locator("input[name=sub]").fill("wei-at-work")
            await page.locator("button[type=submit], form button").first.click()
            await expect(page.locator("#live-desk")).to_be_visible()
            assert page.url == f"{front.url}/desk/chats?lang={lang}"
            await page.locator("header form button").click()
            await expect(page.get_by_role("link", name=button)).to_be_visible()
