"""Refunds that a person pays by other means: recorded once, counted like any other, never above what is owed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aftersales.domain.errors import Conflict, Invalid, ProviderRejected
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.refunds import Refund, RefundState
from aftersales.domain.returns import Return, ReturnState
from aftersales.ports import ProviderRefund
from aftersales.services.external_refunds import note_order_refunds
from aftersales.services.manual_refunds import may_be_recorded, record_manual_refund
from aftersales.services.refund_outcomes import take_in
from aftersales.services.refund_submission import mark_submitted
from aftersales.services.refunds import grant_again
from tests.databases import DATABASES
from tests.goods import SHOES, SOCKS, Goods, open_goods, yuan
from tests.services.test_refunds import only, run_out, work


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def record(goods: Goods, refund: Refund, reference: str = "bank 4711") -> Refund:
    return await record_manual_refund(goods.ctx, refund_id=refund.id, reference=reference, actor="agent:a1")


async def held(goods: Goods) -> tuple[Return, Refund]:
    """A refund that no provider can pay."""
    await goods.pay_with("p-gift", PaymentMethod.CASH_ON_DELIVERY, by_itself=False)
    await goods.pay_with("p-card", PaymentMethod.CASH_ON_DELIVERY, by_itself=False)
    item = await goods.arrived((SOCKS, 1))
    return item, await only(goods, item)


async def failed(goods: Goods) -> tuple[Return, Refund]:
    """A refund that the provider rejects, for its age for instance."""
    item = await goods.arrived((SOCKS, 1))
    goods.payments.before.append(ProviderRejected("too_old"))
    await work(goods)
    return item, await only(goods, item)


@pytest.mark.parametrize("way", [held, failed])
async def test_it_settles_the_return_with_reference_and_who(goods: Goods, way: object) -> None:
    item, refund = await way(goods)  # type: ignore[operator]
    assert may_be_recorded(refund)
    for _ in range(2):
        paid = await record(goods, refund)
    assert (paid.state, paid.by_hand, paid.provider_reference) == (RefundState.SUCCEEDED, True, "bank 4711")
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert await goods.cases() == []
    assert (await goods.news())[-1] == "utter_refunds_paid_by_hand"
    entry = (await goods.journal("refund", refund.id))[-1]
    assert (entry.actor, entry.trigger, entry.detail) == ("agent:a1", "record", {"reference": "bank 4711"})
    assert await goods.paid_back() == {"p-gift": 0, "p-card": 0}


async def test_two_who_record_it_at_once_record_it_once(goods: Goods) -> None:
    _, refund = await held(goods)
    names = [f"bank {number}" for number in range(4)]
    done = await asyncio.gather(*(record(goods, refund, name) for name in names), return_exceptions=True)
    assert sum(isinstance(result, Refund) for result in done) == 1
    assert sum(isinstance(result, Conflict) for result in done) == 3


async def test_a_refund_that_is_paid_or_on_its_way_cannot_be_recorded(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    for expected in (RefundState.CREATED, RefundState.SUBMITTED, RefundState.SUCCEEDED):
        refund = await only(goods, item)
        assert refund.state is expected
        with pytest.raises(Conflict):
            await record(goods, refund)
        await work(goods, seconds=4)


async def test_what_was_granted_again_is_not_paid_by_hand_as_well(goods: Goods) -> None:
    item, refund = await failed(goods)
    await grant_again(goods.ctx, number=item.number, actor="agent:a1")
    with pytest.raises(Conflict, match="covered"):
        await record(goods, refund)


async def test_what_the_shop_has_paid_meanwhile_is_not_paid_by_hand_as_well(goods: Goods) -> None:
    item, refund = await failed(goods)
    await goods.book_refund_elsewhere("p-gift", 3000)
    with pytest.raises(Conflict, match="covered"):
        await record(goods, refund)
    assert (await goods.item(item)).state is ReturnState.CLOSED


async def test_it_counts_against_the_payment_whether_the_shop_notes_it_or_not(goods: Goods) -> None:
    _, refund = await held(goods)
    await record(goods, refund)
    second = await goods.arrived((SHOES, 1), key="b")
    assert {r.payment_id: r.amount for r in await goods.refunds(second)} == {
        "p-gift": yuan("70.00"),
        "p-card": yuan("59.00"),
    }
    await goods.book_refund_elsewhere("p-gift", 3000)  # the shop notes what was paid by hand
    assert await note_order_refunds(goods.ctx, "o1") == ()


async def test_a_refund_with_another_amount_at_the_provider_is_put_right_by_hand(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    refund = await only(goods, item)
    await mark_submitted(goods.ctx, refund.id)
    told = ProviderRefund(reference="pr-1", status="succeeded", amount=yuan("25.00"))
    await take_in(goods.ctx, refund.id, told)
    assert may_be_recorded(await only(goods, item))
    await record(goods, refund, "the missing 5.00 by transfer")
    await run_out(goods)
    assert (await goods.item(item)).state is ReturnState.CLOSED


@pytest.mark.parametrize("reference", ["", "  ", "x" * 201])
async def test_a_reference_is_needed(goods: Goods, reference: str) -> None:
    _, refund = await held(goods)
    with pytest.raises(Invalid):
        await record(goods, refund, reference)
