"""What an agent does at the live desk: takes chats, writes, notes, passes on, gives back, closes.

A form that fails brings the page back with what was typed and why. The page's own script asks for JSON instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from sanic import HTTPResponse, Request
from sanic.exceptions import PayloadTooLarge
from sanic.response import json

from aftersales.domain.accounts import Account
from aftersales.domain.errors import AftersalesError, Conflict, Full, Invalid, NotFound, Taken
from aftersales.services.accounts import all_accounts
from aftersales.services.context import Context
from aftersales.services.handoff_claims import claim, claim_next, take_over, transfer
from aftersales.services.handoff_seats import sit_down
from aftersales.services.handoff_talk import CloseReason, add_note, close, hand_back, write
from desk.application import PREFIX, back_to, desk_of, language_of, session_of
from desk.chats import show_chats
from desk.decisions import NAME, problem_of
from desk.forms import read_form

STATUS = {"not_found": 404, "forbidden": 403, "form": 403, "too_large": 413, "unavailable": 503}
_BAD = frozenset(
    {"empty_message", "message_too_long", "bad_request", "gone", "exception"}
    | {"file_empty", "file_too_large", "file_type", "file_no_picture"}
)
_LEAVES = frozenset({"hand-back", "close", "transfer"})  # after these the agent has the chat no more


async def decide_chat(request: Request, conversation_id: str, deed: str) -> HTTPResponse:
    """POST /desk/chats/{id}/claim, take-over, write, note, transfer, hand-back or close; words count once."""
    return await _guarded(request, conversation_id, deed)


async def decide_next(request: Request) -> HTTPResponse:
    """POST /desk/chats/next: the chat that has waited longest of those that are for this agent."""
    return await _guarded(request, "", "next")


async def decide_seat(request: Request) -> HTTPResponse:
    """POST /desk/chats/seat: takes new chats from now on (`open` is 1), or no more."""
    return await _guarded(request, "", "seat")


async def _guarded(request: Request, chat_id: str, deed: str) -> HTTPResponse:
    session = session_of(request)
    try:
        form = await read_form(request)
    except PayloadTooLarge:
        form = {}
        if session is not None:
            return await failed(request, chat_id, "too_large", form)
    if session is None:
        return sign_in_first(request, chat_id)
    if not session.owns(form.get("form_token", "")):
        return await failed(request, chat_id, "form", form)
    if chat_id and not NAME.fullmatch(chat_id):
        return await failed(request, "", "not_found", form)
    desk = desk_of(request)
    try:
        page = await _do(desk.context, session.account, chat_id, deed, form)
    except AftersalesError as error:
        return await failed(request, chat_id, problem_of_chat(error), form, who=error.detail)
    desk.live.wake(chat_id)
    if wants_json(request):
        return json({"done": True})
    return back_to(request, page)


async def _do(ctx: Context, account: Account, chat_id: str, deed: str, form: Mapping[str, str]) -> str:
    """The page that follows. Raises Invalid("form") for what no form of ours asks for, and as the services."""
    key = form.get("key", "")
    match deed:
        case "next":
            taken = await claim_next(ctx, account)
            if taken is None:
                raise NotFound("nobody_waits")
            return f"chats/{taken.conversation_id}"
        case "seat":
            await sit_down(ctx, account, open=form.get("open") == "1")
        case "claim":
            await claim(ctx, account, conversation_id=chat_id)
        case "take-over":
            await take_over(ctx, account, conversation_id=chat_id)
        case "write" if NAME.fullmatch(key):
            await write(ctx, account, conversation_id=chat_id, text=form.get("reply", ""), key=key)
        case "note" if NAME.fullmatch(key):
            await add_note(ctx, account, conversation_id=chat_id, text=form.get("note", ""), key=key)
        case "transfer":
            await _transfer(ctx, account, chat_id, to=form.get("to", ""))
        case "hand-back":
            await hand_back(ctx, account, conversation_id=chat_id, step=form.get("step", ""))
        case "close" if form.get("reason") in set(CloseReason):
            await close(ctx, account, conversation_id=chat_id, reason=CloseReason(form["reason"]))
        case _:
            raise Invalid("form")
    return "chats" if deed in _LEAVES or not chat_id else f"chats/{chat_id}"


async def _transfer(ctx: Context, account: Account, chat_id: str, *, to: str) -> None:
    """`to` is agent:<name>, department:<id>, or empty for whoever comes."""
    kind, _, name = to.partition(":")
    if kind == "agent":
        colleague = next((one for one in await all_accounts(ctx) if one.name == name), None)
        if colleague is None:
            raise Invalid("to")
        await transfer(ctx, account, conversation_id=chat_id, to=colleague)
    elif kind == "department" and name in ctx.policy.cases.departments:
        await transfer(ctx, account, conversation_id=chat_id, department=name)
    elif not to:
        await transfer(ctx, account, conversation_id=chat_id)
    else:
        raise Invalid("to")


def problem_of_chat(error: AftersalesError) -> str:
    """The name of its text: problem_<name>."""
    if isinstance(error, Taken | Full):
        return "taken" if isinstance(error, Taken) else "full"
    if isinstance(error, NotFound) and error.detail == "nobody_waits":
        return "nobody_waits"
    if isinstance(error, NotFound) and error.detail == "handover":
        return "not_waiting"
    if isinstance(error, Conflict):
        return "too_many_files" if error.detail == "too_many_files" else "chat_left"
    if isinstance(error, Invalid):
        known = {"text": "empty_message", "to": "gone"}
        return known.get(error.field, error.field if error.field in _BAD else "bad_request")
    return problem_of(error)


async def failed(
    request: Request, chat_id: str, problem: str, form: Mapping[str, str], *, who: str = ""
) -> HTTPResponse:
    """The page, or JSON, with the words for what went wrong; `who` is the name or number that they need."""
    words = desk_of(request).pages.texts(language_of(request))(f"problem_{problem}", who=who)
    status = STATUS.get(problem, 422 if problem in _BAD else 409)
    if wants_json(request):
        return json({"problem": words}, status=status)
    typed = {name: form[name].removesuffix("-n") for name in ("reply", "note", "key") if form.get(name)}
    return await show_chats(request, chat_id, status=status, problem=problem, problem_words=words, typed=typed)


def sign_in_first(request: Request, chat_id: str) -> HTTPResponse:
    page = f"chats/{chat_id}" if NAME.fullmatch(chat_id) else "chats"
    if wants_json(request):
        address = f"{PREFIX}/sign-in?lang={language_of(request)}&next={page}"
        return json({"sign_in": address}, status=401)
    return back_to(request, "sign-in", next=page)


def wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")
