"""The page about one's own account."""

from __future__ import annotations

from sanic import HTTPResponse, Request

from desk.application import back_to, session_of, show


async def account_page(request: Request) -> HTTPResponse:
    """GET /desk/account: who one is, what one may do, and signing out everywhere."""
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    return show(request, "account.html", account=session.account)
