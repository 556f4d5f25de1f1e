"""What a person decides about a refund at the desk."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

from sanic import HTTPResponse, Request

from aftersales.domain.accounts import Account
from aftersales.domain.approvals import Decided
from aftersales.domain.errors import AftersalesError, Invalid
from aftersales.domain.refunds import Refund
from aftersales.services.agent_deeds import do_as
from aftersales.services.approvals import approve, lower, reject, split
from aftersales.services.context import Context
from aftersales.services.manual_approvals import record_by_person
from aftersales.services.refund_disputes import accept_told, give_up
from aftersales.services.refund_overview import find_refund
from aftersales.services.refunds import cancel_refund
from desk.application import back_to, desk_of
from desk.decisions import guard, problem_of
from desk.forms import read_amount, read_form
from desk.waking import wake_about


async def decide_refund(request: Request, refund_id: str, decision: str) -> HTTPResponse:
    """POST /desk/refunds/{id}/approve, lower, split, reject, take-back, accept, give-up or paid-by-hand.

    Leads to the refund that is left.
    """
    form = await read_form(request)
    guarded = guard(request, form, refund_id)
    if isinstance(guarded, HTTPResponse):
        return guarded
    desk = desk_of(request)
    try:
        left = await refund_deed(desk.context, guarded, refund_id, decision, form)
    except AftersalesError as error:
        return back_to(request, f"refunds/{refund_id}", problem=problem_of(error))
    await wake_about(desk, left)
    return back_to(request, f"refunds/{left.id}", done="1")


async def refund_deed(
    ctx: Context, account: Account, refund_id: str, decision: str, form: Mapping[str, str]
) -> Refund:
    """The refund that is left. The same button pressed twice is harmless.

    Raises Invalid for what no form of ours asks for, and what the services raise.
    """
    try:
        return await _decide(ctx, account, refund_id, decision, form)
    except Decided as error:
        if error.last is None or error.last.account != account.name:
            raise
        return (await find_refund(ctx, refund_id=refund_id)).refund


async def _decide(
    ctx: Context, account: Account, refund_id: str, decision: str, form: Mapping[str, str]
) -> Refund:
    reason, words = form.get("reason", ""), form.get("words", "")
    match decision:
        case "approve":
            return await approve(ctx, refund_id=refund_id, account=account)
        case "reject":
            return await reject(ctx, refund_id=refund_id, account=account, reason=reason, words=words)
        case "accept":
            return await accept_told(ctx, refund_id=refund_id, account=account, reason=reason)
        case "give-up":
            return await give_up(ctx, refund_id=refund_id, account=account, reason=reason)
        case "paid-by-hand":
            reference = form.get("reference", "")
            return await record_by_person(ctx, refund_id=refund_id, account=account, reference=reference)
        case "take-back":
            taken: Awaitable[Refund] = do_as(ctx, account, cancel_refund, refund_id=refund_id)
            return await taken
    waiting = (await find_refund(ctx, refund_id=refund_id)).refund
    amount = read_amount(form.get("amount", ""), waiting.amount.currency)
    match decision:
        case "lower":
            return await lower(
                ctx, refund_id=refund_id, account=account, amount=amount, reason=reason, words=words
            )
        case "split":
            one, _ = await split(ctx, refund_id=refund_id, account=account, amount=amount, reason=reason)
            return one
    raise Invalid("decision")
