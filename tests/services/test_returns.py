from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from aftersales.domain.errors import Conflict, Invalid, NotFound, OutcomeUnknown, Refused, Unavailable
from aftersales.domain.reasons import Reason
from aftersales.domain.returns import Return, ReturnState
from aftersales.services.moves import WORKER
from aftersales.services.return_confirmation import release_at_shop
from aftersales.services.return_receipt import accept_goods
from aftersales.services.returns import (
    access_return,
    approve_return,
    cancel_return,
    close_return,
    continue_received,
    continue_requested,
    find_filed,
    list_returns,
    quote_return,
    receive_return,
    reject_return,
    ship_return,
)
from tests.crashes import Crash
from tests.databases import DATABASES
from tests.goods import COAT, NUMBER, SHOES, SOCKS, Goods, open_goods, yuan


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def returnable(goods: Goods, line_id: str) -> int:
    return (await goods.order()).line(line_id).returnable


async def test_an_allowed_return_awaits_the_parcel_and_is_filed_at_the_shop(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1))
    assert item.state is ReturnState.AWAITING_PARCEL
    assert item.amount == yuan("129.00")
    assert item.shop_reference is not None
    assert item.number.startswith("RT20261121")
    assert await returnable(goods, SHOES) == 1


async def test_the_same_key_gives_the_same_return(goods: Goods) -> None:
    first = await goods.ask((SHOES, 1))
    again = await goods.ask((SHOES, 1))
    assert again.id == first.id
    assert await returnable(goods, SHOES) == 1


async def test_an_amount_that_is_not_the_agreed_one_any_more_files_nothing(goods: Goods) -> None:
    with pytest.raises(Conflict) as refused:
        await goods.ask((SHOES, 1), agreed=yuan("130.00"))
    assert refused.value.detail == "amount_changed"
    assert await list_returns(goods.ctx, customer_id="c-lin") == []
    assert (await goods.ask((SHOES, 1), agreed=yuan("129.00"))).amount == yuan("129.00")


@pytest.mark.parametrize("items", [[(SHOES, 2)], [(SOCKS, 1)], [(SHOES, 1), (SOCKS, 1)]], ids=repr)
async def test_a_key_that_was_used_for_other_goods_is_a_conflict(
    goods: Goods, items: list[tuple[str, int]]
) -> None:
    await goods.ask((SHOES, 1))
    with pytest.raises(Conflict) as refused:
        await goods.ask(*items)
    assert refused.value.detail == "key_used"


async def test_what_was_filed_is_found_by_its_key_for_its_customer_alone(goods: Goods) -> None:
    assert await find_filed(goods.ctx, key="k1", customer_id="c-lin") is None
    item = await goods.ask((SHOES, 1))
    assert await find_filed(goods.ctx, key="k1", customer_id="c-lin") == await goods.item(item)
    for customer_id in ("c-emma", None):
        assert await find_filed(goods.ctx, key="k1", customer_id=customer_id) is None


async def test_a_quote_waits_for_no_writer(goods: Goods) -> None:
    order = await goods.order()
    async with goods.ctx.unit_of_work() as uow, asyncio.timeout(5):
        await uow.returns.lock_order("o1")
        quote = await quote_return(goods.ctx, order=order, items=[(SHOES, 1)], reason=Reason.WRONG_SIZE)
    assert quote.decision.allowed


async def test_parallel_requests_with_one_key_give_one_return(goods: Goods) -> None:
    items = await asyncio.gather(*(goods.ask((SHOES, 2)) for _ in range(5)))
    assert len({item.id for item in items}) == 1


async def test_of_two_parallel_requests_for_the_last_unit_one_is_a_conflict(goods: Goods) -> None:
    both = await asyncio.gather(
        goods.ask((SOCKS, 1), key="a"), goods.ask((SOCKS, 1), key="b"), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in both) == ["Conflict", "Return"]
    assert len(await list_returns(goods.ctx, customer_id="c-lin")) == 1


async def test_units_of_a_return_that_waits_for_a_person_are_held(goods: Goods) -> None:
    await goods.ask((COAT, 1), key="a")
    assert await returnable(goods, COAT) == 1  # the shop is told after approval
    quote = await quote_return(goods.ctx, order=await goods.order(), items=[(COAT, 1)], reason=Reason.WRONG_SIZE)
    assert not quote.decision.allowed
    with pytest.raises(Conflict):
        await goods.ask((COAT, 1), key="b")


