"""The live desk's page: the queue, one's own chats, the open chat, and what is known about it."""

from __future__ import annotations

from collections.abc import Mapping

from sanic import HTTPResponse, Request

from aftersales.domain.accounts import Right
from aftersales.domain.errors import NotFound
from aftersales.domain.ids import new_id
from aftersales.services.canned_answers import canned_answers
from aftersales.services.conversations import LONGEST_TEXT
from aftersales.services.handoff_seats import seen
from aftersales.services.handoff_talk import STEPS, CloseReason
from aftersales.services.sightings import note_sighting
from desk.application import back_to, desk_of, language_of, session_of, show
from desk.canned import canned_for
from desk.chat_regions import read_scene, render_regions
from desk.decisions import NAME
from desk.forms import FailedForm


async def chats_page(request: Request) -> HTTPResponse:
    """GET /desk/chats."""
    return await show_chats(request, "")


async def chat_page(request: Request, conversation_id: str) -> HTTPResponse:
    """GET /desk/chats/{id}."""
    return await show_chats(request, conversation_id)


async def show_chats(
    request: Request,
    chat_id: str,
    *,
    status: int = 200,
    problem: str | None = None,
    problem_words: str = "",
    typed: Mapping[str, str] | None = None,
    failed: FailedForm | None = None,
) -> HTTPResponse:
    """The page with a chat, or without one for an empty id.

    After a form that failed: what was `typed` into its fields `reply` and `note`, so that nothing is lost, and the
    key that it had, so that it counts once when it is sent again; `failed` where it is one of the packet.
    """
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in", next=f"chats/{chat_id}" if NAME.fullmatch(chat_id) else "chats")
    if chat_id and not NAME.fullmatch(chat_id):
        return back_to(request, "chats", problem="not_found")
    desk, account = desk_of(request), session.account
    if account.may(Right.ANSWER_CASES):
        await seen(desk.context, account)
    try:
        scene = await read_scene(desk, account, chat_id=chat_id)
    except NotFound:
        return back_to(request, "chats", problem="not_found")
    if chat_id:
        await note_sighting(desk.context, account, "conversation", chat_id)
    may_chat = account.may(Right.ANSWER_CASES)
    answers = await canned_answers(desk.context) if chat_id and may_chat else ()
    kept = {} if problem is None else {"problem": problem, "problem_words": problem_words}
    return show(
        request,
        "chats.html",
        status=status,
        page=f"chats/{chat_id}" if chat_id else "chats",
        regions=render_regions(desk, scene, session, language=language_of(request), key=new_id(), failed=failed),
        chat=scene.chat,
        state=scene.state_for(account),
        may_chat=may_chat,
        may_manage=account.may(Right.MANAGE_DESK),
        canned=canned_for(desk, answers, scene, account),
        typed={"reply": "", "note": "", "key": new_id(), **(typed or {})},
        longest=LONGEST_TEXT,
        steps=STEPS,
        closings=[reason.value for reason in CloseReason],
        **kept,
    )
