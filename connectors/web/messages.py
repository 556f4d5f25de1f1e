"""What the customer says, and what there is to read."""

from __future__ import annotations

import re
from collections import OrderedDict

from sanic import HTTPResponse, Request
from sanic.response import json

from aftersales.domain.conversations import Message
from aftersales.services.receiving import receive_choice, receive_text
from connectors.web.bodies import read_json
from connectors.web.chat import Chat, Visitor, access_request, chat_of
from connectors.web.payloads import NewMessage, read
from connectors.web.problems import Problem
from connectors.web.updates import Status, next_update

LONGEST_WAIT = 25
_NUMBER = re.compile(r"\d{1,10}")
_HIGHEST = 2**31 - 1


async def post_message(request: Request) -> HTTPResponse:
    """POST messages: acknowledged once stored; the answer comes by GET messages or the socket."""
    chat = chat_of(request)
    visitor = await access_request(request)
    message = await say(chat, visitor, read(NewMessage, await read_json(request)))
    return json({"seq": message.seq}, status=202)


async def say(chat: Chat, visitor: Visitor, said: NewMessage) -> Message:
    """Stores what the customer said, wakes who waits for it and has it answered in the background."""
    chat.limits.messages.take(visitor.key)
    conversation_id = visitor.conversation.id
    if said.choice is not None:
        message = await receive_choice(
            chat.context,
            conversation_id=conversation_id,
            client_message_id=said.client_message_id,
            value=said.choice,
        )
    else:
        message = await receive_text(
            chat.context,
            conversation_id=conversation_id,
            client_message_id=said.client_message_id,
            text=said.text or "",
        )
    stored(chat, conversation_id)
    return message


def stored(chat: Chat, conversation_id: str) -> None:
    chat.live.wake(conversation_id)
    chat.answers.start(conversation_id)


class Shown:
    """The status that each session was shown last by long polling, so that a change between two polls counts."""

    def __init__(self, *, most: int = 10_000) -> None:
        self._most = most
        self._statuses: OrderedDict[str, Status] = OrderedDict()

    def of(self, key: str) -> Status | None:
        return self._statuses.get(key)

    def note(self, key: str, status: Status) -> None:
        self._statuses[key] = status
        self._statuses.move_to_end(key)
        if len(self._statuses) > self._most:
            self._statuses.popitem(last=False)


async def get_messages(request: Request) -> HTTPResponse:
    """GET messages."""
    chat = chat_of(request)
    after = _number(request, "after")
    wait = min(_number(request, "wait"), LONGEST_WAIT)
    visitor = await access_request(request)
    chat.limits.reads.take(visitor.key)
    shown: Shown = request.app.ctx.shown
    update = await next_update(chat, visitor.conversation.id, after=after, known=shown.of(visitor.key), wait=wait)
    shown.note(visitor.key, update.status)
    return json(update.body)


def _number(request: Request, name: str) -> int:
    """A query argument as a whole number from 0; 0 when it is missing. Raises Problem bad_request."""
    given = request.args.get(name, "0")
    if not _NUMBER.fullmatch(given) or not given.isascii() or int(given) > _HIGHEST:
        raise Problem("bad_request")
    return int(given)
