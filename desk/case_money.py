"""The money of a case's order at the desk: its refunds, and recording one that was paid by other means."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

from aftersales.domain.accounts import Account
from aftersales.domain.cases import Case
from aftersales.domain.refunds import Refund
from aftersales.services.agent_deeds import do_as
from aftersales.services.context import Context
from aftersales.services.manual_refunds import may_be_recorded, record_manual_refund
from aftersales.services.overview import refunds_of_order
from desk.decisions import NAME


async def money_of(ctx: Context, case: Case) -> Sequence[tuple[Refund, bool]]:
    """(refund of the case's order, whether a person may say that it was paid by other means), oldest first."""
    found = await refunds_of_order(ctx, order_number=case.order_number) if case.order_number else ()
    return [(refund, may_be_recorded(refund)) for refund in found]


def money_deed(ctx: Context, account: Account, decision: str, form: Mapping[str, str]) -> Awaitable[object] | None:
    """paid-by-hand; None for what is nothing of this."""
    refund_id, reference = form.get("refund_id", ""), form.get("reference", "")
    if decision == "paid-by-hand" and NAME.fullmatch(refund_id):
        return do_as(ctx, account, record_manual_refund, refund_id=refund_id, reference=reference)
    return None
