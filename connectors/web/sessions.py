"""Beginning and ending a chat session."""

from __future__ import annotations

from sanic import HTTPResponse, Request
from sanic.response import empty, json

from aftersales.domain.errors import NotFound
from aftersales.services.sessions import close_session, open_session, use_site_token
from connectors.web.bodies import read_json
from connectors.web.chat import Chat, access_request, address_of, chat_of
from connectors.web.payloads import NewSession, language_tag, read, session_json
from connectors.web.problems import Problem, language_of


async def create_session(request: Request) -> HTTPResponse:
    """POST sessions."""
    chat = chat_of(request)
    wishes = read(NewSession, await read_json(request))
    chat.limits.sessions.take(address_of(request))
    customer_id = await access_customer(chat, site_token=wishes.site_token)
    token, conversation = await open_session(
        chat.context,
        channel="web",
        language=language_tag(wishes.language) or language_of(request),
        customer_id=customer_id,
    )
    return json(session_json(token, conversation), status=201)


async def delete_session(request: Request) -> HTTPResponse:
    """DELETE sessions: the token is worthless afterwards, also on sockets that are open."""
    chat = chat_of(request)
    visitor = await access_request(request)
    await close_session(chat.context, token=visitor.token)
    chat.live.wake(visitor.conversation.id)
    await chat.sockets.close(visitor.key, code=4401)
    return empty()


async def access_customer(chat: Chat, *, site_token: str | None) -> str | None:
    """The customer whom a site token names, once per token; None without a token.

    A customer whom the shop does not know is refused like a forged token.
    """
    if site_token is None:
        return None
    claims = chat.site_tokens.verify(site_token)
    try:
        customer = await chat.context.shop.get_customer(claims.customer_id)
    except NotFound:
        raise Problem("site_token_invalid") from None
    if not await use_site_token(chat.context, token_id=claims.token_id, expires_at=claims.forget_at):
        raise Problem("site_token_used")
    return customer.id
