"""Signing in at the desk, and how guessing is slowed down without locking anybody out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pyotp
import pytest

from aftersales.domain.accounts import Role
from aftersales.services.accounts import add_account, disable_account, set_second_factor
from aftersales.services.moves import By
from desk.tries import Tries
from runtime.buckets import TooMany
from tests.desk.test_desk import decide, page, sign_in, soup
from tests.fronts import ACCOUNT_KEY, MERCHANT_KEY, Front, open_front

PASSWORD = "correct horse battery"
CLI = By("system", "cli")
KEY = ACCOUNT_KEY.encode()


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def add(front: Front, name: str = "wei", role: Role = Role.AGENT) -> None:
    await add_account(front.goods.ctx, name=name, role=role, password=PASSWORD, by=CLI, display_name="魏 <i>")


def cookie(response: httpx.Response, name: str) -> str:
    return next(value for value in response.headers.get_list("set-cookie") if value.startswith(f"{name}="))


async def test_wrong_passwords_are_refused_and_slowed_down(front: Front) -> None:
    statuses = [(await sign_in(front, key="wrong")).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert (await sign_in(front)).status_code == 429


async def test_a_wrong_name_and_a_wrong_password_look_the_same(front: Front) -> None:
    answers = [await sign_in(front, name=name, key="wrong wrong wrong") for name in ("owner", "nobody")]
    assert {answer.status_code for answer in answers} == {401}
    told = {soup(answer).select_one(".problem").get_text() for answer in answers}  # type: ignore[union-attr]
    assert told == {"Account, password or code is not right."}


async def test_a_sign_in_form_of_another_site_is_refused(front: Front) -> None:
    for form_token in ("", "guess"):
        data = {"form_token": form_token, "name": "owner", "key": MERCHANT_KEY}
        response = await front.client.post("/desk/sign-in", data=data)
        assert response.status_code == 403


async def test_a_session_ends_after_an_hour_without_a_click_and_on_signing_out(front: Front) -> None:
    await sign_in(front)
    front.goods.clock.advance(minutes=59)
    assert (await front.client.get("/desk/")).status_code == 200
    front.goods.clock.advance(hours=1, seconds=1)
    assert (await front.client.get("/desk/")).status_code == 303
    await sign_in(front)
    assert await decide(front, "sign-out") == "/desk/sign-in?lang=en"
    assert (await front.client.get("/desk/")).status_code == 303


async def test_signing_out_everywhere_ends_the_session_in_another_browser(front: Front) -> None:
    await sign_in(front)
    async with httpx.AsyncClient(base_url=front.url, cookies=dict(front.client.cookies)) as other:
        assert (await other.get("/desk/")).status_code == 200
        assert await decide(front, "sign-out-everywhere") == "/desk/sign-in?lang=en"
        assert (await other.get("/desk/")).status_code == 303


async def test_an_account_that_is_disabled_is_out_with_the_next_click(front: Front) -> None:
    await add(front)
    await sign_in(front, name="wei", key=PASSWORD)
    assert "魏 &lt;i&gt;" in (await page(front)).text
    await disable_account(front.goods.ctx, name="wei", by=CLI)
    assert (await front.client.get("/desk/")).status_code == 303


async def test_with_a_second_factor_the_code_is_needed(front: Front) -> None:
    await add(front)
    uri = await set_second_factor(front.goods.ctx, name="wei", key=KEY, by=CLI)
    assert (await sign_in(front, name="wei", key=PASSWORD)).status_code == 401
    code = pyotp.parse_uri(uri).at(front.goods.clock.now())  # type: ignore[attr-defined]
    assert (await sign_in(front, name="wei", key=PASSWORD, code=code)).status_code == 303
    assert "In use" in (await page(front, "account")).text
    assert "已启用" in (await page(front, "account", lang="zh")).text


async def test_what_the_role_does_not_allow_is_refused_and_said(front: Front) -> None:
    await add(front, role=Role.FINANCE)
    item = await front.goods.ask()
    await sign_in(front, name="wei", key=PASSWORD)
    assert await decide(front, f"returns/{item.number}/receive") == "/desk/?lang=en&problem=forbidden"
    assert (await front.goods.item(item)).state == "awaiting_parcel"
    assert "Your account may not do that." in (await front.client.get("/desk/?lang=en&problem=forbidden")).text


async def test_the_account_is_the_actor_in_the_journal(front: Front) -> None:
    await add(front)
    item = await front.goods.ask()
    await sign_in(front, name="wei", key=PASSWORD)
    await decide(front, f"returns/{item.number}/receive")
    assert "agent:wei" in {entry.actor for entry in await front.goods.journal("return", item.id)}


async def test_a_browser_that_was_let_in_before_carries_a_guarded_cookie(front: Front) -> None:
    carried = cookie(await sign_in(front), "desk_device")
    assert "HttpOnly" in carried
    assert "SameSite=Strict" in carried


def test_guessing_a_name_from_many_addresses_runs_out_but_does_not_lock_its_owner_out() -> None:
    tries = Tries(KEY)
    known = tries.remember("wei")
    for number in range(10):
        tries.take("wei", address=f"10.0.0.{number}", device="")
    with pytest.raises(TooMany):
        tries.take(" WEI ", address="10.0.1.1", device="")
    for wrong in (tries.remember("li"), known[:-1], "x.y", "猜.猜", Tries(b"other").remember("wei")):
        with pytest.raises(TooMany):
            tries.take("wei", address="10.0.1.2", device=wrong)
    for number in range(10):
        tries.take("wei", address=f"10.0.2.{number}", device=known)
    with pytest.raises(TooMany):
        tries.take("wei", address="10.0.3.1", device=known)


def test_a_name_that_nobody_has_runs_out_as_well() -> None:
    tries = Tries(KEY)
    for number in range(10):
        tries.take("nobody", address=f"10.0.0.{number}", device="")
    with pytest.raises(TooMany):
        tries.take("nobody", address="10.0.1.1", device="")


async def test_the_owner_is_asked_for_a_name_that_customers_can_read(front: Front) -> None:
    await sign_in(front)
    hint = "Customers read “owner” as the name of who answers them."
    assert hint in (await page(front)).text
    assert "起一个名字" in (await page(front, lang="zh")).text
    assert "problem=display_name" in await decide(front, "account/name", display_name=" ")
    assert await decide(front, "account/name", display_name="Mei <i>") == "/desk/account?lang=en&done=1"
    shown = await page(front, "account")
    assert hint not in shown.text
    assert "Mei &lt;i&gt;" in shown.text
    wrong = await front.client.post("/desk/account/name?lang=en", data={"display_name": "x"})
    assert "problem=form" in wrong.headers["location"]
