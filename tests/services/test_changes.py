from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aftersales.domain.changes import Change, ChangeState
from aftersales.domain.changes_quote import Obstacle
from aftersales.domain.errors import AftersalesError, Conflict, Invalid, NotFound, OutcomeUnknown, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.reasons import Reason
from aftersales.domain.refunds import CauseKind, RefundState
from aftersales.services.approvals import approve_by_key
from aftersales.services.change_views import latest_changes, list_changes, view_change
from aftersales.services.changes import Wish, find_change, request_change
from aftersales.services.changes_at_shop import continue_changes, grant_change_again
from aftersales.services.refund_submission import reconcile_due, submit_due
from aftersales.services.refunds import cancel_refund
from aftersales.services.returns import approve_return, receive_return, request_return
from tests.crashes import Crash
from tests.databases import DATABASES
from tests.goods import yuan
from tests.unsent import ADDRESS, CAP, ELSEWHERE, NUMBER, TEES, Unsent, cancel, move_to, open_unsent, variant

ALL = cancel(tees=3, cap=1)


@pytest.fixture(params=DATABASES)
async def unsent(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Unsent]:
    async with open_unsent(request.param, tmp_path) as opened:
        yield opened


async def run_out(unsent: Unsent, *, rounds: int = 4) -> None:
    """What the worker would do, long enough for every pause and lease."""
    for _ in range(rounds):
        unsent.goods.clock.advance(seconds=901)
        await continue_changes(unsent.goods.ctx)
        await reconcile_due(unsent.goods.ctx)
        await submit_due(unsent.goods.ctx)


async def paid_back(unsent: Unsent) -> int:
    return (await unsent.order()).payments[0].refunded.minor


async def step(unsent: Unsent, change: Change) -> str:
    return (await view_change(unsent.goods.ctx, await unsent.change(change))).step


# Cancelling


async def test_a_whole_order_is_cancelled_and_paid_back_with_its_postage(unsent: Unsent) -> None:
    quote = await unsent.quote(ALL)
    assert (quote.obstacle, quote.amount, quote.postage, quote.whole) == (None, yuan("316"), yuan("10"), True)
    change = await unsent.ask(ALL)
    assert change.state is ChangeState.APPLIED
    assert change.number.startswith("CH20261121")
    assert (await unsent.order()).status == "cancelled"
    assert await step(unsent, change) == "refund_underway"
    await run_out(unsent)
    assert await step(unsent, change) == "refunded"
    assert await paid_back(unsent) == 31600
    assert await unsent.goods.news() == ["utter_refunds_succeeded"]
    assert await unsent.stock("tee-blue-m") == 8


async def test_units_of_one_line_are_cancelled_and_the_order_goes_on(unsent: Unsent) -> None:
    change = await unsent.ask(cancel(tees=1))
    assert change.amount == yuan("79")
    order = await unsent.order()
    assert (order.line(TEES).unsent, order.line(CAP).unsent, order.status) == (2, 1, "paid")
    await run_out(unsent)
    assert await paid_back(unsent) == 7900
    assert (await unsent.order()).status == "paid"


async def test_with_the_last_units_the_postage_goes_back_too(unsent: Unsent) -> None:
    await unsent.ask(cancel(tees=3), key="a")
    last = await unsent.ask(cancel(cap=1), key="b")
    assert last.amount == yuan("79")  # 69 and the postage
    await run_out(unsent)
    assert await paid_back(unsent) == 31600
    assert (await unsent.order()).status == "cancelled"


async def test_an_unpaid_order_is_cancelled_without_a_refund(tmp_path: Path) -> None:
    async with open_unsent("sqlite", tmp_path, payments=[]) as unsent:
        change = await unsent.ask(ALL)
        assert (change.amount, change.state) == (yuan("0"), ChangeState.APPLIED)
        assert await step(unsent, change) == "done"
        assert await unsent.refunds(change) == []


async def test_what_was_sent_is_left_and_the_rest_is_cancelled_without_postage(unsent: Unsent) -> None:
    await unsent.send(TEES, 2)
    assert (await unsent.quote(cancel(tees=3))).obstacle is Obstacle.TOO_MANY
    quote = await unsent.quote(cancel(tees=1, cap=1))
    assert (quote.amount, quote.postage, quote.whole) == (yuan("148"), yuan("0"), True)
    await unsent.ask(cancel(tees=1, cap=1))
    assert (await unsent.order()).status == "delivered"


