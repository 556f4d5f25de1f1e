"""Claims settled by a person: the refund, the parcel sent again, and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.adjustments import Adjustment
from aftersales.domain.cases import Case, CaseKind, CaseState
from aftersales.domain.changes import ChangeState
from aftersales.domain.claims import Decision
from aftersales.domain.errors import Conflict, Invalid, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.refunds import CauseKind, RefundState
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import Return, ReturnState
from aftersales.services.adjustments import grant_adjustment_again
from aftersales.services.claims import quote_claim, settle_claim
from aftersales.services.exchanges import ship_replacement
from aftersales.services.refunds import cancel_refund
from aftersales.services.return_confirmation import continue_requested
from tests.databases import DATABASES
from tests.goods import NUMBER, SHOES, SOCKS, Goods, open_goods, yuan
from tests.services.test_complaints import file, visit
from tests.services.test_refunds import run_out
from tests.unsent import NUMBER as UNSENT
from tests.unsent import add_unsent


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def claim(goods: Goods, kind: CaseKind = CaseKind.NOT_DELIVERED, **changes: Any) -> Case:
    wanted = {"kind": kind, "reason": "overdue", "order_number": NUMBER}
    return await file(goods, await visit(goods), **(wanted | changes))


async def settle(goods: Goods, case: Case, decision: Decision = Decision.REFUND, amount: str = "") -> Case:
    told: Money | None = yuan(amount) if amount else None
    return await settle_claim(
        goods.ctx, number=case.number, decision=decision, text="给您办好了", key="s", actor="agent:a", amount=told
    )


async def returns(goods: Goods) -> Sequence[Return]:
    async with goods.ctx.unit_of_work() as uow:
        return await uow.returns.of_order("o1")


async def adjustments(goods: Goods) -> Sequence[Adjustment]:
    async with goods.ctx.unit_of_work() as uow:
        return await uow.adjustments.of_order("o1")


async def reasons(goods: Goods) -> list[str]:
    return sorted(case.reason for case in await goods.cases())


async def test_a_parcel_that_never_came_is_refunded_once_and_its_goods_cannot_go_back(goods: Goods) -> None:
    await goods.arrived((SHOES, 2), key="before")
    await run_out(goods)
    case = await claim(goods)
    assert await quote_claim(goods.ctx, case) == yuan("2030.00")
    await asyncio.gather(*(settle(goods, case) for _ in range(3)), return_exceptions=True)
    settled = await settle(goods, case)
    assert (settled.state, settled.decision) == (CaseState.RESOLVED, "refund")
    [item] = [item for item in await returns(goods) if item.comment == case.number]
    assert (item.remedy, item.state, item.amount) == (Remedy.REFUND_ONLY, ReturnState.INSPECTED, yuan("2030.00"))
    assert {refund.state for refund in await goods.refunds(item)} == {RefundState.AWAITING_APPROVAL}
    assert await reasons(goods) == ["refund_approval"]  # above the automatic limit
    assert [line.returnable for line in (await goods.order()).lines] == [0, 0, 0]
    with pytest.raises(Conflict):
        await settle(goods, case, Decision.DECLINED)


async def test_only_the_parcel_of_the_claim_counts(goods: Goods) -> None:
    case = await claim(goods, facts={"tracking": "SF1"})
    assert await quote_claim(goods.ctx, case) == yuan("2288.00")


async def test_it_is_sent_again_out_of_reserved_stock(goods: Goods) -> None:
    before = await goods.stock(f"{SHOES}-v")
    case = await claim(goods)
    for _ in range(2):
        await settle(goods, case, Decision.RESEND)
    [item] = await returns(goods)
    assert (item.remedy, item.state, item.amount.minor) == (Remedy.EXCHANGE, ReturnState.REPLACING, 0)
    assert await goods.stock(f"{SHOES}-v") == before - 2
    await ship_replacement(goods.ctx, number=item.number, actor="agent:a")
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert (await goods.news())[-1] == "utter_exchanges_shipped"


async def test_what_is_sold_out_is_not_promised(goods: Goods) -> None:
    await goods.sell_out(f"{SHOES}-v")
    case = await claim(goods)
    with pytest.raises(Conflict, match="out_of_stock"):
        await settle(goods, case, Decision.RESEND)
    assert await returns(goods) == []
    assert (await settle(goods, case)).decision == "refund"


async def test_a_shop_that_cannot_be_reached_is_told_later(goods: Goods) -> None:
    goods.shop.before.append(Unavailable())
    await settle(goods, await claim(goods))
    [item] = await returns(goods)
    assert item.state is ReturnState.APPROVED
    goods.clock.advance(seconds=6)
    await continue_requested(goods.ctx)
    assert (await goods.item(item)).state is ReturnState.INSPECTED


async def test_goods_that_were_never_sent_are_cancelled_and_paid_back(goods: Goods) -> None:
    await add_unsent(goods)
    case = await claim(goods, reason="held_up", order_number=UNSENT)
    for _ in range(2):
        await settle(goods, case)
    async with goods.ctx.unit_of_work() as uow:
        [change] = await uow.changes.of_order("o9")
        [refund] = await uow.refunds.of_cause(change.id)
        [asked, *_] = await uow.journal.of("change", change.id)
    assert (change.state, change.amount, refund.amount) == (ChangeState.APPLIED, yuan("316.00"), yuan("316.00"))
    assert asked.actor == "agent:a"


async def test_a_person_may_name_the_amount(goods: Goods) -> None:
    case = await claim(goods)
    await settle(goods, case, amount="30.00")
    [item] = await adjustments(goods)
    assert (item.kind, item.amount, item.case_number) == (CauseKind.CLAIM, yuan("30.00"), case.number)
    await run_out(goods)
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}
    assert (await goods.news())[-1] == "utter_refunds_succeeded"
    [entry] = await goods.journal("adjustment", item.id)
    assert (entry.actor, entry.trigger, entry.detail["amount"]) == ("agent:a", "grant", "30.00")


async def test_never_more_than_was_paid(goods: Goods) -> None:
    case = await claim(goods, CaseKind.PAYMENT, reason="wrong_amount")
    with pytest.raises(Conflict, match="refundable"):
        await settle(goods, case, amount="2288.01")
    assert await adjustments(goods) == []
    assert [found.number for found in await goods.cases()] == [case.number]  # nothing of it was settled
    with pytest.raises(Invalid):
        await settle(goods, case)  # nothing was charged too much: a person names the amount


async def test_a_second_charge_is_paid_back(goods: Goods) -> None:
    await goods.charge_again("p-card")
    case = await claim(goods, CaseKind.PAYMENT, reason="charged_twice")
    assert await quote_claim(goods.ctx, case) == yuan("2188.00")
    await settle(goods, case)
    [item] = await adjustments(goods)
    assert item.amount == yuan("2188.00")


async def test_what_no_order_stands_for_is_done_by_a_person(goods: Goods) -> None:
    case = await claim(goods, CaseKind.PAYMENT, reason="not_shown", order_number=None)
    await settle(goods, case)
    assert await reasons(goods) == ["claim_refund"]


async def test_a_refund_of_a_claim_that_was_taken_back_is_granted_again(goods: Goods) -> None:
    await settle(goods, await claim(goods), amount="30.00")
    [item] = await adjustments(goods)
    async with goods.ctx.unit_of_work() as uow:
        [refund] = await uow.refunds.of_cause(item.id)
    await cancel_refund(goods.ctx, refund_id=refund.id, actor="agent:a")
    assert len(await grant_adjustment_again(goods.ctx, number=item.number, actor="agent:a")) == 1
    assert await grant_adjustment_again(goods.ctx, number=item.number, actor="agent:a") == []


async def test_what_is_on_its_way_back_is_not_refunded_as_lost_too(goods: Goods) -> None:
    await goods.ask((SOCKS, 1), key="back")
    case = await claim(goods)
    assert await quote_claim(goods.ctx, case) == yuan("2258.00")