async def test_another_customers_order_is_not_found(goods: Goods) -> None:
    for customer_id in ("c-emma", None):
        with pytest.raises(NotFound):
            await goods.ask((SHOES, 1), customer_id=customer_id)


async def test_another_customers_return_is_not_found(goods: Goods) -> None:
    item = await goods.ask()
    for customer_id in ("c-emma", None):
        with pytest.raises(NotFound):
            await access_return(goods.ctx, customer_id=customer_id, number=item.number)
        with pytest.raises(NotFound):
            await cancel_return(
                goods.ctx, customer_id=customer_id, number=item.number, actor="customer:x", channel="web"
            )
        with pytest.raises(NotFound):
            await ship_return(goods.ctx, customer_id=customer_id, number=item.number, tracking_number="SF1")
    assert await list_returns(goods.ctx, customer_id="c-emma") == []
    assert await list_returns(goods.ctx, customer_id=None) == ()


async def test_a_refusal_carries_the_decision_and_writes_nothing(goods: Goods) -> None:
    goods.clock.advance(days=200)
    with pytest.raises(Refused) as caught:
        await goods.ask((SHOES, 1))
    assert caught.value.decision.failed
    assert await list_returns(goods.ctx, customer_id="c-lin") == []


@pytest.mark.parametrize("items", [[], [(SHOES, 0)], [(SHOES, -1)], [(f"l{i}", 1) for i in range(101)]], ids=repr)
async def test_senseless_items_are_invalid(goods: Goods, items: list[tuple[str, int]]) -> None:
    with pytest.raises(Invalid):
        await goods.ask(items=items)


async def test_a_line_of_another_order_is_not_found(goods: Goods) -> None:
    with pytest.raises(NotFound):
        await goods.ask(("l-of-somebody", 1))


async def test_an_attachment_of_another_conversation_is_not_found(goods: Goods) -> None:
    with pytest.raises(NotFound):
        await goods.ask(attachment_ids=["a" * 32])


async def test_a_key_of_another_customer_is_a_conflict(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1), key="mine")
    async with goods.ctx.unit_of_work() as uow:
        await uow.returns.add(replace(item, id="other", number="RT0", key="theirs", customer_id="c-emma"))
    with pytest.raises(Conflict):
        await goods.ask((SOCKS, 1), key="theirs")


async def test_a_comment_loses_control_characters_and_is_cut(goods: Goods) -> None:
    item = await goods.ask(comment="too\x00 small\x1b" + "x" * 2000)
    assert item.comment.startswith("too small")
    assert len(item.comment) == 1000


async def test_without_the_photo_that_is_asked_for_a_person_decides(goods: Goods) -> None:
    item = await goods.ask((SOCKS, 1), reason=Reason.DAMAGED)
    assert item.needs_human
    assert item.state is ReturnState.REQUESTED


async def test_a_costly_return_waits_for_a_person_and_then_goes_ahead(goods: Goods) -> None:
    item = await goods.ask((COAT, 1))
    assert item.state is ReturnState.REQUESTED
    [case] = await goods.cases()
    assert (case.reason, case.conversation_id) == ("return_approval", "conv-1")
    view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
    assert view.next_step == "wait_approval"
    assert await continue_requested(goods.ctx) == 0  # not the worker's to decide

    approved = await approve_return(goods.ctx, number=item.number, actor="agent:a1")
    assert approved.state is ReturnState.AWAITING_PARCEL
    assert await returnable(goods, COAT) == 0
    assert await goods.cases() == []
    assert await goods.news() == ["utter_returns_approved"]


async def test_an_approval_while_the_shop_is_down_is_carried_on_by_the_worker(goods: Goods) -> None:
    item = await goods.ask((COAT, 1))
    goods.shop.before.append(Unavailable())
    approved = await approve_return(goods.ctx, number=item.number, actor="agent:a1")
    assert approved.state is ReturnState.APPROVED
    goods.clock.advance(seconds=6)
    await continue_requested(goods.ctx)
    assert (await goods.item(item)).state is ReturnState.AWAITING_PARCEL
    assert await goods.news() == ["utter_returns_approved"]


async def test_a_rejected_return_frees_its_units_and_the_customer_is_told(goods: Goods) -> None:
    item = await goods.ask((COAT, 1))
    rejected = await reject_return(goods.ctx, number=item.number, actor="agent:a1", reason="worn")
    assert rejected.state is ReturnState.REJECTED
    assert await goods.cases() == []
    assert await goods.news() == ["utter_returns_rejected"]
    assert (await goods.journal("return", item.id))[-1].detail == {"reason": "worn"}
    assert (await goods.ask((COAT, 1), key="again")).state is ReturnState.REQUESTED
    with pytest.raises(Conflict):
        await approve_return(goods.ctx, number=item.number, actor="agent:a1")


