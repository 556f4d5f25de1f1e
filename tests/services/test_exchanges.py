from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.errors import Conflict, Invalid, NotFound, ProviderRejected, Refused, Unavailable
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Wish
from aftersales.domain.returns import Return, ReturnState
from aftersales.services.exchanges import continue_payments, note_difference_paid, ship_replacement
from aftersales.services.refund_submission import reconcile_due, submit_due
from aftersales.services.returns import (
    access_return,
    approve_return,
    cancel_return,
    continue_requested,
    possible_remedies_of,
    quote_return,
    receive_return,
    reject_return,
)
from tests.databases import DATABASES
from tests.goods import CHEAP, DEAR, LARGE, SHOES, SOCKS, Goods, open_goods, yuan


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def withdraw(goods: Goods, item: Return) -> Return:
    return await cancel_return(goods.ctx, customer_id="c-lin", number=item.number, actor="c", channel="web")


async def receive(goods: Goods, item: Return) -> Return:
    return await receive_return(goods.ctx, number=item.number, actor="agent:a1")


async def settle(goods: Goods) -> None:
    """Everything that is to be paid back is paid."""
    await submit_due(goods.ctx)
    goods.clock.advance(seconds=10)
    await reconcile_due(goods.ctx)


async def next_step(goods: Goods, item: Return) -> str:
    return (await access_return(goods.ctx, customer_id="c-lin", number=item.number)).next_step


# Even exchanges


async def test_an_exchange_reserves_the_new_goods_and_awaits_the_old(goods: Goods) -> None:
    item = await goods.swap(LARGE)
    assert (item.state, item.remedy, item.amount) == (ReturnState.AWAITING_PARCEL, Remedy.EXCHANGE, yuan("0"))
    assert await goods.stock(LARGE) == 2
    assert (await goods.order()).line(SHOES).returnable == 1
    assert item.lines[0].replacement is not None
    assert (item.lines[0].replacement.variant_id, item.lines[0].replacement.paid) == (LARGE, yuan("129.00"))
    assert (await goods.swap(LARGE)).id == item.id
    assert await goods.stock(LARGE) == 2


async def test_after_receipt_the_new_goods_are_sent_as_a_line_of_the_order(goods: Goods) -> None:
    item = await goods.swap(LARGE)
    with pytest.raises(Conflict):
        await ship_replacement(goods.ctx, number=item.number, actor="agent:a1")
    item = await receive(goods, item)
    assert item.state is ReturnState.REPLACING
    view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
    assert (view.next_step, str(view.due)) == ("replacement_underway", "2026-11-23")
    sent = await ship_replacement(goods.ctx, number=item.number, actor="agent:a1")
    assert sent.state is ReturnState.CLOSED
    again = await ship_replacement(goods.ctx, number=item.number, actor="agent:a1")
    order = await goods.order()
    (new,) = (line for line in order.lines if line.variant_id == LARGE)
    assert (new.paid, new.fulfilled, new.returnable) == (yuan("129.00"), 1, 1)
    assert order.line(SHOES).returned == 1
    assert len(order.fulfilments) == 2
    assert again == sent
    assert await goods.news() == ["utter_exchanges_received", "utter_exchanges_shipped"]
    assert await goods.refunds(item) == []


class SeenByBoth:
    """The shop to two customers at once: neither goes on before the other has seen the catalogue too."""

    def __init__(self, shop: Any) -> None:
        self._shop = shop
        self._looks = 0
        self._both = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shop, name)

    async def list_variants(self, product_id: str, *, currency: str | None = None) -> Any:
        found = await self._shop.list_variants(product_id, currency=currency)
        self._looks += 1
        if self._looks == 2:
            self._both.set()
        await self._both.wait()
        return found


async def test_of_two_who_want_the_last_one_the_second_is_told_that_it_is_gone(goods: Goods) -> None:
    both = replace(goods, ctx=replace(goods.ctx, shop=SeenByBoth(goods.ctx.shop)))
    first, second = await asyncio.gather(
        both.swap(DEAR, key="a", reason=Reason.WRONG_SIZE), both.swap(DEAR, key="b", reason=Reason.WRONG_SIZE)
    )
    assert {first.state, second.state} == {ReturnState.AWAITING_PAYMENT, ReturnState.REJECTED}
    late = first if first.state is ReturnState.REJECTED else second
    assert await next_step(goods, late) == "sold_out"
    assert await goods.stock(DEAR) == 0
    assert (await goods.order()).line(SHOES).returnable == 1


async def test_what_is_out_of_stock_is_refused_with_the_rule(goods: Goods) -> None:
    await goods.swap(DEAR, key="a")
    with pytest.raises(Refused) as refused:
        await goods.swap(DEAR, key="b")
    assert refused.value.decision.rule_id == "exchange_stock"


