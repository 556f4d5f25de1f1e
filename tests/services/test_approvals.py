"""What people decide about refunds: how many agree, who may, and what becomes of the money."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from aftersales.domain.accounts import Account, Role
from aftersales.domain.approvals import Decided, NeedsAnother, OverLimit, Review
from aftersales.domain.errors import Conflict, Forbidden, Invalid, NotFound
from aftersales.domain.money import Money
from aftersales.domain.refunds import CauseKind, Refund, RefundState
from aftersales.domain.returns import Return, ReturnState
from aftersales.services.accounts import disable_account
from aftersales.services.approvals import approve, approve_by_key, lower, reject, split
from aftersales.services.conversations import history
from aftersales.services.external_refunds import read_funds
from aftersales.services.manual_approvals import record_by_key, record_by_person
from aftersales.services.moves import By
from aftersales.services.refund_reviews import RefundReview, review_of, weigh
from aftersales.services.refund_submission import reconcile_due, submit_due
from aftersales.services.refunds import cancel_refund, grant_again
from aftersales.services.returns import access_return, approve_return, receive_return
from aftersales.services.sessions import open_session
from aftersales.stores.schema.approvals import refund_reviews
from aftersales.stores.schema.returns import journal, refunds
from tests.databases import DATABASES
from tests.fakes import NOON
from tests.goods import COAT, Goods, open_goods, under, yuan

CLI = By("system", "cli")


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield with_rules(opened)


def with_rules(goods: Goods, **changes: Any) -> Goods:
    """Two people above 1500.00; the signs of the shipped policy."""
    policy = goods.ctx.policy
    rules = replace(policy.approvals, **({"second_person": {"CNY": yuan("1500.00")}} | changes))
    return replace(goods, ctx=under(goods.ctx, policy=replace(policy, approvals=rules)))


async def person(goods: Goods, name: str, role: Role = Role.FINANCE, **changes: Any) -> Account:
    account = Account(
        id=name,
        name=name,
        display_name=name,
        language="en",
        role=role,
        password_hash="",
        created_at=NOON,
        updated_at=NOON,
        **changes,
    )
    async with goods.ctx.unit_of_work() as uow:
        await uow.accounts.add(account)
    return account


async def coat(goods: Goods, **changes: Any) -> tuple[Return, Sequence[Refund]]:
    """A coat for 2000.00 came back: 100.00 wait out of the gift card and 1900.00 out of the card."""
    item = await goods.ask((COAT, 1), **changes)
    await approve_return(goods.ctx, number=item.number, actor="agent:a1")
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    return item, await goods.refunds(item)


async def big(goods: Goods, **changes: Any) -> tuple[Return, Refund]:
    """As coat; the refund of 1900.00."""
    item, refunds = await coat(goods, **changes)
    return item, next(refund for refund in refunds if refund.amount == yuan("1900.00"))


async def state(goods: Goods, refund: Refund) -> RefundState:
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        return (await uow.refunds.get(refund.id)).state


async def review(goods: Goods, refund: Refund) -> RefundReview:
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        return await review_of(goods.ctx, uow, await uow.refunds.get(refund.id))


async def amounts(goods: Goods, item: Return) -> dict[RefundState, list[int]]:
    """Minor units by state."""
    found: dict[RefundState, list[int]] = {}
    for refund in await goods.refunds(item):
        found.setdefault(refund.state, []).append(refund.amount.minor)
    return {state: sorted(minor) for state, minor in found.items()}


async def work(goods: Goods) -> None:
    for _ in range(3):
        await submit_due(goods.ctx)
        goods.clock.advance(seconds=30)
        await reconcile_due(goods.ctx)


async def test_below_the_second_threshold_one_person_is_enough(goods: Goods) -> None:
    goods = with_rules(goods, second_person={"CNY": yuan("2000.00")})
    _item, refund = await big(goods)
    released = await approve(goods.ctx, refund_id=refund.id, account=await person(goods, "wei"))
    assert released.state is RefundState.CREATED
    [*_, entry] = await goods.journal("refund", refund.id)
    assert (entry.actor, entry.trigger, entry.detail) == ("agent:wei", "approve", {"agreed": ["wei"]})


async def test_above_it_the_first_consent_is_kept_and_another_person_releases(goods: Goods) -> None:
    _item, refund = await big(goods)
    wei, lei = await person(goods, "wei"), await person(goods, "lei")
    assert (await approve(goods.ctx, refund_id=refund.id, account=wei)).state is RefundState.AWAITING_APPROVAL
    kept = await review(goods, refund)
    assert (kept.level, kept.agreed, kept.total) == (Review.TWO_PEOPLE, ("wei",), yuan("2000.00"))
    with pytest.raises(NeedsAnother):
        await approve(goods.ctx, refund_id=refund.id, account=wei)
    assert (await approve(goods.ctx, refund_id=refund.id, account=lei)).state is RefundState.CREATED
    steps = [(entry.actor, entry.trigger) for entry in await goods.journal("refund", refund.id)][-2:]
    assert steps == [("agent:wei", "consent"), ("agent:lei", "approve")]


async def test_parts_out_of_several_payments_count_together(goods: Goods) -> None:
    """The 100.00 out of the gift card are part of 2000.00, and need two people as well."""
    _, refunds = await coat(goods)
    small = next(refund for refund in refunds if refund.amount == yuan("100.00"))
    await approve(goods.ctx, refund_id=small.id, account=await person(goods, "wei"))
    assert await state(goods, small) is RefundState.AWAITING_APPROVAL


@pytest.mark.parametrize("needed", [1, 2])
async def test_of_twenty_at_once_as_many_count_as_are_needed(goods: Goods, needed: int) -> None:
    goods = with_rules(goods, second_person={"CNY": yuan("1500.00" if needed == 2 else "9000.00")})
    _, refund = await big(goods)
    people = [await person(goods, f"p{number}") for number in range(20)]
    outcomes = await asyncio.gather(
        *(approve(goods.ctx, refund_id=refund.id, account=account) for account in people), return_exceptions=True
    )
    late = [outcome for outcome in outcomes if isinstance(outcome, Decided)]
    assert len(late) == 20 - needed
    found = await review(goods, refund)
    assert len(found.agreed) == needed
    assert {error.last.account for error in late if error.last} == {found.agreed[-1]}
    triggers = [entry.trigger for entry in await goods.journal("refund", refund.id)]
    assert triggers == ["create", "hold", *["consent"] * (needed - 1), "approve"]


async def test_one_person_at_twenty_desks_counts_once(goods: Goods) -> None:
    _, refund = await big(goods)
    wei = await person(goods, "wei")
    doing = (approve(goods.ctx, refund_id=refund.id, account=wei) for _ in range(20))
    outcomes = await asyncio.gather(*doing, return_exceptions=True)
    assert sum(isinstance(outcome, NeedsAnother) for outcome in outcomes) == 19
    assert await state(goods, refund) is RefundState.AWAITING_APPROVAL


async def test_approving_and_rejecting_at_once_does_one_of_both(goods: Goods) -> None:
    goods = with_rules(goods, second_person=None)
    _, refund = await big(goods)
    wei, lei = await person(goods, "wei"), await person(goods, "lei")
    outcomes = await asyncio.gather(
        approve(goods.ctx, refund_id=refund.id, account=wei),
        reject(goods.ctx, refund_id=refund.id, account=lei, reason="no"),
        return_exceptions=True,
    )
    [lost] = [outcome for outcome in outcomes if isinstance(outcome, Decided)]
    assert lost.last is not None
    assert (lost.last.account, lost.last.step) in {("wei", "approve"), ("lei", "reject")}


@pytest.mark.parametrize(
    ("role", "limits", "may"),
    [
        (Role.AGENT, {}, False),  # 1999.99 by the role
        (Role.AGENT, {"CNY": yuan("2000.00")}, True),
        (Role.SUPERVISOR, {"CNY": yuan("1999.99")}, False),
        (Role.SUPERVISOR, {}, True),
        (Role.FINANCE, {}, True),
        (Role.ADMIN, {}, True),
        (Role.ADMIN, {"CNY": yuan("1999.99")}, False),
        (Role.AGENT, {"USD": Money(1, "USD")}, False),
    ],
)
async def test_nobody_agrees_above_their_limit(
    goods: Goods, role: Role, limits: dict[str, Money], may: bool
) -> None:
    goods = with_rules(
        goods, limits={Role.AGENT: {"CNY": yuan("1999.99")}, Role.SUPERVISOR: {"CNY": yuan("9999")}}
    )
    _, refund = await big(goods)
    account = await person(goods, "wei", role, limits=limits)
    if may:
        await approve(goods.ctx, refund_id=refund.id, account=account)
        assert (await review(goods, refund)).agreed == ("wei",)
        return
    with pytest.raises(OverLimit) as over:
        await approve(goods.ctx, refund_id=refund.id, account=account)
    assert over.value.limit.minor in {199_999}
    assert (await review(goods, refund)).agreed == ()


async def test_splitting_does_not_bring_a_refund_below_a_limit(goods: Goods) -> None:
    goods = with_rules(goods, limits={Role.AGENT: {"CNY": yuan("1000.00")}})
    _, refund = await big(goods)
    agent = await person(goods, "wei", Role.AGENT)
    parts = await split(goods.ctx, refund_id=refund.id, account=agent, amount=yuan("950.00"), reason="in two")
    for part in parts:
        assert (await review(goods, part)).level is Review.TWO_PEOPLE
        with pytest.raises(OverLimit):
            await approve(goods.ctx, refund_id=part.id, account=agent)


async def test_who_has_lost_the_right_meanwhile_decides_nothing(goods: Goods) -> None:
    _, refund = await big(goods)
    wei = await person(goods, "wei")
    await disable_account(goods.ctx, name="wei", by=CLI)
    for doing in (
        approve(goods.ctx, refund_id=refund.id, account=wei),
        lower(goods.ctx, refund_id=refund.id, account=wei, amount=yuan("1"), reason="x"),
        split(goods.ctx, refund_id=refund.id, account=wei, amount=yuan("1"), reason="x"),
        reject(goods.ctx, refund_id=refund.id, account=wei, reason="x"),
    ):
        with pytest.raises(Forbidden):
            await doing
    with pytest.raises(NotFound):
        await approve(goods.ctx, refund_id="none", account=await person(goods, "lei"))


async def test_who_raised_a_refund_is_never_the_only_one_to_agree(goods: Goods) -> None:
    goods = with_rules(goods, second_person=None)
    _, refund = await big(goods)
    wei, lei = await person(goods, "wei"), await person(goods, "lei")
    async with goods.engine.begin() as connection:
        await connection.execute(update(refund_reviews).values(raised_by=wei.actor))
    assert (await approve(goods.ctx, refund_id=refund.id, account=wei)).state is RefundState.AWAITING_APPROVAL
    with pytest.raises(NeedsAnother):
        await approve(goods.ctx, refund_id=refund.id, account=wei)
    assert (await approve(goods.ctx, refund_id=refund.id, account=lei)).state is RefundState.CREATED


@pytest.mark.parametrize(("limit", "released"), [(None, True), ("1999.99", True), ("2000.00", False)])
async def test_who_works_alone_releases_what_they_raised_themselves(
    goods: Goods, limit: str | None, released: bool
) -> None:
    """A colleague whose limit does not cover it is no second pair of eyes for it."""
    goods = with_rules(goods, second_person=None)
    _, refund = await big(goods)
    wei = await person(goods, "wei")
    if limit is not None:
        await person(goods, "lei", limits={"CNY": yuan(limit)})
    async with goods.engine.begin() as connection:
        await connection.execute(update(refund_reviews).values(raised_by=wei.actor))
    state = (await approve(goods.ctx, refund_id=refund.id, account=wei)).state
    assert state is (RefundState.CREATED if released else RefundState.AWAITING_APPROVAL)


async def test_who_works_alone_is_still_one_person_where_two_have_to_agree(goods: Goods) -> None:
    _, refund = await big(goods)
    wei = await person(goods, "wei")
    async with goods.engine.begin() as connection:
        await connection.execute(update(refund_reviews).values(raised_by=wei.actor))
    assert (await approve(goods.ctx, refund_id=refund.id, account=wei)).state is RefundState.AWAITING_APPROVAL


@pytest.mark.parametrize(
    ("kind", "actor", "raised_by"),
    [
        (CauseKind.RETURN, "agent:wei", ""),  # whoever received the goods that the customer sent back
        (CauseKind.COMPENSATION, "agent:wei", "agent:wei"),
        (CauseKind.CLAIM, "agent:wei", "agent:wei"),
        (CauseKind.CLAIM, "system", ""),
        (CauseKind.PRICE_PROTECTION, "customer:c-lin", ""),
    ],
)
async def test_what_nobody_sent_back_was_raised_by_whoever_has_it_paid(
    goods: Goods, kind: CauseKind, actor: str, raised_by: str
) -> None:
    item = await goods.ask((COAT, 1))
    cause = replace(item.cause, kind=kind)
    funds = await read_funds(goods.ctx, "o1")
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        _, grounds = await weigh(goods.ctx, uow, cause=cause, funds=funds, earlier=[], by=By(actor, "desk"))
    assert grounds.raised_by == raised_by


async def test_who_files_a_return_for_a_customer_raised_it_whoever_pays_it_again(goods: Goods) -> None:
    """As a person does who settles a claim with a refund."""
    item, _refund = await big(goods)
    async with goods.engine.begin() as connection:
        await connection.execute(
            update(journal)
            .where(journal.c.subject_id == item.id, journal.c.trigger == "request")
            .values(actor="agent:wei")
        )
        await connection.execute(delete(refund_reviews))
        await connection.execute(delete(refunds))
    granted = await grant_again(goods.ctx, number=item.number, actor="agent:lei")
    await cancel_refund(goods.ctx, refund_id=granted[0].id, actor="agent:lei")
    [again] = await grant_again(goods.ctx, number=item.number, actor="agent:lei")
    for each in (*granted, again):
        assert (await review(goods, each)).grounds.raised_by == "agent:wei"


async def test_lowering_pays_less_and_lets_the_rest_go(goods: Goods) -> None:
    item, refund = await big(goods)
    wei, lei = await person(goods, "wei"), await person(goods, "lei")
    await approve(goods.ctx, refund_id=refund.id, account=wei)
    lowered = await lower(goods.ctx, refund_id=refund.id, account=lei, amount=yuan("1300.00"), reason="worn")
    assert await amounts(goods, item) == {
        RefundState.CANCELLED: [190_000],
        RefundState.REJECTED: [60_000],
        RefundState.AWAITING_APPROVAL: [10_000, 130_000],
    }
    found = await review(goods, lowered)
    assert (found.agreed, found.total, found.level) == ((), yuan("1400.00"), Review.ONE_PERSON)
    with pytest.raises(Decided) as late:
        await approve(goods.ctx, refund_id=refund.id, account=wei)
    assert late.value.last is not None
    assert (late.value.last.account, late.value.last.step, late.value.last.reason) == ("lei", "lower", "worn")
    for waiting in await goods.refunds(item):
        if waiting.state is RefundState.AWAITING_APPROVAL:
            await approve(goods.ctx, refund_id=waiting.id, account=lei)
    assert await goods.cases() == []
    assert await grant_again(goods.ctx, number=item.number, actor="agent:a1") == []
    await work(goods)
    assert await goods.paid_back() == {"p-gift": 10_000, "p-card": 130_000}
    assert (await goods.item(item)).state is ReturnState.CLOSED
    view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
    assert (view.next_step, view.paid_back) == ("done", yuan("1400.00"))
    assert "utter_refunds_lowered" in await goods.news()


async def test_splitting_adds_up_and_each_part_goes_its_way(goods: Goods) -> None:
    _item, refund = await big(goods)
    wei, lei = await person(goods, "wei"), await person(goods, "lei")
    now, later = await split(
        goods.ctx, refund_id=refund.id, account=wei, amount=yuan("633.33"), reason="rest after inspection"
    )
    assert (now.amount + later.amount, now.payment_id, later.payment_id) == (refund.amount, "p-card", "p-card")
    for account in (wei, lei):
        await approve(goods.ctx, refund_id=now.id, account=account)
    assert await state(goods, now) is RefundState.CREATED
    assert await state(goods, later) is RefundState.AWAITING_APPROVAL
    assert [case.reason for case in await goods.cases()] == ["refund_approval"]
    await work(goods)
    assert await goods.paid_back() == {"p-gift": 0, "p-card": 63_333}
    assert "utter_refunds_lowered" not in await goods.news()


async def test_a_rejected_refund_is_told_and_not_owed_any_more(goods: Goods) -> None:
    _, talk = await open_session(goods.ctx, channel="web", language="zh", customer_id="c-lin")
    item, refunds = await coat(goods, conversation_id=talk.id)
    wei = await person(goods, "wei")
    for number, refund in enumerate(refunds):
        words = "外套有明显穿着痕迹。" if number == 0 else ""
        await reject(goods.ctx, refund_id=refund.id, account=wei, reason="INTERNAL: third time", words=words)
    assert (await goods.item(item)).state is ReturnState.CLOSED
    assert await goods.cases() == []
    assert (await goods.news()).count("utter_refunds_not_granted") == 2
    told, _ = await history(goods.ctx, conversation_id=talk.id, after=0)
    assert [message.text for message in told if message.author == "agent"] == ["外套有明显穿着痕迹。"]
    view = await access_return(goods.ctx, customer_id="c-lin", number=item.number)
    assert (view.next_step, view.paid_back) == ("rejected", yuan("0"))
    assert "INTERNAL" not in repr(view)
    with pytest.raises(Conflict):
        await grant_again(goods.ctx, number=item.number, actor="agent:a1")


@pytest.mark.parametrize("amount", ["0.00", "-1.00", "1900.00", "2000.00"])
async def test_only_a_part_can_be_lowered_to_or_split_off(goods: Goods, amount: str) -> None:
    _, refund = await big(goods)
    wei = await person(goods, "wei")
    for wrong in (yuan(amount), Money(100, "USD")):
        for deed in (lower, split):
            with pytest.raises(Invalid):
                await deed(goods.ctx, refund_id=refund.id, account=wei, amount=wrong, reason="x")
    assert await state(goods, refund) is RefundState.AWAITING_APPROVAL


@pytest.mark.parametrize("reason", ["", " \x00 ", "x" * 501])
async def test_a_reason_is_needed(goods: Goods, reason: str) -> None:
    _, refund = await big(goods)
    wei = await person(goods, "wei")
    for doing in (
        lower(goods.ctx, refund_id=refund.id, account=wei, amount=yuan("1"), reason=reason),
        split(goods.ctx, refund_id=refund.id, account=wei, amount=yuan("1"), reason=reason),
        reject(goods.ctx, refund_id=refund.id, account=wei, reason=reason),
    ):
        with pytest.raises(Invalid):
            await doing
    assert await state(goods, refund) is RefundState.AWAITING_APPROVAL


async def test_a_consent_holds_for_one_waiting_only(goods: Goods) -> None:
    """Released, held again because the shop had paid something back, it needs two people anew."""
    _item, refund = await big(goods)
    wei, lei = await person(goods, "wei"), await person(goods, "lei")
    for account in (wei, lei):
        await approve(goods.ctx, refund_id=refund.id, account=account)
    await goods.book_refund_elsewhere("p-card", 30_000)
    await submit_due(goods.ctx)
    assert await state(goods, refund) is RefundState.AWAITING_APPROVAL
    assert (await review(goods, refund)).agreed == ()
    await approve(goods.ctx, refund_id=refund.id, account=wei)
    assert await state(goods, refund) is RefundState.AWAITING_APPROVAL


async def test_the_key_of_the_shops_system_counts_as_one_person_and_never_as_two(goods: Goods) -> None:
    _, refund = await big(goods)
    with pytest.raises(Forbidden):
        await approve_by_key(goods.ctx, refund_id=refund.id, actor="agent:merchant", channel="api")
    goods = with_rules(goods, second_person=None)
    released = await approve_by_key(goods.ctx, refund_id=refund.id, actor="agent:merchant", channel="api")
    assert released.state is RefundState.CREATED
    assert (await review(goods, refund)).agreed == ("merchant",)


async def test_what_was_cancelled_may_be_granted_again_and_is_weighed_anew(goods: Goods) -> None:
    item, refund = await big(goods)
    await cancel_refund(goods.ctx, refund_id=refund.id, actor="agent:a1")
    [again] = await grant_again(goods.ctx, number=item.number, actor="agent:wei")
    assert again.state is RefundState.AWAITING_APPROVAL
    found = await review(goods, again)
    assert (found.level, found.total, found.grounds.raised_by) == (Review.TWO_PEOPLE, yuan("2000.00"), "")


async def test_who_records_a_payment_by_other_means_agrees_with_that(goods: Goods) -> None:
    _, refund = await big(goods)
    wei, lei = await person(goods, "wei"), await person(goods, "lei")
    agent = await person(goods, "agent", Role.AGENT)
    small = await person(goods, "small", limits={"CNY": yuan("10.00")})
    for account, error in ((agent, Forbidden), (small, OverLimit), (lei, NeedsAnother)):
        with pytest.raises(error):
            await record_by_person(goods.ctx, refund_id=refund.id, account=account, reference="bank 1")
    with pytest.raises(Forbidden):
        await record_by_key(
            goods.ctx, refund_id=refund.id, reference="bank 1", actor="agent:merchant", channel="api"
        )
    await approve(goods.ctx, refund_id=refund.id, account=wei)
    with pytest.raises(NeedsAnother):
        await record_by_person(goods.ctx, refund_id=refund.id, account=wei, reference="bank 1")
    paid = await record_by_person(goods.ctx, refund_id=refund.id, account=lei, reference="bank 1")
    assert (paid.state, paid.by_hand) == (RefundState.SUCCEEDED, True)
    [*_, entry] = await goods.journal("refund", refund.id)
    assert (entry.actor, entry.trigger) == ("agent:lei", "record")


async def test_rejecting_and_recording_at_once_does_one_of_both(goods: Goods) -> None:
    """Both take the lock of the return and of the refund, in the same order."""
    goods = with_rules(goods, second_person=None)
    _, refund = await big(goods)
    wei, lei = await person(goods, "wei"), await person(goods, "lei")
    outcomes = await asyncio.gather(
        record_by_person(goods.ctx, refund_id=refund.id, account=wei, reference="bank 1"),
        reject(goods.ctx, refund_id=refund.id, account=lei, reason="no"),
        return_exceptions=True,
    )
    assert sorted(isinstance(outcome, Conflict) for outcome in outcomes) == [False, True]
    assert await state(goods, refund) in {RefundState.SUCCEEDED, RefundState.REJECTED}
