"""Files that customers send, and getting them back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sanic import HTTPResponse, Request
from sanic.request.form import parse_multipart_form
from sanic.response import json, raw

from aftersales.domain.conversations import Message
from aftersales.domain.ids import new_id
from aftersales.services.attachments import read_attachment, store_attachment
from aftersales.services.receiving import receive_attachment
from connectors.web.bodies import read_body
from connectors.web.chat import Chat, Visitor, access_request, chat_of
from connectors.web.messages import stored
from connectors.web.payloads import ClientMessageId, read
from connectors.web.problems import Problem

LARGEST = 10 * 1024 * 1024
_parse: Any = parse_multipart_form
ENVELOPE = 64 * 1024  # what multipart adds around the file
_BOUNDARY = re.compile(r"""multipart/form-data\s*;.*?boundary="?([A-Za-z0-9'()+_,./:=? -]{1,70})"?\s*(?:;.*)?""")


@dataclass(frozen=True, slots=True)
class Upload:
    """`fields` are the other parts of the body, each as its first text."""

    name: str
    content: bytes
    client_message_id: str
    fields: Mapping[str, str]


async def post_attachment(request: Request) -> HTTPResponse:
    """POST attachments: the file is stored, then said as a message; the same client_message_id says it once."""
    chat = chat_of(request)
    visitor = await access_request(request)
    chat.limits.uploads.take(visitor.key)
    body = await read_body(request, limit=LARGEST + ENVELOPE, too_large="file_too_large")
    upload = parse_upload(request.headers.get("content-type", ""), body)
    message = await _said_before(chat, visitor, upload) or await _say(chat, visitor, upload)
    if not message.attachment_ids:
        raise Problem("conflict")
    return json({"attachment_id": message.attachment_ids[0], "seq": message.seq}, status=201)


def parse_upload(content_type: str, body: bytes) -> Upload:
    """The `file` part and the optional `client_message_id` of a multipart body (RFC 7578).

    Raises Problem bad_request, file_empty or file_too_large.
    """
    match = _BOUNDARY.fullmatch(content_type)
    if match is None:
        raise Problem("bad_request")
    try:
        fields, files = _parse(body, match[1].encode())
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Problem("bad_request") from None
    file = files.get("file")
    if file is None:
        raise Problem("bad_request")
    if not file.body:
        raise Problem("file_empty")
    if len(file.body) > LARGEST:
        raise Problem("file_too_large")
    called = read(ClientMessageId, {"client_message_id": fields.get("client_message_id") or new_id()})
    told = {name: str(fields.get(name)) for name in fields}
    return Upload(file.name, bytes(file.body), called.client_message_id, told)


async def get_attachment(request: Request, attachment_id: str) -> HTTPResponse:
    """GET attachments/{id}: to be saved, never to be run in the page's own name."""
    chat = chat_of(request)
    visitor = await access_request(request)
    attachment = await read_attachment(
        chat.context, conversation_id=visitor.conversation.id, attachment_id=attachment_id[:64]
    )
    content = await asyncio.to_thread((chat.folder / attachment.path).read_bytes)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return raw(content, content_type=attachment.media_type, headers=headers)


async def _said_before(chat: Chat, visitor: Visitor, upload: Upload) -> Message | None:
    async with chat.context.unit_of_work(read_only=True) as work:
        return await work.messages.by_client_id(visitor.conversation.id, upload.client_message_id)


async def _say(chat: Chat, visitor: Visitor, upload: Upload) -> Message:
    conversation_id = visitor.conversation.id
    attachment = await store_attachment(
        chat.context,
        folder=chat.folder,
        conversation_id=conversation_id,
        name=upload.name,
        content=upload.content,
    )
    message = await receive_attachment(
        chat.context,
        conversation_id=conversation_id,
        client_message_id=upload.client_message_id,
        attachment_id=attachment.id,
    )
    stored(chat, conversation_id)
    return message
