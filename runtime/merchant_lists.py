"""The merchant API's lists, page by page, and its single things with their history."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sanic import Blueprint, HTTPResponse, Request
from sanic.request import RequestParameters
from sanic.response import json

from aftersales.domain.api_keys import Scope
from aftersales.domain.cases import LIVE, Case, CaseState
from aftersales.domain.conversations import Conversation, Owner
from aftersales.domain.pages import Mark, Wanted
from aftersales.domain.refunds import Refund, RefundState
from aftersales.domain.returns import Return, ReturnState
from aftersales.services import listings
from aftersales.services.overview import OPEN_STATES, FullReturn, find_return
from connectors.web.problems import Problem
from runtime.merchant_access import Caller, reads
from runtime.merchant_json import case_json, conversation_json, history_json, refund_json, return_json

_NAME = re.compile(r"[A-Za-z0-9-]{1,40}")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,120}")
_MARK = re.compile(rb"([0-9]{1,16})\.([A-Za-z0-9-]{1,64})")
_MOST = 100
_ANY = "any"
# To the microsecond, so that what is stored with them is found again.
_MICROSECOND = 1_000_000

T = TypeVar("T")


def lists_blueprint() -> Blueprint:
    """The routes; they find their Merchant at `app.ctx.merchant`."""
    blueprint = Blueprint("merchant_lists", url_prefix="/api/merchant")
    add: Any = blueprint.add_route
    add(reads(list_returns, Scope.RETURNS_READ), "/returns", methods=["GET"])
    add(reads(get_return, Scope.RETURNS_READ), "/returns/<number:str>", methods=["GET"])
    add(reads(list_refunds, Scope.REFUNDS_READ), "/refunds", methods=["GET"])
    add(reads(get_refund, Scope.REFUNDS_READ), "/refunds/<refund_id:str>", methods=["GET"])
    add(reads(list_cases, Scope.CASES_READ), "/cases", methods=["GET"])
    add(reads(get_case, Scope.CASES_READ), "/cases/<number:str>", methods=["GET"])
    add(reads(list_conversations, Scope.CONVERSATIONS_READ), "/conversations", methods=["GET"])
    conversation = "/conversations/<conversation_id:str>"
    add(reads(get_conversation, Scope.CONVERSATIONS_READ), conversation, methods=["GET"])
    return blueprint


async def list_returns(caller: Caller, request: Request) -> HTTPResponse:
    """The open ones, where no state is asked for."""
    wanted = _wanted(request, ReturnState, usual=OPEN_STATES)
    found = await listings.list_returns(caller.context, wanted, after=_after(request), limit=limit_of(request) + 1)
    return json(_page(request, "returns", found, return_json, mark=_return_mark))


async def list_refunds(caller: Caller, request: Request) -> HTTPResponse:
    wanted = _wanted(request, RefundState)
    found = await listings.list_refunds(caller.context, wanted, after=_after(request), limit=limit_of(request) + 1)
    return json(_page(request, "refunds", found, refund_json, mark=_mark))


async def list_cases(caller: Caller, request: Request) -> HTTPResponse:
    """Those with which somebody still has something to do, where no state is asked for."""
    _refuse(request, "updated_since")
    wanted = _wanted(request, CaseState, usual=LIVE)
    found = await listings.list_cases(caller.context, wanted, after=_after(request), limit=limit_of(request) + 1)
    return json(_page(request, "cases", found, case_json, mark=_mark))


async def list_conversations(caller: Caller, request: Request) -> HTTPResponse:
    _refuse(request, "order")
    wanted, limit = _wanted(request, Owner), limit_of(request)
    found = await listings.list_conversations(caller.context, wanted, after=_after(request), limit=limit + 1)
    return json(_page(request, "conversations", found, conversation_json, mark=_mark))


async def get_return(caller: Caller, request: Request, number: str) -> HTTPResponse:
    return json(return_json(await find_return(caller.context, number=name_of(number))))


async def get_refund(caller: Caller, request: Request, refund_id: str) -> HTTPResponse:
    refund, journal = await listings.read_refund(caller.context, refund_id=name_of(refund_id))
    return json({**refund_json(refund), "history": history_json(journal)})


async def get_case(caller: Caller, request: Request, number: str) -> HTTPResponse:
    case, journal = await listings.read_case(caller.context, number=name_of(number))
    return json({**case_json(case), "history": history_json(journal)})


async def get_conversation(caller: Caller, request: Request, conversation_id: str) -> HTTPResponse:
    found, journal = await listings.read_conversation(caller.context, conversation_id=name_of(conversation_id))
    return json({**conversation_json(found), "history": history_json(journal)})


def name_of(given: str) -> str:
    """A number or id that can exist at all. Raises Problem not_found."""
    if not _NAME.fullmatch(given):
        raise Problem("not_found")
    return given


def limit_of(request: Request, *, most: int = _MOST) -> int:
    """How many at most, as ?limit= says: 1 to `most`, 100 by itself. Raises Problem bad_request."""
    given = query_of(request).get("limit", "100") or ""
    if not re.fullmatch(r"[0-9]{1,4}", given) or not 1 <= int(given) <= most:
        raise Problem("bad_request")
    return int(given)


def instant_of(request: Request, name: str) -> datetime | None:
    """A time of the query (RFC 3339, with its zone). Raises Problem bad_request."""
    given = query_of(request).get(name)
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
        return at.astimezone(UTC) if at.tzinfo else _bad()
    except (ValueError, OverflowError):
        raise Problem("bad_request") from None


def _wanted(
    request: Request, states: type[StrEnum], *, usual: Sequence[StrEnum] | frozenset[StrEnum] | None = None
) -> Wanted:
    """`usual` are the states where the query names none; `any` names all. Raises Problem bad_request."""
    named = query_of(request).getlist("state") or []
    try:
        chosen = None if _ANY in named else [states(name) for name in named] or usual
    except ValueError:
        raise Problem("bad_request") from None
    return Wanted(
        states=None if chosen is None else [state.value for state in chosen],
        order_number=_text(request, "order"),
        customer_id=_text(request, "customer"),
        since=instant_of(request, "since"),
        updated_since=instant_of(request, "updated_since"),
    )


def _text(request: Request, name: str) -> str | None:
    given: str | None = query_of(request).get(name)
    if given is not None and not _TEXT.fullmatch(given):
        raise Problem("bad_request")
    return None if given is None else given.encode("utf8", "replace").decode()


def _refuse(request: Request, name: str) -> None:
    if name in query_of(request):
        raise Problem("bad_request")


def _page(
    request: Request,
    name: str,
    found: Sequence[T],
    show: Callable[[T], dict[str, Any]],
    *,
    mark: Callable[[T], Mark],
) -> dict[str, Any]:
    """`found` may be one more than was asked for; then there is a `next`."""
    limit = limit_of(request)
    shown = found[:limit]
    return {name: [show(one) for one in shown], "next": _cursor(mark(shown[-1])) if len(found) > limit else None}


def _mark(item: Return | Refund | Case | Conversation) -> Mark:
    return Mark(item.created_at, item.id)


def _return_mark(full: FullReturn) -> Mark:
    return _mark(full.item)


def _cursor(mark: Mark) -> str:
    """Opaque to programs: when a page ended, in microseconds since the epoch, and with what."""
    seconds = int(mark.at.replace(microsecond=0).timestamp())
    told = f"{seconds * _MICROSECOND + mark.at.microsecond}.{mark.id}"
    return urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _after(request: Request) -> Mark | None:
    """The mark in ?after=. Raises Problem bad_request for what never was a `next` of ours."""
    given = query_of(request).get("after")
    if given is None:
        return None
    if not _CURSOR.fullmatch(given):
        raise Problem("bad_request")
    try:
        match = _MARK.fullmatch(urlsafe_b64decode(given + "=" * (-len(given) % 4)))
        if match is None:
            raise Problem("bad_request")
        seconds, rest = divmod(int(match[1]), _MICROSECOND)
        return Mark(datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest), match[2].decode())
    except (ValueError, OverflowError, OSError):
        raise Problem("bad_request") from None


def query_of(request: Request) -> RequestParameters:
    """A value that is empty was given all the same."""
    return request.get_args(keep_blank_values=True)


def _bad() -> datetime:
    raise Problem("bad_request")
