"""An order of which something was paid back in every way there is."""

from __future__ import annotations

from dataclasses import replace

from aftersales.domain.accounts import Role
from aftersales.domain.errors import ProviderRejected
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.refunds import Refund, RefundState
from aftersales.domain.returns import Return
from aftersales.services.accounts import add_account
from aftersales.services.approvals import approve, split
from aftersales.services.external_refunds import note_order_refunds
from aftersales.services.manual_refunds import record_manual_refund
from aftersales.services.moves import By
from aftersales.services.refund_submission import reconcile_due, submit_due
from aftersales.services.refunds import grant_again
from aftersales.services.returns import approve_return, receive_return
from tests.goods import COAT, SHOES, SOCKS, Goods, under, yuan


async def refund_in_every_way(goods: Goods) -> dict[str, Return]:
    """The order of tests.goods, of which p-gift was a coupon that is kept. Gives the returns by goods.

    A pair of shoes (129.00) was paid back. The shop paid back 50.00 by itself. The socks (30.00) failed and were
    then paid by hand, under the reference "=bank 4711". The coat (2000.00) waits for people but for 900.00, which
    "wei" split off and agreed to.
    """
    await goods.pay_with("p-gift", PaymentMethod.COUPON)
    policy = goods.ctx.policy
    kept = replace(policy, refunds=replace(policy.refunds, returns_coupons=False))
    goods = replace(goods, ctx=under(goods.ctx, policy=kept))
    shoes = await goods.arrived((SHOES, 1), key="shoes")
    await _run_out(goods)
    await goods.book_refund_elsewhere("p-card", 5000)
    await note_order_refunds(goods.ctx, "o1")
    goods.clock.advance(minutes=1)
    socks = await _pay_by_hand(goods)
    coat = await goods.ask((COAT, 1), key="coat")
    await approve_return(goods.ctx, number=coat.number, actor="agent:a1")
    await receive_return(goods.ctx, number=coat.number, actor="agent:a1")
    await _split(goods, coat)
    return {"shoes": shoes, "socks": socks, "coat": coat}


async def _pay_by_hand(goods: Goods) -> Return:
    item = await goods.arrived((SOCKS, 1), key="socks")
    for attempt in range(2):
        if attempt:
            await grant_again(goods.ctx, number=item.number, actor="agent:a1")
        goods.payments.before.append(ProviderRejected("too_old"))
        await submit_due(goods.ctx)
        goods.clock.advance(minutes=1)
    failed = [refund for refund in await goods.refunds(item) if refund.state is RefundState.FAILED]
    await record_manual_refund(goods.ctx, refund_id=failed[-1].id, reference="=bank 4711", actor="agent:a1")
    return item


async def _split(goods: Goods, item: Return) -> None:
    wei = await add_account(
        goods.ctx, name="wei", role=Role.SUPERVISOR, password="correct horse battery", by=By("system", "cli")
    )
    [waiting] = await _waiting(goods, item)
    part, _ = await split(goods.ctx, refund_id=waiting.id, account=wei, amount=yuan("900.00"), reason="half now")
    await approve(goods.ctx, refund_id=part.id, account=wei)


async def _waiting(goods: Goods, item: Return) -> list[Refund]:
    return [r for r in await goods.refunds(item) if r.state is RefundState.AWAITING_APPROVAL]


async def _run_out(goods: Goods) -> None:
    for _ in range(4):
        goods.clock.advance(seconds=901)
        await reconcile_due(goods.ctx)
        await submit_due(goods.ctx)
