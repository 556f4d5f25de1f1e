"""GET /r/{token}: how a return, exchange or refund stands, for whoever holds its signed link; without scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sanic import Blueprint, HTTPResponse, Request

from aftersales.domain.errors import NotFound
from aftersales.domain.signed_links import LinkTo
from aftersales.services.context import Context
from aftersales.services.return_timeline import read_return_timeline
from connectors.web.return_page.pages import ReturnPages
from connectors.web.signed_pages.common import Refusal, page, read_link, refuse, wished_language
from runtime.buckets import Buckets


@dataclass(frozen=True)
class ReturnLinkPages:
    """`tries`: thirty pages a minute per address, right links and wrong ones."""

    context: Context
    pages: ReturnPages
    tries: Buckets = field(default_factory=lambda: Buckets(30, seconds=60))


def return_link_blueprint() -> Blueprint:
    """The routes; they find their ReturnLinkPages at `app.ctx.return_links`."""
    blueprint = Blueprint("return_links", url_prefix="/r")
    add: Any = blueprint.add_route
    add(_return, "/<token:str>", methods=["GET"])
    return blueprint


async def _return(request: Request, token: str) -> HTTPResponse:
    """404 for a link that is not ours, 410 for one that has expired, 429 for too many: each as a page."""
    links: ReturnLinkPages = request.app.ctx.return_links
    ctx = links.context
    try:
        number = read_link(request, token, ctx=ctx, tries=links.tries, to=LinkTo.RETURN)
        timeline = await read_return_timeline(ctx, number=number)
    except Refusal as refusal:
        return refuse(request, refusal, links.pages)
    except NotFound:
        return refuse(request, Refusal("wrong", 404), links.pages)
    language = wished_language(request) or timeline.language
    return page(links.pages.status(timeline, language), language)
