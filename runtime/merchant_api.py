"""The merchant API: what a shop's own systems may ask and decide, with the merchant key."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from aftersales.domain.cases import Case
from aftersales.domain.refunds import Refund
from aftersales.domain.returns import ReturnState
from aftersales.services.approvals import approve_by_key
from aftersales.services.cases import close_case, open_cases
from aftersales.services.context import Context
from aftersales.services.exchanges import note_difference_paid, ship_replacement
from aftersales.services.manual_approvals import record_by_key
from aftersales.services.overview import OPEN_STATES, FullReturn, find_return, find_returns
from aftersales.services.refunds import cancel_refund, grant_again
from aftersales.services.return_receipt import close_return, receive_return
from aftersales.services.returns import approve_return, reject_return
from connectors.web.bodies import JSON_LIMIT, read_body, read_json
from connectors.web.chat import address_of, bearer
from connectors.web.payloads import instant, money_json
from connectors.web.problems import Problem
from runtime.buckets import Buckets

ACTOR = "agent:merchant"
CHANNEL = "api"
_NAME = re.compile(r"[A-Za-z0-9-]{1,40}")
_LONGEST_REASON = 500
_LONGEST_REFERENCE = 200
_MOST = 200


@dataclass(frozen=True)
class Merchant:
    """`wrong_keys` slows down guessing, per address."""

    context: Context
    key: str
    wrong_keys: Buckets


def merchant_blueprint() -> Blueprint:
    """The routes; they find their Merchant at `app.ctx.merchant`."""
    blueprint = Blueprint("merchant", url_prefix="/api/merchant")
    add: Any = blueprint.add_route
    add(_list_returns, "/returns", methods=["GET"])
    add(_get_return, "/returns/<number:str>", methods=["GET"])
    add(_receive, "/returns/<number:str>/receive", methods=["POST"], stream=True)
    add(_approve, "/returns/<number:str>/approve", methods=["POST"], stream=True)
    add(_reject, "/returns/<number:str>/reject", methods=["POST"], stream=True)
    add(_paid, "/returns/<number:str>/paid", methods=["POST"], stream=True)
    add(_ship_replacement, "/returns/<number:str>/ship-replacement", methods=["POST"], stream=True)
    add(_refund_again, "/returns/<number:str>/refund-again", methods=["POST"], stream=True)
    add(_close_return, "/returns/<number:str>/close", methods=["POST"], stream=True)
    add(_list_cases, "/cases", methods=["GET"])
    add(_close_case, "/cases/<number:str>/close", methods=["POST"], stream=True)
    add(_approve_refund, "/refunds/<refund_id:str>/approve", methods=["POST"], stream=True)
    add(_cancel_refund, "/refunds/<refund_id:str>/cancel", methods=["POST"], stream=True)
    add(_record_refund, "/refunds/<refund_id:str>/paid-by-hand", methods=["POST"], stream=True)
    return blueprint


def access_merchant(request: Request) -> Context:
    """The context for whoever knows the key. Raises Problem unauthorized, TooMany after many wrong keys."""
    merchant: Merchant = request.app.ctx.merchant
    given = bearer(request).encode("utf8", "surrogateescape")
    if not merchant.key or not hmac.compare_digest(given, merchant.key.encode()):
        merchant.wrong_keys.take(address_of(request))
        raise Problem("unauthorized")
    return merchant.context


async def _access_deed(request: Request) -> Context:
    """As access_merchant, for a deed that needs no body; one that comes all the same is passed over."""
    ctx = access_merchant(request)
    await read_body(request, limit=JSON_LIMIT)
    return ctx


async def _list_returns(request: Request) -> HTTPResponse:
    ctx = access_merchant(request)
    found = await find_returns(ctx, states=_states(request), limit=limit_of(request))
    return json({"returns": [return_json(full) for full in found]})


async def _get_return(request: Request, number: str) -> HTTPResponse:
    return json(return_json(await find_return(access_merchant(request), number=_name(number))))


async def _receive(request: Request, number: str) -> HTTPResponse:
    ctx = await _access_deed(request)
    await receive_return(ctx, number=_name(number), actor=ACTOR, channel=CHANNEL)
    return await _get_return(request, number)


async def _approve(request: Request, number: str) -> HTTPResponse:
    ctx = await _access_deed(request)
    await approve_return(ctx, number=_name(number), actor=ACTOR, channel=CHANNEL)
    return await _get_return(request, number)


async def _reject(request: Request, number: str) -> HTTPResponse:
    ctx = access_merchant(request)
    reason = _words(await read_json(request), "reason", longest=_LONGEST_REASON)
    await reject_return(ctx, number=_name(number), actor=ACTOR, channel=CHANNEL, reason=reason)
    return await _get_return(request, number)


async def _paid(request: Request, number: str) -> HTTPResponse:
    ctx = await _access_deed(request)
    await note_difference_paid(ctx, number=_name(number), actor=ACTOR, channel=CHANNEL)
    return await _get_return(request, number)


async def _ship_replacement(request: Request, number: str) -> HTTPResponse:
    ctx = await _access_deed(request)
    await ship_replacement(ctx, number=_name(number), actor=ACTOR, channel=CHANNEL)
    return await _get_return(request, number)


async def _refund_again(request: Request, number: str) -> HTTPResponse:
    ctx = await _access_deed(request)
    await grant_again(ctx, number=_name(number), actor=ACTOR, channel=CHANNEL)
    return await _get_return(request, number)


async def _close_return(request: Request, number: str) -> HTTPResponse:
    ctx = await _access_deed(request)
    await close_return(ctx, number=_name(number), actor=ACTOR, channel=CHANNEL)
    return await _get_return(request, number)


async def _list_cases(request: Request) -> HTTPResponse:
    cases = await open_cases(access_merchant(request), limit=limit_of(request))
    return json({"cases": [case_json(case) for case in cases]})


async def _close_case(request: Request, number: str) -> HTTPResponse:
    ctx = await _access_deed(request)
    return json(case_json(await close_case(ctx, number=_name(number), actor=ACTOR, channel=CHANNEL)))


async def _approve_refund(request: Request, refund_id: str) -> HTTPResponse:
    ctx = await _access_deed(request)
    decided = await approve_by_key(ctx, refund_id=_name(refund_id), actor=ACTOR, channel=CHANNEL)
    return json(refund_json(decided))


async def _cancel_refund(request: Request, refund_id: str) -> HTTPResponse:
    ctx = await _access_deed(request)
    decided = await cancel_refund(ctx, refund_id=_name(refund_id), actor=ACTOR, channel=CHANNEL)
    return json(refund_json(decided))


async def _record_refund(request: Request, refund_id: str) -> HTTPResponse:
    ctx = access_merchant(request)
    body, name = await read_json(request), _name(refund_id)
    reference = _words(body, "reference", longest=_LONGEST_REFERENCE)
    paid = await record_by_key(ctx, refund_id=name, reference=reference, actor=ACTOR, channel=CHANNEL)
    return json(refund_json(paid))


def return_json(full: FullReturn) -> dict[str, Any]:
    """`history` is empty in lists."""
    item = full.item
    return {
        "number": item.number,
        "status": item.state.value,
        "needs_human": item.needs_human,
        "order_number": item.order_number,
        "customer_id": item.customer_id,
        "reason": item.reason.value,
        "comment": item.comment,
        "rule_id": item.rule_id,
        "policy_version": item.policy_version,
        "remedy": item.remedy.value,
        "amount": money_json(item.amount),
        "to_pay": money_json(item.to_pay) if item.to_pay else None,
        "fee": money_json(item.fee),
        "who_pays_shipping": item.who_pays_shipping,
        "lines": [
            {
                "line_id": line.line_id,
                "quantity": line.quantity,
                "amount": money_json(line.amount),
                "replacement_variant_id": line.replacement.variant_id if line.replacement else None,
            }
            for line in item.lines
        ],
        "created_at": instant(item.created_at),
        "updated_at": instant(item.updated_at),
        "refunds": [refund_json(refund) for refund in full.refunds],
        "history": [
            {"trigger": entry.trigger, "to": entry.to_state, "actor": entry.actor, "at": instant(entry.at)}
            for entry in full.journal
        ],
    }


def refund_json(refund: Refund) -> dict[str, Any]:
    return {
        "id": refund.id,
        "status": refund.state.value,
        "order_number": refund.order_number,
        "amount": money_json(refund.amount),
        "failure": refund.failure,
        "by_hand": refund.by_hand,
        "cause": {"kind": refund.cause_kind.value, "number": refund.cause_number},
        "updated_at": instant(refund.updated_at),
    }


def case_json(case: Case) -> dict[str, Any]:
    return {
        "number": case.number,
        "kind": case.kind.value,
        "state": case.state.value,
        "severity": case.severity.value,
        "department": case.department,
        "order_number": case.order_number,
        "return_number": case.return_number,
        "reason": case.reason,
        "summary": case.summary,
        "conversation_id": case.conversation_id,
        "customer_id": case.customer_id,
        "created_at": instant(case.created_at),
        "promised_by": instant(case.promised_by),
        "closed_at": instant(case.closed_at) if case.closed_at else None,
    }


def _name(given: str) -> str:
    """A number or id that can exist at all. Raises Problem not_found."""
    if not _NAME.fullmatch(given):
        raise Problem("not_found")
    return given


def _states(request: Request) -> Sequence[ReturnState]:
    given = request.args.getlist("state") or []
    try:
        return [ReturnState(name) for name in given] or OPEN_STATES
    except ValueError:
        raise Problem("bad_request") from None


def limit_of(request: Request) -> int:
    """How many at most, as ?limit= says: 1 to 200. Raises Problem bad_request."""
    given = request.args.get("limit", "100")
    if not re.fullmatch(r"[0-9]{1,4}", given) or not 1 <= int(given) <= _MOST:
        raise Problem("bad_request")
    return int(given)


def _words(body: dict[str, Any], field: str, *, longest: int) -> str:
    words = body.get(field)
    if not isinstance(words, str) or not words.strip() or len(words) > longest or "\x00" in words:
        raise Problem("bad_request")
    return words.encode("utf8", "replace").decode().strip()
