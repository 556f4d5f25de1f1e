"""Money owed back without goods coming back: written with its refunds in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aftersales.domain.adjustments import Adjustment
from aftersales.domain.cases import Case
from aftersales.domain.errors import Conflict
from aftersales.domain.ids import new_id
from aftersales.domain.journal import Entry
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.refunds import RESERVING, CauseKind, Refund, uncovered
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.external_refunds import read_funds
from aftersales.services.moves import By
from aftersales.services.numbers import add_numbered
from aftersales.services.refund_sources import Funds, free_of, lock_payments, sum_of
from aftersales.services.refunds import grant_refund


async def grant_adjustment(
    ctx: Context,
    uow: UnitOfWork,
    *,
    kind: CauseKind,
    case: Case | None,
    amount: Money,
    funds: Funds,
    key: str,
    by: By,
    line: tuple[str, int] | None = None,
    conversation_id: str | None = None,
) -> Adjustment:
    """Writes that the amount is owed, and grants its refunds; the same key again gives the same one.

    For a case, or asked for by the customer in `conversation_id`. The caller holds the order's lock and the
    case's. `line` is (line id, units) of a price that fell, which goes by the rules of the day of purchase. Raises
    Conflict("refundable") when the order's payments do not cover the amount: nothing is written then.
    """
    known = await uow.adjustments.by_key(key)
    if known is not None:
        return known
    await lock_payments(uow, funds.order.payments)
    free = [await free_of(uow, payment, funds=funds) for payment in funds.order.payments]
    if sum(part.minor for part in free) < amount.minor:
        raise Conflict("refundable")
    draft = _draft(ctx, kind, case, amount, funds.order, key=key, line=line)
    if case is None:
        draft = replace(draft, conversation_id=conversation_id)
    item = await _add(ctx, uow, draft, by=by)
    await grant_refund(ctx, uow, cause=item.cause, funds=funds, by=by)
    return item


async def grant_adjustment_again(
    ctx: Context, *, number: str, actor: str, channel: str = "desk"
) -> Sequence[Refund]:
    """A person's new attempt for what no refund covers: one failed, was cancelled, or paid less than was asked.

    Grants nothing when all of it is covered. Raises NotFound, Unavailable.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        seen = await uow.adjustments.by_number(number)
    funds = await read_funds(ctx, seen.order_id)
    async with ctx.unit_of_work() as uow:
        item = await uow.adjustments.lock(seen.id)
        return await grant_refund(ctx, uow, cause=item.cause, funds=funds, by=By(actor, channel))


async def still_owed(ctx: Context, *, order_id: str) -> Mapping[str, Money]:
    """What of the order's adjustments no refund covers, by their number; those that are covered are left out."""
    found = {}
    async with ctx.unit_of_work(read_only=True) as uow:
        for item in await uow.adjustments.of_order(order_id):
            missing = uncovered(item.amount, await uow.refunds.of_cause(item.id))
            if missing.minor > 0:
                found[item.number] = missing
    return found


async def granted_for(
    uow: UnitOfWork, order_id: str, *, kind: CauseKind, currency: str
) -> list[tuple[str, Money]]:
    """(case number, what is paid or will be) of the order's adjustments of a kind."""
    found = []
    for item in await uow.adjustments.of_order(order_id):
        if item.kind is kind:
            live = [refund for refund in await uow.refunds.of_cause(item.id) if refund.state in RESERVING]
            found.append((item.case_number or "", sum_of(live, currency)))
    return found


def _draft(
    ctx: Context,
    kind: CauseKind,
    case: Case | None,
    amount: Money,
    order: Order,
    *,
    key: str,
    line: tuple[str, int] | None,
) -> Adjustment:
    line_id, quantity = line or (None, 0)
    return Adjustment(
        id=new_id(),
        number="",
        key=key,
        kind=kind,
        order_id=order.id,
        order_number=order.number,
        customer_id=order.customer.id,
        conversation_id=case.conversation_id or None if case else None,
        case_number=case.number if case else None,
        line_id=line_id,
        quantity=quantity,
        amount=amount,
        policy_version=(ctx.policy_for(order) if line else ctx.policy).version,
        created_at=ctx.clock.now(),
    )


async def _add(ctx: Context, uow: UnitOfWork, draft: Adjustment, *, by: By) -> Adjustment:
    item = await add_numbered(uow.adjustments, draft, prefix="AD", day=ctx.today())
    await uow.journal.add(_entry(item, by=by))
    return item


def _entry(item: Adjustment, *, by: By) -> Entry:
    return Entry(
        subject="adjustment",
        subject_id=item.id,
        actor=by.actor,
        channel=by.channel,
        trigger="grant",
        from_state=None,
        to_state="granted",
        at=item.created_at,
        policy_version=item.policy_version,
        detail={
            "kind": item.kind.value,
            "amount": item.amount.decimal(),
            "currency": item.amount.currency,
            "case": item.case_number,
        },
    )
