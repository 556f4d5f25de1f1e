"""Errors as HTTP problems (RFC 9457): a stable code for programs, a text in the caller's language for people."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from sanic import HTTPResponse, Request
from sanic.exceptions import MethodNotAllowed, SanicException
from sanic.exceptions import NotFound as NoSuchPath

from aftersales.domain.errors import (
    AftersalesError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    OutcomeUnknown,
    ProviderRejected,
    Refused,
    Unavailable,
)
from aftersales.domain.texts import Language
from runtime.buckets import TooMany

STATUS = {
    "bad_request": 400,
    "unauthorized": 401,
    "site_token_invalid": 401,
    "site_token_expired": 401,
    "site_token_used": 401,
    "forbidden": 403,
    "insufficient_scope": 403,
    "not_verified": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "idempotency_in_use": 409,
    "body_too_large": 413,
    "file_too_large": 413,
    "idempotency_mismatch": 422,
    "empty_message": 422,
    "message_too_long": 422,
    "unknown_choice": 422,
    "file_empty": 422,
    "file_type": 422,
    "rate_limited": 429,
    "internal": 500,
    "unavailable": 503,
}

_BY_ERROR: tuple[tuple[type[AftersalesError], str], ...] = (
    (NotFound, "not_found"),
    (Forbidden, "forbidden"),
    (Conflict, "conflict"),
    (Refused, "conflict"),
    (ProviderRejected, "conflict"),
    (Unavailable, "unavailable"),
    (OutcomeUnknown, "unavailable"),
)


class Problem(Exception):
    """An answer other than success. `code` is a key of STATUS; `retry_after` in seconds."""

    def __init__(self, code: str, *, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = STATUS[code]
        self.retry_after = retry_after


def as_problem(error: BaseException) -> Problem:
    """The problem that an exception is told as; `internal` for all that nobody foresaw."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, TooMany):
        return Problem("rate_limited", retry_after=error.retry_after)
    if isinstance(error, Invalid):
        named = next((word for word in (error.detail, error.field, error.code) if word in STATUS), "bad_request")
        return Problem(named)
    for kind, code in _BY_ERROR:
        if isinstance(error, kind):
            return Problem(code)
    if isinstance(error, SanicException):
        return Problem(_code_of(error))
    return Problem("internal")


def _code_of(error: SanicException) -> str:
    if isinstance(error, NoSuchPath):
        return "not_found"
    if isinstance(error, MethodNotAllowed):
        return "method_not_allowed"
    by_status = {413: "body_too_large", 401: "unauthorized", 403: "forbidden", 503: "unavailable"}
    status = error.status_code
    return by_status.get(status) or ("bad_request" if 400 <= status < 500 else "internal")


_LANGUAGE_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,30})?\s*(?:;\s*q=([01](?:\.\d{1,3})?))?\s*")


def preferred_language(accept_language: str) -> Language | None:
    """The first of ours in an Accept-Language header by weight (RFC 9110 §12.5.4); None when it names neither."""
    wishes: list[tuple[float, Language]] = []
    for part in accept_language[:200].split(","):
        match = _LANGUAGE_RANGE.fullmatch(part)
        if match is None:
            continue
        weight = float(match[2] or 1)
        tag = match[1].lower()
        if tag == "zh" and weight > 0:
            wishes.append((weight, "zh"))
        elif tag == "en" and weight > 0:
            wishes.append((weight, "en"))
    return max(wishes, key=lambda wish: wish[0])[1] if wishes else None


class ProblemTexts:
    """The words of every problem in both languages."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    @classmethod
    def load(cls) -> ProblemTexts:
        path = Path(__file__).with_name("problem_texts.yml")
        return cls(yaml.load(path.read_text(encoding="utf8"), Loader=yaml.CSafeLoader))

    def of(self, code: str, language: Language) -> tuple[str, str]:
        """(title, detail)."""
        words = self._document[code][language]
        return words["title"], words["detail"]

    def body(self, problem: Problem, language: Language) -> dict[str, Any]:
        """The members of application/problem+json."""
        title, detail = self.of(problem.code, language)
        return {
            "type": "about:blank",
            "title": title,
            "status": problem.status,
            "detail": detail,
            "code": problem.code,
        }


def language_of(request: Request) -> Language:
    """The language to answer a request in: what the caller asks for, else the session's, else Chinese."""
    asked = preferred_language(request.headers.get("accept-language", ""))
    return asked or getattr(request.ctx, "language", None) or "zh"


def problem_response(request: Request, problem: Problem, *, texts: ProblemTexts) -> HTTPResponse:
    """application/problem+json in the language of the request."""
    language = language_of(request)
    headers = {"Content-Language": language, "Cache-Control": "no-store"}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = json.dumps(texts.body(problem, language), ensure_ascii=False)
    return HTTPResponse(body, status=problem.status, headers=headers, content_type="application/problem+json")
