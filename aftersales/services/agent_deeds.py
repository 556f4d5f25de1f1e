"""What the people at the desk do, each with the right that it takes: what is not listed here, nobody may do.

Decisions about refunds ask for their right themselves (services.approvals and manual_approvals).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from aftersales.domain.accounts import Account, Right
from aftersales.domain.errors import Forbidden
from aftersales.services.adjustments import grant_adjustment_again
from aftersales.services.case_desk import assign_case, write_about_case
from aftersales.services.case_sorting import merge_cases, reclassify_case
from aftersales.services.cases import close_case
from aftersales.services.changes_at_shop import grant_change_again
from aftersales.services.claims import settle_claim
from aftersales.services.compensation import compensate
from aftersales.services.context import Context
from aftersales.services.exchanges import note_difference_paid, ship_replacement
from aftersales.services.price_protection import refund_price_drops
from aftersales.services.refunds import cancel_refund, grant_again
from aftersales.services.returns import approve_return, close_return, receive_return, reject_return

Result = TypeVar("Result")
Deed = Callable[..., Awaitable[Result]]

CHANNEL = "desk"

NEEDED: Mapping[Deed[Any], Right] = {
    assign_case: Right.ANSWER_CASES,
    write_about_case: Right.ANSWER_CASES,
    settle_claim: Right.ANSWER_CASES,
    close_case: Right.ANSWER_CASES,
    reclassify_case: Right.ANSWER_CASES,
    merge_cases: Right.ANSWER_CASES,
    receive_return: Right.HANDLE_RETURNS,
    approve_return: Right.HANDLE_RETURNS,
    reject_return: Right.HANDLE_RETURNS,
    ship_replacement: Right.HANDLE_RETURNS,
    cancel_refund: Right.DECIDE_REFUNDS,
    compensate: Right.DECIDE_REFUNDS,
    refund_price_drops: Right.DECIDE_REFUNDS,
    note_difference_paid: Right.PAY_OUT,
    close_return: Right.PAY_OUT,
    grant_again: Right.PAY_OUT,
    grant_adjustment_again: Right.PAY_OUT,
    grant_change_again: Right.PAY_OUT,
}


async def do_as(ctx: Context, account: Account, deed: Deed[Result], **about: Any) -> Result:
    """Has a service do something for this person, who is the actor in the journal.

    Raises Forbidden when the account lacks the right, and what the service raises.
    """
    if deed not in NEEDED:
        raise Forbidden(getattr(deed, "__name__", "deed"))
    account.check(NEEDED[deed])
    return await deed(ctx, actor=account.actor, channel=CHANNEL, **about)
