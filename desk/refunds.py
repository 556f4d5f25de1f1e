"""The desk's pages about refunds that wait for people."""

from __future__ import annotations

from typing import Any

from sanic import HTTPResponse, Request

from aftersales.domain.accounts import Account, Right
from aftersales.domain.errors import NotFound
from aftersales.domain.texts import Language
from aftersales.services.context import Context
from aftersales.services.refund_disputes import read_dispute
from aftersales.services.refund_overview import FullRefund, find_refund, refunds_in_dispute, refunds_to_decide
from aftersales.services.refund_reviews import limit_of
from desk.application import Desk, back_to, desk_of, language_of, session_of, show
from desk.decisions import NAME
from desk.forms import FailedForm
from desk.rendering import Texts
from desk.views import MOST, customer_of, goods_of, read_orders
from runtime import formats


async def refunds_page(request: Request) -> HTTPResponse:
    """GET /desk/refunds."""
    if session_of(request) is None:
        return back_to(request, "sign-in")
    ctx = desk_of(request).context
    waiting = await refunds_to_decide(ctx, limit=MOST)
    disputed = await refunds_in_dispute(ctx, limit=MOST)
    shown = [*(found.refund for found in waiting), *disputed]
    orders = await read_orders(ctx, {refund.order_id for refund in shown})
    rows = [(found, customer_of(orders, found.refund.order_id)) for found in waiting]
    disputes = [(refund, customer_of(orders, refund.order_id)) for refund in disputed]
    return show(request, "refunds.html", rows=rows, disputes=disputes, most=MOST)


async def refund_page(request: Request, refund_id: str) -> HTTPResponse:
    """GET /desk/refunds/{id}: the amount, what it is for, who has agreed, what its provider tells."""
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    desk, language, problem = desk_of(request), language_of(request), request.args.get("problem", "")
    ctx = desk.context
    if not NAME.fullmatch(refund_id):
        return back_to(request, "refunds", problem="not_found")
    try:
        full = await find_refund(ctx, refund_id=refund_id)
    except NotFound:
        return back_to(request, "refunds", problem="not_found")
    orders = await read_orders(ctx, {full.refund.order_id})
    order = orders.get(full.refund.order_id)
    values: dict[str, Any] = {
        "full": full,
        "customer": customer_of(orders, full.refund.order_id),
        "goods": goods_of(full.item, order, language) if full.item else (),
        "rule": _rule(ctx, full, language),
        "dispute": await read_dispute(ctx, full.refund),
        "may_pay_out": session.account.may(Right.PAY_OUT),
        "may_decide": session.account.may(Right.DECIDE_REFUNDS),
        "has_agreed": session.account.name in full.review.agreed,
        "failed": FailedForm("refund-lower") if problem == "amount" else None,
        "problem_words": problem_words(desk, language, full, account=session.account, problem=problem),
    }
    return show(request, "refund.html", **values)


def _rule(ctx: Context, full: FullRefund, language: Language) -> str:
    """The rule that decided about the return, as it read then; its id where that is not known any more."""
    if full.item is None:
        return ""
    wanted, policy = full.item.rule_id, ctx.policy_named(full.item.policy_version)
    return next((rule.general().of(language) for rule in policy.rules() if rule.id == wanted), wanted)


def problem_words(desk: Desk, language: Language, full: FullRefund, *, account: Account, problem: str) -> str:
    """Who was faster, or above which limit the amount is; nothing where the problem's own words say it all."""
    texts: Texts = desk.pages.texts(language)
    if problem == "decided" and full.last is not None:
        return texts(
            "decided_by",
            who=full.names.get(full.last.account, full.last.account),
            what=texts(f"did_{full.last.step.value}"),
            when=formats.moment(full.last.at, language, desk.context.zone),
        )
    limit = limit_of(desk.context, account, full.refund.amount.currency)
    if problem == "over_limit" and limit is not None:
        total = formats.money(full.review.total, language)
        return texts("over_limit_of", limit=formats.money(limit, language), total=total)
    return ""