@pytest.mark.parametrize("ending", ["withdraw", "reject"])
async def test_an_exchange_that_is_off_gives_stock_and_units_free(goods: Goods, ending: str) -> None:
    if ending == "withdraw":
        await withdraw(goods, await goods.swap(LARGE))
    else:
        item = await goods.swap(LARGE, reason=Reason.DAMAGED)  # no photo: a person decides
        assert item.state is ReturnState.REQUESTED
        assert await goods.stock(LARGE) == 3
        await reject_return(goods.ctx, number=item.number, actor="agent:a1", reason="x")
    assert await goods.stock(LARGE) == 3
    assert (await goods.order()).line(SHOES).returnable == 2


async def test_an_approved_exchange_is_told_to_go_on(goods: Goods) -> None:
    item = await goods.swap(LARGE, reason=Reason.DAMAGED)
    item = await approve_return(goods.ctx, number=item.number, actor="agent:a1")
    assert item.state is ReturnState.AWAITING_PARCEL
    assert await goods.news() == ["utter_exchanges_approved"]


async def test_a_shop_that_cannot_be_reached_gets_the_exchange_later(goods: Goods) -> None:
    goods.shop.before.append(Unavailable("down"))
    item = await goods.swap(LARGE)
    assert item.state is ReturnState.REQUESTED
    goods.clock.advance(minutes=1)
    await continue_requested(goods.ctx)
    assert (await goods.item(item)).state is ReturnState.AWAITING_PARCEL
    assert await goods.stock(LARGE) == 2


async def test_an_exchange_needs_a_variant_that_there_is_and_is_no_return(goods: Goods) -> None:
    with pytest.raises(NotFound):
        await goods.swap("no-such")
    with pytest.raises(Invalid):
        await goods.ask((SHOES, 1), wish=Wish(remedy=Remedy.EXCHANGE))
    await goods.swap(LARGE)
    with pytest.raises(Conflict) as refused:
        await goods.ask((SHOES, 1))
    assert refused.value.detail == "key_used"


# Differences


async def test_a_cheaper_one_brings_the_difference_back_after_receipt(goods: Goods) -> None:
    item = await goods.swap(CHEAP, agreed=yuan("30.00"))
    assert item.amount == yuan("30.00")
    item = await receive(goods, item)
    assert [refund.amount for refund in await goods.refunds(item)] == [yuan("30.00")]
    await settle(goods)
    assert sum((await goods.paid_back()).values()) == 3000
    assert (await goods.item(item)).state is ReturnState.REPLACING
    await ship_replacement(goods.ctx, number=item.number, actor="agent:a1")
    assert (await goods.item(item)).state is ReturnState.CLOSED
    (new,) = (line for line in (await goods.order()).lines if line.variant_id == CHEAP)
    assert new.paid == yuan("99.00")


async def test_a_dearer_one_goes_on_when_it_is_paid(goods: Goods) -> None:
    item = await goods.swap(DEAR, agreed=yuan("0"), agreed_to_pay=yuan("30.00"))
    assert (item.state, item.to_pay) == (ReturnState.AWAITING_PAYMENT, yuan("30.00"))
    assert (item.payment_link or "").startswith("https://desk.example/demo/pay/")
    assert await next_step(goods, item) == "pay_difference"
    await continue_payments(goods.ctx)
    assert (await goods.item(item)).state is ReturnState.AWAITING_PAYMENT
    await goods.pay(item)
    await goods.pay(item)
    await continue_payments(goods.ctx)
    await continue_payments(goods.ctx)
    assert (await goods.item(item)).state is ReturnState.AWAITING_PARCEL
    assert await goods.news() == ["utter_exchanges_paid"]
    order = await goods.order()
    assert [payment.captured.minor for payment in order.payments] == [10000, 218800, 3000]


async def test_a_difference_that_changed_meanwhile_files_nothing(goods: Goods) -> None:
    with pytest.raises(Conflict) as refused:
        await goods.swap(DEAR, agreed=yuan("0"), agreed_to_pay=yuan("20.00"))
    assert refused.value.detail == "amount_changed"
    assert await goods.stock(DEAR) == 1


async def test_withdrawing_a_paid_exchange_brings_the_difference_back_to_its_own_payment(goods: Goods) -> None:
    item = await goods.swap(DEAR)
    await goods.pay(item)
    await continue_payments(goods.ctx)
    await withdraw(goods, item)
    await settle(goods)
    paid_back = await goods.paid_back()
    assert [minor for minor in paid_back.values() if minor] == [3000]
    assert paid_back["p-gift"] == paid_back["p-card"] == 0
    assert await goods.stock(DEAR) == 1


async def test_withdrawing_before_paying_closes_the_page(goods: Goods) -> None:
    item = await goods.swap(DEAR)
    await withdraw(goods, item)
    with pytest.raises(Conflict):
        await goods.pay(item)
    assert await goods.refunds(item) == []


async def test_paying_at_the_moment_of_withdrawing_loses_no_money(goods: Goods) -> None:
    item = await goods.swap(DEAR)
    await goods.pay(item)
    await withdraw(goods, item)
    assert [refund.amount for refund in await goods.refunds(item)] == [yuan("30.00")]


