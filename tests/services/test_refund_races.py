"""Fifty who want one order's money at once, for every cause there is: exactly what was paid goes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from aftersales.domain.approvals import ApprovalRules
from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.claims import Decision
from aftersales.domain.errors import AftersalesError
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.refunds import RESERVING, Refund, RefundState
from aftersales.domain.returns import Return
from aftersales.domain.tender import TenderMode
from aftersales.services.approvals import approve_by_key
from aftersales.services.claims import settle_claim
from aftersales.services.compensation import compensate
from aftersales.services.external_refunds import note_order_refunds
from aftersales.services.manual_refunds import record_manual_refund
from aftersales.services.moves import WORKER
from aftersales.services.refund_submission import reconcile_due, submit_due
from aftersales.services.refunds import grant_refund, read_funds
from tests.databases import DATABASES
from tests.goods import NUMBER, SOCKS, Goods, open_goods, under, yuan
from tests.services.test_complaints import file, visit
from tests.services.test_split_tender import ruled

CAPTURED = {"p-gift": 10000, "p-card": 218800}


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def refunds(goods: Goods) -> Sequence[Refund]:
    async with goods.ctx.unit_of_work() as uow:
        return await uow.refunds.of_order(NUMBER, limit=1000)


async def reserved(goods: Goods) -> dict[str, int]:
    found = dict.fromkeys(CAPTURED, 0)
    for refund in await refunds(goods):
        if refund.state in RESERVING:
            found[refund.payment_id] += refund.amount.minor
    return found


def one_person_is_enough(goods: Goods) -> Goods:
    """For any amount, so that the shop's own system may release what waits."""
    policy = replace(goods.ctx.policy, approvals=ApprovalRules())
    return replace(goods, ctx=under(goods.ctx, policy=policy))


async def swallow(deed: Awaitable[object]) -> None:
    """What is refused is refused: only errors that the rims know may come of it."""
    try:
        await deed
    except AftersalesError:
        return


def by_return(goods: Goods, template: Return) -> Callable[[int], Awaitable[object]]:
    async def grant(number: int) -> None:
        item = replace(template, id=f"r{number}", number=f"RT{number}", key=f"r{number}", amount=yuan("150.00"))
        funds = await read_funds(goods.ctx, "o1")
        async with goods.ctx.unit_of_work() as uow:
            await uow.returns.add(item)
            await grant_refund(goods.ctx, uow, cause=item.cause, funds=funds, by=WORKER)

    return grant


def by_claim(goods: Goods, cases: Sequence[Case]) -> Callable[[int], Awaitable[object]]:
    def settle(number: int) -> Awaitable[object]:
        return settle_claim(
            goods.ctx,
            number=cases[number].number,
            decision=Decision.REFUND,
            text="退您",
            key=f"s{number}",
            actor="agent:a",
            amount=yuan("150.00"),
        )

    return settle


def by_compensation(goods: Goods, cases: Sequence[Case]) -> Callable[[int], Awaitable[object]]:
    def give(number: int) -> Awaitable[object]:
        return compensate(
            goods.ctx,
            number=cases[number].number,
            amount=yuan("49.99"),
            text="抱歉",
            key=f"c{number}",
            actor="agent:a",
        )

    return give


async def filed(goods: Goods, kind: CaseKind, count: int) -> list[Case]:
    reason = "quality" if kind is CaseKind.COMPLAINT else "overdue"
    return [
        await file(goods, await visit(goods), f"{kind}{n}", kind=kind, reason=reason, order_number=NUMBER)
        for n in range(count)
    ]


@pytest.mark.parametrize("mode", TenderMode)
async def test_fifty_at_once_get_exactly_what_was_paid(goods: Goods, mode: TenderMode) -> None:
    await goods.pay_with("p-gift", PaymentMethod.POINTS)
    goods = one_person_is_enough(ruled(goods, tender=mode))
    grant = by_return(goods, await goods.ask((SOCKS, 1)))
    settle = by_claim(goods, await filed(goods, CaseKind.NOT_DELIVERED, 15))
    give = by_compensation(goods, await filed(goods, CaseKind.COMPLAINT, 15))
    deeds = [grant(n) for n in range(20)] + [settle(n) for n in range(15)] + [give(n) for n in range(15)]
    await asyncio.gather(*(swallow(deed) for deed in deeds))
    assert await reserved(goods) == CAPTURED

    for refund in await refunds(goods):
        if refund.state is RefundState.AWAITING_APPROVAL:
            await approve_by_key(goods.ctx, refund_id=refund.id, actor="agent:a", channel="api")
    for _ in range(6):
        await asyncio.gather(submit_due(goods.ctx), submit_due(goods.ctx), reconcile_due(goods.ctx))
        goods.clock.advance(seconds=901)
    assert await goods.paid_back() == CAPTURED
    assert len(goods.payments.calls) == len(set(goods.payments.calls))


async def test_while_the_shop_and_people_pay_too_no_more_goes_out_than_was_paid(goods: Goods) -> None:
    await goods.pay_with("p-gift", PaymentMethod.CASH_ON_DELIVERY, by_itself=False)
    grant = by_return(goods, await goods.ask((SOCKS, 1)))

    async def pay_elsewhere() -> None:
        await goods.book_refund_elsewhere("p-card", 50000)
        await note_order_refunds(goods.ctx, "o1")

    async def record(refund: Refund) -> None:
        await record_manual_refund(goods.ctx, refund_id=refund.id, reference=refund.id, actor="agent:a1")

    async def record_all() -> None:
        for refund in await refunds(goods):
            await swallow(record(refund))

    await asyncio.gather(pay_elsewhere(), *(swallow(grant(n)) for n in range(20)))
    await asyncio.gather(record_all(), record_all(), submit_due(goods.ctx))
    for _ in range(4):
        await asyncio.gather(submit_due(goods.ctx), reconcile_due(goods.ctx), note_order_refunds(goods.ctx, "o1"))
        goods.clock.advance(seconds=901)
    held = await reserved(goods)
    assert all(held[payment_id] <= captured for payment_id, captured in CAPTURED.items())
    external = [refund.amount.minor for refund in await refunds(goods) if refund.state is RefundState.EXTERNAL]
    assert external == [50000]
