"""What every request of the front goes through: an id, a log line, and errors as problems."""

from __future__ import annotations

from time import monotonic
from typing import Any

import structlog
from sanic import HTTPResponse, Request, Sanic

from aftersales.domain.ids import new_id
from connectors.web.problems import as_problem, problem_response
from runtime.logs import without_words

_QUIET = frozenset({"/health", "/health/live"})
_log = structlog.get_logger("returndesk.front")


def install(app: Sanic[Any, Any]) -> None:
    """Registers the middleware and the handler of all errors. Must come first."""
    add: Any = app.register_middleware
    add(_begin, "request")
    add(_end, "response")
    app.exception(Exception)(_problem)


async def _begin(request: Request) -> None:
    # Our own id, never one that a caller chose: it goes into the logs.
    request.ctx.request_id = new_id()[:16]
    request.ctx.began = monotonic()


async def _end(request: Request, response: HTTPResponse) -> None:
    request_id = getattr(request.ctx, "request_id", "")
    response.headers["X-Request-ID"] = request_id
    if request.path in _QUIET and response.status < 500:
        return
    # The route and not the path: paths hold numbers of returns and files.
    route = request.route.path if request.route else None
    took = monotonic() - getattr(request.ctx, "began", monotonic())
    _log.info(
        "request",
        method=request.method,
        route=route,
        status=response.status,
        milliseconds=round(took * 1000),
        request_id=request_id,
    )


async def _problem(request: Request, error: Exception) -> HTTPResponse:
    problem = as_problem(error)
    if problem.code == "internal":
        request_id = getattr(request.ctx, "request_id", "")
        _log.error("request_failed", request_id=request_id, failure=without_words(error))
    return problem_response(request, problem, texts=request.app.ctx.problem_texts)
