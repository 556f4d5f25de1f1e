from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from aftersales.domain.errors import Conflict, OutcomeUnknown, ProviderRejected, Unavailable
from aftersales.domain.refunds import RESERVING, Refund, RefundState
from aftersales.domain.returns import Return, ReturnState
from aftersales.ports import ProviderRefund
from aftersales.services.approvals import approve_by_key
from aftersales.services.moves import WORKER
from aftersales.services.refund_outcomes import settle, take_in
from aftersales.services.refund_submission import (
    MAX_ATTEMPTS,
    mark_submitted,
    reconcile,
    reconcile_due,
    submit_due,
)
from aftersales.services.refunds import (
    cancel_refund,
    grant_again,
    grant_refund,
    read_funds,
)
from aftersales.services.returns import access_return, approve_return, receive_return
from tests.crashes import Crash
from tests.databases import DATABASES
from tests.goods import COAT, SHOES, SOCKS, Goods, open_goods, yuan

SUCCEEDED, TROUBLE = "utter_refunds_succeeded", "utter_refunds_trouble"


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def work(goods: Goods, *, seconds: float = 0) -> None:
    """What the worker would do after that time."""
    goods.clock.advance(seconds=seconds)
    await reconcile_due(goods.ctx)
    await submit_due(goods.ctx)


async def run_out(goods: Goods, *, rounds: int = 4) -> None:
    """Long enough for every pause and lease."""
    for _ in range(rounds):
        await work(goods, seconds=901)


async def only(goods: Goods, item: Return) -> Refund:
    [refund] = await goods.refunds(item)
    return refund


async def step_of(goods: Goods, item: Return) -> str:
    return (await access_return(goods.ctx, customer_id="c-lin", number=item.number)).next_step


async def test_a_refund_settles_and_closes_the_return(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    await work(goods)
    assert (await only(goods, item)).state is RefundState.SUBMITTED
    await work(goods, seconds=4)
    settled = await only(goods, item)
    assert settled.state is RefundState.SUCCEEDED
    assert settled.provider_reference is not None
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert await step_of(goods, item) == "done"
    assert await goods.news() == ["utter_returns_received", SUCCEEDED]
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}


async def test_a_refund_is_split_over_the_payments_in_their_order(goods: Goods) -> None:
    item = await goods.arrived((SHOES, 2))
    parts = {refund.payment_id: refund.amount for refund in await goods.refunds(item)}
    assert parts == {"p-gift": yuan("100.00"), "p-card": yuan("158.00")}
    await run_out(goods)
    assert await goods.paid_back() == {"p-gift": 10000, "p-card": 15800}
    assert (await goods.item(item)).state is ReturnState.CLOSED


async def test_a_return_closes_only_after_its_last_refund(goods: Goods) -> None:
    item = await goods.arrived((SHOES, 2))
    first, second = await goods.refunds(item)
    for refund in (first, second):
        await mark_submitted(goods.ctx, refund.id)
    await settle(goods.ctx, first.id, reference="r1")
    assert (await goods.item(item)).state is ReturnState.INSPECTED
    await settle(goods.ctx, second.id, reference="r2")
    assert (await goods.item(item)).state is ReturnState.CLOSED


async def test_two_refunds_of_one_order_use_what_is_left(goods: Goods) -> None:
    first = await goods.arrived((SHOES, 1), key="a")
    await run_out(goods)
    second = await goods.arrived((SHOES, 1), key="b")
    assert [(r.payment_id, r.amount) for r in await goods.refunds(second)] == [("p-card", yuan("129.00"))]
    await run_out(goods)
    assert await goods.paid_back() == {"p-gift": 10000, "p-card": 2900 + 12900}
    assert (await goods.item(first)).state is (await goods.item(second)).state is ReturnState.CLOSED


async def test_a_settled_refund_counts_once_against_what_is_left(goods: Goods) -> None:
    await goods.arrived((SOCKS, 1), key="a")
    await run_out(goods)
    second = await goods.arrived((SHOES, 1), key="b")
    parts = {refund.payment_id: refund.amount for refund in await goods.refunds(second)}
    assert parts == {"p-gift": yuan("70.00"), "p-card": yuan("59.00")}


