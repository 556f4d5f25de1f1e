"""What the handlers of the chat API share: collaborators, who is asking, and which sockets are open."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sanic import Request
from sanic.server.websockets.impl import WebsocketImplProtocol

from aftersales.domain.conversations import Conversation
from aftersales.domain.errors import NotFound
from aftersales.services.context import Context
from aftersales.services.sessions import resume_session
from connectors.web.limits import Limits
from connectors.web.problems import Problem
from connectors.web.site_token import SiteTokens
from runtime.answers import Answers
from runtime.live import Live

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,256}")


@dataclass(frozen=True)
class Visitor:
    """Who is asking: `key` stands for the session in limits and registers without being its token."""

    token: str
    key: str
    conversation: Conversation


class Sockets:
    """The open sockets per session, so that there are not too many and signing out closes them."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._open: dict[str, set[WebsocketImplProtocol]] = {}

    @contextmanager
    def entered(self, key: str, socket: WebsocketImplProtocol) -> Iterator[None]:
        """Raises Problem rate_limited when the session has too many."""
        mine = self._open.setdefault(key, set())
        if len(mine) >= self._most:
            raise Problem("rate_limited")
        mine.add(socket)
        try:
            yield
        finally:
            mine.discard(socket)
            if not mine:
                self._open.pop(key, None)

    async def close(self, key: str, *, code: int) -> None:
        for socket in tuple(self._open.get(key, ())):
            await socket.close(code)


@dataclass(frozen=True)
class Chat:
    """`folder` holds the attachments; `origins` are the sites that may embed the widget.

    `apps` are the messaging apps in which the shop answers too. `recheck_seconds` is how long an open socket may
    still read of a session that was closed elsewhere.
    """

    context: Context
    live: Live
    answers: Answers
    site_tokens: SiteTokens
    folder: Path
    origins: frozenset[str]
    apps: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    hello_seconds: float = 10.0
    recheck_seconds: float = 25.0
    sockets: Sockets = field(default_factory=lambda: Sockets(most=20))


def chat_of(request: Request) -> Chat:
    chat: Chat = request.app.ctx.chat
    return chat


def session_key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:32]


async def access_visitor(chat: Chat, *, token: str) -> Visitor:
    """Raises Problem unauthorized for any token that is not of a live session."""
    if not _TOKEN.fullmatch(token):
        raise Problem("unauthorized")
    try:
        conversation = await resume_session(chat.context, token=token)
    except NotFound:
        raise Problem("unauthorized") from None
    return Visitor(token=token, key=session_key(token), conversation=conversation)


async def access_request(request: Request) -> Visitor:
    """The visitor of a request's bearer token; errors from here on speak the session's language."""
    visitor = await access_visitor(chat_of(request), token=bearer(request))
    request.ctx.language = visitor.conversation.language
    return visitor


def bearer(request: Request) -> str:
    """The credentials of `Authorization: Bearer …` (RFC 6750 §2.1), or an empty string."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def address_of(request: Request) -> str:
    """The caller's address; what a reverse proxy says counts only where one is configured."""
    return request.remote_addr or request.ip
