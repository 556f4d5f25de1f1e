"""Refunds of which the provider tells something else than we asked: people decide, and nothing is paid twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from aftersales.domain.accounts import Account, Role
from aftersales.domain.approvals import Decided, NeedsAnother, OverLimit
from aftersales.domain.errors import AftersalesError, Conflict, Forbidden, Invalid, Unavailable
from aftersales.domain.refund_disputes import ToldAnew, is_disputed
from aftersales.domain.refunds import Refund, RefundState
from aftersales.domain.returns import Return, ReturnState
from aftersales.ports import ProviderRefund
from aftersales.services.external_refunds import note_order_refunds
from aftersales.services.manual_approvals import record_by_key, record_by_person
from aftersales.services.refund_disputes import accept_told, give_up, read_dispute
from aftersales.services.refund_outcomes import note_provider_refund
from aftersales.services.refund_submission import submit_due
from aftersales.services.refunds import grant_again
from aftersales.stores.schema.shop import shop_payment_refunds, shop_payments
from tests.databases import DATABASES
from tests.goods import SHOES, SOCKS, Goods, open_goods, yuan
from tests.services.test_approvals import person, with_rules
from tests.services.test_refund_notices import reasons
from tests.services.test_refunds import only, run_out, work

_LEDGER = shop_payment_refunds.c


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def retell(goods: Goods, **values: object) -> None:
    """The provider's ledger holds something else from now on; nothing, where nothing is given."""
    changed = update(shop_payment_refunds).values(**values) if values else delete(shop_payment_refunds)
    async with goods.engine.begin() as connection:
        await connection.execute(changed)
        under_way = select(func.coalesce(func.sum(_LEDGER.amount), 0)).where(
            _LEDGER.payment_id == shop_payments.c.id, _LEDGER.status == "pending"
        )
        await connection.execute(update(shop_payments).values(reserved=under_way.scalar_subquery()))


async def disputed(goods: Goods, minor: int = 2500) -> tuple[Return, Refund]:
    """Socks for 30.00 came back; the provider tells of a refund of another amount, and has paid it."""
    item = await goods.arrived((SOCKS, 1))
    await work(goods)
    await retell(goods, amount=minor)
    await work(goods, seconds=4)
    refund = await only(goods, item)
    assert is_disputed(refund)
    return item, refund


async def missing(goods: Goods) -> tuple[Return, Refund]:
    """The provider knew a refund of 30.00 and has it no longer."""
    item = await goods.arrived((SOCKS, 1))
    await work(goods)
    await retell(goods)
    await work(goods, seconds=4)
    refund = await only(goods, item)
    assert is_disputed(refund)
    return item, refund


async def accept(goods: Goods, refund: Refund, account: Account) -> Refund:
    return await accept_told(goods.ctx, refund_id=refund.id, account=account, reason="as their books say")


async def drop(goods: Goods, refund: Refund, account: Account) -> Refund:
    return await give_up(goods.ctx, refund_id=refund.id, account=account, reason="never paid")


async def record(goods: Goods, refund: Refund, account: Account) -> Refund:
    return await record_by_person(
        goods.ctx, refund_id=refund.id, account=account, reference=f"bank {account.name}"
    )


async def test_what_was_asked_and_what_the_provider_says_stand_side_by_side(goods: Goods) -> None:
    _, refund = await disputed(goods)
    dispute = await read_dispute(goods.ctx, refund)
    assert dispute is not None
    assert dispute.told == dispute.now
    assert dispute.says is not None
    assert (dispute.says.amount, dispute.says.status) == (yuan("25.00"), "succeeded")
    entry = (await goods.journal("refund", refund.id))[-1]
    assert (entry.trigger, entry.detail["amount"], entry.to_state) == ("contradict", "25.00", "submitted")
    goods.payments.lookups.append(Unavailable("planned"))
    silent = await read_dispute(goods.ctx, refund)
    assert silent is not None
    assert (silent.now, silent.says) == (None, dispute.told)


