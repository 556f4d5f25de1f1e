"""Files of a chat: those that were sent in it, and sending one."""

from __future__ import annotations

import asyncio

from sanic import HTTPResponse, Request

from aftersales.domain.errors import AftersalesError, NotFound
from aftersales.services.attachments import read_attachment
from aftersales.services.handoff_files import send_file
from connectors.web.bodies import read_body
from connectors.web.problems import Problem
from connectors.web.uploads import ENVELOPE, LARGEST, parse_upload
from desk.application import back_to, desk_of, session_of
from desk.cases import file_response
from desk.chat_deeds import failed, problem_of_chat
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


async def post_chat_file(request: Request, conversation_id: str) -> HTTPResponse:
    """POST /desk/chats/{id}/files: `file` goes to the customer; once per `client_message_id`."""
    session = session_of(request)
    if session is None:
        return back_to(request, "sign-in")
    if not NAME.fullmatch(conversation_id):
        return back_to(request, "chats", problem="not_found")
    desk = desk_of(request)
    try:
        body = await read_body(request, limit=LARGEST + ENVELOPE, too_large="file_too_large")
        upload = parse_upload(request.headers.get("content-type", ""), body)
        if not session.owns(upload.fields.get("form_token", "")):
            return await failed(request, conversation_id, "form", {})
        await send_file(
            desk.context,
            session.account,
            folder=desk.folder,
            conversation_id=conversation_id,
            name=upload.name,
            content=upload.content,
            key=upload.client_message_id,
        )
    except Problem as problem:
        return await failed(request, conversation_id, problem.code, {})
    except AftersalesError as error:
        return await failed(request, conversation_id, problem_of_chat(error), {}, who=error.detail)
    desk.live.wake(conversation_id)
    return back_to(request, f"chats/{conversation_id}")