async def test_what_is_not_paid_in_time_ends_by_itself(goods: Goods) -> None:
    item = await goods.swap(DEAR)
    goods.clock.advance(days=3)
    await continue_payments(goods.ctx)
    assert (await goods.item(item)).state is ReturnState.AWAITING_PAYMENT
    goods.clock.advance(seconds=1)
    await continue_payments(goods.ctx)
    assert (await goods.item(item)).state is ReturnState.CANCELLED
    assert await goods.stock(DEAR) == 1
    assert await goods.news() == ["utter_exchanges_lapsed"]


async def test_where_no_provider_can_ask_a_person_sees_to_the_payment(goods: Goods) -> None:
    goods.payments.asking.append(ProviderRejected("unsupported"))
    item = await goods.swap(DEAR)
    assert (item.state, item.payment_link) == (ReturnState.AWAITING_PAYMENT, None)
    assert [case.reason for case in await goods.cases()] == ["exchange_payment"]
    assert await next_step(goods, item) == "payment_by_person"
    goods.clock.advance(days=9)
    await continue_payments(goods.ctx)
    item = await note_difference_paid(goods.ctx, number=item.number, actor="agent:a1")
    assert item.state is ReturnState.AWAITING_PARCEL
    assert await goods.cases() == []
    await withdraw(goods, item)
    assert [case.reason for case in await goods.cases()] == ["exchange_difference_back"]


# Nothing comes back


async def test_missing_units_are_refunded_at_once(goods: Goods) -> None:
    wish = Wish(remedy=Remedy.REFUND_ONLY)
    item = await goods.ask((SHOES, 1), wish=wish, reason=Reason.MISSING_ITEM)
    assert (item.state, item.amount) == (ReturnState.INSPECTED, yuan("129.00"))
    line = (await goods.order()).line(SHOES)
    assert (line.dismissed, line.return_requested, line.returnable) == (1, 0, 1)
    view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
    assert (view.next_step, str(view.refund_by)) == ("refund_underway", "2026-11-24")
    await settle(goods)
    assert sum((await goods.paid_back()).values()) == 12900
    assert (await goods.item(item)).state is ReturnState.CLOSED


async def test_missing_units_are_sent_again(goods: Goods) -> None:
    wish = Wish(remedy=Remedy.EXCHANGE)
    item = await goods.ask((SOCKS, 1), wish=wish, reason=Reason.MISSING_ITEM)
    assert item.state is ReturnState.REPLACING
    await ship_replacement(goods.ctx, number=item.number, actor="agent:a1")
    order = await goods.order()
    assert order.line(SOCKS).dismissed == 1
    assert [line.paid for line in order.lines if line.variant_id == f"{SOCKS}-v"] == [yuan("30.00")] * 2


async def test_small_faulty_goods_are_refunded_and_kept_and_dear_ones_are_not(goods: Goods) -> None:
    wish = Wish(remedy=Remedy.REFUND_ONLY)
    order = await goods.order()
    small = await quote_return(goods.ctx, order=order, items=[(SOCKS, 1)], reason=Reason.DAMAGED, wish=wish)
    dear = await quote_return(goods.ctx, order=order, items=[(SHOES, 1)], reason=Reason.DAMAGED, wish=wish)
    assert (small.decision.allowed, small.decision.rule_id) == (True, "refund_only_small_value")
    assert (dear.decision.allowed, dear.decision.rule_id) == (False, "refund_only_small_value")
    assert "129.00" in dear.decision.rule_text.zh
    possible = await possible_remedies_of(goods.ctx, order=order, items=[(SHOES, 1)], reason=Reason.DAMAGED)
    assert possible == (Remedy.RETURN, Remedy.EXCHANGE)


async def test_a_part_of_the_price_waits_for_a_person_and_is_paid_when_approved(goods: Goods) -> None:
    wish = Wish(remedy=Remedy.REFUND_ONLY, asked=yuan("50.00"))
    item = await goods.ask((SHOES, 1), wish=wish, reason=Reason.DAMAGED)
    assert (item.state, item.amount) == (ReturnState.REQUESTED, yuan("50.00"))
    item = await approve_return(goods.ctx, number=item.number, actor="agent:a1")
    assert item.state is ReturnState.INSPECTED
    await settle(goods)
    assert sum((await goods.paid_back()).values()) == 5000
    assert await goods.news() == ["utter_refunds_approved", "utter_refunds_succeeded"]


async def test_a_refund_whose_answer_was_lost_is_made_once(goods: Goods) -> None:
    goods.shop.after.extend([None, Unavailable("lost")])
    wish = Wish(remedy=Remedy.REFUND_ONLY)
    item = await goods.ask((SOCKS, 1), wish=wish, reason=Reason.MISSING_ITEM)
    assert item.state is ReturnState.REQUESTED
    goods.clock.advance(minutes=1)
    await continue_requested(goods.ctx)
    assert (await goods.item(item)).state is ReturnState.INSPECTED
    assert (await goods.order()).line(SOCKS).dismissed == 1
    assert len(await goods.refunds(item)) == 1
