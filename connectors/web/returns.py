"""The verified customer's own returns, for the widget to look at."""

from __future__ import annotations

import re
from typing import Any

from sanic import HTTPResponse, Request
from sanic.response import json

from aftersales.services.returns import ReturnView, access_return, list_returns
from connectors.web.chat import access_request, chat_of
from connectors.web.payloads import instant, money_json
from connectors.web.problems import Problem

_NUMBER = re.compile(r"[A-Za-z0-9-]{1,40}")


async def get_returns(request: Request) -> HTTPResponse:
    """GET returns: newest first."""
    customer_id = await _access_customer(request)
    views = await list_returns(chat_of(request).context, customer_id=customer_id)
    return json({"returns": [return_json(view) for view in views]})


async def get_return(request: Request, number: str) -> HTTPResponse:
    """GET returns/{number}: missing and not yours are the same."""
    customer_id = await _access_customer(request)
    if not _NUMBER.fullmatch(number):
        raise Problem("not_found")
    view = await access_return(chat_of(request).context, customer_id=customer_id, number=number)
    return json(return_json(view))


async def _access_customer(request: Request) -> str:
    visitor = await access_request(request)
    chat_of(request).limits.reads.take(visitor.key)
    if visitor.conversation.customer_id is None:
        raise Problem("not_verified")
    return visitor.conversation.customer_id


def return_json(view: ReturnView) -> dict[str, Any]:
    """A return as its customer may see it; `refund_by` is a day in the shop's zone or null."""
    item = view.item
    return {
        "number": item.number,
        "status": item.state.value,
        "order_number": item.order_number,
        "reason": item.reason.value,
        "amount": money_json(view.paid_back),
        "fee": money_json(item.fee),
        "lines": [
            {"line_id": line.line_id, "quantity": line.quantity, "amount": money_json(line.amount)}
            for line in item.lines
        ],
        "created_at": instant(item.created_at),
        "next_step": view.next_step,
        "refund_by": view.refund_by.isoformat() if view.refund_by else None,
        "refunds": [
            {
                "status": refund.state.value,
                "amount": money_json(refund.amount),
                "updated_at": instant(refund.updated_at),
            }
            for refund in view.refunds
        ],
        "history": [{"trigger": step.trigger, "to": step.state, "at": instant(step.at)} for step in view.steps],
    }
