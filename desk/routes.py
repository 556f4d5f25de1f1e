"""The desk's routes under /desk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sanic import Blueprint, HTTPResponse, Request

from desk import (
    account,
    canned,
    case_decisions,
    cases,
    chat_deeds,
    chat_files,
    chat_matters,
    chat_returns,
    chat_search,
    chat_socket,
    chats,
    decisions,
    identity,
    keys,
    promise_deeds,
    promises,
    refund_decisions,
    refunds,
    seats,
    sign_in,
    statements,
    views,
)
from desk.application import PREFIX
from runtime.static_files import Folder

_STATIC = Path(__file__).parent / "static"


def desk_blueprint() -> Blueprint:
    """The routes; they find their Desk at `app.ctx.desk`. Bodies are read by the handlers (stream)."""
    static = Folder(_STATIC)

    async def stylesheet(request: Request) -> HTTPResponse:
        return await static.file(request, "desk.css")

    blueprint = Blueprint("desk", url_prefix=PREFIX)
    add: Any = blueprint.add_route
    add_middleware: Any = blueprint.middleware
    add_middleware(chat_socket.guard_socket, "request")
    add_middleware(sign_in.load_session, "request")
    add(stylesheet, "/desk.css", methods=["GET"])
    add(static.file, "/static/<path:path>", methods=["GET"], name="static")
    add(sign_in.sign_in_page, "/sign-in", methods=["GET"])
    add(sign_in.sign_in, "/sign-in", methods=["POST"], stream=True)
    add(sign_in.sign_out, "/sign-out", methods=["POST"], stream=True)
    add(sign_in.sign_out_everywhere, "/sign-out-everywhere", methods=["POST"], stream=True)
    add(identity.go_to_provider, "/identity", methods=["GET"])
    add(identity.come_back, "/identity/back", methods=["GET"])
    add(account.account_page, "/account", methods=["GET"])
    add(account.rename, "/account/name", methods=["POST"], stream=True)
    add(views.returns_page, "/", methods=["GET"])
    add(refunds.refunds_page, "/refunds", methods=["GET"])
    add(refunds.refund_page, "/refunds/<refund_id:str>", methods=["GET"])
    add(statements.statement_page, "/orders/<number:str>/statement", methods=["GET"], unquote=True)
    add(views.changes_page, "/changes", methods=["GET"])
    add(cases.cases_page, "/cases", methods=["GET"])
    add(cases.case_page, "/cases/<number:str>", methods=["GET"])
    add(cases.picture, "/cases/<number:str>/files/<attachment_id:str>", methods=["GET"])
    add(promises.promises_page, "/promises", methods=["GET"])
    add(promise_deeds.decide_promise, "/promises/<promise_id:str>/<deed:str>", methods=["POST"], stream=True)
    add(cases.feedback_page, "/feedback", methods=["GET"])
    add(chats.chats_page, "/chats", methods=["GET"])
    add(chats.chat_page, "/chats/<conversation_id:str>", methods=["GET"])
    add(chat_files.chat_file, "/chats/<conversation_id:str>/files/<attachment_id:str>", methods=["GET"])
    add(chat_files.post_chat_file, "/chats/<conversation_id:str>/files", methods=["POST"], stream=True)
    add(chat_returns.chat_return_page, "/chats/<conversation_id:str>/return", methods=["GET"])
    add(chat_returns.file_chat_return, "/chats/<conversation_id:str>/return", methods=["POST"], stream=True)
    add(chat_search.search_page, "/chats/search", methods=["GET"])
    add(chat_deeds.decide_next, "/chats/next", methods=["POST"], stream=True)
    add(chat_deeds.decide_seat, "/chats/seat", methods=["POST"], stream=True)
    add(chat_deeds.decide_chat, "/chats/<conversation_id:str>/<deed:str>", methods=["POST"], stream=True)
    add(
        chat_matters.decide_in_chat,
        "/chats/<conversation_id:str>/<matter:str>/<name:str>/<decision:str>",
        methods=["POST"],
        stream=True,
    )
    blueprint.add_websocket_route(chat_socket.chats_socket, chat_socket.PATH)
    add(canned.canned_page, "/canned", methods=["GET"])
    add(canned.decide_canned, "/canned/<deed:str>", methods=["POST"], stream=True)
    add(seats.seats_page, "/seats", methods=["GET"])
    add(seats.decide_seats, "/seats/<name:str>", methods=["POST"], stream=True)
    add(keys.keys_page, "/keys", methods=["GET"])
    add(keys.decide_keys, "/keys/<deed:str>", methods=["POST"], stream=True)
    add(decisions.decide_return, "/returns/<number:str>/<decision:str>", methods=["POST"], stream=True)
    add(decisions.decide_change, "/changes/<number:str>/<decision:str>", methods=["POST"], stream=True)
    add(refund_decisions.decide_refund, "/refunds/<refund_id:str>/<decision:str>", methods=["POST"], stream=True)
    add(case_decisions.decide_case, "/cases/<number:str>/<decision:str>", methods=["POST"], stream=True)
    return blueprint
