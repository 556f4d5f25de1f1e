"""The page about one's own account."""

from __future__ import annotations

from sanic import HTTPResponse, Request

from aftersales.domain.accounts import LONGEST_DISPLAY_NAME, Right
from aftersales.domain.errors import Invalid, NotFound
from aftersales.services.accounts import rename_account
from aftersales.services.moves import By
from desk.application import back_to, desk_of, session_of, show
from desk.forms import read_form


async def account_page(request: Request) -> HTTPResponse:
    """GET /desk/account: who one is, what one may do, and signing out everywhere."""
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    return show(
        request,
        "account.html",
        account=session.account,
        may_manage_keys=session.account.may(Right.MANAGE_ACCOUNTS),
        longest_name=LONGEST_DISPLAY_NAME,
    )


async def rename(request: Request) -> HTTPResponse:
    """POST /desk/account/name: `display_name` is what customers and colleagues read of one from now on."""
    form = await read_form(request)
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    if not session.owns(form.get("form_token", "")):
        return back_to(request, "account", problem="form")
    account = session.account
    try:
        await rename_account(
            desk_of(request).context,
            name=account.name,
            display_name=form.get("display_name", ""),
            by=By(account.actor, "desk"),
        )
    except (Invalid, NotFound):
        return back_to(request, "account", problem="display_name")
    return back_to(request, "account", done="1")
