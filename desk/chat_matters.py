"""What is decided in the chat itself about the customer's refunds, returns and cases: by the forms of the packet.

Which chat it is says only where one comes back to: whether somebody may decide is asked by the same services as on
the pages of refunds, returns and cases. The page's own script asks for JSON instead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sanic import HTTPResponse, Request
from sanic.exceptions import PayloadTooLarge
from sanic.response import json

from aftersales.domain.accounts import Account
from aftersales.domain.errors import AftersalesError, Conflict, Invalid, NotFound
from aftersales.services.context import Context
from aftersales.services.refund_overview import find_refund
from desk.application import back_to, desk_of, language_of, session_of
from desk.case_decisions import case_deed
from desk.chat_cases import money_key
from desk.chat_deeds import STATUS, sign_in_first, wants_json
from desk.chats import show_chats
from desk.decisions import NAME, problem_of, return_deed
from desk.forms import FailedForm, read_form
from desk.refund_decisions import refund_deed
from desk.refunds import problem_words
from desk.waking import wake_about

_Deed = Callable[[Context, Account, str, str, Mapping[str, str]], Awaitable[object]]
_DEEDS: Mapping[str, _Deed] = {"refunds": refund_deed, "returns": return_deed, "cases": case_deed}
_TOO_MUCH = frozenset({"above_limit", "refundable"})
_TOLD = frozenset({"empty_message", "message_too_long", "reason"})  # fields of Invalid with words of their own
_BAD = _TOLD | {"amount", "bad_request"}


async def decide_in_chat(
    request: Request, conversation_id: str, matter: str, name: str, decision: str
) -> HTTPResponse:
    """POST /desk/chats/{id}/refunds/{id}, returns/{number} or cases/{number} and /{decision}; back to the chat."""
    session, desk = session_of(request), desk_of(request)
    try:
        form = await read_form(request)
    except PayloadTooLarge:
        form = {}
        if session is not None:
            return await _failed(request, conversation_id, _form_id(matter, name, decision), "too_large", form)
    if session is None:
        return sign_in_first(request, conversation_id)
    deed = _DEEDS.get(matter)
    if deed is None or not (NAME.fullmatch(conversation_id) and NAME.fullmatch(name)):
        return back_to(request, "chats", problem="not_found")
    form_id = _form_id(matter, name, decision)
    if not session.owns(form.get("form_token", "")):
        return await _failed(request, conversation_id, form_id, "form", form)
    try:
        left = await deed(desk.context, session.account, name, decision, form)
    except AftersalesError as error:
        problem = _problem(error)
        words = await _words(request, matter, name, session.account, problem)
        return await _failed(request, conversation_id, form_id, problem, form, words=words)
    desk.known.forget(money_key(name))
    await wake_about(desk, left)
    desk.live.wake(conversation_id)
    if wants_json(request):
        return json({"done": True})
    return back_to(request, f"chats/{conversation_id}", done="1")


def _form_id(matter: str, name: str, decision: str) -> str:
    """As the templates of the packet name their forms."""
    return f"{matter.removesuffix('s')}-{name}-{decision}"


def _problem(error: AftersalesError) -> str:
    if isinstance(error, Invalid) and error.field in _TOLD:
        return error.field
    if isinstance(error, Conflict) and error.detail in _TOO_MUCH:
        return "too_much"
    return problem_of(error)


async def _words(request: Request, matter: str, name: str, account: Account, problem: str) -> str:
    """What more is to be said than the problem's name does; empty for nothing."""
    desk = desk_of(request)
    if matter != "refunds":
        return ""
    try:
        full = await find_refund(desk.context, refund_id=name)
    except NotFound:
        return ""
    return problem_words(desk, language_of(request), full, account=account, problem=problem)


async def _failed(
    request: Request, chat_id: str, form_id: str, problem: str, form: Mapping[str, str], *, words: str = ""
) -> HTTPResponse:
    """The chat with the form as it was typed and why it failed, or that as JSON."""
    told = words or desk_of(request).pages.texts(language_of(request))(f"problem_{problem}")
    status = STATUS.get(problem, 422 if problem in _BAD else 409)
    if wants_json(request):
        return json({"problem": told}, status=status)
    failed = FailedForm.of(form_id, told, form)
    return await show_chats(request, chat_id, status=status, problem=problem, problem_words=told, failed=failed)
