"""The desk's page about what customers were promised."""

from __future__ import annotations

from collections.abc import Mapping

from sanic import HTTPResponse, Request

from aftersales.domain.promises import Promise, Subject
from aftersales.ports import Standing
from aftersales.services.promise_watch import count_promises, list_promises
from desk.application import back_to, desk_of, language_of, session_of, show
from desk.cases import MOST
from desk.promise_words import promise_helpers

_STANDINGS: Mapping[str, Standing] = {"open": "open", "soon": "soon", "broken": "broken"}
_PAGES = {
    Subject.CASE: "/desk/cases/{}",
    Subject.RETURN: "/desk/#{}",
    Subject.CHANGE: "/desk/changes#{}",
    Subject.ADJUSTMENT: "/desk/refunds#{}",
}


async def promises_page(request: Request) -> HTTPResponse:
    """GET /desk/promises: open ones; ?show=soon or broken: those alone."""
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    ctx, standing = desk_of(request).context, _STANDINGS.get(request.args.get("show", ""), "open")
    found = await list_promises(ctx, standing=standing, limit=MOST)

    rows = [(promise, _page_of(promise)) for promise in found]
    return show(
        request,
        "promises.html",
        rows=rows,
        most=MOST,
        shown=standing,
        standings=list(_STANDINGS),
        kept=await count_promises(ctx),
        **promise_helpers(session.account, language_of(request), ctx.zone),
    )


def _page_of(promise: Promise) -> str:
    if promise.is_spoken:
        return f"/desk/chats/{promise.conversation_id}#message-{promise.seq}"
    return _PAGES[promise.subject].format(promise.number)