@pytest.mark.parametrize("error", [Unavailable, OutcomeUnknown])
async def test_a_shop_that_does_not_answer_is_told_later_once(goods: Goods, error: type[Exception]) -> None:
    goods.shop.before.append(error())
    item = await goods.ask((SHOES, 1))
    assert item.state is ReturnState.REQUESTED
    assert await continue_requested(goods.ctx) == 0  # too soon
    goods.clock.advance(seconds=6)
    assert await continue_requested(goods.ctx) == 1
    assert (await goods.item(item)).state is ReturnState.AWAITING_PARCEL
    assert await returnable(goods, SHOES) == 1
    assert await continue_requested(goods.ctx) == 0


async def test_an_answer_of_the_shop_that_got_lost_marks_no_unit_twice(goods: Goods) -> None:
    goods.shop.after.append(OutcomeUnknown())
    item = await goods.ask((SHOES, 1))
    goods.clock.advance(seconds=6)
    await continue_requested(goods.ctx)
    assert (await goods.item(item)).state is ReturnState.AWAITING_PARCEL
    assert await returnable(goods, SHOES) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_crash_around_the_shops_call_loses_and_doubles_nothing(goods: Goods, moment: str) -> None:
    getattr(goods.shop, moment).append(Crash())
    with pytest.raises(Crash):
        await goods.ask((SHOES, 1))
    goods.clock.advance(seconds=6)
    await continue_requested(goods.ctx)
    [view] = await list_returns(goods.ctx, customer_id="c-lin")
    assert view.item.state is ReturnState.AWAITING_PARCEL
    assert (await goods.ask((SHOES, 1))).id == view.item.id
    assert await returnable(goods, SHOES) == 1


async def test_a_shop_that_says_no_rejects_the_return(goods: Goods) -> None:
    goods.shop.before.append(Conflict())
    item = await goods.ask((SHOES, 1))
    assert item.state is ReturnState.REJECTED
    assert (await goods.journal("return", item.id))[-1].detail == {"reason": "shop_conflict"}


async def test_a_cancelled_return_frees_its_units(goods: Goods) -> None:
    item = await goods.ask((SHOES, 2))
    cancelled = await cancel(goods, item)
    assert cancelled.state is ReturnState.CANCELLED
    assert await returnable(goods, SHOES) == 2
    assert (await cancel(goods, item)).state is ReturnState.CANCELLED
    assert (await goods.ask((SHOES, 2), key="again")).state is ReturnState.AWAITING_PARCEL


async def cancel(goods: Goods, item: Return) -> Return:
    return await cancel_return(
        goods.ctx, customer_id="c-lin", number=item.number.lower(), actor="customer:c-lin", channel="web"
    )


async def test_cancelling_after_the_parcel_was_sent_is_too_late(goods: Goods) -> None:
    item = await goods.ask()
    await ship_return(goods.ctx, customer_id="c-lin", number=item.number, tracking_number="SF1")
    with pytest.raises(Conflict):
        await cancel(goods, item)


async def test_cancelling_while_the_shop_is_down_is_made_good_later(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1))
    goods.shop.before.append(Unavailable())
    assert (await cancel(goods, item)).state is ReturnState.CANCELLED
    assert await returnable(goods, SHOES) == 1
    await release_at_shop(goods.ctx, item.id)
    await release_at_shop(goods.ctx, item.id)
    assert await returnable(goods, SHOES) == 2


async def test_a_cancelled_return_whose_filing_was_lost_is_released_too(goods: Goods) -> None:
    goods.shop.after.append(OutcomeUnknown())
    item = await goods.ask((SHOES, 1))
    assert await returnable(goods, SHOES) == 1
    await cancel(goods, item)
    assert await returnable(goods, SHOES) == 2


async def test_goods_that_the_shop_received_before_the_cancellation_go_to_a_person(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1))
    await goods.shop.receive_return(item.shop_reference or "")
    await cancel(goods, item)
    assert [case.reason for case in await goods.cases()] == ["return_received_after_all"]


async def test_a_sent_parcel_is_shown_with_its_tracking_number(goods: Goods) -> None:
    item = await goods.ask()
    for _ in range(2):
        sent = await ship_return(
            goods.ctx, customer_id="c-lin", number=item.number, tracking_number="SF123", carrier="SF"
        )
        assert sent.state is ReturnState.IN_TRANSIT
    view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
    assert view.next_step == "parcel_on_the_way"
    assert view.steps[-1].detail == {"carrier": "SF", "tracking_number": "SF123"}
    with pytest.raises(Conflict):
        await ship_return(goods.ctx, customer_id="c-lin", number=item.number, tracking_number="SF999")


