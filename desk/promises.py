"""The desk's page about what customers were promised."""

from __future__ import annotations

from collections.abc import Mapping

from sanic import HTTPResponse, Request

from aftersales.domain.promises import Promise, PromiseKind, Subject, last_day
from aftersales.ports import Standing
from aftersales.services.promise_watch import count_promises, list_promises
from desk.application import back_to, desk_of, language_of, session_of, show
from desk.cases import MOST
from runtime import formats

_STANDINGS: Mapping[str, Standing] = {"open": "open", "soon": "soon", "broken": "broken"}
_PAGES = {Subject.CASE: "/desk/cases/{}", Subject.RETURN: "/desk/#{}", Subject.CHANGE: "/desk/changes#{}"}


async def promises_page(request: Request) -> HTTPResponse:
    """GET /desk/promises: open ones; ?show=soon or broken: those alone."""
    if session_of(request) is None:
        return back_to(request, "sign-in")
    ctx, standing = desk_of(request).context, _STANDINGS.get(request.args.get("show", ""), "open")
    found = await list_promises(ctx, standing=standing, limit=MOST)

    def due(promise: Promise) -> str:
        language = language_of(request)
        if promise.kind is PromiseKind.CASE_ANSWER:
            return formats.moment(promise.due_at, language, ctx.zone)
        return formats.day(last_day(promise.due_at, ctx.zone), language)

    rows = [(promise, due(promise), _PAGES[promise.subject].format(promise.number)) for promise in found]
    return show(
        request,
        "promises.html",
        rows=rows,
        most=MOST,
        shown=standing,
        standings=list(_STANDINGS),
        kept=await count_promises(ctx),
    )
