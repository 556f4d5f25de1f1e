"""The desk's page on which seats are set up: how much each agent takes, and of what."""

from __future__ import annotations

from collections.abc import Mapping

from sanic import HTTPResponse, Request

from aftersales.domain.accounts import Right
from aftersales.domain.errors import AftersalesError, Invalid
from aftersales.domain.seats import MOST_CHATS
from aftersales.domain.texts import LANGUAGES
from aftersales.services.handoff_seats import TOPICS, seats_of_all, set_up_seat_of
from desk.application import back_to, desk_of, language_of, session_of, show
from desk.decisions import problem_of
from desk.forms import read_form

_FIELDS = 60
_CHECKED = "1"


async def seats_page(request: Request) -> HTTPResponse:
    """GET /desk/seats: for whoever manages the desk."""
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    if not session.account.may(Right.MANAGE_DESK):
        return back_to(request, "chats", problem="forbidden")
    ctx, language = desk_of(request).context, language_of(request)
    departments = [(name, one.name.of(language)) for name, one in ctx.policy.cases.departments.items()]
    return show(
        request,
        "seats.html",
        seats=await seats_of_all(ctx),
        languages=LANGUAGES,
        topics=TOPICS,
        departments=departments,
        most=MOST_CHATS,
    )


async def decide_seats(request: Request, name: str) -> HTTPResponse:
    """POST /desk/seats/{account}: `capacity`, `vip`, and `language:…`, `topic:…`, `department:…` if checked."""
    form = await read_form(request, most_fields=_FIELDS)
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    if not session.owns(form.get("form_token", "")):
        return back_to(request, "seats", problem="form")
    try:
        await set_up_seat_of(
            desk_of(request).context,
            session.account,
            name=name,
            capacity=_whole(form.get("capacity", "")),
            languages=[one for one in LANGUAGES if form.get(f"language:{one}") == _CHECKED],
            topics=_checked(form, "topic"),
            departments=_checked(form, "department"),
            vip=form.get("vip") == _CHECKED,
        )
    except AftersalesError as error:
        return back_to(request, "seats", problem="seat" if isinstance(error, Invalid) else problem_of(error))
    return back_to(request, "seats", done="1")


def _checked(form: Mapping[str, str], kind: str) -> list[str]:
    prefix = f"{kind}:"
    return [
        name.removeprefix(prefix) for name, value in form.items() if name.startswith(prefix) and value == _CHECKED
    ]


def _whole(words: str) -> int:
    """Raises Invalid("capacity")."""
    if not (words.isascii() and words.isdigit() and len(words) <= 3):
        raise Invalid("capacity")
    return int(words)
