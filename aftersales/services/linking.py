"""Tying a customer's messaging app to the account at the shop: by a code from the website, or by signing in there.

Before that nothing is shared between the two. Afterwards the customer is known in the app as on the website, and
news come there. Leaving the app or writing "unlink" unties it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aftersales.domain.conversations import Conversation, Owner
from aftersales.domain.errors import Conflict, Forbidden, NotFound
from aftersales.domain.signed_links import LinkTo
from aftersales.domain.threads import Thread
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.conversations import customer_actor, note_in_talk, say

CODE_LIFETIME = timedelta(minutes=10)
CODES_PER_CUSTOMER = (5, timedelta(hours=1))
TRIES_PER_THREAD = (5, timedelta(hours=1))
_LINK = re.compile(r"(?:绑定|綁定|link)[\s:：#]*([0-9]{8})", re.IGNORECASE)
_ASK = re.compile(r"(?:绑定|綁定|绑定账号|绑定帐号|link|link (?:my )?account)", re.IGNORECASE)
_UNLINK = re.compile(r"(?:解绑|解除绑定|解綁|unlink)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LinkCode:
    """What a customer writes in the app within ten minutes, once: "绑定 12345678" or "link 12345678"."""

    code: str
    expires_at: datetime


async def issue_link_code(ctx: Context, *, conversation_id: str) -> LinkCode:
    """A new code for the customer of a verified talk; earlier ones stay good until they end.

    Raises Forbidden for a guest, Conflict("too_many_codes") beyond five an hour, NotFound.
    """
    now = ctx.clock.now()
    expires_at = now + CODE_LIFETIME
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.get(conversation_id)
        if conversation.customer_id is None or conversation.owner is Owner.CLOSED:
            raise Forbidden("guest")
        if not await _takes_place(uow, f"link:{conversation.customer_id}", CODES_PER_CUSTOMER, now=now):
            raise Conflict("too_many_codes")
        code = _new_code()
        while not await uow.link_codes.add(
            _hash(code), customer_id=conversation.customer_id, expires_at=expires_at
        ):
            code = _new_code()
    return LinkCode(code, expires_at)


async def heed_link(ctx: Context, thread: Thread, text: str, *, key: str) -> bool:
    """Whether this was about tying or untying the app; if so it is done, and the customer told, once per key."""
    words = unicodedata.normalize("NFKC", text).strip()
    link, ask, unlink = (pattern.fullmatch(words) for pattern in (_LINK, _ASK, _UNLINK))
    if link is None and ask is None and unlink is None:
        return False
    parameters: dict[str, str] = {}
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(thread.conversation_id or "")
        if await uow.messages.by_client_id(conversation.id, f"tell:{key}", author="bot") is None:
            if link:
                response = await _redeem(ctx, uow, thread, conversation, link.group(1))
            elif ask:
                response, parameters = _how(ctx, thread)
            else:
                response = await _unlink(ctx, uow, conversation)
            told = await uow.conversations.get(conversation.id)
            await say(ctx, uow, told, response=response, parameters=parameters, key=key)
    return True


async def link_thread(
    ctx: Context, uow: UnitOfWork, conversation: Conversation, *, customer_id: str, by: str
) -> None:
    """From now on whoever writes in this conversation's thread is that customer. The caller holds its lock.

    Where it was another one, the bot begins anew, so that it remembers nothing of theirs.
    """
    matter = conversation.matter + (conversation.customer_id not in (None, customer_id))
    linked = replace(conversation, customer_id=customer_id, matter=matter, updated_at=ctx.clock.now())
    await uow.conversations.save(linked)
    await uow.threads.link(conversation.id, customer_id=customer_id)
    actor = f"customer:{customer_id}"
    await note_in_talk(ctx, uow, conversation, actor=actor, trigger="link", detail={"by": by})


async def thread_to_link(ctx: Context, thread_id: str, *, account: str) -> Thread:
    """The thread of a customer of this account. Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        thread = await uow.threads.get(thread_id)
    if thread.sender.account != account or thread.conversation_id is None:
        raise NotFound("thread")
    return thread


async def link_by_sign_in(ctx: Context, thread: Thread, *, customer_id: str, key: str) -> None:
    """Ties the app to the customer who has signed in at the shop, and says so there; once per key.

    Raises NotFound for a thread that is gone, and where nobody has signed in.
    """
    if not customer_id:
        raise NotFound("customer")
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(thread.conversation_id or "")
        await link_thread(ctx, uow, conversation, customer_id=customer_id, by="sign_in")
        told = await uow.conversations.get(conversation.id)
        await say(ctx, uow, told, response="utter_channel_linked", parameters={}, key=f"linked:{key}")


async def forget_link_codes(ctx: Context) -> None:
    """Removes codes that ended; for the worker, now and then."""
    async with ctx.unit_of_work() as uow:
        await uow.link_codes.forget(now=ctx.clock.now())


def _new_code() -> str:
    return f"{secrets.randbelow(10**8):08d}"


async def _redeem(ctx: Context, uow: UnitOfWork, thread: Thread, conversation: Conversation, code: str) -> str:
    now = ctx.clock.now()
    if not await _takes_place(uow, f"link-tries:{thread.id}", TRIES_PER_THREAD, now=now):
        return "utter_channel_link_too_often"
    customer_id = await uow.link_codes.take(_hash(code), now=now)
    if customer_id is None:
        return "utter_channel_link_wrong"
    await link_thread(ctx, uow, conversation, customer_id=customer_id, by="code")
    return "utter_channel_linked"


def _how(ctx: Context, thread: Thread) -> tuple[str, dict[str, str]]:
    """How the app is tied: by signing in where that can be done, else with a code."""
    if thread.sender.channel not in ctx.sign_in_apps:
        return "utter_channel_link_how", {}
    return "utter_channel_link_page", {"link": ctx.links.link(thread.id, now=ctx.clock.now(), to=LinkTo.APP)}


async def _unlink(ctx: Context, uow: UnitOfWork, conversation: Conversation) -> str:
    if conversation.customer_id is not None:
        await uow.conversations.save(replace(conversation, customer_id=None, matter=conversation.matter + 1))
        await uow.threads.link(conversation.id, customer_id=None)
        actor = customer_actor(conversation)
        await note_in_talk(ctx, uow, conversation, actor=actor, trigger="unlink", detail={"by": "word"})
    return "utter_channel_unlinked"


async def _takes_place(uow: UnitOfWork, name: str, limit: tuple[int, timedelta], *, now: datetime) -> bool:
    most, within = limit
    subject = _hash(name)
    if await uow.codes.issued_since(subject, now - within) >= most:
        return False
    await uow.codes.note_issued(subject, now)
    return True


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf8", "replace")).hexdigest()
