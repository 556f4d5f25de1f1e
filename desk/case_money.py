"""The money of a case at the desk: refunds of its order, settling a claim, compensation, a price that fell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from aftersales.domain.accounts import Account
from aftersales.domain.cases import Case
from aftersales.domain.claims import Decision
from aftersales.domain.errors import AftersalesError, Conflict
from aftersales.domain.money import Money
from aftersales.domain.refunds import Refund
from aftersales.services.adjustments import grant_adjustment_again, still_owed
from aftersales.services.agent_deeds import do_as
from aftersales.services.claims import quote_claim, settle_claim
from aftersales.services.compensation import compensate, quote_compensation
from aftersales.services.context import Context
from aftersales.services.manual_approvals import record_by_person
from aftersales.services.manual_refunds import may_be_recorded
from aftersales.services.overview import case_with_talk, refunds_of_order
from aftersales.services.price_protection import quote_price_drops, refund_price_drops
from desk.decisions import NAME
from desk.forms import read_amount

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefund:
    """`may_record`: whether a person may record it as paid by other means.

    `owed` is what no refund covers of the claim, compensation or price difference that it is for: told at the
    latest refund of each, None at the others.
    """

    refund: Refund
    may_record: bool
    owed: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMoney:
    """`refunds` are those of the order, oldest first.

    `claim` is what refunding the claim comes to, `compensation` what may still be given, `price_drop` what is owed
    because prices fell; None where it is nothing, and where the shop cannot be asked just now.
    """

    refunds: Sequence[OrderRefund]
    claim: Money | None
    compensation: Money | None
    price_drop: Money | None


async def money_of(ctx: Context, case: Case) -> CaseMoney:
    found = await refunds_of_order(ctx, order_number=case.order_number) if case.order_number else ()
    return CaseMoney(
        refunds=await _with_what_is_owed(ctx, found),
        claim=await _asked(quote_claim, ctx, case),
        compensation=await _asked(quote_compensation, ctx, case),
        price_drop=await _asked(_price_drop, ctx, case),
    )


async def _with_what_is_owed(ctx: Context, refunds: Sequence[Refund]) -> Sequence[OrderRefund]:
    owed = await still_owed(ctx, order_id=refunds[0].order_id) if refunds else {}
    latest = {refund.cause_number: refund.id for refund in refunds}
    return [
        OrderRefund(
            refund=refund,
            may_record=may_be_recorded(refund),
            owed=owed.get(refund.cause_number) if latest[refund.cause_number] == refund.id else None,
        )
        for refund in refunds
    ]


def money_deed(
    ctx: Context, account: Account, number: str, decision: str, form: Mapping[str, str]
) -> Awaitable[object] | None:
    """paid-by-hand, settle, compensate, price-drop or grant-again; None for a form that asks for nothing known."""
    key, name = form.get("reply_id", ""), form.get("name", "")
    match decision:
        case "paid-by-hand" if NAME.fullmatch(name):
            reference = form.get("reference", "")
            return record_by_person(ctx, refund_id=name, account=account, reference=reference)
        case "grant-again" if NAME.fullmatch(name):
            return do_as(ctx, account, grant_adjustment_again, number=name)
        case "settle" if NAME.fullmatch(key) and form.get("decision") in set(Decision):
            return _settle(ctx, account, number, form)
        case "compensate" if NAME.fullmatch(key):
            return _compensate(ctx, account, number, form)
        case "price-drop":
            return _refund_price_drop(ctx, account, number, form)
    return None


async def _settle(ctx: Context, account: Account, number: str, form: Mapping[str, str]) -> object:
    told = form.get("amount", "")
    return await do_as(
        ctx,
        account,
        settle_claim,
        number=number,
        decision=Decision(form["decision"]),
        text=form.get("text", ""),
        key=form["reply_id"],
        amount=await _amount(ctx, number, told) if told else None,
    )


async def _compensate(ctx: Context, account: Account, number: str, form: Mapping[str, str]) -> object:
    return await do_as(
        ctx,
        account,
        compensate,
        number=number,
        amount=await _amount(ctx, number, form.get("amount", "")),
        text=form.get("text", ""),
        key=form["reply_id"],
    )


async def _refund_price_drop(ctx: Context, account: Account, number: str, form: Mapping[str, str]) -> object:
    agreed = await _amount(ctx, number, form.get("amount", ""))
    return await do_as(ctx, account, refund_price_drops, number=number, agreed=agreed)


async def _amount(ctx: Context, number: str, told: str) -> Money:
    """A sum in the currency of the case's order. Raises Invalid, Conflict (no order), NotFound, Unavailable."""
    case, _ = await case_with_talk(ctx, number=number)
    if case.order_number is None:
        raise Conflict("no order")
    return read_amount(told, (await ctx.shop.find_order(case.order_number)).currency)


async def _asked(quote: Callable[[Context, Case], Awaitable[T | None]], ctx: Context, case: Case) -> T | None:
    try:
        return await quote(ctx, case)
    except AftersalesError:
        return None


async def _price_drop(ctx: Context, case: Case) -> Money | None:
    drops = await quote_price_drops(ctx, case)
    return sum((drop.amount for drop in drops[1:]), drops[0].amount) if drops else None
