"""/n/{token}: what a customer wants to be told, behind the signed link in each mail; without signing in.

POST /n/{token}/off is what a mail client's own "unsubscribe" does with one click (RFC 8058).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from typing import Any
from urllib.parse import parse_qs

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import redirect

from aftersales.domain.preferences import Preferences
from aftersales.domain.signed_links import LinkTo, customer_of_name
from aftersales.domain.texts import Language
from aftersales.services.context import Context
from aftersales.services.preferences import read_preferences, set_preferences, unsubscribe
from connectors.web.bodies import read_body
from connectors.web.preferences_page.pages import PreferencesPages
from connectors.web.problems import preferred_language
from connectors.web.signed_pages.common import Refusal, page, read_link, refuse, wished_language
from runtime.buckets import Buckets

_FORM_LIMIT = 4096
_ONE_CLICK_LIMIT = 64 * 1024
_CHANNEL = "mail_link"


@dataclass(frozen=True)
class PreferencesLinkPages:
    """`tries`: thirty pages a minute per address, right links and wrong ones.

    Of one-click requests only the wrong ones count: a mail provider sends those of many customers.
    """

    context: Context
    pages: PreferencesPages
    tries: Buckets = field(default_factory=lambda: Buckets(30, seconds=60))


def preferences_link_blueprint() -> Blueprint:
    """The routes; they find their PreferencesLinkPages at `app.ctx.preferences_links`."""
    blueprint = Blueprint("preferences_links", url_prefix="/n")
    add: Any = blueprint.add_route
    add(_show, "/<token:str>", methods=["GET"], name="show")
    add(_choose, "/<token:str>", methods=["POST"], stream=True, name="choose")
    add(_show, "/<token:str>/off", methods=["GET"], name="show_off")
    add(_unsubscribe, "/<token:str>/off", methods=["POST"], stream=True, name="off")
    return blueprint


async def _show(request: Request, token: str) -> HTTPResponse:
    """Looking changes nothing, also at the address of the one click: scanners of mail open every link."""
    links: PreferencesLinkPages = request.app.ctx.preferences_links
    try:
        customer_id = _customer(request, token)
    except Refusal as refusal:
        return refuse(request, refusal, links.pages)
    chosen = await read_preferences(links.context, customer_id=customer_id)
    language = _language(request, chosen)
    content = links.pages.choices(chosen, language, token=token, is_saved=request.args.get("saved") == "1")
    return page(content, language, takes_forms=True)


async def _choose(request: Request, token: str) -> HTTPResponse:
    """303 back to the page; 422 as a page for what the page's own form does not send."""
    links: PreferencesLinkPages = request.app.ctx.preferences_links
    body = await read_body(request, limit=_FORM_LIMIT)
    try:
        customer_id = _customer(request, token)
        wanted = _read_form(body, customer_id=customer_id)
    except Refusal as refusal:
        return refuse(request, refusal, links.pages)
    await set_preferences(links.context, wanted, channel=_CHANNEL)
    return redirect(f"/n/{token}?lang={_language(request, wanted)}&saved=1", status=303)


async def _unsubscribe(request: Request, token: str) -> HTTPResponse:
    """No more news by mail. What the body says is not needed: the address is only good for this."""
    links: PreferencesLinkPages = request.app.ctx.preferences_links
    await read_body(request, limit=_ONE_CLICK_LIMIT)
    try:
        customer_id = _customer(request, token, every=False)
    except Refusal as refusal:
        return refuse(request, refusal, links.pages)
    await unsubscribe(links.context, customer_id=customer_id, channel=_CHANNEL)
    chosen = await read_preferences(links.context, customer_id=customer_id)
    language = _language(request, chosen)
    content = links.pages.choices(chosen, language, token=token, is_saved=True)
    return page(content, language, takes_forms=True)


def _customer(request: Request, token: str, *, every: bool = True) -> str:
    """Raises Refusal as read_link; `every`: right links are counted as well."""
    links: PreferencesLinkPages = request.app.ctx.preferences_links
    name = read_link(
        request, token, ctx=links.context, tries=links.tries, to=LinkTo.PREFERENCES, counts_right=every
    )
    return customer_of_name(name)


def _read_form(body: bytes, *, customer_id: str) -> Preferences:
    try:
        form = parse_qs(body.decode("ascii"), max_num_fields=10)
        language = form.get("language", [""])[0]
        return Preferences(
            customer_id=customer_id,
            email=form.get("email") == ["1"],
            app=form.get("app") == ["1"],
            quiet_from=time.fromisoformat(form["quiet_from"][0]).replace(second=0, microsecond=0, tzinfo=None),
            quiet_to=time.fromisoformat(form["quiet_to"][0]).replace(second=0, microsecond=0, tzinfo=None),
            language="zh" if language == "zh" else "en" if language == "en" else None,
        )
    except (KeyError, ValueError):
        raise Refusal("incomplete", 422) from None


def _language(request: Request, chosen: Preferences) -> Language:
    accepted = preferred_language(request.headers.get("accept-language", ""))
    return wished_language(request) or chosen.language or accepted or "zh"
