"""What a shop's own systems decide and report through the merchant API."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint, Request

from aftersales.domain.api_keys import Scope
from aftersales.domain.goods_condition import GoodsCondition
from aftersales.services.approvals import approve_by_key
from aftersales.services.cases import close_case
from aftersales.services.exchanges import note_difference_paid, ship_replacement
from aftersales.services.manual_approvals import record_by_key
from aftersales.services.overview import find_return
from aftersales.services.refunds import cancel_refund, grant_again
from aftersales.services.return_receipt import close_return, receive_return
from aftersales.services.returns import approve_return, reject_return
from connectors.web.problems import Problem
from runtime.merchant_access import Caller, Deed, body_of, does, words
from runtime.merchant_json import case_json, refund_json, return_json
from runtime.merchant_lists import name_of

_LONGEST_REASON = 500
_LONGEST_REFERENCE = 200
_MOST_LINES = 200


def merchant_blueprint() -> Blueprint:
    """The routes; they find their Merchant at `app.ctx.merchant`."""
    blueprint = Blueprint("merchant", url_prefix="/api/merchant")

    def add(path: str, deed: Deed, scope: Scope) -> None:
        add_route: Any = blueprint.add_route
        add_route(does(deed, scope), path, methods=["POST"], stream=True)

    add("/returns/<number:str>/receive", _receive, Scope.RETURNS_WRITE)
    add("/returns/<number:str>/approve", _approve, Scope.RETURNS_WRITE)
    add("/returns/<number:str>/reject", _reject, Scope.RETURNS_WRITE)
    add("/returns/<number:str>/paid", _paid, Scope.RETURNS_WRITE)
    add("/returns/<number:str>/ship-replacement", _ship_replacement, Scope.RETURNS_WRITE)
    add("/returns/<number:str>/refund-again", _refund_again, Scope.REFUNDS_WRITE)
    add("/returns/<number:str>/close", _close_return, Scope.RETURNS_WRITE)
    add("/cases/<number:str>/close", _close_case, Scope.CASES_WRITE)
    add("/refunds/<refund_id:str>/approve", _approve_refund, Scope.REFUNDS_APPROVE)
    add("/refunds/<refund_id:str>/cancel", _cancel_refund, Scope.REFUNDS_WRITE)
    add("/refunds/<refund_id:str>/paid-by-hand", _record_refund, Scope.REFUNDS_APPROVE)
    return blueprint


async def _receive(caller: Caller, request: Request, number: str) -> dict[str, Any]:
    by, conditions = caller.by, _conditions(body_of(request))
    await receive_return(
        caller.context, number=name_of(number), actor=by.actor, channel=by.channel, conditions=conditions
    )
    return await _shown(caller, number)


def _conditions(body: dict[str, Any]) -> dict[str, GoodsCondition]:
    """The states by line id; as new is what is not noted. Raises Problem bad_request."""
    given = body.get("conditions", {})
    if not isinstance(given, dict) or len(given) > _MOST_LINES:
        raise Problem("bad_request")
    try:
        states = {line_id: GoodsCondition(state) for line_id, state in given.items()}
    except ValueError:
        raise Problem("bad_request") from None
    return {line_id: state for line_id, state in states.items() if state is not GoodsCondition.AS_NEW}


async def _approve(caller: Caller, request: Request, number: str) -> dict[str, Any]:
    await approve_return(caller.context, number=name_of(number), actor=caller.by.actor, channel=caller.by.channel)
    return await _shown(caller, number)


async def _reject(caller: Caller, request: Request, number: str) -> dict[str, Any]:
    reason, by = words(body_of(request), "reason", longest=_LONGEST_REASON), caller.by
    await reject_return(caller.context, number=name_of(number), actor=by.actor, channel=by.channel, reason=reason)
    return await _shown(caller, number)


async def _paid(caller: Caller, request: Request, number: str) -> dict[str, Any]:
    by = caller.by
    await note_difference_paid(caller.context, number=name_of(number), actor=by.actor, channel=by.channel)
    return await _shown(caller, number)


async def _ship_replacement(caller: Caller, request: Request, number: str) -> dict[str, Any]:
    by = caller.by
    await ship_replacement(caller.context, number=name_of(number), actor=by.actor, channel=by.channel)
    return await _shown(caller, number)


async def _refund_again(caller: Caller, request: Request, number: str) -> dict[str, Any]:
    await grant_again(caller.context, number=name_of(number), actor=caller.by.actor, channel=caller.by.channel)
    return await _shown(caller, number)


async def _close_return(caller: Caller, request: Request, number: str) -> dict[str, Any]:
    await close_return(caller.context, number=name_of(number), actor=caller.by.actor, channel=caller.by.channel)
    return await _shown(caller, number)


async def _close_case(caller: Caller, request: Request, number: str) -> dict[str, Any]:
    by = caller.by
    return case_json(await close_case(caller.context, number=name_of(number), actor=by.actor, channel=by.channel))


async def _approve_refund(caller: Caller, request: Request, refund_id: str) -> dict[str, Any]:
    by, name = caller.by, name_of(refund_id)
    return refund_json(await approve_by_key(caller.context, refund_id=name, actor=by.actor, channel=by.channel))


async def _cancel_refund(caller: Caller, request: Request, refund_id: str) -> dict[str, Any]:
    by, name = caller.by, name_of(refund_id)
    return refund_json(await cancel_refund(caller.context, refund_id=name, actor=by.actor, channel=by.channel))


async def _record_refund(caller: Caller, request: Request, refund_id: str) -> dict[str, Any]:
    by, name = caller.by, name_of(refund_id)
    reference = words(body_of(request), "reference", longest=_LONGEST_REFERENCE)
    paid = await record_by_key(
        caller.context, refund_id=name, reference=reference, actor=by.actor, channel=by.channel
    )
    return refund_json(paid)


async def _shown(caller: Caller, number: str) -> dict[str, Any]:
    return return_json(await find_return(caller.context, number=number))