async def test_a_refund_that_settles_between_reading_and_granting_is_still_counted(goods: Goods) -> None:
    funds = await read_funds(goods.ctx, "o1")  # nothing was refunded by then
    await goods.arrived((SHOES, 2), key="a")
    await run_out(goods)
    item = replace(await goods.ask((SOCKS, 1), key="b"), amount=yuan("2288.00"))
    async with goods.ctx.unit_of_work() as uow:
        granted = await grant_refund(goods.ctx, uow, cause=item.cause, funds=funds, by=WORKER)
    assert sum(refund.amount.minor for refund in granted) == 228800 - 25800


async def test_twenty_parallel_grants_never_exceed_what_was_captured(goods: Goods) -> None:
    template = await goods.ask((SOCKS, 1))
    funds = await read_funds(goods.ctx, "o1")
    items = [replace(template, id=f"r{n}", number=f"RT{n}", key=f"r{n}", amount=yuan("500.00")) for n in range(20)]

    async def grant(item: Return) -> Sequence[Refund]:
        async with goods.ctx.unit_of_work() as uow:
            await uow.returns.add(item)
            return await grant_refund(goods.ctx, uow, cause=item.cause, funds=funds, by=WORKER)

    await asyncio.gather(*(grant(item) for item in items))
    async with goods.ctx.unit_of_work() as uow:
        for payment in funds.order.payments:
            reserved = sum(
                refund.amount.minor
                for refund in await uow.refunds.of_payment(payment.id)
                if refund.state in RESERVING
            )
            assert reserved == payment.captured.minor


async def test_granting_twice_grants_once(goods: Goods) -> None:
    item = await goods.arrived((SHOES, 1))
    assert await grant_again(goods.ctx, number=item.number, actor="agent:a1") == []
    assert len(await goods.refunds(item)) == 2


async def test_above_the_automatic_limit_a_person_releases_the_refund(goods: Goods) -> None:
    item = await goods.ask((COAT, 1))
    await approve_return(goods.ctx, number=item.number, actor="agent:a1")
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    refunds = await goods.refunds(item)
    assert {refund.state for refund in refunds} == {RefundState.AWAITING_APPROVAL}
    assert await step_of(goods, item) == "refund_approval"
    await run_out(goods)
    assert await goods.paid_back() == {"p-gift": 0, "p-card": 0}

    for refund in refunds:
        assert [case.reason for case in await goods.cases()] == ["refund_approval"]
        await approve_by_key(goods.ctx, refund_id=refund.id, actor="agent:a2", channel="api")
    assert await goods.cases() == []
    with pytest.raises(Conflict):
        await approve_by_key(goods.ctx, refund_id=refunds[0].id, actor="agent:a2", channel="api")
    await run_out(goods)
    assert await goods.paid_back() == {"p-gift": 10000, "p-card": 190000}


async def test_where_the_payments_do_not_cover_it_a_person_decides(goods: Goods) -> None:
    await goods.book_refund_elsewhere("p-card", 218800)
    item = await goods.ask((SHOES, 1))
    assert item.needs_human
    await approve_return(goods.ctx, number=item.number, actor="agent:a1")
    await goods.book_refund_elsewhere("p-gift", 6000)
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    refund = await only(goods, item)
    assert (refund.amount, refund.state) == (yuan("40.00"), RefundState.AWAITING_APPROVAL)
    assert [case.reason for case in await goods.cases()] == ["refund_short"]


async def test_a_cancelled_refund_frees_the_payment_and_can_be_granted_again(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    await cancel_refund(goods.ctx, refund_id=(await only(goods, item)).id, actor="agent:a1")
    assert await step_of(goods, item) == "refund_trouble"
    [again] = await grant_again(goods.ctx, number=item.number, actor="agent:a1")
    assert again.key.endswith(":2")
    await run_out(goods)
    with pytest.raises(Conflict):
        await cancel_refund(goods.ctx, refund_id=again.id, actor="agent:a1")
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}


async def test_a_lost_answer_is_found_and_settled_once(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.payments.after.append(OutcomeUnknown())
    await work(goods)
    assert (await only(goods, item)).state is RefundState.UNKNOWN
    await work(goods, seconds=2)  # found, and pending
    assert (await only(goods, item)).state is RefundState.SUBMITTED
    await run_out(goods)
    assert (await only(goods, item)).state is RefundState.SUCCEEDED
    assert len(goods.payments.calls) == 1
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}
    assert (await goods.news()).count(SUCCEEDED) == 1


