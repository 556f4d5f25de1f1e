"""GET /c/{token}: how a case stands, for whoever holds its signed link; without signing in, without scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sanic import Blueprint, HTTPResponse, Request

from aftersales.domain.errors import NotFound
from aftersales.domain.signed_links import LinkTo
from aftersales.services.case_timeline import read_timeline
from aftersales.services.context import Context
from connectors.web.case_page.pages import CasePages
from connectors.web.signed_pages.common import Refusal, page, read_link, refuse, stylesheet, wished_language
from runtime.buckets import Buckets


@dataclass(frozen=True)
class CaseLinkPages:
    """`tries`: thirty pages a minute per address, right links and wrong ones."""

    context: Context
    pages: CasePages
    tries: Buckets = field(default_factory=lambda: Buckets(30, seconds=60))


def case_link_blueprint() -> Blueprint:
    """The routes; they find their CaseLinkPages at `app.ctx.case_links`."""
    blueprint = Blueprint("case_links", url_prefix="/c")
    add: Any = blueprint.add_route
    add(stylesheet, "/page.css", methods=["GET"])
    add(_case, "/<token:str>", methods=["GET"])
    return blueprint


async def _case(request: Request, token: str) -> HTTPResponse:
    """404 for a link that is not ours, 410 for one that has expired, 429 for too many: each as a page."""
    links: CaseLinkPages = request.app.ctx.case_links
    ctx = links.context
    try:
        number = read_link(request, token, ctx=ctx, tries=links.tries, to=LinkTo.CASE)
        timeline = await read_timeline(ctx, number=number)
    except Refusal as refusal:
        return refuse(request, refusal, links.pages)
    except NotFound:
        return refuse(request, Refusal("wrong", 404), links.pages)
    language = wished_language(request) or timeline.case.language
    return page(links.pages.case(timeline, language), language)
