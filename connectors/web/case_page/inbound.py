"""GET /c/{token}: how a case stands, for whoever holds its signed link; without signing in, without scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import html, raw

from aftersales.domain.case_links import ExpiredLink, WrongLink
from aftersales.domain.errors import NotFound
from aftersales.domain.texts import Language
from aftersales.services.case_timeline import read_timeline
from aftersales.services.context import Context
from connectors.web.case_page.pages import CasePages
from connectors.web.chat import address_of
from connectors.web.problems import preferred_language
from runtime.buckets import Buckets, TooMany

_HERE = Path(__file__).parent
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


@dataclass(frozen=True)
class CaseLinkPages:
    """`tries`: thirty pages a minute per address, right links and wrong ones."""

    context: Context
    pages: CasePages
    tries: Buckets = field(default_factory=lambda: Buckets(30, seconds=60))


def case_link_blueprint() -> Blueprint:
    """The routes; they find their CaseLinkPages at `app.ctx.case_links`."""
    style = (_HERE / "case.css").read_bytes()

    async def stylesheet(_request: Request) -> HTTPResponse:
        return raw(style, content_type="text/css; charset=utf-8", headers={"Cache-Control": "public, max-age=60"})

    blueprint = Blueprint("case_links", url_prefix="/c")
    add: Any = blueprint.add_route
    add(stylesheet, "/case.css", methods=["GET"])
    add(_case, "/<token:str>", methods=["GET"])
    return blueprint


async def _case(request: Request, token: str) -> HTTPResponse:
    """404 for a link that is not ours, 410 for one that has expired, 429 for too many: each as a page."""
    links: CaseLinkPages = request.app.ctx.case_links
    ctx = links.context
    try:
        links.tries.take(address_of(request))
        number = ctx.links.read(token, now=ctx.clock.now())
        timeline = await read_timeline(ctx, number=number)
    except TooMany as error:
        return _problem(request, "too_many", 429, {"Retry-After": str(error.retry_after)})
    except ExpiredLink:
        return _problem(request, "expired", 410)
    except (WrongLink, NotFound):
        return _problem(request, "wrong", 404)
    language = _wished(request) or timeline.case.language
    return html(links.pages.case(timeline, language), headers={**_HEADERS, "Content-Language": language})


def _problem(request: Request, problem: str, status: int, headers: dict[str, str] | None = None) -> HTTPResponse:
    links: CaseLinkPages = request.app.ctx.case_links
    language = _wished(request) or preferred_language(request.headers.get("accept-language", "")) or "zh"
    return html(links.pages.problem(problem, language), status=status, headers={**_HEADERS, **(headers or {})})


def _wished(request: Request) -> Language | None:
    wished = request.args.get("lang")
    return "zh" if wished == "zh" else "en" if wished == "en" else None
