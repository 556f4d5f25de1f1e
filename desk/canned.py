"""The desk's page with the canned answers, and what they say in a chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sanic import HTTPResponse, Request
from sanic.exceptions import PayloadTooLarge

from aftersales.domain.accounts import Account, Right
from aftersales.domain.canned import VARIABLES, CannedAnswer, filled
from aftersales.domain.errors import AftersalesError, Conflict, Invalid
from aftersales.domain.texts import Text
from aftersales.services.canned_answers import (
    LONGEST_NAME,
    add_canned_answer,
    canned_answers,
    change_canned_answer,
    remove_canned_answer,
)
from aftersales.services.context import Context
from desk.application import Desk, back_to, desk_of, session_of, show
from desk.chat_regions import Scene
from desk.decisions import problem_of
from desk.forms import read_form


async def canned_page(request: Request) -> HTTPResponse:
    """GET /desk/canned: everybody reads them, whoever manages the desk changes them."""
    return await _show(request)


async def decide_canned(request: Request, deed: str) -> HTTPResponse:
    """POST /desk/canned/add, change or remove. What was typed into a form that failed comes back."""
    session = session_of(request)
    try:
        form = await read_form(request)
    except PayloadTooLarge:
        return await _show(request, problem="too_large", status=413)
    if session is None:
        return back_to(request, "sign-in")
    if not session.owns(form.get("form_token", "")):
        return await _show(request, problem="form", status=403, typed=form)
    try:
        await _do(desk_of(request).context, session.account, deed, form)
    except AftersalesError as error:
        status = 403 if problem_of(error) == "forbidden" else 422
        return await _show(request, problem=_problem(error), status=status, typed=form)
    return back_to(request, "canned", done="1")


def canned_for(
    desk: Desk, answers: Sequence[CannedAnswer], scene: Scene, account: Account
) -> Sequence[tuple[str, str]]:
    """Name and words of each for the open chat's customer; what is not known stays in braces."""
    if scene.chat is None:
        return []
    customer = scene.customers.get(scene.chat.conversation.customer_id or "")
    known = {
        "customer": customer.name if customer else "",
        "agent": account.display_name,
        "order": scene.orders[0].number if scene.orders else "",
        "return": scene.chat.returns[0].number if scene.chat.returns else "",
        "case": scene.chat.cases[0].number if scene.chat.cases else "",
        "shop": desk.shop_name,
    }
    return [(one.name, filled(one, scene.chat.conversation.language, known)) for one in answers]


async def _do(ctx: Context, account: Account, deed: str, form: Mapping[str, str]) -> None:
    text = Text(zh=form.get("zh", ""), en=form.get("en", ""))
    match deed:
        case "add":
            await add_canned_answer(ctx, account, name=form.get("name", ""), text=text)
        case "change":
            await change_canned_answer(ctx, account, answer_id=form.get("id", ""), text=text)
        case "remove":
            await remove_canned_answer(ctx, account, answer_id=form.get("id", ""))
        case _:
            raise Invalid("form")


def _problem(error: AftersalesError) -> str:
    if isinstance(error, Conflict):
        return "name_taken"
    if isinstance(error, Invalid):
        known = {"name": "canned_name", "variables": "variables"}
        words = ("empty_message", "message_too_long")
        return known.get(error.field, error.field if error.field in words else "bad_request")
    return problem_of(error)


async def _show(
    request: Request, *, problem: str | None = None, status: int = 200, typed: Mapping[str, str] | None = None
) -> HTTPResponse:
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    kept = {} if problem is None else {"problem": problem}
    return show(
        request,
        "canned.html",
        status=status,
        page="canned",
        answers=await canned_answers(desk_of(request).context),
        may_manage=session.account.may(Right.MANAGE_DESK),
        variables=sorted(VARIABLES),
        typed={"id": "", "name": "", "zh": "", "en": "", **(typed or {})},
        longest_name=LONGEST_NAME,
        **kept,
    )
