"""The messaging apps in which the shop answers too, and the code that ties one of them to an account."""

from __future__ import annotations

from sanic import HTTPResponse, Request
from sanic.response import json

from aftersales.services.histories import read_earlier
from aftersales.services.linking import issue_link_code
from connectors.web.chat import access_request, chat_of
from connectors.web.payloads import instant
from connectors.web.problems import Problem

_WORDS = {"zh": "绑定 {code}", "en": "link {code}"}


async def get_apps(request: Request) -> HTTPResponse:
    """GET apps: none for a guest, who has nothing that could be tied; and whether there are earlier talks."""
    visitor = await access_request(request)
    chat = chat_of(request)
    chat.limits.reads.take(visitor.key)
    talk, now = visitor.conversation, chat.context.clock.now()
    earlier = await read_earlier(chat.context, talk, before=now, limit=1)
    return json({"apps": list(chat.apps) if talk.customer_id else [], "earlier": bool(earlier)})


async def post_link_code(request: Request) -> HTTPResponse:
    """POST link-codes: what to write in the app, within ten minutes."""
    visitor = await access_request(request)
    chat = chat_of(request)
    chat.limits.messages.take(visitor.key)
    if visitor.conversation.customer_id is None:
        raise Problem("not_verified")
    issued = await issue_link_code(chat.context, conversation_id=visitor.conversation.id)
    words = _WORDS[visitor.conversation.language].format(code=issued.code)
    return json({"words": words, "expires_at": instant(issued.expires_at)}, status=201)
