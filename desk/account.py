"""The page about one's own account."""

from __future__ import annotations

from sanic import HTTPResponse, Request

from aftersales.domain.accounts import Right
from desk.application import back_to, session_of, show


async def account_page(request: Request) -> HTTPResponse:
    """GET /desk/account: who one is, what one may do, and signing out everywhere."""
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    may_manage_keys = session.account.may(Right.MANAGE_ACCOUNTS)
    return show(request, "account.html", account=session.account, may_manage_keys=may_manage_keys)