async def test_the_same_tale_is_kept_once(goods: Goods) -> None:
    _, refund = await disputed(goods)
    await run_out(goods, rounds=8)
    triggers = [entry.trigger for entry in await goods.journal("refund", refund.id)]
    assert triggers.count("contradict") == 1
    assert await reasons(goods) == ["refund_amount_differs"]


async def test_accepting_less_settles_that_much_and_owes_the_rest(goods: Goods) -> None:
    item, refund = await disputed(goods)
    await accept(goods, refund, await person(goods, "wei"))
    settled = await only(goods, item)
    assert (settled.state, settled.amount, settled.failure) == (RefundState.SUCCEEDED, yuan("25.00"), None)
    accepted = next(entry for entry in await goods.journal("refund", refund.id) if entry.trigger == "accept")
    assert accepted.actor == "agent:wei"
    assert accepted.detail == {"asked": "30.00", "accepted": "25.00", "reason": "as their books say"}
    assert (await goods.item(item)).state is ReturnState.INSPECTED
    assert await reasons(goods) == ["refund_rest"]
    assert (await goods.news())[-1] == "utter_refunds_succeeded"
    [rest] = await grant_again(goods.ctx, number=item.number, actor="agent:wei")
    assert rest.amount == yuan("5.00")
    await run_out(goods)
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert await goods.paid_back() == {"p-gift": 3000, "p-card": 0}


async def test_accepting_more_corrects_what_is_reserved_and_is_not_booked_again(goods: Goods) -> None:
    item, refund = await disputed(goods, 3500)
    await accept(goods, refund, await person(goods, "wei"))
    assert (await only(goods, item)).amount == yuan("35.00")
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert await reasons(goods) == []
    assert await note_order_refunds(goods.ctx, "o1") == ()
    second = await goods.arrived((SHOES, 1), key="b")
    assert {r.payment_id: r.amount for r in await goods.refunds(second)} == {
        "p-gift": yuan("65.00"),
        "p-card": yuan("64.00"),
    }


