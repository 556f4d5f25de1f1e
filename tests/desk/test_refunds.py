"""Refunds at the desk: what a person sees before deciding, and what they are told when they may not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from aftersales.domain.accounts import Account, Role
from aftersales.domain.money import Money
from aftersales.domain.refunds import Refund
from aftersales.domain.returns import Return
from aftersales.services.accounts import add_account
from aftersales.services.approvals import approve, lower, reject
from aftersales.services.moves import By
from aftersales.services.overview import refunds_of_order
from aftersales.services.refund_outcomes import note_provider_refund
from aftersales.services.refund_submission import submit_due
from aftersales.services.returns import access_return, approve_return, receive_return
from aftersales.stores.schema.approvals import refund_reviews
from aftersales.stores.schema.shop import shop_payment_refunds
from connectors.web.returns import return_json
from tests.desk.test_desk import decide, forms, page, sign_in, soup
from tests.fronts import Front, open_front
from tests.goods import COAT, NUMBER, SOCKS, yuan

PASSWORD = "correct horse battery"
CLI = By("system", "cli")
SIGNALS = [
    {"kind": "many_returns", "points": 2, "facts": {"count": 7, "days": 90}},
    {"kind": "not_delivered", "points": 2, "facts": {"count": 3, "days": 180}},
    {"kind": "new_customer", "points": 1, "facts": {"days": 4}},
    {"kind": "other_country", "points": 1, "facts": {"delivery": "CN", "payment": "US"}},
    {"kind": "address_changed", "points": 1, "facts": {"days": 1}},
    {"kind": "reused_photo", "points": 3, "facts": {"count": 1}},
]


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def add(front: Front, name: str, role: Role = Role.SUPERVISOR, display: str = "") -> Account:
    return await add_account(
        front.goods.ctx, name=name, role=role, password=PASSWORD, by=CLI, display_name=display
    )


async def coat(front: Front, *, signals: bool = False) -> tuple[Return, Refund, Refund]:
    """A coat for 2000.00 came back; 100.00 and 1900.00 wait, for two people where there are signs."""
    item = await front.goods.ask((COAT, 1), comment="<b>too small</b>")
    await approve_return(front.goods.ctx, number=item.number, actor="agent:a1")
    await receive_return(front.goods.ctx, number=item.number, actor="agent:a1")
    if signals:
        async with front.goods.engine.begin() as connection:
            await connection.execute(update(refund_reviews).values(signals=SIGNALS))
    small, large = sorted(await front.goods.refunds(item), key=lambda refund: refund.amount.minor)
    return item, small, large


async def words(front: Front, refund: Refund, query: str = "", lang: str = "en") -> str:
    response = await front.client.get(f"/desk/refunds/{refund.id}?lang={lang}{query}")
    assert response.status_code == 200
    return soup(response).get_text(" ", strip=True)


def leads_to(refund: Refund, result: str) -> str:
    return f"/desk/refunds/{refund.id}?lang=en&{result}"


async def test_a_refund_is_shown_with_all_that_a_decision_needs(front: Front) -> None:
    item, _, large = await coat(front, signals=True)
    await sign_in(front)
    listed = soup(await page(front, "refunds")).get_text(" ", strip=True)
    for told in ("1,900.00", "100.00", "Two people", "Signs of risk: 6", item.number):
        assert told in listed
    shown = await words(front, large)
    for told in ("1,900.00", "2,000.00", item.number, "1 × l-coat", "<b>too small</b>", "Wrong size"):
        assert told in shown
    rule = next(rule for rule in front.goods.ctx.policy.rules() if rule.id == item.rule_id)
    assert rule.general().en in shown
    for told in (
        "Other returns within 90 days: 7",
        "Claims of parcels that never came within 180 days: 3",
        "first order within the last 4 days",
        "Delivered to CN, paid from US",
        "Delivery address changed within the last 1 days",
        "Photos that came before: 1",
    ):
        assert told in shown
    chinese = await words(front, large, lang="zh")
    for told in ("两人审批", "90 天内另有 7 次退换货", "收货国家 CN，付款国家 US", "顾客看不到"):
        assert told in chinese


async def test_one_person_approves_and_the_other_part_is_rejected(front: Front) -> None:
    item, small, large = await coat(front)
    await sign_in(front)
    assert await decide(front, f"refunds/{large.id}/approve") == leads_to(large, "done=1")
    assert await decide(front, f"refunds/{large.id}/approve") == leads_to(large, "done=1")  # pressed twice
    rejected = await decide(front, f"refunds/{small.id}/reject", reason="worn", words="")
    assert rejected == leads_to(small, "done=1")
    states = {refund.id: refund.state for refund in await front.goods.refunds(item)}
    assert states == {large.id: "created", small.id: "rejected"}
    assert "没有等待审批的退款" in (await page(front, "refunds", lang="zh")).text
    shown = await words(front, small)
    assert "rejected it" in shown
    assert "worn" in shown
    assert not any("/desk/refunds/" in action for action in forms(await page(front, f"refunds/{small.id}")))


async def test_two_people_are_needed_and_told_so(front: Front) -> None:
    _, _, large = await coat(front, signals=True)
    wei = await add(front, "wei", display="魏 <i>")
    await approve(front.goods.ctx, refund_id=large.id, account=wei)
    await sign_in(front, name="wei", key=PASSWORD)
    shown = await words(front, large)
    assert "Agreed so far 魏 <i>" in shown
    assert "Another person has to agree." in shown
    assert f"/desk/refunds/{large.id}/approve?lang=en" not in forms(await page(front, f"refunds/{large.id}"))
    assert await decide(front, f"refunds/{large.id}/approve") == leads_to(large, "problem=needs_another")
    assert "Another person has to agree as well." in await words(front, large, "&problem=needs_another")


async def test_who_comes_too_late_is_told_who_was_faster(front: Front) -> None:
    _, _, large = await coat(front)
    wei = await add(front, "wei", display="魏 <i>")
    await lower(front.goods.ctx, refund_id=large.id, account=wei, amount=yuan("5.00"), reason="worn <b>")
    await sign_in(front)
    assert await decide(front, f"refunds/{large.id}/approve") == leads_to(large, "problem=decided")
    shown = await words(front, large, "&problem=decided")
    assert "魏 <i> was faster and lowered it (" in shown
    assert "魏 <i> 已先一步处理：降低了金额" in await words(front, large, "&problem=decided", lang="zh")
    assert "worn <b>" in shown


async def test_above_the_own_limit_the_limit_is_named(front: Front) -> None:
    ctx = front.goods.ctx
    await add_account(
        ctx, name="wei", role=Role.AGENT, password=PASSWORD, by=CLI, limits={"CNY": Money(50_000, "CNY")}
    )
    _, small, _ = await coat(front)
    await sign_in(front, name="wei", key=PASSWORD)
    assert await decide(front, f"refunds/{small.id}/approve") == leads_to(small, "problem=over_limit")
    shown = await words(front, small, "&problem=over_limit")
    assert "2,000.00 in all is above your limit of" in shown
    assert "500.00" in shown


async def test_a_refund_is_lowered_or_split_and_leads_to_what_is_left(front: Front) -> None:
    item, small, large = await coat(front)
    await sign_in(front)
    path = await decide(front, f"refunds/{large.id}/split", amount="1000", reason="rest after inspection")
    parts = {refund.amount: refund for refund in await front.goods.refunds(item)}
    one, other = parts[yuan("1000.00")], parts[yuan("900.00")]
    assert path == leads_to(one, "done=1")
    path = await decide(front, f"refunds/{other.id}/lower", amount="0.50", reason="worn", words="")
    [left] = [r for r in await front.goods.refunds(item) if r.amount == yuan("0.50")]
    assert path == leads_to(left, "done=1")
    for amount in ("", "0", "100", "100.01", "1,00", "-1", "0.001", "1e2", " 12", "٣", "9" * 13):
        assert await decide(front, f"refunds/{small.id}/lower", amount=amount, reason="x") == leads_to(
            small, "problem=amount"
        )
    for decision in ("lower", "split", "reject"):
        wrong = await decide(front, f"refunds/{small.id}/{decision}", amount="1", reason=" ")
        assert wrong == leads_to(small, "problem=bad_request")
    assert await decide(front, f"refunds/{small.id}/lower", amount="1", reason="x", words="y" * 2001) == leads_to(
        small, "problem=bad_request"
    )
    assert await decide(front, f"refunds/{small.id}/nothing", amount="1") == leads_to(small, "problem=bad_request")


async def test_a_refund_that_is_taken_back_can_be_granted_again(front: Front) -> None:
    item, small, large = await coat(front)
    await sign_in(front)
    for refund in (small, large):
        assert await decide(front, f"refunds/{refund.id}/take-back") == leads_to(refund, "done=1")
    assert f"/desk/returns/{item.number}/refund-again?lang=en" in forms(await page(front))
    assert "utter_refunds_not_granted" not in await front.goods.news()


async def test_a_refund_of_which_nobody_knows_leads_to_the_list(front: Front) -> None:
    await sign_in(front)
    for name in ("0", "a%20b", "%00"):
        response = await front.client.get(f"/desk/refunds/{name}?lang=en")
        assert response.headers["location"] == "/desk/refunds?lang=en&problem=not_found"
    assert (await decide(front, "refunds/0/approve")).endswith("problem=not_found")


async def test_the_decisions_need_the_token_of_the_session(front: Front) -> None:
    _, _, large = await coat(front)
    await sign_in(front)
    for decision in ("approve", "lower", "split", "reject", "take-back"):
        response = await front.client.post(f"/desk/refunds/{large.id}/{decision}?lang=en", data={"reason": "x"})
        assert response.headers["location"] == "/desk/?lang=en&problem=form"


async def test_the_customer_hears_nothing_of_signs_and_reasons(front: Front) -> None:
    item, small, large = await coat(front, signals=True)
    wei = await add(front, "wei")
    await reject(front.goods.ctx, refund_id=small.id, account=wei, reason="INTERNAL")
    view = await access_return(front.goods.ctx, customer_id="c-lin", number=item.number)
    told = json.dumps(return_json(view))
    for word in ("signal", "many_returns", "INTERNAL", "wei"):
        assert word not in told
    assert large.id not in told


async def dispute(front: Front, *, status: str = "succeeded", minor: int = 2500) -> Refund:
    """A refund of 30.00 of which the provider tells another amount."""
    item = await front.goods.arrived((SOCKS, 1))
    await submit_due(front.goods.ctx)
    [refund] = await front.goods.refunds(item)
    await tell_less(front, refund, minor=minor, status=status)
    return refund


async def tell_less(front: Front, refund: Refund, *, minor: int, status: str = "succeeded") -> None:
    """The provider tells that this is what it paid back."""
    async with front.goods.engine.begin() as connection:
        await connection.execute(update(shop_payment_refunds).values(amount=minor, status=status))
    told = await front.goods.ctx.payments.find_refund(refund.id)
    assert told is not None
    await note_provider_refund(front.goods.ctx, key=refund.id, told=told)


async def test_a_disputed_refund_shows_both_sides_and_what_may_be_decided(front: Front) -> None:
    refund = await dispute(front)
    await sign_in(front)
    for lang, told in (("en", "The provider tells another amount"), ("zh", "支付方退的金额与我们的不同")):
        assert told in soup(await page(front, "refunds", lang=lang)).get_text(" ", strip=True)
        shown = await words(front, refund, lang=lang)
        for part in ("30.00", "25.00", told):
            assert part in shown
    offered = {
        action.partition("?")[0].rpartition("/")[2] for action in forms(await page(front, refund_page(refund)))
    }
    assert {"accept", "paid-by-hand"} <= offered
    assert "give-up" not in offered
    assert await decide(front, f"refunds/{refund.id}/accept", reason="") == leads_to(refund, "problem=bad_request")
    accepted = await decide(front, f"refunds/{refund.id}/accept", reason="as their books say")
    assert accepted == leads_to(refund, "done=1")
    shown = await words(front, refund)
    assert "took what the provider says" in shown
    assert "as their books say" in shown
    assert not any("/accept" in action for action in forms(await page(front, refund_page(refund))))


async def test_a_refund_that_the_provider_lacks_is_given_up_and_one_it_pays_is_not(front: Front) -> None:
    refund = await dispute(front)
    await sign_in(front)
    refused = await decide(front, f"refunds/{refund.id}/give-up", reason="gone")
    assert refused == leads_to(refund, "problem=conflict")
    async with front.goods.engine.begin() as connection:
        await connection.execute(delete(shop_payment_refunds))
    changed = await decide(front, f"refunds/{refund.id}/give-up", reason="gone")
    assert changed == leads_to(refund, "problem=told_anew")
    assert "it has no such refund" in await words(front, refund)
    assert await decide(front, f"refunds/{refund.id}/give-up", reason="gone") == leads_to(refund, "done=1")
    [found] = [r for r in await refunds_of_order(front.goods.ctx, order_number=NUMBER) if r.id == refund.id]
    assert (found.state, found.failure) == ("failed", "given_up")


def refund_page(refund: Refund) -> str:
    return f"refunds/{refund.id}"
