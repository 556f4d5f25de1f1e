"""The desk's page with the keys of programs: for whoever manages accounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sanic import HTTPResponse, Request

from aftersales.domain.accounts import Account, Right
from aftersales.domain.api_keys import Scope
from aftersales.domain.errors import AftersalesError, Invalid
from aftersales.services.api_keys import LONGEST_NAME, add_api_key_by, all_api_keys, revoke_api_key_by
from aftersales.services.context import Context
from desk.application import back_to, desk_of, session_of, show
from desk.decisions import problem_of
from desk.forms import read_form

_CHECKED = "1"
_MOST_DAYS = 3650


async def keys_page(request: Request) -> HTTPResponse:
    """GET /desk/keys."""
    return await _show(request)


async def decide_keys(request: Request, deed: str) -> HTTPResponse:
    """POST /desk/keys/add or revoke. A new key stands in the answer itself, and nowhere else ever again."""
    form = await read_form(request)
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    if not session.owns(form.get("form_token", "")):
        return back_to(request, "keys", problem="form")
    ctx = desk_of(request).context
    try:
        if deed == "add":
            return await _show(request, new_key=await _add(ctx, session.account, form))
        if deed != "revoke":
            raise Invalid("form")
        await revoke_api_key_by(ctx, session.account, prefix=form.get("prefix", ""))
    except AftersalesError as error:
        return back_to(request, "keys", problem="api_key" if isinstance(error, Invalid) else problem_of(error))
    return back_to(request, "keys", done="1")


async def _add(ctx: Context, account: Account, form: Mapping[str, str]) -> str:
    """Raises Forbidden, Invalid, Conflict."""
    days = form.get("days", "").strip()
    if days and not (days.isascii() and days.isdigit() and 1 <= int(days[:5]) <= _MOST_DAYS):
        raise Invalid("days")
    key, _ = await add_api_key_by(
        ctx,
        account,
        name=form.get("name", ""),
        scopes=[scope for scope in Scope if form.get(f"scope:{scope.value}") == _CHECKED],
        expires_at=ctx.clock.now() + timedelta(days=int(days)) if days else None,
    )
    return key


async def _show(request: Request, *, new_key: str = "") -> HTTPResponse:
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    if not session.account.may(Right.MANAGE_ACCOUNTS):
        return back_to(request, "", problem="forbidden")
    desk = desk_of(request)
    return show(
        request,
        "keys.html",
        page="keys",
        keys=await all_api_keys(desk.context),
        scopes=list(Scope),
        new_key=new_key,
        longest_name=LONGEST_NAME,
        most_days=_MOST_DAYS,
    )
