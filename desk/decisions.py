"""What a person decides at the desk; every form carries the session's token."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping

from sanic import HTTPResponse, Request

from aftersales.domain.errors import AftersalesError, Invalid, NotFound, OutcomeUnknown, Unavailable
from aftersales.services.changes_at_shop import grant_change_again
from aftersales.services.context import Context
from aftersales.services.exchanges import note_difference_paid, ship_replacement
from aftersales.services.refunds import approve_refund, cancel_refund, grant_again
from aftersales.services.returns import approve_return, close_return, receive_return, reject_return
from desk.application import back_to, desk_of, session_of
from desk.forms import read_form

ACTOR = "agent:desk"
CHANNEL = "desk"
NAME = re.compile(r"[A-Za-z0-9-]{1,40}")


async def decide_return(request: Request, number: str, decision: str) -> HTTPResponse:
    """POST /desk/returns/{number}/receive, approve, reject, paid, ship-replacement, refund-again or close."""
    form = await read_form(request)
    if answer := refused(request, form, number):
        return answer
    ctx = desk_of(request).context
    deed = _return_deed(ctx, number, decision, reason=form.get("reason", "").strip())
    return await done(request, deed, page="")


def _return_deed(ctx: Context, number: str, decision: str, *, reason: str) -> Awaitable[object] | None:
    match decision:
        case "receive":
            return receive_return(ctx, number=number, actor=ACTOR, channel=CHANNEL)
        case "approve":
            return approve_return(ctx, number=number, actor=ACTOR, channel=CHANNEL)
        case "reject" if reason:
            return reject_return(ctx, number=number, actor=ACTOR, channel=CHANNEL, reason=reason[:500])
        case "paid":
            return note_difference_paid(ctx, number=number, actor=ACTOR, channel=CHANNEL)
        case "ship-replacement":
            return ship_replacement(ctx, number=number, actor=ACTOR, channel=CHANNEL)
        case "refund-again":
            return grant_again(ctx, number=number, actor=ACTOR, channel=CHANNEL)
        case "close":
            return close_return(ctx, number=number, actor=ACTOR, channel=CHANNEL)
    return None


async def decide_refund(request: Request, refund_id: str, decision: str) -> HTTPResponse:
    """POST /desk/refunds/{id}/approve or reject."""
    form = await read_form(request)
    if answer := refused(request, form, refund_id):
        return answer
    deeds = {"approve": approve_refund, "reject": cancel_refund}
    deed = deeds.get(decision)
    ctx = desk_of(request).context
    doing = deed(ctx, refund_id=refund_id, actor=ACTOR, channel=CHANNEL) if deed else None
    return await done(request, doing, page="refunds")


async def decide_change(request: Request, number: str, decision: str) -> HTTPResponse:
    """POST /desk/changes/{number}/refund-again."""
    form = await read_form(request)
    if answer := refused(request, form, number):
        return answer
    ctx = desk_of(request).context
    again = decision == "refund-again"
    deed = grant_change_again(ctx, number=number, actor=ACTOR, channel=CHANNEL) if again else None
    return await done(request, deed, page="changes")


def refused(request: Request, form: Mapping[str, str], name: str) -> HTTPResponse | None:
    """Where a form leads that may not be acted on; None for one that may. `name` is what it is about."""
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    if not session.owns(form.get("form_token", "")):
        return back_to(request, "", problem="form")
    return None if NAME.fullmatch(name) else back_to(request, "", problem="not_found")


async def done(request: Request, deed: Awaitable[object] | None, *, page: str) -> HTTPResponse:
    """Does it and leads to `page`, which tells what became of it; None: the form asks for nothing known."""
    if deed is None:
        return back_to(request, page, problem="bad_request")
    try:
        await deed
    except (Unavailable, OutcomeUnknown):
        return back_to(request, page, problem="unavailable")
    except NotFound:
        return back_to(request, page, problem="not_found")
    except Invalid:
        return back_to(request, page, problem="bad_request")
    except AftersalesError:
        return back_to(request, page, problem="conflict")
    return back_to(request, page, done="1")