async def test_what_was_sent_or_cancelled_cannot_be_cancelled(unsent: Unsent) -> None:
    await unsent.send(CAP, 1)
    assert (await unsent.quote(cancel(cap=1))).obstacle is Obstacle.SENT
    await unsent.ask(cancel(tees=3))
    assert (await unsent.quote(cancel(tees=1))).obstacle is Obstacle.SENT
    with pytest.raises(Conflict):
        await unsent.ask(cancel(tees=1), key="k2")


async def test_a_cancelled_order_cannot_be_cancelled_once_more(unsent: Unsent) -> None:
    await unsent.ask(ALL)
    assert (await unsent.quote(ALL)).obstacle is Obstacle.CANCELLED
    assert (await unsent.quote(move_to())).obstacle is Obstacle.CANCELLED


async def test_the_same_key_again_is_the_same_change(unsent: Unsent) -> None:
    first = await unsent.ask(ALL)
    again = await unsent.ask(ALL, agreed=yuan("316"))
    assert again.id == first.id
    assert len(await unsent.all_refunds()) == 1
    with pytest.raises(Conflict, match="key_used"):
        await unsent.ask(cancel(tees=1), agreed=yuan("79"))
    assert await find_change(unsent.goods.ctx, key="k1", customer_id="c-lin") == again
    assert await find_change(unsent.goods.ctx, key="k1", customer_id="c-emma") is None


async def test_another_amount_than_agreed_is_not_filed(unsent: Unsent) -> None:
    with pytest.raises(Conflict, match="amount_changed"):
        await unsent.ask(ALL, agreed=yuan("300"))
    assert (await unsent.order()).status == "paid"


@pytest.mark.parametrize("customer", ["c-emma", None, "nobody"])
async def test_anothers_order_is_as_missing(unsent: Unsent, customer: str | None) -> None:
    with pytest.raises(NotFound) as foreign:
        await unsent.ask(ALL, customer_id=customer)
    with pytest.raises(NotFound) as missing:
        await unsent.ask(ALL, order_number="RD2026112099999")
    assert str(foreign.value) == str(missing.value)


async def test_nonsense_is_invalid_or_not_found(unsent: Unsent) -> None:
    for wish in (cancel(), cancel(tees=0), Wish(kind=cancel().kind)):
        with pytest.raises(Invalid):
            await unsent.quote(wish)
    for wish in (cancel(shoes=1), variant("none"), variant("blue-l", "l-none")):
        with pytest.raises(NotFound):
            await unsent.quote(wish)


async def test_a_refund_above_the_limit_waits_for_a_person(tmp_path: Path) -> None:
    dear = {
        "lines": [{"id": "l-tees", "variant_id": "tee-blue-m", "quantity": 3, "paid": "3000.00"}],
        "total": "3000.00",
        "shipping_paid": "0",
        "payments": [{"id": "p9", "provider": "card", "captured": "3000.00"}],
    }
    async with open_unsent("sqlite", tmp_path, **dear) as unsent:
        change = await unsent.ask(cancel(tees=3))
        [refund] = await unsent.refunds(change)
        assert (refund.state, refund.cause_kind) == (RefundState.AWAITING_APPROVAL, CauseKind.CHANGE)
        assert await step(unsent, change) == "refund_approval"
        [case] = await unsent.goods.cases()
        assert (case.reason, case.conversation_id) == ("refund_approval", "conv-1")
        await approve_by_key(unsent.goods.ctx, refund_id=refund.id, actor="agent:a1", channel="api")
        assert await unsent.goods.cases() == []
        await run_out(unsent)
        assert await step(unsent, change) == "refunded"


async def test_a_refund_that_was_cancelled_can_be_granted_again(unsent: Unsent) -> None:
    change = await unsent.ask(cancel(cap=1))
    [refund] = await unsent.refunds(change)
    await cancel_refund(unsent.goods.ctx, refund_id=refund.id, actor="agent:a1")
    assert await step(unsent, change) == "refund_trouble"
    [again] = await grant_change_again(unsent.goods.ctx, number=change.number, actor="agent:a1")
    assert again.key.endswith(":2")
    assert await grant_change_again(unsent.goods.ctx, number=change.number, actor="agent:a1") == []


