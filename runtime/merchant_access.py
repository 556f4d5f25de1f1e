"""Who may use the merchant API for what, and how each of its routes begins and ends."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sanic import HTTPResponse, Request
from sanic.response import json

from aftersales.domain.api_keys import ApiKey, Scope
from aftersales.domain.errors import Taken
from aftersales.services.api_keys import find_api_key
from aftersales.services.context import Context
from aftersales.services.idempotency import Named, Told, once
from aftersales.services.moves import By
from connectors.web.bodies import JSON_LIMIT, parse_object, read_body
from connectors.web.chat import address_of, bearer
from connectors.web.problems import Problem, as_problem
from runtime.buckets import Buckets

CHANNEL = "api"
MERCHANT = By("agent:merchant", CHANNEL)
_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")

Route = Callable[..., Awaitable[HTTPResponse | None]]
Deed = Callable[..., Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Merchant:
    """`key` is the merchant key, which may do everything; `vault` encrypts what is kept of answers.

    `wrong_keys` slows down guessing, per address; `requests` are those of each key.
    """

    context: Context
    key: str
    vault: bytes
    wrong_keys: Buckets
    requests: Buckets


@dataclass(frozen=True, slots=True)
class Caller:
    """A program with a key that is good for what it asks. `id` is that of the key, empty for the merchant key."""

    context: Context
    id: str
    by: By
    vault: bytes


async def access_merchant(request: Request, scope: Scope) -> Caller:
    """Raises Problem unauthorized or insufficient_scope, TooMany after many wrong keys or requests."""
    merchant: Merchant = request.app.ctx.merchant
    given = bearer(request)
    if merchant.key and hmac.compare_digest(given.encode("utf8", "surrogateescape"), merchant.key.encode()):
        merchant.requests.take("")
        return Caller(merchant.context, "", MERCHANT, merchant.vault)
    key = await find_api_key(merchant.context, given=given)
    if key is None:
        merchant.wrong_keys.take(address_of(request))
        raise Problem("unauthorized")
    merchant.requests.take(key.id)
    if not key.allows(scope):
        raise Problem("insufficient_scope")
    return _caller(merchant, key)


def reads(handler: Route, scope: Scope) -> Route:
    """A route that changes nothing: `handler(caller, request, **names)`."""

    async def route(request: Request, **names: str) -> HTTPResponse | None:
        return await handler(await access_merchant(request, scope), request, **names)

    route.__name__ = handler.__name__
    return route


def does(handler: Deed, scope: Scope, *, status: int = 200) -> Route:
    """A route that changes something: `handler(caller, request, **names)` gives the body of the answer.

    With the header Idempotency-Key it is done once, and what it answered, also a refusal, is told again for a day.
    What went wrong on our side is not kept: the same request is tried anew. `request.ctx.body` holds the body; one
    that is not needed is passed over.
    """

    async def route(request: Request, **names: str) -> HTTPResponse:
        caller = await access_merchant(request, scope)
        request.ctx.body = await read_body(request, limit=JSON_LIMIT)
        act = partial(_act, partial(handler, caller, request, **names), status=status)
        name = _name_of(request)
        if name is None:
            return _answer(await act())
        what = f"{request.method} {request.path}?{request.query_string}\n".encode() + request.ctx.body
        named = Named(caller.id or "merchant", name, what, caller.vault)
        try:
            return _answer(await once(caller.context, named, act))
        except Taken:
            raise Problem("idempotency_in_use", retry_after=1) from None

    route.__name__ = handler.__name__
    return route


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a deed's body; an empty body is an empty object. Raises Problem bad_request."""
    body: bytes = request.ctx.body
    return parse_object(body) if body.strip() else {}


def words(body: dict[str, Any], field: str, *, longest: int) -> str:
    """A text of the body that is not blank. Raises Problem bad_request."""
    given = body.get(field)
    if not isinstance(given, str) or not given.strip() or len(given) > longest or "\x00" in given:
        raise Problem("bad_request")
    return given.encode("utf8", "replace").decode().strip()


def _caller(merchant: Merchant, key: ApiKey) -> Caller:
    return Caller(merchant.context, key.id, By(key.actor, CHANNEL), merchant.vault)


def _name_of(request: Request) -> str | None:
    """The Idempotency-Key, with or without the quotes of a structured string (RFC 9651). Raises Problem."""
    given: str | None = request.headers.get("idempotency-key")
    if given is None:
        return None
    name = given[1:-1] if len(given) > 1 and given[0] == given[-1] == '"' else given
    if not _IDEMPOTENCY_KEY.fullmatch(name):
        raise Problem("bad_request")
    return name


async def _act(deed: Callable[[], Awaitable[dict[str, Any]]], *, status: int) -> Told:
    """What the deed answers; a refusal is an answer too. Raises what is our own trouble."""
    try:
        return Told(status, await deed())
    except Exception as error:
        problem = as_problem(error)
        if problem.status >= 500 or problem.status == 429:
            raise
        return Told(problem.status, {"code": problem.code})


def _answer(told: Told) -> HTTPResponse:
    """Raises the Problem that a refusal is told as."""
    if told.status >= 400:
        raise Problem(told.body["code"])
    return json(told.body, status=told.status, headers={"Idempotency-Replayed": "true"} if told.again else None)
