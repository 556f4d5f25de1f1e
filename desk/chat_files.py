"""Files of a chat: those that were sent in it, shown to the people at the desk."""

from __future__ import annotations

import asyncio

from sanic import HTTPResponse, Request

from aftersales.domain.errors import NotFound
from aftersales.services.attachments import read_attachment
from desk.application import back_to, desk_of, session_of
from desk.cases import file_response
from desk.decisions import NAME


async def chat_file(request: Request, conversation_id: str, attachment_id: str) -> HTTPResponse:
    """GET /desk/chats/{id}/files/{id}: a file of this conversation, and of no other."""
    if session_of(request) is None:
        return back_to(request, "sign-in")
    if not NAME.fullmatch(conversation_id) or not NAME.fullmatch(attachment_id):
        return back_to(request, "chats", problem="not_found")
    desk = desk_of(request)
    try:
        attachment = await read_attachment(
            desk.context, conversation_id=conversation_id, attachment_id=attachment_id
        )
        content = await asyncio.to_thread((desk.folder / attachment.path).read_bytes)
    except (NotFound, FileNotFoundError):
        return back_to(request, "chats", problem="not_found")
    return file_response(attachment, content)