@pytest.mark.parametrize("number", ["", "   ", "9" * 61])
async def test_a_senseless_tracking_number_is_invalid(goods: Goods, number: str) -> None:
    item = await goods.ask()
    with pytest.raises(Invalid):
        await ship_return(goods.ctx, customer_id="c-lin", number=item.number, tracking_number=number)


async def test_receipt_grants_the_refund_and_tells_the_customer(goods: Goods) -> None:
    item = await goods.arrived((SHOES, 1))
    assert item.state is ReturnState.INSPECTED
    parts = {refund.payment_id: refund.amount for refund in await goods.refunds(item)}
    assert parts == {"p-gift": yuan("100.00"), "p-card": yuan("29.00")}
    assert await goods.news() == ["utter_returns_received"]
    view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
    assert view.next_step == "refund_underway"
    assert view.refund_by == date(2026, 11, 21 + goods.ctx.policy.refund.days)
    assert (await goods.order()).line(SHOES).returned == 1


async def test_receiving_twice_is_harmless(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1))
    await asyncio.gather(*(receive_return(goods.ctx, number=item.number, actor="agent:a1") for _ in range(4)))
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    assert len(await goods.refunds(item)) == 2
    assert (await goods.order()).line(SHOES).returned == 1


async def test_a_return_that_nobody_approved_cannot_be_received(goods: Goods) -> None:
    item = await goods.ask((COAT, 1))
    with pytest.raises(Conflict):
        await receive_return(goods.ctx, number=item.number, actor="agent:a1")


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_crash_during_receipt_is_carried_on_by_the_worker(goods: Goods, moment: str) -> None:
    item = await goods.ask((SHOES, 1))
    getattr(goods.shop, moment).append(Crash())
    with pytest.raises(Crash):
        await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    assert (await goods.item(item)).state is ReturnState.RECEIVED
    goods.clock.advance(seconds=6)
    assert await continue_received(goods.ctx) == 1
    assert (await goods.item(item)).state is ReturnState.INSPECTED
    assert len(await goods.refunds(item)) == 2


async def test_goods_are_accepted_once_by_two_workers(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1))
    goods.shop.before.append(Unavailable())
    received = await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    assert received.state is ReturnState.RECEIVED
    await asyncio.gather(*(accept_goods(goods.ctx, received, by=WORKER) for _ in range(3)))
    assert len(await goods.refunds(item)) == 2


async def test_goods_that_the_shop_will_not_book_go_to_a_person(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1))
    await goods.shop.cancel_return(item.shop_reference or "")
    received = await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    assert received.state is ReturnState.RECEIVED
    assert [case.reason for case in await goods.cases()] == ["return_not_booked"]
    assert await goods.refunds(item) == []


async def test_a_return_cannot_be_closed_while_its_refund_is_under_way(goods: Goods) -> None:
    item = await goods.arrived((SHOES, 1))
    with pytest.raises(Conflict):
        await close_return(goods.ctx, number=item.number, actor="agent:a1")


async def test_every_step_stands_in_the_journal(goods: Goods) -> None:
    item = await goods.ask((SHOES, 1))
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    entries = await goods.journal("return", item.id)
    version = goods.ctx.policy.version
    assert [(e.actor, e.channel, e.trigger, e.from_state, e.to_state, e.policy_version) for e in entries] == [
        ("customer:c-lin", "web", "request", None, "requested", version),
        ("system", "web", "approve", "requested", "approved", version),
        ("customer:c-lin", "web", "instruct", "approved", "awaiting_parcel", version),
        ("agent:a1", "api", "receive", "awaiting_parcel", "received", version),
        ("agent:a1", "api", "inspect", "received", "inspected", version),
    ]


async def test_what_the_customer_sees_names_no_agent(goods: Goods) -> None:
    item = await goods.ask((COAT, 1))
    await reject_return(goods.ctx, number=item.number, actor="agent:a1", reason="looks worn")
    view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
    assert [step.by for step in view.steps] == ["customer", "agent"]
    assert all(step.detail == {} for step in view.steps)


async def test_an_order_number_is_found_however_it_is_typed(goods: Goods) -> None:
    assert (await goods.ask(order_number=f" #{NUMBER.lower()}")).order_number == NUMBER