async def test_a_lost_request_is_sent_again_under_the_same_key(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.payments.before.append(OutcomeUnknown())
    await work(goods)
    await run_out(goods)
    refund = await only(goods, item)
    assert refund.state is RefundState.SUCCEEDED
    assert goods.payments.calls == [refund.id, refund.id]
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}


async def test_a_call_that_is_carried_out_after_it_was_cut_off_is_not_made_a_second_time(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.payments.before.append(OutcomeUnknown())
    await work(goods)
    await work(goods, seconds=5)
    assert len(goods.payments.calls) == 1  # nothing is found yet, which says little so soon
    await goods.payments.carry_out_late()
    await run_out(goods)
    assert len(goods.payments.calls) == 1
    assert (await only(goods, item)).state is RefundState.SUCCEEDED
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}


async def test_an_unavailable_provider_is_asked_again_after_a_pause(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.payments.before.extend([Unavailable(), Unavailable()])
    await work(goods)
    await work(goods, seconds=1)
    assert len(goods.payments.calls) == 1  # still pausing
    await work(goods, seconds=1)
    await work(goods, seconds=3)
    assert len(goods.payments.calls) == 2  # the pause has doubled
    await run_out(goods)
    refund = await only(goods, item)
    assert (refund.state, refund.attempts) == (RefundState.SUCCEEDED, 3)
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}


async def test_a_provider_that_cannot_even_be_asked_changes_nothing(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.payments.after.append(OutcomeUnknown())
    goods.payments.lookups.extend([Unavailable()] * 3)
    await work(goods)
    for _ in range(3):
        await work(goods, seconds=61)
        assert (await only(goods, item)).state is RefundState.UNKNOWN
    await run_out(goods)
    assert (await only(goods, item)).attempts == 1
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}


async def test_a_refund_is_given_up_after_many_attempts_and_a_person_told(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.payments.before.extend([Unavailable()] * 100)
    await run_out(goods, rounds=MAX_ATTEMPTS + 3)
    refund = await only(goods, item)
    assert (refund.state, refund.attempts) == (RefundState.FAILED, MAX_ATTEMPTS)
    assert [case.reason for case in await goods.cases()] == ["refund_failed"]
    assert await step_of(goods, item) == "refund_trouble"
    assert await goods.news() == ["utter_returns_received", TROUBLE]


async def test_a_refund_that_the_provider_rejects_fails_and_can_be_granted_again(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.payments.before.append(ProviderRejected("card_closed"))
    await work(goods)
    refund = await only(goods, item)
    assert (refund.state, refund.failure) == (RefundState.FAILED, "card_closed")
    assert await goods.news() == ["utter_returns_received", TROUBLE]
    [again] = await grant_again(goods.ctx, number=item.number, actor="agent:a1")
    await run_out(goods)
    assert again.id != refund.id
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}
    assert (await goods.item(item)).state is ReturnState.CLOSED


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_crash_around_the_call_pays_once(goods: Goods, moment: str) -> None:
    item = await goods.arrived((SOCKS, 1))
    getattr(goods.payments, moment).append(Crash())
    with pytest.raises(Crash):
        await submit_due(goods.ctx)
    assert (await only(goods, item)).state is RefundState.SUBMITTED
    await work(goods, seconds=30)
    assert len(goods.payments.calls) == 1  # nobody else touches it while a call could be under way
    await run_out(goods)
    assert (await only(goods, item)).state is RefundState.SUCCEEDED
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}
    assert (await goods.news()).count(SUCCEEDED) == 1


async def test_a_crash_after_the_mark_pays_once(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    refund = await only(goods, item)
    assert await mark_submitted(goods.ctx, refund.id) is not None
    await run_out(goods)
    assert (await only(goods, item)).state is RefundState.SUCCEEDED
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}


async def test_a_crash_while_looking_up_pays_once(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.payments.after.append(OutcomeUnknown())
    await work(goods)
    goods.payments.lookups.append(Crash())
    goods.clock.advance(seconds=5)
    with pytest.raises(Crash):
        await reconcile_due(goods.ctx)
    await run_out(goods)
    assert (await only(goods, item)).state is RefundState.SUCCEEDED
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}


async def test_four_workers_submit_a_refund_once(goods: Goods) -> None:
    item = await goods.arrived((SHOES, 2))
    await asyncio.gather(*(submit_due(goods.ctx) for _ in range(4)))
    assert len(goods.payments.calls) == 2
    goods.clock.advance(seconds=30)
    await asyncio.gather(*(reconcile_due(goods.ctx) for _ in range(4)))
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert await goods.news() == ["utter_returns_received", SUCCEEDED, SUCCEEDED]


