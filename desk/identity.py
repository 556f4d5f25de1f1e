"""Signing in at the desk through the shop's identity provider: there and back again.

The browser carries a cookie of one try; state, nonce and the PKCE verifier follow from it and a key of ours, so
that nothing is stored and an answer counts in the browser alone that asked. The provider takes its code once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode

from sanic import HTTPResponse, Request
from sanic.response import redirect

from aftersales.domain.errors import Conflict, Forbidden, Unavailable
from aftersales.services.identities import sign_in_with
from aftersales.services.sign_in import LIFETIME
from desk.application import COOKIE, PREFIX, back_to, desk_of, language_of, show
from desk.elsewhere import SignInElsewhere
from desk.sessions import same
from runtime.buckets import TooMany

TRY_COOKIE = "desk_try"
_PATH = f"{PREFIX}/identity"
_SECONDS = 600
_PAGE = re.compile(r"chats(/[A-Za-z0-9-]{1,40})?")
_TRY = re.compile(r"([0-9]{1,12})\.[A-Za-z0-9_-]{43}\.(zh|en)\.(chats(?:/[A-Za-z0-9-]{1,40})?|)")
_LONGEST_CODE = 4000


async def go_to_provider(request: Request) -> HTTPResponse:
    """GET identity: leads to the provider; `next` is the page of the desk that follows."""
    desk, elsewhere = desk_of(request), desk_of(request).elsewhere
    if elsewhere is None:
        return back_to(request, "sign-in")
    wished = request.args.get("next", "")
    after = wished if _PAGE.fullmatch(wished) else ""
    begun = int(desk.context.clock.now().timestamp())
    own_try = f"{begun}.{secrets.token_urlsafe(32)}.{language_of(request)}.{after}"
    try:
        elsewhere.tries.take(request.remote_addr or request.ip)
        address = await elsewhere.provider.address(
            state=_derived(desk.key, "state", own_try),
            nonce=_derived(desk.key, "nonce", own_try),
            challenge=_challenge(_derived(desk.key, "verifier", own_try)),
            back=_back(request),
        )
    except TooMany:
        return _refused(request, "rate_limited", 429)
    except Unavailable:
        return _refused(request, "identity_unavailable", 503)
    response = redirect(address, status=303)
    # Lax: the way back begins at another site, and a Strict cookie would not come along.
    response.add_cookie(
        TRY_COOKIE, own_try, path=_PATH, httponly=True, samesite="Lax", secure=desk.secure, max_age=_SECONDS
    )
    return response


async def come_back(request: Request) -> HTTPResponse:
    """GET identity/back: what the provider says; opens a session, or tells why there is none."""
    desk, elsewhere = desk_of(request), desk_of(request).elsewhere
    if elsewhere is None:
        return back_to(request, "sign-in")
    own_try = request.cookies.get(TRY_COOKIE) or ""
    known = _TRY.fullmatch(own_try)
    request.ctx.desk_language = known[2] if known else None
    code = _code(request, elsewhere, known, key=desk.key)
    if code is None:
        return _refused(request, "identity_try", 400)
    try:
        elsewhere.tries.take(request.remote_addr or request.ip)
        identity = await elsewhere.provider.identify(
            code=code,
            verifier=_derived(desk.key, "verifier", own_try),
            nonce=_derived(desk.key, "nonce", own_try),
            back=_back(request),
        )
        signed_in = await sign_in_with(
            desk.context, identity, roles=elsewhere.roles, language=language_of(request)
        )
    except TooMany:
        return _refused(request, "rate_limited", 429)
    except (Unavailable, Conflict):
        return _refused(request, "identity_unavailable", 503)
    except Forbidden as error:
        if error.detail == "no_account":
            return _refused(request, "no_account", 403)
        return _refused(request, "identity_try", 400)
    page = known[3] if known else ""
    # A page of ours leads on: a redirect would still count as coming from the other site, without Strict cookies.
    response = show(request, "signed_in.html", page="sign-in", after=page)
    response.add_cookie(
        COOKIE,
        signed_in.token,
        path=PREFIX,
        httponly=True,
        samesite="Strict",
        secure=desk.secure,
        max_age=int(LIFETIME.total_seconds()),
    )
    response.delete_cookie(TRY_COOKIE, path=_PATH)
    return response


def _code(
    request: Request, elsewhere: SignInElsewhere, own_try: re.Match[str] | None, *, key: bytes
) -> str | None:
    """The code of an answer to this browser's own try, made by the provider that was asked, in time."""
    now = desk_of(request).context.clock.now().timestamp()
    if own_try is None or now - int(own_try[1]) > _SECONDS:
        return None
    if not same(request.args.get("state", ""), _derived(key, "state", own_try[0])):
        return None
    if request.args.get("iss", elsewhere.issuer) != elsewhere.issuer:
        return None
    code: str = request.args.get("code", "")
    return code if 0 < len(code) <= _LONGEST_CODE else None


def _refused(request: Request, problem: str, status: int) -> HTTPResponse:
    response = show(request, "not_signed_in.html", status=status, page="sign-in", problem=problem)
    response.delete_cookie(TRY_COOKIE, path=_PATH)
    return response


def _back(request: Request) -> str:
    return f"{desk_of(request).context.front_url}{_PATH}/back"


def _derived(key: bytes, name: str, own_try: str) -> str:
    """43 characters, of the alphabet that RFC 7636 wants for verifiers."""
    digest = hmac.digest(b"identity:" + key, f"{name}:{own_try}".encode(), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")
