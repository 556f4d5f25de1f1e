"""The websocket of the chat API: the same messages as by long polling, pushed.

Frames are JSON objects with a `type`. Close codes: 4400 no proper hello, 4401 not (or no longer) signed in,
4429 too much, 1001 the front is going away.
"""

from __future__ import annotations

import json
from time import monotonic
from typing import Any

import structlog
from sanic import Request
from sanic.exceptions import WebsocketClosed
from sanic.server.websockets.impl import WebsocketImplProtocol

from aftersales.domain.texts import Language
from aftersales.services.talk_signs import customer_types
from connectors.web.bodies import parse_object
from connectors.web.chat import Chat, Visitor, access_visitor, chat_of
from connectors.web.messages import say
from connectors.web.payloads import Hello, NewMessage, read
from connectors.web.problems import Problem, ProblemTexts, as_problem, preferred_language
from connectors.web.updates import Status, next_update
from runtime.logs import without_words
from runtime.sockets import both, close

FRAME_LIMIT = 16 * 1024
_CLOSE_CODES = {"bad_request": 4400, "unauthorized": 4401, "rate_limited": 4429}
_log = structlog.get_logger("returndesk.socket")


async def chat_socket(request: Request, socket: WebsocketImplProtocol) -> None:
    """GET socket, as long as both sides stay."""
    chat = chat_of(request)
    try:
        hello = read(Hello, parse_object(await _first_frame(socket, seconds=chat.hello_seconds)))
        visitor = await access_visitor(chat, token=hello.token)
        with chat.sockets.entered(visitor.key, socket):
            language = preferred_language(request.headers.get("accept-language", ""))
            talk = _Talk(chat, visitor, socket, request.app.ctx.problem_texts, language)
            await both(talk.push(hello.after), talk.listen())
    except WebsocketClosed:
        return
    except Exception as error:
        problem = as_problem(error)
        if problem.code == "internal":
            _log.error("socket_failed", failure=without_words(error))
        await close(socket, _CLOSE_CODES.get(problem.code, 1011))


class _Talk:
    """One open socket: `push` tells what is new, `listen` takes what the customer says."""

    def __init__(
        self,
        chat: Chat,
        visitor: Visitor,
        socket: WebsocketImplProtocol,
        texts: ProblemTexts,
        language: Language | None,
    ) -> None:
        self._chat = chat
        self._visitor = visitor
        self._socket = socket
        self._texts = texts
        self._language = language or visitor.conversation.language

    async def push(self, after: int) -> None:
        """Ends when the front goes away. Raises Problem unauthorized once the session is over."""
        known: Status | None = None
        is_first = True
        checked = monotonic()
        while not self._chat.live.closing:
            left = checked + self._chat.recheck_seconds - monotonic()
            if left <= 0:  # also while news keeps coming
                await access_visitor(self._chat, token=self._visitor.token)
                checked, left = monotonic(), self._chat.recheck_seconds
            update = await next_update(
                self._chat,
                self._visitor.conversation.id,
                after=after,
                known=known,
                wait=0 if is_first else left,
            )
            if update.is_news or is_first:
                await self._send({"type": "update", **update.body})
            after, known, is_first = update.last, update.status, False
        await close(self._socket, 1001)

    async def listen(self) -> None:
        """Ends only with the socket. Raises Problem unauthorized or rate_limited when it must be closed."""
        while True:
            frame = await self._socket.recv()
            self._chat.limits.frames.take(self._visitor.key)
            if frame is not None:
                await self._answer(frame)

    async def _answer(self, frame: str | bytes) -> None:
        client_message_id: str | None = None
        try:
            value = parse_object(frame)
            named = value.get("client_message_id")
            client_message_id = named[:64] if isinstance(named, str) and named.isascii() else None
            match value.get("type"):
                case "ping":
                    await self._send({"type": "pong"})
                case "message":
                    await self._take(value)
                case "typing":
                    await customer_types(self._chat.context, conversation_id=self._visitor.conversation.id)
                case _:
                    raise Problem("bad_request")
        except WebsocketClosed:
            raise
        except Exception as error:
            await self._refuse(error, client_message_id)

    async def _take(self, value: dict[str, Any]) -> None:
        said = read(NewMessage, value)
        visitor = await access_visitor(self._chat, token=self._visitor.token)
        message = await say(self._chat, visitor, said)
        await self._send({"type": "ack", "client_message_id": said.client_message_id, "seq": message.seq})

    async def _refuse(self, error: Exception, client_message_id: str | None) -> None:
        problem = as_problem(error)
        if problem.code == "unauthorized":
            raise problem
        if problem.code == "internal":
            _log.error("socket_frame_failed", failure=without_words(error))
        _, detail = self._texts.of(problem.code, self._language)
        frame: dict[str, Any] = {"type": "error", "client_message_id": client_message_id, "code": problem.code}
        if problem.retry_after is not None:
            frame["retry_after"] = problem.retry_after
        await self._send({**frame, "detail": detail})

    async def _send(self, frame: dict[str, Any]) -> None:
        await self._socket.send(json.dumps(frame, ensure_ascii=False))


async def _first_frame(socket: WebsocketImplProtocol, *, seconds: float) -> str | bytes:
    frame = await socket.recv(timeout=seconds)
    if frame is None:
        raise Problem("bad_request")
    return frame
