"""What the same customer said elsewhere: one history on all channels, for whoever has proven who that is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sanic import HTTPResponse, Request
from sanic.response import json

from aftersales.domain.conversations import Conversation, Message
from aftersales.services.histories import read_earlier
from connectors.web.chat import access_request, chat_of
from connectors.web.payloads import instant
from connectors.web.problems import Problem

PAGE = 50
_LONGEST = 40


async def get_earlier(request: Request) -> HTTPResponse:
    """GET earlier: of the customer's other talks, the newest before `before` (an instant; now without it)."""
    visitor = await access_request(request)
    chat = chat_of(request)
    chat.limits.reads.take(visitor.key)
    if visitor.conversation.customer_id is None:
        raise Problem("not_verified")
    before = _instant(request.args.get("before") or "") or chat.context.clock.now()
    found = await read_earlier(chat.context, visitor.conversation, before=before, limit=PAGE + 1)
    return json(
        {"messages": [earlier_json(message, talk) for message, talk in found[:PAGE]], "more": len(found) > PAGE}
    )


def earlier_json(message: Message, talk: Conversation) -> dict[str, Any]:
    """As clients see it; files and choices stay in the talk they belong to."""
    return {
        "conversation_id": talk.id,
        "channel": talk.channel,
        "seq": message.seq,
        "from": message.author,
        "text": message.text,
        "cards": list(message.cards),
        "files": len(message.attachment_ids),
        "at": instant(message.at),
        **({"agent_name": message.sender} if message.sender is not None else {}),
    }


def _instant(text: str) -> datetime | None:
    """Raises Problem bad_request for what is no instant with a zone."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text[:_LONGEST])
    except ValueError:
        raise Problem("bad_request") from None
    if read.tzinfo is None:
        raise Problem("bad_request")
    return read