async def test_made_to_order_goods_are_for_a_person(tmp_path: Path) -> None:
    lines = [
        {"id": TEES, "variant_id": "tee-blue-m", "quantity": 3, "paid": "237.00", "tags": ["made_to_order"]},
        {"id": CAP, "variant_id": "cap-1", "quantity": 1, "paid": "69.00"},
    ]
    async with open_unsent("sqlite", tmp_path, lines=lines) as unsent:
        assert (await unsent.quote(ALL)).obstacle is Obstacle.BY_PERSON
        assert (await unsent.quote(variant("red-m"))).obstacle is Obstacle.BY_PERSON
        assert (await unsent.quote(cancel(cap=1))).obstacle is None


# Variants and addresses


async def test_a_cheaper_variant_pays_the_difference_back(unsent: Unsent) -> None:
    change = await unsent.ask(variant("red-m"))
    assert (change.amount, change.state) == (yuan("60"), ChangeState.APPLIED)
    line = (await unsent.order()).line(TEES)
    assert (line.variant_id, line.options.zh, line.paid) == ("tee-red-m", "酒红 / M", yuan("177"))
    assert (await unsent.stock("tee-red-m"), await unsent.stock("tee-blue-m")) == (2, 8)
    await run_out(unsent)
    assert await paid_back(unsent) == 6000
    await unsent.ask(ALL, key="k2")
    await run_out(unsent)
    assert await paid_back(unsent) == 31600


async def test_a_variant_at_the_same_price_costs_nothing(unsent: Unsent) -> None:
    change = await unsent.ask(variant("blue-l"))
    assert (change.amount, await step(unsent, change)) == (yuan("0"), "done")


@pytest.mark.parametrize(
    ("name", "obstacle"),
    [("gold-m", Obstacle.DEARER), ("navy-m", Obstacle.OUT_OF_STOCK), ("blue-m", Obstacle.SAME)],
)
async def test_a_variant_that_the_shop_cannot_just_swap_is_said_so(
    unsent: Unsent, name: str, obstacle: Obstacle
) -> None:
    assert (await unsent.quote(variant(name))).obstacle is obstacle


async def test_a_line_that_was_sent_keeps_its_variant(unsent: Unsent) -> None:
    await unsent.send(TEES, 1)
    assert (await unsent.quote(variant("red-m"))).obstacle is Obstacle.BY_PERSON
    await unsent.send(TEES, 2)
    assert (await unsent.quote(variant("red-m"))).obstacle is Obstacle.SENT


async def test_an_address_is_changed_until_something_is_sent(unsent: Unsent) -> None:
    assert (await unsent.quote(move_to(ADDRESS))).obstacle is Obstacle.SAME
    change = await unsent.ask(move_to())
    assert (await unsent.order()).address == ELSEWHERE
    kept = await unsent.change(change)
    assert (kept.rewrite.before, kept.rewrite.after) == (ADDRESS, ELSEWHERE)
    await unsent.send(CAP, 1)
    assert (await unsent.quote(move_to(ADDRESS))).obstacle is Obstacle.SENT


async def test_no_address_stands_in_the_journal(unsent: Unsent) -> None:
    change = await unsent.ask(move_to())
    entries = await unsent.goods.journal("change", change.id)
    assert [(entry.trigger, entry.to_state, entry.detail) for entry in entries] == [
        ("request", "requested", {}),
        ("apply", "applied", {}),
    ]


# The shop away, answers lost, processes gone


async def test_a_shop_that_cannot_be_reached_is_asked_again_and_the_customer_told(unsent: Unsent) -> None:
    unsent.goods.shop.before.append(Unavailable())
    change = await unsent.ask(ALL)
    assert (change.state, await step(unsent, change)) == (ChangeState.REQUESTED, "waiting")
    with pytest.raises(Conflict, match="change_under_way"):
        await unsent.ask(cancel(cap=1), key="k2")
    await run_out(unsent)
    assert await step(unsent, change) == "refunded"
    assert await unsent.goods.news() == ["utter_orders_change_applied", "utter_refunds_succeeded"]


@pytest.mark.parametrize("error", [OutcomeUnknown(), Crash()])
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_lost_answer_and_a_crash_change_and_pay_once(
    unsent: Unsent, moment: str, error: BaseException
) -> None:
    getattr(unsent.goods.shop, moment).append(error)
    with contextlib.suppress(Crash):
        await unsent.ask(cancel(tees=2))
    await run_out(unsent)
    [change] = [view.change for view in await list_changes(unsent.goods.ctx, customer_id="c-lin")]
    assert change.state is ChangeState.APPLIED
    assert (await unsent.order()).line(TEES).cancelled == 2
    assert await paid_back(unsent) == 15800


