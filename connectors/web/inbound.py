"""The chat API of the website widget, as one blueprint under /api/chat."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty

from connectors.web.apps import get_apps, post_link_code
from connectors.web.chat import chat_of
from connectors.web.cors import cors_headers, is_allowed
from connectors.web.earlier import get_earlier
from connectors.web.messages import get_messages, post_message
from connectors.web.problems import Problem
from connectors.web.returns import get_return, get_returns
from connectors.web.sessions import create_session, delete_session
from connectors.web.socket import chat_socket
from connectors.web.uploads import get_attachment, post_attachment

PREFIX = "/api/chat"


def chat_blueprint() -> Blueprint:
    """The routes; they find their Chat at `app.ctx.chat`.

    Bodies are read by the handlers themselves (stream), so that a limit holds before anything is buffered.
    """
    blueprint = Blueprint("chat", url_prefix=PREFIX)
    add: Any = blueprint.add_route
    add(create_session, "/sessions", methods=["POST"], stream=True)
    add(delete_session, "/sessions", methods=["DELETE"])
    add(post_message, "/messages", methods=["POST"], stream=True)
    add(get_messages, "/messages", methods=["GET"])
    add(post_attachment, "/attachments", methods=["POST"], stream=True)
    add(get_attachment, "/attachments/<attachment_id:str>", methods=["GET"])
    add(get_apps, "/apps", methods=["GET"])
    add(get_earlier, "/earlier", methods=["GET"])
    add(post_link_code, "/link-codes", methods=["POST"])
    add(get_returns, "/returns", methods=["GET"])
    add(get_return, "/returns/<number:str>", methods=["GET"])
    blueprint.add_websocket_route(chat_socket, "/socket")
    return blueprint


async def guard_origin(request: Request) -> HTTPResponse | None:
    """Request middleware: answers preflights and turns away sockets of pages that are not allowed."""
    if not request.path.startswith(f"{PREFIX}/"):
        return None
    if request.method == "OPTIONS":
        return empty()
    if request.path == f"{PREFIX}/socket":
        origin = request.headers.get("origin")
        host = request.headers.get("host", "")
        if not is_allowed(origin, host=host, allowed=chat_of(request).origins):
            raise Problem("forbidden")
    return None


async def add_cors(request: Request, response: HTTPResponse) -> None:
    """Response middleware: lets the allowed sites read the answers."""
    if request.path.startswith(f"{PREFIX}/"):
        origin = request.headers.get("origin")
        allowed = chat_of(request).origins
        response.headers.update(cors_headers(origin, allowed=allowed, preflight=request.method == "OPTIONS"))