async def test_an_accepted_refund_that_is_still_under_way_is_waited_for(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    await work(goods)
    await retell(goods, amount=2500, settle_at=goods.clock.now().replace(year=2099))
    await work(goods, seconds=4)
    refund = await only(goods, item)
    await accept(goods, refund, await person(goods, "wei"))
    assert (await only(goods, item)).state is RefundState.SUBMITTED
    await retell(goods, settle_at=goods.clock.now())
    await work(goods, seconds=1)
    assert (await only(goods, item)).state is RefundState.SUCCEEDED
    assert len(goods.payments.calls) == 1


async def test_giving_up_frees_the_amount_and_what_is_granted_again_is_paid_once(goods: Goods) -> None:
    item, refund = await missing(goods)
    failed = await drop(goods, refund, await person(goods, "wei"))
    assert (failed.state, failed.failure) == (RefundState.FAILED, "given_up")
    assert await reasons(goods) == ["refund_failed"]
    assert (await goods.news())[-1] == "utter_refunds_trouble"
    entry = (await goods.journal("refund", refund.id))[-1]
    assert (entry.actor, entry.trigger, entry.detail["reason"]) == ("agent:wei", "give_up", "never paid")
    [again] = await grant_again(goods.ctx, number=item.number, actor="agent:wei")
    assert again.amount == yuan("30.00")
    await run_out(goods)
    assert len(goods.payments.calls) == 2


async def test_what_the_provider_pays_is_never_given_up_nor_paid_by_hand_in_full(goods: Goods) -> None:
    wei = await person(goods, "wei")
    _, refund = await disputed(goods, 3500)
    with pytest.raises(Conflict, match="paid by the provider"):
        await drop(goods, refund, wei)
    with pytest.raises(Conflict, match="paid by the provider"):
        await record(goods, refund, wei)


async def test_what_the_provider_lacks_cannot_be_accepted_but_paid_by_hand(goods: Goods) -> None:
    wei = await person(goods, "wei")
    item, refund = await missing(goods)
    with pytest.raises(Conflict):
        await accept(goods, refund, wei)
    assert (await record(goods, refund, wei)).by_hand
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert await reasons(goods) == []


async def test_another_currency_is_never_accepted(goods: Goods) -> None:
    _, refund = await disputed(goods)
    await retell(goods, currency="USD")
    wei = await person(goods, "wei")
    with pytest.raises(ToldAnew):
        await accept(goods, refund, wei)
    with pytest.raises(Conflict, match="nothing to accept"):
        await accept(goods, refund, wei)


async def test_nobody_decides_about_what_has_changed_or_cannot_be_asked(goods: Goods) -> None:
    item, refund = await disputed(goods)
    wei = await person(goods, "wei")
    for step in (accept, drop):
        goods.payments.lookups.append(Unavailable("planned"))
        with pytest.raises(Unavailable):
            await step(goods, refund, wei)
    await retell(goods, amount=2600)
    with pytest.raises(ToldAnew):
        await accept(goods, refund, wei)
    assert is_disputed(await only(goods, item))
    assert (await accept(goods, refund, wei)).amount == yuan("26.00")


async def test_a_provider_that_comes_to_agree_with_us_settles_without_a_decision(goods: Goods) -> None:
    item, refund = await disputed(goods)
    await retell(goods, amount=3000)
    with pytest.raises(ToldAnew):
        await accept(goods, refund, await person(goods, "wei"))
    await work(goods, seconds=3601)
    assert (await only(goods, item)).state is RefundState.SUCCEEDED


async def test_a_reason_the_right_and_the_limit_are_needed(goods: Goods) -> None:
    _, refund = await disputed(goods)
    wei = await person(goods, "wei")
    for reason in ("", "x" * 501):
        with pytest.raises(Invalid):
            await accept_told(goods.ctx, refund_id=refund.id, account=wei, reason=reason)
    small = await person(goods, "lei", Role.AGENT, limits={"CNY": yuan("24.99")})
    for step in (accept, record):
        with pytest.raises((OverLimit, Forbidden)):
            await step(goods, refund, small)


@pytest.mark.parametrize("step", [accept, drop, record])
async def test_above_the_second_threshold_two_people_agree_to_the_same_tale(goods: Goods, step: object) -> None:
    _, refund = await (missing(goods) if step is drop else disputed(goods))
    goods = with_rules(goods, second_person={"CNY": yuan("20.00")})
    wei, lei = await person(goods, "wei"), await person(goods, "lei")
    assert is_disputed(await step(goods, refund, wei))  # type: ignore[operator]
    with pytest.raises(NeedsAnother):
        await step(goods, refund, wei)  # type: ignore[operator]
    if step is accept:
        await retell(goods, amount=2600)
        with pytest.raises(ToldAnew):
            await accept(goods, refund, lei)
        assert is_disputed(await accept(goods, refund, lei))  # the consent of before was to another sum
        lei = wei
    assert not is_disputed(await step(goods, refund, lei))  # type: ignore[operator]


async def test_a_key_cannot_stand_for_two_people(goods: Goods) -> None:
    _, refund = await disputed(goods)
    goods = with_rules(goods, second_person={"CNY": yuan("20.00")})
    with pytest.raises(Forbidden):
        await record_by_key(goods.ctx, refund_id=refund.id, reference="bank", actor="system", channel="api")


async def test_of_many_who_decide_at_once_one_is_first(goods: Goods) -> None:
    item, refund = await disputed(goods)
    people = [await person(goods, f"p{number}") for number in range(8)]
    deciding = [(accept if number % 2 else record)(goods, refund, who) for number, who in enumerate(people)]
    outcomes = await asyncio.gather(*deciding, return_exceptions=True)
    assert sum(isinstance(outcome, Refund) for outcome in outcomes) == 1, outcomes
    assert all(isinstance(outcome, Refund | Decided | Conflict) for outcome in outcomes)
    triggers = [entry.trigger for entry in await goods.journal("refund", refund.id)]
    assert sum(trigger in {"accept", "record"} for trigger in triggers) == 1
    assert (await only(goods, item)).state is RefundState.SUCCEEDED


async def test_a_notice_after_the_decision_goes_to_a_person_unless_it_was_decided_about(goods: Goods) -> None:
    item, refund = await disputed(goods)
    await accept(goods, refund, await person(goods, "wei"))
    settled = await only(goods, item)
    reference = settled.provider_reference or ""
    same = ProviderRefund(reference=reference, status="succeeded", amount=yuan("25.00"))
    await note_provider_refund(goods.ctx, key=refund.id, told=same)
    assert await reasons(goods) == ["refund_rest"]
    other = ProviderRefund(reference=reference, status="succeeded", amount=yuan("30.00"))
    for _ in range(2):
        await note_provider_refund(goods.ctx, key=refund.id, told=other)
    assert await reasons(goods) == ["refund_amount_differs", "refund_rest"]
    assert (await only(goods, item)).amount == yuan("25.00")


@pytest.mark.parametrize("status", ["succeeded", "pending"])
@pytest.mark.parametrize("amount", ["30.00", "25.00"])
async def test_a_refund_that_is_paid_after_it_was_given_up_holds_the_one_in_its_place(
    goods: Goods, status: str, amount: str
) -> None:
    item, refund = await missing(goods)
    await drop(goods, refund, await person(goods, "wei"))
    [again] = await grant_again(goods.ctx, number=item.number, actor="agent:wei")
    late = ProviderRefund(
        reference=refund.provider_reference or "",
        status="pending" if status == "pending" else "succeeded",
        amount=yuan(amount),
    )
    await asyncio.gather(*(note_provider_refund(goods.ctx, key=refund.id, told=late) for _ in range(3)))
    held = next(found for found in await goods.refunds(item) if found.id == again.id)
    assert held.state is RefundState.AWAITING_APPROVAL
    calls = len(goods.payments.calls)
    await submit_due(goods.ctx)
    assert len(goods.payments.calls) == calls
    assert {"refund_paid_after_all", "refund_failed"} <= set(await reasons(goods))


async def test_a_failed_second_refund_under_our_key_does_not_fail_ours(goods: Goods) -> None:
    item = await goods.arrived((SOCKS, 1))
    await work(goods)
    refund = await only(goods, item)
    told = ProviderRefund(reference="another", status="failed", amount=refund.amount, failure="closed")
    await note_provider_refund(goods.ctx, key=refund.id, told=told)
    assert (await only(goods, item)).state is RefundState.SUBMITTED
    assert await reasons(goods) == ["refund_doubled"]


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_people_and_provider_do_in_any_order_nothing_is_paid_twice(goods: Goods, seed: int) -> None:
    """What the provider has paid and what was recorded by hand never come to more than is owed or was told."""
    chance = random.Random(seed)
    item, refund = await (missing(goods) if chance.random() < 0.5 else disputed(goods))
    people = [await person(goods, name) for name in ("wei", "lei")]
    reference = refund.provider_reference or ""

    async def one() -> None:
        step = chance.choice([accept, drop, record, None, None])
        if step is not None:
            await step(goods, refund, chance.choice(people))
        elif chance.random() < 0.5:
            told = ProviderRefund(reference=reference, status="succeeded", amount=yuan("25.00"))
            await note_provider_refund(goods.ctx, key=refund.id, told=told)
        else:
            await grant_again(goods.ctx, number=item.number, actor="agent:wei")

    for _ in range(3):
        done = await asyncio.gather(*(one() for _ in range(4)), return_exceptions=True)
        assert all(result is None or isinstance(result, AftersalesError) for result in done), done
        await work(goods, seconds=30)
    refunds = await goods.refunds(item)
    counted = sum(r.amount.minor for r in refunds if r.state not in {RefundState.FAILED, RefundState.CANCELLED})
    assert counted <= 3000
    assert len(goods.payments.calls) == len(set(goods.payments.calls))
    assert sum((await goods.paid_back()).values()) <= 3000