async def test_a_shop_that_sends_meanwhile_rejects_and_nothing_is_paid(unsent: Unsent) -> None:
    unsent.goods.shop.before.append(Unavailable())
    change = await unsent.ask(ALL)
    await unsent.send(CAP, 1)
    await run_out(unsent)
    assert await step(unsent, change) == "rejected"
    assert (await unsent.change(change)).failure == "shop_conflict"
    assert (await unsent.order()).line(TEES).cancelled == 0
    assert await unsent.refunds(change) == []
    assert await unsent.goods.news() == ["utter_orders_change_rejected"]


async def test_a_shop_that_does_not_know_the_order_any_more_is_a_case(unsent: Unsent) -> None:
    unsent.goods.shop.before.append(NotFound())
    change = await unsent.ask(ALL)
    assert (change.state, await step(unsent, change)) == (ChangeState.FAILED, "failed")
    assert [case.reason for case in await unsent.goods.cases()] == ["change_failed"]


async def test_a_change_that_waits_for_an_hour_is_a_case_and_goes_on(unsent: Unsent) -> None:
    unsent.goods.shop.before.extend([Unavailable()] * 6)
    change = await unsent.ask(ALL)
    await run_out(unsent, rounds=5)
    assert [case.reason for case in await unsent.goods.cases()] == ["change_not_made"]
    await run_out(unsent)
    assert await step(unsent, change) == "refunded"


# At once


async def test_of_two_cancellations_at_once_one_is_made_and_paid(unsent: Unsent) -> None:
    async def ask(key: str) -> Change | AftersalesError:
        try:
            return await unsent.ask(ALL, key=key, agreed=yuan("316"))
        except AftersalesError as error:
            return error

    outcomes = await asyncio.gather(*(ask(f"k{n}") for n in range(5)))
    await run_out(unsent)
    made = [change for change in outcomes if isinstance(change, Change)]
    states = [(await unsent.change(change)).state for change in made]
    assert states.count(ChangeState.APPLIED) == 1
    assert await paid_back(unsent) == 31600
    assert len(await unsent.all_refunds()) == 1


async def test_cancelling_while_the_shop_sends_never_does_both(unsent: Unsent) -> None:
    async def send() -> None:
        await unsent.send(TEES, 3)

    async def ask() -> None:
        with contextlib.suppress(Conflict):
            await unsent.ask(cancel(tees=3), agreed=yuan("237"))

    await asyncio.gather(ask(), send())
    await run_out(unsent)
    line = (await unsent.order()).line(TEES)
    assert (line.fulfilled, line.cancelled) in {(3, 0), (0, 3)}
    assert await paid_back(unsent) == (23700 if line.cancelled else 0)


async def test_cancelling_and_returning_pay_no_more_than_was_paid(unsent: Unsent) -> None:
    await unsent.send(TEES, 2)
    ctx = unsent.goods.ctx

    async def give_back() -> None:
        item = await request_return(
            ctx,
            customer_id="c-lin",
            order_number=NUMBER,
            items=[(TEES, 2)],
            reason=Reason.DAMAGED,
            attachment_ids=[],
            channel="web",
            key="r",
        )
        await approve_return(ctx, number=item.number, actor="agent:a1")
        await receive_return(ctx, number=item.number, actor="agent:a1")

    await asyncio.gather(give_back(), unsent.ask(cancel(tees=1, cap=1)))
    await run_out(unsent)
    assert await paid_back(unsent) in {30600, 31600}  # the postage too when the return was of all that was left


async def test_cancelled_units_cannot_be_returned(unsent: Unsent) -> None:
    await unsent.ask(cancel(tees=2))
    await unsent.send(TEES, 1)
    line = (await unsent.order()).line(TEES)
    assert (line.returnable, line.unsent) == (1, 0)


async def test_the_desk_sees_the_newest_changes_of_all(unsent: Unsent) -> None:
    await unsent.ask(cancel(cap=1), key="a")
    unsent.goods.clock.advance(seconds=1)
    second = await unsent.ask(cancel(tees=1), key="b")
    newest, _ = await latest_changes(unsent.goods.ctx)
    assert newest.change.number == second.number
    assert await list_changes(unsent.goods.ctx, customer_id=None) == ()


async def test_a_key_is_needed(unsent: Unsent) -> None:
    with pytest.raises(Invalid):
        await request_change(
            unsent.goods.ctx,
            customer_id="c-lin",
            order_number=NUMBER,
            wish=ALL,
            agreed=Money(31600, "CNY"),
            channel="web",
            key="",
        )
