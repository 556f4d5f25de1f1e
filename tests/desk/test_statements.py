"""The statement of an order at the desk: reached from refund and case, for everybody who is signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.domain.accounts import Role
from aftersales.domain.cases import CaseKind
from aftersales.services.accounts import add_account
from aftersales.services.cases import file_case
from aftersales.services.moves import By
from tests.desk.test_desk import page, sign_in, soup
from tests.every_refund import refund_in_every_way
from tests.fronts import Front, open_front
from tests.goods import NUMBER

ADDRESS = f"orders/{NUMBER}/statement"
PASSWORD = "correct horse battery"


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def links(front: Front, path: str) -> set[str]:
    return {str(link["href"]) for link in soup(await page(front, path)).select("a[href]")}


async def test_refund_and_case_lead_to_the_statement(front: Front) -> None:
    items = await refund_in_every_way(front.goods)
    case = await file_case(
        front.goods.ctx,
        conversation_id="conv-1",
        customer_id="c-lin",
        kind=CaseKind.COMPLAINT,
        reason="service",
        summary="slow",
        key="k1",
        promise=timedelta(hours=24),
        order_number=NUMBER,
    )
    refund = (await front.goods.refunds(items["coat"]))[0]
    await sign_in(front)
    for path in (f"refunds/{refund.id}", f"cases/{case.number}"):
        assert f"/desk/{ADDRESS}?lang=en" in await links(front, path)


async def test_everything_about_the_money_is_told_in_both_languages(front: Front) -> None:
    await refund_in_every_way(front.goods)
    await sign_in(front)
    english, chinese = [
        soup(await page(front, ADDRESS, lang=lang)).get_text(" ", strip=True) for lang in ("en", "zh")
    ]
    for told in ("CN¥2,288.00", "CN¥79.00", "coupon", "Coupon kept", "agreed 2026-11-", "agent:wei", "=bank 4711"):
        assert told in english
    for told in ("¥2,288.00", "¥79.00", "订单对账单", "优惠券不返还", "店铺直接退款", "同意 2026-11-", "人工付款"):
        assert told in chinese


@pytest.mark.parametrize("role", Role)
async def test_every_role_may_look(front: Front, role: Role) -> None:
    await add_account(front.goods.ctx, name="someone", role=role, password=PASSWORD, by=By("system", "cli"))
    await sign_in(front, name="someone", key=PASSWORD)
    assert "Nothing of this order has been refunded yet." in (await page(front, ADDRESS)).text


async def test_nobody_else_may_look(front: Front) -> None:
    response = await front.client.get(f"/desk/{ADDRESS}")
    assert (response.status_code, response.headers["location"].split("?")[0]) == (303, "/desk/sign-in")


@pytest.mark.parametrize("number", ["RD0", "%00", "x" * 300, "%E8%AE%A2%E5%8D%95", "%2e%2e"])
async def test_an_order_that_does_not_exist_is_not_found(front: Front, number: str) -> None:
    await sign_in(front)
    response = await front.client.get(f"/desk/orders/{number}/statement?lang=en")
    assert response.status_code == 303
    assert "problem=not_found" in response.headers["location"]
