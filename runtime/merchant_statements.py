"""The merchant API's statements: what was paid back of an order, or in a period, as JSON or as CSV."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

import structlog
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from aftersales.domain.api_keys import Scope
from aftersales.domain.errors import NotFound
from aftersales.domain.statements import (
    Deed,
    Line,
    PaymentTotals,
    Statement,
    Totals,
    period,
    totals_by_currency,
)
from aftersales.domain.statements import Scope as Period
from aftersales.services.context import Context
from aftersales.services.statements import read_lines, read_statement, walk_lines
from connectors.web.payloads import instant, money_json
from connectors.web.problems import Problem
from runtime.logs import without_words
from runtime.merchant_access import Caller, reads
from runtime.merchant_json import refund_json
from runtime.merchant_lists import limit_of
from runtime.statement_csv import csv_header, csv_rows

_log = structlog.get_logger("returndesk.front")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ID = re.compile(r"[A-Za-z0-9-]{1,40}")
_MOST = 200
_JSON, _CSV = "application/json", "text/csv"


def statements_blueprint() -> Blueprint:
    """The routes; they find their Merchant at `app.ctx.merchant`."""
    blueprint = Blueprint("merchant_statements", url_prefix="/api/merchant")
    add: Any = blueprint.add_route
    add(reads(_statements, Scope.STATEMENTS_READ), "/statements", methods=["GET"])
    return blueprint


async def _statements(caller: Caller, request: Request) -> HTTPResponse | None:
    """GET /api/merchant/statements of ?order=, or of ?from= and &to=; None once a CSV was sent."""
    ctx, asked = caller.context, request.args
    number = asked.get("order")
    if (number is None) == (asked.get("from") is None and asked.get("to") is None):
        raise Problem("bad_request")
    as_csv = str(request.accept.match(_JSON, _CSV) or _JSON) == _CSV
    if number is not None:
        statement = await read_statement(ctx, number=number)
        if not as_csv:
            return json(statement_json(statement))
        await _send_csv(request, ctx, _once(statement.lines))
        return None
    scope = period(_day(request, "from"), _day(request, "to"), zone=ctx.zone)
    if not as_csv:
        return json(await _page(request, ctx, scope))
    await _send_csv(request, ctx, walk_lines(ctx, scope))
    return None


async def _page(request: Request, ctx: Context, scope: Period) -> dict[str, Any]:
    """A page of refunds; `next` is what to give as `after` for the following one, null after the last."""
    limit, after = limit_of(request, most=_MOST), request.args.get("after")
    if after is not None and not _ID.fullmatch(after):
        raise Problem("bad_request")
    try:
        lines = await read_lines(ctx, scope, after=after, limit=limit + 1)
    except NotFound:
        raise Problem("bad_request") from None
    shown = lines[:limit]
    following = shown[-1].refund.id if len(lines) > limit else None
    return {"refunds": [line_json(line) for line in shown], "next": following}


async def _send_csv(request: Request, ctx: Context, pages: AsyncIterator[Sequence[Line]]) -> None:
    """Sends page by page. What fails before the first one is still a problem; later the connection is cut off,
    so that what is incomplete does not look complete.
    """
    first = await anext(pages, None) or ()
    headers = {"Content-Disposition": 'attachment; filename="refunds.csv"', "Vary": "Accept"}
    response: Any = await request.respond(content_type=f"{_CSV}; charset=utf-8; header=present", headers=headers)
    await response.send(csv_header(bom=request.args.get("bom") == "1") + csv_rows(first, zone=ctx.zone))
    try:
        async for lines in pages:
            await response.send(csv_rows(lines, zone=ctx.zone))
    except Exception as error:  # whatever it is: sent on, Sanic would end the file as if it were whole
        _log.error("statement_broken_off", request_id=request.ctx.request_id, failure=without_words(error))
        transport: Any = request.transport
        transport.abort()
        return
    await response.eof()


async def _once(lines: Sequence[Line]) -> AsyncIterator[Sequence[Line]]:
    yield lines


def _day(request: Request, name: str) -> date:
    given = request.args.get(name, "")
    if not _DAY.fullmatch(given):
        raise Problem("bad_request")
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise Problem("bad_request") from None


def statement_json(statement: Statement) -> dict[str, Any]:
    whole = totals_by_currency([statement])
    return {
        "order_number": statement.order_number,
        "customer_id": statement.customer_id,
        "totals": [totals_json(totals) for totals in whole.values()],
        "payments": [_payment_json(part) for part in statement.payments],
        "refunds": [line_json(line) for line in statement.lines],
    }


def totals_json(totals: Totals) -> dict[str, Any]:
    """paid = refunded + reserved + forfeited + free."""
    return {
        "currency": totals.paid.currency,
        "paid": totals.paid.decimal(),
        "refunded": totals.refunded.decimal(),
        "reserved": totals.reserved.decimal(),
        "forfeited": totals.forfeited.decimal(),
        "free": totals.free.decimal(),
        "failed": totals.failed.decimal(),
    }


def _payment_json(part: PaymentTotals) -> dict[str, Any]:
    return {
        "id": part.payment_id,
        "method": part.payment.method.value if part.payment else None,
        "provider": part.payment.provider if part.payment else None,
        "unbooked": part.unbooked.decimal(),
        "totals": totals_json(part.totals),
    }


def line_json(line: Line) -> dict[str, Any]:
    refund, payment = line.refund, line.payment
    return {
        **refund_json(refund),
        "amount": {**money_json(refund.amount), "minor": refund.amount.minor},
        "payment_id": refund.payment_id,
        "method": payment.method.value if payment else None,
        "provider": payment.provider if payment else None,
        "provider_reference": refund.provider_reference,
        "created": _deed_json(line.created),
        "approved": [_deed_json(deed) for deed in line.approved],
        "settled": _deed_json(line.settled) if line.settled else None,
        "rule_id": line.rule_id,
        "policy_version": refund.policy_version,
        "reason": line.reason,
    }


def _deed_json(deed: Deed) -> dict[str, str]:
    return {"at": instant(deed.at), "actor": deed.actor}
