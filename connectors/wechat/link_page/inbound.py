"""/l/…: a customer in WeChat signs in at the shop, and is known in WeChat from then on.

    /l/{token}  the link that the customer got in the talk -> WeChat's page of authorisation (snsapi_base, silent)
    /l/back     WeChat says who it is: the same openid that the link was made for, else nothing is tied
                -> the shop's own page of signing in, with `return_to` and `state`
    /l/done     the shop comes back with a site token, as it gives one to the widget

Source of the first half: developers.weixin.qq.com/doc/service/api/webdev/access (web authorisation). A cookie
binds the three to one browser, so that nobody can be led into the middle of somebody else's.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import redirect

from aftersales.domain.errors import Invalid, NotFound, Unavailable
from aftersales.domain.signed_links import ExpiredLink, LinkTo, WrongLink
from aftersales.domain.threads import Thread
from aftersales.services.context import Context
from aftersales.services.linking import link_by_sign_in, thread_to_link
from connectors.web.chat import chat_of
from connectors.web.problems import Problem, preferred_language
from connectors.web.sessions import access_customer
from connectors.web.signed_pages.common import Pages, Refusal, page, read_link, refuse
from connectors.wechat.client import WeChatClient
from runtime.buckets import Buckets

PREFIX = "/l"
_COOKIE = "returndesk_link"
_MINUTES = 15
_AUTHORISE = "https://open.weixin.qq.com/connect/oauth2/authorize"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class WeChatLinkPages:
    """`sign_in` is the shop's page of signing in; `tries`: thirty a minute per address."""

    context: Context
    client: WeChatClient
    sign_in: str
    secure: bool
    authorise: str = _AUTHORISE
    pages: Pages = field(default_factory=lambda: Pages(_HERE))
    tries: Buckets = field(default_factory=lambda: Buckets(30, seconds=60))


def wechat_link_blueprint() -> Blueprint:
    """The routes; they find their WeChatLinkPages at `app.ctx.wechat_links`."""
    blueprint = Blueprint("wechat_links", url_prefix=PREFIX)
    add: Any = blueprint.add_route
    add(_begin, "/<token:str>", methods=["GET"], name="begin")
    add(_back, "/back", methods=["GET"], name="back")
    add(_done, "/done", methods=["GET"], name="done")
    return blueprint


async def _begin(request: Request, token: str) -> HTTPResponse:
    links = _links(request)
    try:
        name = read_link(request, token, ctx=links.context, tries=links.tries, to=LinkTo.APP)
        thread = await _thread(links, name)
    except Refusal as refusal:
        return refuse(request, refusal, links.pages)
    state = secrets.token_hex(16)
    wanted = {
        "appid": links.client.account.app_id,
        "redirect_uri": f"{links.context.front_url}{PREFIX}/back",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": state,
    }
    answer = redirect(f"{links.authorise}?{urlencode(wanted)}#wechat_redirect")
    return _remember(links, answer, thread, state, LinkTo.APP_BEGUN)


async def _back(request: Request) -> HTTPResponse:
    links = _links(request)
    try:
        thread, state = await _remembered(request, LinkTo.APP_BEGUN)
        if await _openid(links, request.args.get("code") or "") != thread.sender.id:
            raise Refusal("other", 403)
    except Refusal as refusal:
        return refuse(request, refusal, links.pages)
    wanted = urlencode({"return_to": f"{links.context.front_url}{PREFIX}/done", "state": state})
    joint = "&" if "?" in links.sign_in else "?"
    answer = redirect(f"{links.sign_in}{joint}{wanted}")
    return _remember(links, answer, thread, state, LinkTo.APP_PROVEN)


async def _done(request: Request) -> HTTPResponse:
    links = _links(request)
    try:
        thread, state = await _remembered(request, LinkTo.APP_PROVEN)
        customer_id = await access_customer(chat_of(request), site_token=request.args.get("site_token") or "")
        await link_by_sign_in(links.context, thread, customer_id=customer_id or "", key=state)
    except (Problem, NotFound):
        return refuse(request, Refusal("sign_in", 401), links.pages)
    except Refusal as refusal:
        return refuse(request, refusal, links.pages)
    language = preferred_language(request.headers.get("accept-language", "")) or "zh"
    answer = page(links.pages.render("linked.html", language), language)
    answer.delete_cookie(_COOKIE, path=PREFIX)
    return answer


def _links(request: Request) -> WeChatLinkPages:
    links: WeChatLinkPages = request.app.ctx.wechat_links
    return links


async def _thread(links: WeChatLinkPages, thread_id: str) -> Thread:
    try:
        return await thread_to_link(links.context, thread_id, account=links.client.account.app_id)
    except NotFound:
        raise Refusal("wrong", 404) from None


async def _openid(links: WeChatLinkPages, code: str) -> str:
    try:
        return await links.client.openid_of(code)
    except Invalid:
        raise Refusal("refused", 403) from None
    except Unavailable:
        raise Refusal("later", 503) from None


def _remember(
    links: WeChatLinkPages, answer: HTTPResponse, thread: Thread, state: str, step: LinkTo
) -> HTTPResponse:
    """The step that this browser has taken, signed; forgotten after fifteen minutes."""
    value = links.context.links.token(f"{thread.id}-{state}", now=links.context.clock.now(), to=step)
    answer.add_cookie(
        _COOKIE,
        value,
        path=PREFIX,
        max_age=_MINUTES * 60,
        httponly=True,
        secure=links.secure,
        samesite="Lax",
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


async def _remembered(request: Request, step: LinkTo) -> tuple[Thread, str]:
    """The thread and the state of the step before, in this very browser. Raises Refusal."""
    links = _links(request)
    links.tries.take(request.remote_addr or request.ip)
    try:
        ctx = links.context
        name = ctx.links.read(request.cookies.get(_COOKIE) or "", now=ctx.clock.now(), to=step)
    except ExpiredLink:
        raise Refusal("expired", 410) from None
    except WrongLink:
        raise Refusal("wrong", 404) from None
    thread_id, _, state = name.partition("-")
    given = (request.args.get("state") or "").encode("utf8", "surrogateescape")
    if not hmac.compare_digest(given, state.encode()):
        raise Refusal("wrong", 404)
    return await _thread(links, thread_id), state