async def test_news_of_a_settled_refund_may_come_twice(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    await work(goods)
    refund = await only(goods, item)
    reference = refund.provider_reference or ""
    told = ProviderRefund(reference=reference, status="succeeded", amount=refund.amount)
    for _ in range(2):
        await take_in(goods.ctx, refund.id, told)
    assert (await goods.news()).count(SUCCEEDED) == 1
    assert len(await goods.journal("refund", refund.id)) == 3


async def test_money_that_moved_after_all_goes_to_a_person(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.payments.before.append(ProviderRejected("no"))
    await work(goods)
    refund = await only(goods, item)
    await settle(goods.ctx, refund.id, reference="r")
    assert {case.reason for case in await goods.cases()} == {"refund_failed", "refund_paid_after_all"}
    assert (await only(goods, item)).state is RefundState.FAILED


async def test_a_refund_that_the_provider_knew_and_lost_is_never_sent_again(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    refund = await only(goods, item)
    await mark_submitted(goods.ctx, refund.id)
    told = ProviderRefund(reference="r", status="pending", amount=refund.amount)
    await take_in(goods.ctx, refund.id, told)
    goods.clock.advance(seconds=901)
    await reconcile(goods.ctx, refund.id)
    await run_out(goods)
    assert (await only(goods, item)).state is RefundState.SUBMITTED
    assert goods.payments.calls == []
    assert [case.reason for case in await goods.cases()] == ["refund_missing"]


async def test_one_refund_that_breaks_does_not_hold_up_the_others(goods: Goods) -> None:
    first = await goods.arrived((SOCKS, 1), key="a")
    goods.clock.advance(seconds=1)
    second = await goods.arrived((SHOES, 1), key="b")
    goods.payments.before.append(RuntimeError("a bug"))
    with pytest.raises(RuntimeError):
        await submit_due(goods.ctx)
    assert (await only(goods, first)).state is RefundState.SUBMITTED
    assert {r.state for r in await goods.refunds(second)} == {RefundState.SUBMITTED}
    await run_out(goods)
    assert (await goods.item(first)).state is (await goods.item(second)).state is ReturnState.CLOSED


async def test_every_step_of_a_refund_stands_in_the_journal(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.payments.before.append(OutcomeUnknown())
    await work(goods)
    await run_out(goods)
    entries = await goods.journal("refund", (await only(goods, item)).id)
    assert [(e.actor, e.channel, e.trigger, e.from_state, e.to_state) for e in entries] == [
        ("agent:a1", "api", "create", None, "created"),
        ("system", "worker", "submit", "created", "submitted"),
        ("system", "worker", "lose_answer", "submitted", "unknown"),
        ("system", "worker", "find_nothing", "unknown", "created"),
        ("system", "worker", "submit", "created", "submitted"),
        ("system", "worker", "settle", "submitted", "succeeded"),
    ]
    assert {entry.policy_version for entry in entries} == {goods.ctx.policy.version}


async def test_a_refund_that_the_shop_made_meanwhile_is_not_made_again(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    await goods.book_refund_elsewhere("p-gift", 8000)
    await work(goods)
    refund = await only(goods, item)
    assert refund.state is RefundState.AWAITING_APPROVAL
    assert goods.payments.calls == []
    assert [case.reason for case in await goods.cases()] == ["refund_short"]

    await approve_by_key(goods.ctx, refund_id=refund.id, actor="agent:a1", channel="api")
    assert await goods.cases() == []
    await run_out(goods)
    assert (await only(goods, item)).state is RefundState.AWAITING_APPROVAL
    assert [case.reason for case in await goods.cases()] == ["refund_short"]  # held once more, told once more

    await cancel_refund(goods.ctx, refund_id=refund.id, actor="agent:a1")
    assert await goods.cases() == []
    [*_, again] = await grant_again(goods.ctx, number=item.number, actor="agent:a1")
    await run_out(goods)
    assert set(goods.payments.calls) == {part.id for part in await goods.refunds(item)} - {refund.id}
    assert again.state is RefundState.CREATED
    assert await goods.paid_back() == {"p-gift": 10000, "p-card": 1000}
    assert (await goods.item(item)).state is ReturnState.CLOSED
