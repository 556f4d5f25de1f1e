"""The websocket of the live desk: the page's regions as they change, and that somebody is there.

Frames are JSON. To the page: {"region", "html"}. From it: {"type": "here", "active"}, every ten seconds; `active`
when the person has done something since; {"type": "typing"} while they write to the customer. Close codes:
4400 no such chat, 4401 not (or no longer) signed in, 4429 too many, 1001 the front is going away.
"""

from __future__ import annotations

import json
from time import monotonic

import structlog
from sanic import Request
from sanic.exceptions import WebsocketClosed
from sanic.server.websockets.impl import WebsocketImplProtocol

from aftersales.domain.accounts import Right
from aftersales.domain.errors import NotFound
from aftersales.domain.ids import new_id
from aftersales.domain.texts import Language
from aftersales.services.handoff_seats import seen
from aftersales.services.sign_in import resume
from aftersales.services.talk_signs import agent_types
from connectors.web.bodies import parse_object
from connectors.web.cors import is_allowed
from connectors.web.problems import Problem
from desk.application import PREFIX, Desk, desk_of, language_of, session_of
from desk.chat_regions import read_scene, render_regions
from desk.decisions import NAME
from desk.sessions import DeskSession
from runtime.buckets import TooMany
from runtime.logs import without_words
from runtime.sockets import both, close

PATH = "/chats/socket"
LOOK_SECONDS = 1.0
_log = structlog.get_logger("returndesk.desk")


async def guard_socket(request: Request) -> None:
    """Request middleware: the cookie comes along from any site, so the page that asks must be ours."""
    if request.path == f"{PREFIX}{PATH}":
        origin, host = request.headers.get("origin"), request.headers.get("host", "")
        if not is_allowed(origin, host=host, allowed=()):
            raise Problem("forbidden")


async def chats_socket(request: Request, socket: WebsocketImplProtocol) -> None:
    """GET /desk/chats/socket?chat={id}, as long as both sides stay."""
    desk, session = desk_of(request), session_of(request)
    chat_id = request.args.get("chat", "")
    if session is None or (chat_id and not NAME.fullmatch(chat_id)):
        await close(socket, 4401 if session is None else 4400)
        return
    watcher = _Watcher(desk, session, socket, chat_id=chat_id, language=language_of(request))
    try:
        with desk.sockets.entered(session.account.id, socket):
            await watcher.run()
    except WebsocketClosed:
        return
    except TooMany:
        await close(socket, 4429)
    except Problem as problem:
        await close(socket, 4429 if problem.code == "rate_limited" else 4400)
    except NotFound as error:
        await close(socket, 4401 if error.detail == "session" else 4400)
    except Exception as error:
        _log.error("desk_socket_failed", failure=without_words(error))
        await close(socket, 1011)


class _Watcher:
    """One open page: `_push` tells what has changed, `_listen` hears that somebody is there."""

    def __init__(
        self, desk: Desk, session: DeskSession, socket: WebsocketImplProtocol, *, chat_id: str, language: Language
    ) -> None:
        self._desk = desk
        self._session = session
        self._socket = socket
        self._chat_id = chat_id
        self._language = language
        self._key = new_id()

    async def run(self) -> None:
        await both(self._push(), self._listen())

    async def _push(self) -> None:
        """Ends when the front goes away. Raises NotFound once the session is over or the chat is gone."""
        shown: dict[str, str] = {}
        checked = monotonic()
        with self._desk.live.watch(self._chat_id) as watch:
            while not self._desk.live.closing:
                if monotonic() - checked >= self._desk.recheck_seconds:
                    await self._check(is_click=False)
                    checked = monotonic()
                scene = await read_scene(self._desk, self._session.account, chat_id=self._chat_id)
                if scene.chat is not None:
                    watch.seen = scene.chat.conversation.last_seq
                regions = render_regions(self._desk, scene, self._session, language=self._language, key=self._key)
                for name, html in regions.items():
                    if shown.get(name) != html:
                        await self._socket.send(json.dumps({"region": name, "html": html}, ensure_ascii=False))
                        shown[name] = html
                await watch.wait(LOOK_SECONDS)
        await close(self._socket, 1001)

    async def _listen(self) -> None:
        """Ends only with the socket. Raises TooMany, Problem bad_request, and NotFound as _push."""
        while True:
            frame = await self._socket.recv()
            self._desk.frames.take(self._session.account.id)
            if frame is None:
                continue
            value = parse_object(frame)
            if value.get("type") == "typing":
                await self._type()
                continue
            await self._check(is_click=value.get("active") is True)
            if self._session.account.may(Right.ANSWER_CASES):
                await seen(self._desk.context, self._session.account)

    async def _type(self) -> None:
        if self._chat_id:
            await agent_types(self._desk.context, self._session.account, conversation_id=self._chat_id)
            self._desk.live.wake(self._chat_id)

    async def _check(self, *, is_click: bool) -> None:
        account = await resume(self._desk.context, token=self._session.token, is_click=is_click)
        self._session = DeskSession(self._session.token, account)
