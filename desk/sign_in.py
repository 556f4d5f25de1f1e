"""Signing in at the desk with the merchant key, and out."""

from __future__ import annotations

import secrets

from sanic import HTTPResponse, Request

from desk.application import COOKIE, FORM_COOKIE, PREFIX, back_to, desk_of, session_of, show
from desk.forms import read_form
from desk.sessions import LIFETIME, same
from runtime.buckets import TooMany


async def sign_in_page(request: Request) -> HTTPResponse:
    if session_of(request) is not None:
        return back_to(request, "")
    return _sign_in_form(request)


def _sign_in_form(request: Request, *, problem: str | None = None, status: int = 200) -> HTTPResponse:
    token = secrets.token_urlsafe(32)
    values = {} if problem is None else {"problem": problem}
    response = show(request, "sign_in.html", status=status, form_token=token, **values)
    _set_cookie(request, response, FORM_COOKIE, token, seconds=1800)
    return response


async def sign_in(request: Request) -> HTTPResponse:
    """POST sign-in: five tries a minute per address."""
    desk = desk_of(request)
    form = await read_form(request)
    expected = request.cookies.get(FORM_COOKIE) or ""
    if not expected or not same(form.get("form_token", ""), expected):
        return _sign_in_form(request, problem="form", status=403)
    try:
        desk.tries.take(request.remote_addr or request.ip)
    except TooMany as error:
        response = _sign_in_form(request, problem="rate_limited", status=429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    if not desk.key or not same(form.get("key", ""), desk.key):
        return _sign_in_form(request, problem="key", status=401)
    session = desk.sessions.open()
    response = back_to(request, "")
    _set_cookie(request, response, COOKIE, session.id, seconds=int(LIFETIME.total_seconds()))
    response.delete_cookie(FORM_COOKIE, path=PREFIX)
    return response


async def sign_out(request: Request) -> HTTPResponse:
    session = session_of(request)
    form = await read_form(request)
    if session is not None and session.owns(form.get("form_token", "")):
        desk_of(request).sessions.close(session.id)
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
