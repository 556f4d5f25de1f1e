"""What the shop pays back without us: booked once, counted where it belongs, and never paid a second time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.domain.changes import ChangeState
from aftersales.domain.errors import Conflict, OutcomeUnknown, Unavailable
from aftersales.domain.refunds import CauseKind, Refund, RefundState
from aftersales.domain.returns import ReturnState
from aftersales.services.approvals import approve_by_key
from aftersales.services.changes_at_shop import continue_changes
from aftersales.services.external_refunds import look_for_external, note_order_refunds
from aftersales.services.refund_submission import mark_submitted
from aftersales.services.refunds import cancel_refund, grant_again
from aftersales.services.returns import receive_return
from aftersales.stores.embedded_payments import EmbeddedPayments
from tests.databases import DATABASES
from tests.goods import NUMBER, SHOES, SOCKS, Goods, open_goods, yuan
from tests.services.test_refunds import only, run_out, work
from tests.unsent import Unsent, add_unsent, cancel


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def external(goods: Goods) -> Sequence[Refund]:
    async with goods.ctx.unit_of_work() as uow:
        return [r for r in await uow.refunds.of_order(NUMBER) if r.state is RefundState.EXTERNAL]


async def reasons(goods: Goods) -> list[str]:
    return sorted(case.reason for case in await goods.cases())


async def test_it_is_booked_once_however_many_look(goods: Goods) -> None:
    await goods.book_refund_elsewhere("p-card", 5000)
    await asyncio.gather(*(note_order_refunds(goods.ctx, "o1") for _ in range(8)))
    [booked] = await external(goods)
    assert (booked.amount, booked.cause_kind, booked.payment_id) == (yuan("50.00"), CauseKind.SHOP, "p-card")
    assert [entry.to_state for entry in await goods.journal("refund", booked.id)] == ["external"]
    await goods.book_refund_elsewhere("p-card", 700)
    await note_order_refunds(goods.ctx, "o1")
    assert sorted(refund.amount.minor for refund in await external(goods)) == [700, 5000]
    assert await reasons(goods) == []  # nothing of ours is under way


async def test_our_own_refunds_are_not_taken_for_the_shop_s(goods: Goods) -> None:
    await goods.arrived((SHOES, 2))
    await work(goods)
    goods.clock.advance(seconds=4)
    await EmbeddedPayments(goods.engine, goods.clock, settle_after=timedelta(0)).settle_due()  # before we know
    await note_order_refunds(goods.ctx, "o1")
    await run_out(goods)
    await note_order_refunds(goods.ctx, "o1")
    assert await external(goods) == []


async def test_exactly_what_a_return_is_owed_settles_it_and_its_customer_is_told(goods: Goods) -> None:
    item = await goods.ask((SOCKS, 1))
    goods.clock.advance(seconds=1)
    await goods.book_refund_elsewhere("p-card", 3000)
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    [booked] = await goods.refunds(item)
    assert (booked.state, booked.cause_number) == (RefundState.EXTERNAL, item.number)
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert await goods.news() == ["utter_refunds_external", "utter_returns_received"]
    await run_out(goods)
    assert goods.payments.calls == []


async def test_the_worker_finds_what_settles_a_return_in_trouble(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    await cancel_refund(goods.ctx, refund_id=(await only(goods, item)).id, actor="agent:a1")
    goods.clock.advance(seconds=1)
    await goods.book_refund_elsewhere("p-gift", 3000)
    assert await look_for_external(goods.ctx) == 1
    assert (await goods.item(item)).state is ReturnState.CLOSED
    with pytest.raises(Conflict):
        await grant_again(goods.ctx, number=item.number, actor="agent:a1")


async def test_a_refund_that_was_granted_already_is_held_when_the_shop_pays_too(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.clock.advance(seconds=1)
    await goods.book_refund_elsewhere("p-card", 3000)
    await work(goods)
    held = await only(goods, item)
    assert held.state is RefundState.AWAITING_APPROVAL
    assert await reasons(goods) == ["refund_elsewhere"]
    assert goods.payments.calls == []
    goods.clock.advance(seconds=1)
    await approve_by_key(goods.ctx, refund_id=held.id, actor="agent:a1", channel="api")
    await run_out(goods)
    assert (await only(goods, item)).state is RefundState.SUCCEEDED
    assert await reasons(goods) == []


async def test_a_refund_at_the_provider_gets_a_case_when_the_shop_pays_too(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    await mark_submitted(goods.ctx, (await only(goods, item)).id)
    await goods.book_refund_elsewhere("p-card", 3000)
    for _ in range(2):
        await note_order_refunds(goods.ctx, "o1")
    assert await reasons(goods) == ["refund_elsewhere"]


async def test_another_sum_than_what_is_owed_makes_a_later_refund_wait_for_a_person(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1))
    goods.clock.advance(seconds=1)
    await goods.book_refund_elsewhere("p-card", 10000)
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    assert {refund.state for refund in await goods.refunds(item)} == {RefundState.AWAITING_APPROVAL}
    assert await reasons(goods) == ["refund_elsewhere"]


async def test_what_was_paid_back_before_a_return_was_asked_for_holds_nothing_up(goods: Goods) -> None:
    await goods.book_refund_elsewhere("p-card", 10000)
    goods.clock.advance(seconds=1)
    item = await goods.arrived((SHOES, 1))
    await run_out(goods)
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert await goods.paid_back() == {"p-gift": 10000, "p-card": 10000 + 2900}


async def test_it_settles_a_cancelled_order_too(goods: Goods) -> None:
    await add_unsent(goods)
    unsent = Unsent(goods)
    change = await unsent.ask(cancel(tees=3, cap=1))
    [refund] = await unsent.refunds(change)
    await cancel_refund(goods.ctx, refund_id=refund.id, actor="agent:a1")
    await goods.book_refund_elsewhere("p9", 31600)
    await note_order_refunds(goods.ctx, "o9")
    assert {found.state for found in await unsent.refunds(change)} == {RefundState.CANCELLED, RefundState.EXTERNAL}


# A shop that pays back by itself


async def test_what_the_shop_pays_back_while_it_cancels_an_order_is_of_that_cancellation(goods: Goods) -> None:
    await add_unsent(goods)
    unsent = Unsent(goods)
    goods.shop.after.append(OutcomeUnknown())
    change = await unsent.ask(cancel(tees=3, cap=1))
    assert change.state is ChangeState.REQUESTED  # the shop has cancelled it, and pays back: we do not know yet
    await goods.book_refund_elsewhere("p9", 31600)
    goods.clock.advance(seconds=6)
    await continue_changes(goods.ctx)
    assert (await unsent.change(change)).state is ChangeState.APPLIED
    [refund] = await unsent.refunds(change)
    assert (refund.state, refund.amount, refund.cause_kind) == (
        RefundState.EXTERNAL,
        yuan("316"),
        CauseKind.CHANGE,
    )
    await run_out(goods)
    assert (await unsent.order()).payments[0].refunded == yuan("316")
    assert goods.payments.calls == []
    assert [case.reason for case in await goods.cases()] == []
    assert "utter_refunds_external" in await goods.news()


async def test_a_cancellation_that_the_shop_has_not_made_takes_nothing_for_its_own(goods: Goods) -> None:
    await add_unsent(goods)
    unsent = Unsent(goods)
    goods.shop.before.append(Unavailable())
    change = await unsent.ask(cancel(tees=3, cap=1))
    await goods.book_refund_elsewhere("p9", 31600)
    await note_order_refunds(goods.ctx, "o9")
    assert await unsent.refunds(change) == []
