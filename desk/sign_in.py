"""Signing in at the desk with an account, and out, here or everywhere."""

from __future__ import annotations

import re
import secrets
from typing import Any

from sanic import HTTPResponse, Request

from aftersales.domain.errors import Forbidden, NotFound
from aftersales.services.sign_in import LIFETIME, resume
from aftersales.services.sign_in import sign_in as open_session
from aftersales.services.sign_in import sign_out as close_session
from aftersales.services.sign_in import sign_out_everywhere as close_all_sessions
from desk.application import COOKIE, DEVICE_COOKIE, FORM_COOKIE, PREFIX, back_to, desk_of, session_of, show
from desk.forms import read_form
from desk.sessions import DeskSession, same
from desk.tries import DEVICE_SECONDS
from runtime.buckets import TooMany

_PAGE = re.compile(r"chats(/[A-Za-z0-9-]{1,40})?")


async def load_session(request: Request) -> None:
    """Runs before every page: whose session the cookie opens, if any."""
    token = request.cookies.get(COOKIE) or ""
    request.ctx.desk_session = None
    if not token:
        return
    try:
        account = await resume(desk_of(request).context, token=token)
    except NotFound:
        return
    request.ctx.desk_session = DeskSession(token, account)


async def sign_in_page(request: Request) -> HTTPResponse:
    """GET sign-in: `next` is the page of the desk that follows."""
    wished = request.args.get("next", "")
    if session_of(request) is not None:
        return back_to(request, _after(wished))
    return _sign_in_form(request, after=wished)


def _after(wished: str) -> str:
    """The page that follows, one of ours or the first one."""
    return wished if _PAGE.fullmatch(wished) else ""


def _sign_in_form(
    request: Request, *, problem: str | None = None, status: int = 200, name: str = "", after: str
) -> HTTPResponse:
    token = secrets.token_urlsafe(32)
    values: dict[str, Any] = {"after": _after(after)} | ({} if problem is None else {"problem": problem})
    page = f"sign-in?next={_after(after)}" if _after(after) else "sign-in"
    desk = desk_of(request)
    values |= {"elsewhere": desk.elsewhere.label if desk.elsewhere else "", "passwords": desk.passwords}
    response = show(request, "sign_in.html", status=status, page=page, form_token=token, name=name, **values)
    _set_cookie(request, response, FORM_COOKIE, token, seconds=1800)
    return response


async def sign_in(request: Request) -> HTTPResponse:
    """POST sign-in: how often somebody may try stands in desk.tries."""
    desk = desk_of(request)
    form = await read_form(request)
    after = form.get("next", "")
    expected = request.cookies.get(FORM_COOKIE) or ""
    if not expected or not same(form.get("form_token", ""), expected):
        return _sign_in_form(request, problem="form", status=403, after=after)
    name = form.get("name", "")[:100]
    if not desk.passwords:
        return _sign_in_form(request, problem="no_passwords", status=403, after=after)
    try:
        device = request.cookies.get(DEVICE_COOKIE) or ""
        desk.tries.take(name, address=request.remote_addr or request.ip, device=device)
    except TooMany as error:
        response = _sign_in_form(request, problem="rate_limited", status=429, name=name, after=after)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    try:
        signed_in = await open_session(
            desk.context, name=name, password=form.get("key", ""), code=form.get("code", ""), key=desk.key
        )
    except Forbidden:
        return _sign_in_form(request, problem="key", status=401, name=name, after=after)
    response = back_to(request, _after(after))
    _set_cookie(request, response, COOKIE, signed_in.token, seconds=int(LIFETIME.total_seconds()))
    known = desk.tries.remember(signed_in.account.name)
    _set_cookie(request, response, DEVICE_COOKIE, known, seconds=DEVICE_SECONDS)
    response.delete_cookie(FORM_COOKIE, path=PREFIX)
    return response


async def sign_out(request: Request) -> HTTPResponse:
    """POST sign-out: here."""
    session = session_of(request)
    form = await read_form(request)
    if session is not None and session.owns(form.get("form_token", "")):
        await close_session(desk_of(request).context, token=session.token)
    return _signed_out(request)


async def sign_out_everywhere(request: Request) -> HTTPResponse:
    """POST sign-out-everywhere: in every browser of this account."""
    session = session_of(request)
    form = await read_form(request)
    if session is not None and session.owns(form.get("form_token", "")):
        await close_all_sessions(desk_of(request).context, session.account)
    return _signed_out(request)


def _signed_out(request: Request) -> HTTPResponse:
    response = back_to(request, "sign-in")
    response.delete_cookie(COOKIE, path=PREFIX)
    return response


def _set_cookie(request: Request, response: HTTPResponse, name: str, value: str, *, seconds: int) -> None:
    response.add_cookie(
        name,
        value,
        path=PREFIX,
        httponly=True,
        samesite="Strict",
        secure=desk_of(request).secure,
        max_age=seconds,
    )
