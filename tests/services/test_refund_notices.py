"""What a provider tells by itself, in any order and more than once, and what a jumping clock changes: nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from aftersales.domain.errors import NotFound, OutcomeUnknown
from aftersales.domain.money import Money
from aftersales.domain.orders import Payment
from aftersales.domain.refunds import Refund, RefundState
from aftersales.domain.returns import ReturnState
from aftersales.ports import ProviderRefund
from aftersales.services.refund_outcomes import note_provider_refund
from aftersales.services.refund_submission import mark_submitted, reconcile_due, submit_due
from aftersales.services.refunds import cancel_refund
from tests.crashes import Crash
from tests.databases import DATABASES
from tests.goods import SOCKS, Goods, open_goods, yuan
from tests.services.test_refunds import SUCCEEDED, only, run_out, work


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


def succeeded(refund: Refund, *, amount: Money | None = None, reference: str = "pr-1") -> ProviderRefund:
    return ProviderRefund(reference=reference, status="succeeded", amount=amount or refund.amount)


async def reasons(goods: Goods) -> list[str]:
    return sorted(case.reason for case in await goods.cases())


async def test_a_notice_before_the_answer_to_the_call_settles_once(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    refund = await only(goods, item)
    made: list[ProviderRefund] = []
    inner = goods.payments.refund

    async def notifying(payment: Payment, *, amount: Money, key: str, reason: str) -> ProviderRefund:
        answer = await inner(payment, amount=amount, key=key, reason=reason)
        notice = ProviderRefund(reference=answer.reference, status="succeeded", amount=amount)
        made.append(notice)
        await note_provider_refund(goods.ctx, key=key, told=notice)
        return answer

    goods.payments.refund = notifying  # type: ignore[method-assign]
    await submit_due(goods.ctx)
    assert (await only(goods, item)).state is RefundState.SUCCEEDED
    await asyncio.gather(*(note_provider_refund(goods.ctx, key=refund.id, told=made[0]) for _ in range(3)))
    await run_out(goods)
    assert (await goods.news()).count(SUCCEEDED) == 1
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert await reasons(goods) == []


async def test_a_late_notice_of_a_refund_that_was_not_found_keeps_it_from_being_sent_again(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.payments.before.append(OutcomeUnknown())
    await submit_due(goods.ctx)
    for seconds in (5, 61):
        goods.clock.advance(seconds=seconds)
        await reconcile_due(goods.ctx)
    refund = await only(goods, item)
    assert refund.state is RefundState.CREATED  # to be sent again
    await note_provider_refund(goods.ctx, key=refund.id, told=succeeded(refund))
    await submit_due(goods.ctx)
    assert len(goods.payments.calls) == 1
    assert (await only(goods, item)).state is RefundState.SUCCEEDED


async def test_a_notice_about_a_refund_that_was_cancelled_or_waits_goes_to_a_person(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    refund = await only(goods, item)
    await cancel_refund(goods.ctx, refund_id=refund.id, actor="agent:a1")
    for _ in range(2):
        await note_provider_refund(goods.ctx, key=refund.id, told=succeeded(refund))
    assert await reasons(goods) == ["refund_paid_after_all"]
    assert (await only(goods, item)).state is RefundState.CANCELLED


async def test_a_notice_of_failure_fails_a_submitted_refund_and_not_one_never_called(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    refund = await only(goods, item)
    failed = ProviderRefund(reference="pr-1", status="failed", amount=refund.amount, failure="closed")
    await note_provider_refund(goods.ctx, key=refund.id, told=failed)
    assert (await only(goods, item)).state is RefundState.CREATED
    await mark_submitted(goods.ctx, refund.id)
    await note_provider_refund(goods.ctx, key=refund.id, told=failed)
    assert (await only(goods, item)).failure == "closed"


async def test_a_notice_under_a_foreign_key_is_refused(goods: Goods) -> None:
    told = ProviderRefund(reference="pr-1", status="succeeded", amount=yuan("1.00"))
    with pytest.raises(NotFound):
        await note_provider_refund(goods.ctx, key="nobody's", told=told)


@pytest.mark.parametrize("amount", ["29.99", "30.01"])
async def test_another_amount_than_ours_is_never_taken_in(goods: Goods, amount: str) -> None:
    item = await goods.arrived((SOCKS, 1))
    refund = await only(goods, item)
    await mark_submitted(goods.ctx, refund.id)
    for _ in range(2):
        await note_provider_refund(goods.ctx, key=refund.id, told=succeeded(refund, amount=yuan(amount)))
    kept = await only(goods, item)
    assert (kept.state, kept.failure) == (RefundState.SUBMITTED, "refund_amount_differs")
    [case] = await goods.cases()
    assert case.reason == "refund_amount_differs"
    assert f"pr-1 {amount} CNY" in case.summary
    assert (await goods.item(item)).state is ReturnState.INSPECTED


async def test_a_refund_of_another_amount_is_not_sent_again_when_the_provider_has_none_later(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    refund = await only(goods, item)
    await mark_submitted(goods.ctx, refund.id)
    await note_provider_refund(goods.ctx, key=refund.id, told=succeeded(refund, amount=yuan("29.99")))
    await run_out(goods, rounds=8)
    assert goods.payments.calls == []
    assert (await only(goods, item)).state is RefundState.SUBMITTED
    assert await reasons(goods) == ["refund_amount_differs", "refund_missing"]


async def test_a_second_refund_under_one_key_goes_to_a_person(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    refund = await only(goods, item)
    await mark_submitted(goods.ctx, refund.id)
    for reference in ("pr-1", "pr-1", "pr-2"):
        await note_provider_refund(goods.ctx, key=refund.id, told=succeeded(refund, reference=reference))
    assert (await only(goods, item)).provider_reference == "pr-1"
    assert await reasons(goods) == ["refund_doubled"]


async def test_a_clock_put_forward_puts_no_second_call_beside_one_under_way(goods: Goods) -> None:
    await goods.arrived((SOCKS, 1))
    goods.payments.before.append(Crash())  # stands for a call of which nothing is known yet
    with pytest.raises(Crash):
        await submit_due(goods.ctx)
    await work(goods, seconds=timedelta(days=1).total_seconds())
    assert len(goods.payments.calls) == 1  # looked for, and to be looked for once more
    await work(goods, seconds=59)
    assert len(goods.payments.calls) == 1
    await work(goods, seconds=1)
    assert len(goods.payments.calls) == 2


async def test_a_clock_put_back_holds_no_refund_up(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    goods.payments.before.append(OutcomeUnknown())
    await submit_due(goods.ctx)
    await work(goods, seconds=-timedelta(days=1).total_seconds())
    await run_out(goods)
    assert (await only(goods, item)).state is RefundState.SUCCEEDED
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}
