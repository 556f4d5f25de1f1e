"""What an agent does about a promise in typed words: changes its time, takes it back, notes that it is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sanic import HTTPResponse, Request

from aftersales.domain.accounts import Account
from aftersales.domain.errors import Invalid
from aftersales.services.context import Context
from aftersales.services.spoken_promises import keep_promise, retime_promise, take_back_promise
from desk.application import desk_of
from desk.decisions import NAME, done, guard
from desk.forms import read_form


async def decide_promise(request: Request, promise_id: str, deed: str) -> HTTPResponse:
    """POST /desk/promises/{id}/retime, take-back or keep; `chat` is the talk from which it was asked."""
    form = await read_form(request)
    guarded = guard(request, form, promise_id)
    if isinstance(guarded, HTTPResponse):
        return guarded
    desk, chat = desk_of(request), form.get("chat", "")
    page = f"chats/{chat}" if NAME.fullmatch(chat) else "promises"
    answer = await done(request, _deed(desk.context, guarded, promise_id, deed, form), page=page)
    desk.live.wake(chat)
    return answer


def _deed(
    ctx: Context, account: Account, promise_id: str, deed: str, form: Mapping[str, str]
) -> Awaitable[object] | None:
    match deed:
        case "keep":
            return keep_promise(ctx, account, promise_id=promise_id)
        case "take-back":
            return take_back_promise(ctx, account, promise_id=promise_id)
        case "retime":
            return _retime(ctx, account, promise_id, form.get("due", ""))
    return None


async def _retime(ctx: Context, account: Account, promise_id: str, typed: str) -> None:
    await retime_promise(ctx, account, promise_id=promise_id, due_at=_read_time(typed, ctx.zone))


def _read_time(typed: str, zone: ZoneInfo) -> datetime:
    """As an input of a time gives it (2026-11-27T18:00), in the shop's zone. Raises Invalid("due")."""
    try:
        return datetime.strptime(typed, "%Y-%m-%dT%H:%M").replace(tzinfo=zone)
    except ValueError:
        raise Invalid("due") from None
