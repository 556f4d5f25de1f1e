"""What a person decides at the desk; every form carries the session's token."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping

from sanic import HTTPResponse, Request

from aftersales.domain.accounts import Account
from aftersales.domain.approvals import Decided, FiledByApprover, NeedsAnother, OverLimit
from aftersales.domain.errors import AftersalesError, Forbidden, Invalid, NotFound, OutcomeUnknown, Unavailable
from aftersales.domain.goods_condition import GoodsCondition
from aftersales.domain.refund_disputes import ToldAnew
from aftersales.services.agent_deeds import Deed, do_as
from aftersales.services.changes_at_shop import grant_change_again
from aftersales.services.context import Context
from aftersales.services.exchanges import note_difference_paid, ship_replacement
from aftersales.services.refunds import grant_again
from aftersales.services.returns import approve_return, close_return, receive_return, reject_return
from desk.application import back_to, desk_of, session_of
from desk.forms import read_form
from desk.waking import wake_about

NAME = re.compile(r"[A-Za-z0-9-]{1,40}")
_CONDITION = "condition:"
_LONGEST_REASON = 500
_WITHOUT_WORDS: Mapping[str, Deed[object]] = {
    "approve": approve_return,
    "paid": note_difference_paid,
    "ship-replacement": ship_replacement,
    "refund-again": grant_again,
    "close": close_return,
}


async def decide_return(request: Request, number: str, decision: str) -> HTTPResponse:
    """POST /desk/returns/{number}/receive, approve, reject, paid, ship-replacement, refund-again or close."""
    form = await read_form(request)
    guarded = guard(request, form, number)
    if isinstance(guarded, HTTPResponse):
        return guarded
    deed = return_deed(desk_of(request).context, guarded, number, decision, form)
    return await done(request, deed, page="")


async def return_deed(
    ctx: Context, account: Account, number: str, decision: str, form: Mapping[str, str]
) -> object:
    """The return as it is then. Raises Invalid for what no form of ours asks for, and what the services raise."""
    if decision == "receive":
        return await _receive(ctx, account, number, form)
    if deed := _WITHOUT_WORDS.get(decision):
        return await do_as(ctx, account, deed, number=number)
    if decision != "reject":
        raise Invalid("decision")
    reason = form.get("reason", "").strip()[:_LONGEST_REASON]
    if not reason:
        raise Invalid("reason")
    return await do_as(ctx, account, reject_return, number=number, reason=reason)


async def _receive(ctx: Context, account: Account, number: str, form: Mapping[str, str]) -> object:
    """With the state of each line, in fields `condition:<line id>`; one without is as new. Raises Invalid."""
    try:
        states = {
            name.removeprefix(_CONDITION): GoodsCondition(state)
            for name, state in form.items()
            if name.startswith(_CONDITION)
        }
    except ValueError:
        raise Invalid("conditions") from None
    noted = {line: state for line, state in states.items() if state is not GoodsCondition.AS_NEW}
    return await do_as(ctx, account, receive_return, number=number, conditions=noted)


async def decide_change(request: Request, number: str, decision: str) -> HTTPResponse:
    """POST /desk/changes/{number}/refund-again."""
    form = await read_form(request)
    guarded = guard(request, form, number)
    if isinstance(guarded, HTTPResponse):
        return guarded
    again = decision == "refund-again"
    doing = do_as(desk_of(request).context, guarded, grant_change_again, number=number) if again else None
    return await done(request, doing, page="changes")


def guard(request: Request, form: Mapping[str, str], name: str) -> Account | HTTPResponse:
    """Whose form it is, or where one leads that may not be acted on. `name` is what it is about."""
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    if not session.owns(form.get("form_token", "")):
        return back_to(request, "", problem="form")
    return session.account if NAME.fullmatch(name) else back_to(request, "", problem="not_found")


async def done(request: Request, deed: Awaitable[object] | None, *, page: str) -> HTTPResponse:
    """Does it and leads to `page`, which tells what became of it; None: the form asks for nothing known."""
    if deed is None:
        return back_to(request, page, problem="bad_request")
    try:
        left = await deed
    except AftersalesError as error:
        return back_to(request, page, problem=problem_of(error))
    await wake_about(desk_of(request), left)
    return back_to(request, page, done="1")


def problem_of(error: AftersalesError) -> str:
    """The name of its text: problem_<name>."""
    if isinstance(error, Invalid) and error.field == "amount":
        return "amount"
    for kind, problem in _PROBLEMS:
        if isinstance(error, kind):
            return problem
    return "conflict"


_PROBLEMS: tuple[tuple[type[AftersalesError], str], ...] = (
    (Unavailable, "unavailable"),
    (OutcomeUnknown, "unavailable"),
    (NotFound, "not_found"),
    (Invalid, "bad_request"),
    (NeedsAnother, "needs_another"),
    (Decided, "decided"),
    (FiledByApprover, "filed_by_approver"),
    (OverLimit, "over_limit"),
    (ToldAnew, "told_anew"),
    (Forbidden, "forbidden"),
)
