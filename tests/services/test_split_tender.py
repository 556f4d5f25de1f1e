"""Orders that were paid by several means: what goes back to which, and what a person has to pay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from aftersales.domain.errors import ProviderRejected
from aftersales.domain.orders import Order
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.refunds import RefundState
from aftersales.domain.returns import Return, ReturnState
from aftersales.domain.tender import TenderMode
from aftersales.services.approvals import approve_by_key
from aftersales.services.refund_sources import quote_tender
from aftersales.services.refunds import grant_again
from aftersales.services.returns import access_return
from tests.databases import DATABASES
from tests.goods import SHOES, SOCKS, Goods, open_goods, under, yuan
from tests.services.test_refunds import only, run_out, work


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


def ruled(goods: Goods, **changes: object) -> Goods:
    """The same goods under other rules for refunds."""
    policy = goods.ctx.policy
    refunds = replace(policy.refunds, **changes)  # type: ignore[arg-type]
    return replace(goods, ctx=under(goods.ctx, policy=replace(policy, refunds=refunds)))


async def parts(goods: Goods, item: Return) -> dict[str, tuple[int, RefundState]]:
    return {refund.payment_id: (refund.amount.minor, refund.state) for refund in await goods.refunds(item)}


async def told(goods: Goods, order: Order, amount: str) -> dict[str, str]:
    split = await quote_tender(goods.ctx, order, yuan(amount))
    return {payment.id: part.decimal() for payment, part in split}


async def test_each_means_gets_its_share_and_all_of_them_their_whole(goods: Goods) -> None:
    await goods.pay_with("p-gift", PaymentMethod.POINTS)
    item = await goods.arrived((SHOES, 2))
    created = RefundState.CREATED
    assert await parts(goods, item) == {"p-card": (24672, created), "p-gift": (1128, created)}
    await run_out(goods)
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert await told(goods, await goods.order(), "2030.00") == {"p-card": "1941.28", "p-gift": "88.72"}


async def test_in_order_the_money_goes_back_before_the_points(goods: Goods) -> None:
    await goods.pay_with("p-gift", PaymentMethod.POINTS)
    goods = ruled(goods, tender=TenderMode.IN_ORDER)
    item = await goods.arrived((SHOES, 2))
    assert await parts(goods, item) == {"p-card": (25800, RefundState.CREATED)}


async def test_a_coupon_that_the_policy_keeps_is_forfeited_and_settles_its_part(goods: Goods) -> None:
    await goods.pay_with("p-gift", PaymentMethod.COUPON)
    goods = ruled(goods, returns_coupons=False)
    item = await goods.arrived((SHOES, 2))
    assert await parts(goods, item) == {
        "p-card": (24672, RefundState.CREATED),
        "p-gift": (1128, RefundState.FORFEITED),
    }
    await run_out(goods)
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert await goods.paid_back() == {"p-gift": 0, "p-card": 24672}
    assert len(goods.payments.calls) == 1
    forfeited = next(r for r in await goods.refunds(item) if r.state is RefundState.FORFEITED)
    assert [entry.trigger for entry in await goods.journal("refund", forfeited.id)] == ["create", "forfeit"]


async def test_a_card_part_that_failed_is_granted_again_in_full_beside_a_kept_coupon(goods: Goods) -> None:
    await goods.pay_with("p-gift", PaymentMethod.COUPON)
    goods = ruled(goods, returns_coupons=False)
    goods.payments.before.append(ProviderRejected("card_closed"))
    item = await goods.arrived((SHOES, 2))
    await run_out(goods)
    await grant_again(goods.ctx, number=item.number, actor="agent:a1")
    await run_out(goods)
    assert await goods.paid_back() == {"p-gift": 0, "p-card": 24672}
    forfeited = [r.amount.minor for r in await goods.refunds(item) if r.state is RefundState.FORFEITED]
    assert forfeited == [1128]


async def test_a_coupon_goes_back_as_a_coupon_where_the_policy_says_so(goods: Goods) -> None:
    await goods.pay_with("p-gift", PaymentMethod.COUPON)
    item = await goods.arrived((SHOES, 2))
    await run_out(goods)
    assert await goods.paid_back() == {"p-gift": 1128, "p-card": 24672}
    assert (await goods.item(item)).state is ReturnState.CLOSED


async def test_what_no_provider_can_pay_back_waits_for_a_person_and_the_rest_goes_on(goods: Goods) -> None:
    await goods.pay_with("p-gift", PaymentMethod.CASH_ON_DELIVERY, by_itself=False)
    item = await goods.arrived((SHOES, 2))
    assert await parts(goods, item) == {
        "p-card": (24672, RefundState.CREATED),
        "p-gift": (1128, RefundState.AWAITING_APPROVAL),
    }
    assert [case.reason for case in await goods.cases()] == ["refund_by_hand"]
    await run_out(goods)
    assert await goods.paid_back() == {"p-gift": 0, "p-card": 24672}
    view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
    assert view.next_step == "refund_approval"


async def test_a_released_refund_that_no_provider_can_pay_is_held_once_more_without_a_call(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    await goods.pay_with("p-gift", PaymentMethod.CASH_ON_DELIVERY, by_itself=False)
    await work(goods)
    held = await only(goods, item)
    assert held.state is RefundState.AWAITING_APPROVAL
    await approve_by_key(goods.ctx, refund_id=held.id, actor="agent:a1", channel="api")
    assert await goods.cases() == []
    await run_out(goods)
    assert (await only(goods, item)).state is RefundState.AWAITING_APPROVAL
    assert [case.reason for case in await goods.cases()] == ["refund_by_hand"]
    assert goods.payments.calls == []
