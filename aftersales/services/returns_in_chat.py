"""What an agent files for the customer whose chat they have: by the same rules, in the agent's own name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aftersales.domain.accounts import Account, Right
from aftersales.domain.errors import Forbidden, NotFound
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy import Quote
from aftersales.domain.policy_exceptions import Excepted
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Wish
from aftersales.domain.returns import Return
from aftersales.services.access import access_order
from aftersales.services.agent_deeds import CHANNEL
from aftersales.services.context import Context
from aftersales.services.handoff_access import check_holder
from aftersales.services.return_requests import quote_exception, quote_return, request_return
from aftersales.services.stand_ins import StandIn, exception_reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the customer wants: (line id, units) of an order of theirs, why, and which remedy."""

    order_number: str
    items: Sequence[tuple[str, int]]
    reason: Reason
    wish: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rules say, and what they would say by way of exception (None: not needed, or of no use)."""

    quote: Quote
    exception: Excepted | None


async def order_in_chat(ctx: Context, account: Account, *, conversation_id: str, number: str) -> Order:
    """An order of the customer of this agent's chat.

    Raises NotFound (order, chat, or a customer who has proven nothing), Forbidden, Taken, Conflict, Unavailable.
    """
    customer_id = await _customer_of(ctx, account, conversation_id)
    return await access_order(ctx, customer_id=customer_id, number=number)


async def quote_in_chat(ctx: Context, account: Account, *, conversation_id: str, asked: Asked) -> Verdict:
    """As the assistant would quote it. Raises as order_in_chat and as quote_return do."""
    order = await order_in_chat(ctx, account, conversation_id=conversation_id, number=asked.order_number)
    return await _quote(ctx, order, asked)


async def quote_for_customer(ctx: Context, *, customer_id: str | None, asked: Asked) -> Verdict:
    """The same, for whoever at the desk looks on. Raises NotFound, also for an order of another's, Unavailable."""
    order = await access_order(ctx, customer_id=customer_id, number=asked.order_number)
    return await _quote(ctx, order, asked)


async def _quote(ctx: Context, order: Order, asked: Asked) -> Verdict:
    quote = await quote_return(ctx, order=order, items=asked.items, reason=asked.reason, wish=asked.wish)
    if quote.decision.allowed:
        return Verdict(quote=quote, exception=None)
    excepted = await quote_exception(ctx, order=order, items=asked.items, reason=asked.reason, wish=asked.wish)
    return Verdict(quote=quote, exception=excepted)


def asked_before(about: Mapping[str, Any]) -> Asked | None:
    """What a hand-over's `about` says that the customer wants; None where that is not enough to ask the policy.

    What comes in an exchange is not among it, so that one is not asked about.
    """
    filled, lines = about.get("filled") or {}, about.get("lines") or ()
    try:
        reason = Reason(filled["returns_reason"])
        remedy = Remedy(filled.get("returns_remedy") or Remedy.RETURN)
        items = [(str(line), int(units)) for line, units in lines]
    except (KeyError, TypeError, ValueError):
        return None
    number = filled.get("returns_order")
    if not items or not number or remedy is Remedy.EXCHANGE:
        return None
    return Asked(order_number=number, items=items, reason=reason, wish=Wish(remedy=remedy))


async def file_in_chat(
    ctx: Context,
    account: Account,
    *,
    conversation_id: str,
    asked: Asked,
    key: str,
    agreed: Money,
    agreed_to_pay: Money | None = None,
    comment: str = "",
    exception: str | None = None,
) -> Return:
    """Files it for the customer, who is told in the chat; once per `key`, which is this chat's own.

    With an `exception`, a reason, closed windows of the shop count as met: who granted it, why, and which rules
    were waived stand in the return's journal. Raises as request_return, Forbidden, and Invalid("exception").
    """
    reason = "" if exception is None else exception_reason(exception)
    if exception is not None:
        account.check(Right.GRANT_EXCEPTIONS)
    customer_id = await _customer_of(ctx, account, conversation_id)
    return await request_return(
        ctx,
        customer_id=customer_id,
        order_number=asked.order_number,
        items=asked.items,
        reason=asked.reason,
        wish=asked.wish,
        comment=comment,
        conversation_id=conversation_id,
        channel=CHANNEL,
        key=f"desk:{conversation_id}:{key}",
        agreed=agreed,
        agreed_to_pay=agreed_to_pay,
        stand_in=StandIn(account=account, exception=reason),
    )


async def _customer_of(ctx: Context, account: Account, conversation_id: str) -> str:
    """Who has proven to be the customer of this agent's chat: never whom a form names."""
    async with ctx.unit_of_work(read_only=True) as uow:
        now = await uow.accounts.get(account.id)
        if not (now.may(Right.ANSWER_CASES) and now.may(Right.HANDLE_RETURNS)):
            raise Forbidden(Right.HANDLE_RETURNS.value)
        conversation = await uow.conversations.get(conversation_id)
        await check_holder(uow, now, conversation)
    if conversation.customer_id is None:
        raise NotFound("customer")
    return conversation.customer_id
