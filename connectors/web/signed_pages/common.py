"""What the pages behind signed links share: their looks, what they never do, and what they say when they fail."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sanic import HTTPResponse, Request
from sanic.response import html, raw

from aftersales.domain.signed_links import ExpiredLink, LinkTo, WrongLink
from aftersales.domain.texts import Language
from aftersales.services.context import Context
from connectors.web.chat import address_of
from connectors.web.problems import preferred_language
from runtime.buckets import Buckets, TooMany

_HERE = Path(__file__).parent
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; "
    "base-uri 'none'; form-action {forms}; frame-ancestors 'none'"
)


class Refusal(Exception):
    """A page of its own instead of the one that was asked for: a name under `problems`, and the status."""

    def __init__(self, problem: str, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.status = status
        self.headers = headers or {}


class Pages:
    """The templates and words of one folder; `texts.yml` has the same names in both languages."""

    def __init__(self, folder: Path) -> None:
        text = (folder / "texts.yml").read_text(encoding="utf8")
        self.words: dict[Language, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
        self._environment = Environment(
            loader=FileSystemLoader([folder, _HERE]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, language: Language, **values: Any) -> str:
        other: Language = "en" if language == "zh" else "zh"
        return self._environment.get_template(template).render(
            lang=language, other=other, tags=TAGS, t=self.words[language], **values
        )

    def problem(self, problem: str, language: Language) -> str:
        """In both languages, that of the reader first: nobody knows whose link it was."""
        languages = ("zh", "en") if language == "zh" else ("en", "zh")
        return self._environment.get_template("problem.html").render(
            languages=languages, tags=TAGS, texts=self.words, problem=problem
        )


TAGS = {"zh": "zh-CN", "en": "en"}


def read_link(
    request: Request, token: str, *, ctx: Context, tries: Buckets, to: LinkTo, counts_right: bool = True
) -> str:
    """The name in a link that is right. Raises Refusal: 404, 410 for one that has expired, 429 for too many."""
    refusal: Refusal | None = None
    try:
        name = ctx.links.read(token, now=ctx.clock.now(), to=to)
    except ExpiredLink:
        refusal = Refusal("expired", 410)
    except WrongLink:
        refusal = Refusal("wrong", 404)
    try:
        if refusal or counts_right:
            tries.take(address_of(request))
    except TooMany as error:
        raise Refusal("too_many", 429, {"Retry-After": str(error.retry_after)}) from None
    if refusal:
        raise refusal
    return name


def page(content: str, language: Language, *, status: int = 200, takes_forms: bool = False) -> HTTPResponse:
    """Kept and indexed by nobody; runs nothing, loads nothing but our stylesheet."""
    headers = {
        "Content-Security-Policy": _POLICY.format(forms="'self'" if takes_forms else "'none'"),
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
        "Content-Language": language,
    }
    return html(content, status=status, headers=headers)


def refuse(request: Request, refusal: Refusal, pages: Pages) -> HTTPResponse:
    language = wished_language(request) or preferred_language(request.headers.get("accept-language", "")) or "zh"
    response = page(pages.problem(refusal.problem, language), language, status=refusal.status)
    response.headers.update(refusal.headers)
    return response


def wished_language(request: Request) -> Language | None:
    """What the reader has chosen on the page."""
    wished = request.args.get("lang")
    return "zh" if wished == "zh" else "en" if wished == "en" else None


async def stylesheet(_request: Request) -> HTTPResponse:
    """GET /c/page.css: of all these pages."""
    return raw(
        (_HERE / "page.css").read_bytes(),
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": "public, max-age=60"},
    )
