"""Chat sessions: a secret token per client opens exactly one conversation."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from aftersales.domain.conversations import Conversation, Owner
from aftersales.domain.errors import NotFound
from aftersales.domain.ids import new_id
from aftersales.domain.journal import Entry
from aftersales.domain.texts import Language
from aftersales.ports import Session, UnitOfWork
from aftersales.services.context import Context
from aftersales.services.conversations import customer_actor, set_owner
from aftersales.services.handoff import leave_people

GUEST_LIFETIME = timedelta(days=30)
VERIFIED_LIFETIME = timedelta(hours=24)
_LONGEST_TOKEN = 200


async def open_session(
    ctx: Context, *, channel: str, language: Language | None, customer_id: str | None
) -> tuple[str, Conversation]:
    """A new conversation and the token that opens it; the token is not stored and cannot be told again.

    `customer_id` only from a verified site token. A session lasts 24 hours with a customer, 30 days without,
    and is not prolonged by use. `language` is where the talk begins; the bot may still settle on another.
    """
    now = ctx.clock.now()
    token = secrets.token_urlsafe(32)
    conversation = _new_conversation(channel=channel, language=language or "zh", customer_id=customer_id, now=now)
    lifetime = VERIFIED_LIFETIME if customer_id else GUEST_LIFETIME
    session = Session(
        token_hash=_hash(token), conversation_id=conversation.id, created_at=now, expires_at=now + lifetime
    )
    async with ctx.unit_of_work() as uow:
        await _begin(uow, conversation)
        await uow.sessions.add(session)
    return token, conversation


async def begin_in_thread(
    ctx: Context, uow: UnitOfWork, *, channel: str, language: Language | None, customer_id: str | None
) -> str:
    """The id of a new conversation in a messaging app, where the app itself says who writes; as open_session."""
    now = ctx.clock.now()
    conversation = _new_conversation(channel=channel, language=language or "zh", customer_id=customer_id, now=now)
    await _begin(uow, conversation)
    return conversation.id


async def resume_session(ctx: Context, *, token: str) -> Conversation:
    """The conversation that the token opens. Raises NotFound when it is unknown, expired or signed out."""
    async with ctx.unit_of_work(read_only=True) as uow:
        session = await uow.sessions.get(_hash(token))
        if session is None:
            raise NotFound("session")
        if session.expires_at <= ctx.clock.now():
            raise NotFound("session")
        return await uow.conversations.get(session.conversation_id)


async def close_session(ctx: Context, *, token: str) -> None:
    """Signs out: the token opens nothing any more, the conversation is closed, a pending code is void.

    Who waited for a person waits no more (services.handoff.leave_people). Harmless for an unknown token. An answer
    of the bot that is still under way will not be shown.
    """
    token_hash = _hash(token)
    async with ctx.unit_of_work() as uow:
        session = await uow.sessions.get(token_hash)
        if session is None:
            return
        conversation = await uow.conversations.lock(session.conversation_id)
        await uow.sessions.remove(token_hash)
        await uow.codes.remove(conversation.id)
        await leave_people(ctx, uow, conversation)
        await set_owner(
            uow,
            conversation,
            Owner.CLOSED,
            actor=customer_actor(conversation),
            trigger="sign_out",
            at=ctx.clock.now(),
        )


async def use_site_token(ctx: Context, *, token_id: str, expires_at: datetime) -> bool:
    """Notes the use of a shop site's token; False when it was used before, so that a stolen copy opens nothing."""
    async with ctx.unit_of_work() as uow:
        return await uow.sessions.use_token_id(_hash(token_id), expires_at)


async def forget_expired_sessions(ctx: Context) -> None:
    """Removes sessions and spent site tokens that ended; for the worker, now and then."""
    async with ctx.unit_of_work() as uow:
        await uow.sessions.forget_expired(now=ctx.clock.now())


async def _begin(uow: UnitOfWork, conversation: Conversation) -> None:
    entry = Entry(
        subject="conversation",
        subject_id=conversation.id,
        actor=customer_actor(conversation),
        channel=conversation.channel,
        trigger="open",
        from_state=None,
        to_state=conversation.owner.value,
        at=conversation.created_at,
    )
    await uow.conversations.add(conversation)
    await uow.journal.add(entry)


def _hash(token: str) -> str:
    """SHA-256 is enough: the tokens are random, so there is nothing to guess."""
    return hashlib.sha256(token[:_LONGEST_TOKEN].encode("utf8", "replace")).hexdigest()


def _new_conversation(*, channel: str, language: Language, customer_id: str | None, now: datetime) -> Conversation:
    return Conversation(
        id=new_id(),
        channel=channel,
        owner=Owner.BOT,
        epoch=1,
        matter=1,
        language=language,
        language_fixed=False,
        customer_id=customer_id,
        last_seq=0,
        answered_seq=0,
        created_at=now,
        updated_at=now,
    )
