"""News that did not arrive where it was told, brought in the next best way: once, and at a decent hour.

The ladder: the talk itself (the widget fetches it, or the messaging app takes it) -> another app in which the
customer is known -> the app's own notice -> e-mail -> a text -> it waits in the talk until the customer is back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aftersales.domain.channel_pieces import weight_of_news
from aftersales.domain.channels import Notice
from aftersales.domain.conversations import Conversation
from aftersales.domain.errors import NotFound
from aftersales.domain.mail_subjects import NOT_MAILED
from aftersales.domain.preferences import Preferences, quiet_until
from aftersales.domain.reply_budget import room
from aftersales.domain.texts import Language
from aftersales.domain.threads import DeliveryState, Thread
from aftersales.ports import Channel
from aftersales.services.bounces import is_given_up
from aftersales.services.context import Context
from aftersales.services.conversations import note_in_talk, say
from aftersales.services.preferences import preferences_of
from aftersales.services.quiet_hours import NotYet
from aftersales.services.status_links import status_link


class Fill(Protocol):
    def __call__(self, parameters: Mapping[str, Any], language: Language, /) -> dict[str, Any]:
        """The parameters as people of that language write them."""
        ...


@dataclass(frozen=True, slots=True)
class Ways:
    """The messaging apps that the shop uses, whether it sends texts, and how parameters are put into words."""

    channels: Mapping[str, Channel]
    fill: Fill
    texts: bool = False


@dataclass(frozen=True, slots=True)
class _News:
    """What is to be brought to whom. `customer_id` None: to whoever is in the talk."""

    key: str
    response: str
    parameters: Mapping[str, Any]
    conversation: Conversation | None
    seq: int
    customer_id: str | None
    preferences: Preferences


async def reach(ctx: Context, ways: Ways, payload: Mapping[str, Any], *, key: str) -> str:
    """Brings news as far down the ladder as need be, and notes the way in the talk's journal; which way it was.

    Harmless when repeated: every way takes a key once. What the customer does not want is left out. Raises
    Unavailable when a way fails that may yet work, and NotYet in the quiet hours of somebody whom no mail reaches.
    """
    news = await _read(ctx, payload, key=key)
    if news.conversation is not None and await _has_arrived(ctx, news.conversation, news.seq):
        return "talk"
    quiet = quiet_until(news.preferences, ctx.clock.now(), ctx.zone)
    way = await _by_app(ctx, ways, news) if news.preferences.app and quiet is None else None
    way = way or await _by_mail(ctx, ways, news, quiet=quiet is not None) or "waiting"
    if way == "waiting" and news.preferences.app and quiet is not None:
        raise NotYet(quiet)
    if news.conversation is not None:
        detail = {"way": way, "seq": news.seq}
        async with ctx.unit_of_work() as uow:
            await note_in_talk(ctx, uow, news.conversation, actor="system", trigger="reach", detail=detail)
    return way


async def _read(ctx: Context, payload: Mapping[str, Any], *, key: str) -> _News:
    conversation_id = payload.get("conversation_id")
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(conversation_id) if conversation_id is not None else None
        customer_id = payload.get("customer_id") or (conversation.customer_id if conversation else None)
        known = await preferences_of(uow, customer_id) if customer_id else Preferences(customer_id="")
    return _News(
        key=key,
        response=payload["response"],
        parameters=payload["parameters"],
        conversation=conversation,
        seq=int(payload.get("seq") or 0),
        customer_id=customer_id,
        preferences=known,
    )


async def _has_arrived(ctx: Context, conversation: Conversation, seq: int) -> bool:
    """Whether the app has taken it, or the widget has fetched it; what an app could not deliver has not."""
    async with ctx.unit_of_work(read_only=True) as uow:
        thread = await uow.threads.of_conversation(conversation.id)
        if thread is None:
            return (await uow.talk_signs.of(conversation.id)).fetched_seq >= seq
        if thread.sent_seq < seq:
            return False
        deliveries = await uow.deliveries.since(thread.id, seq)
    lost = (DeliveryState.FAILED, DeliveryState.REFUSED)
    carrying = min((delivery.last_seq for delivery in deliveries), default=seq)  # with what came later, maybe
    return not any(delivery.state in lost and delivery.last_seq == carrying for delivery in deliveries)


async def _by_app(ctx: Context, ways: Ways, news: _News) -> str | None:
    own, known = await _threads(ctx, news)
    said = await _said_in(ctx, known, news)
    if said is not None:
        return said.sender.channel
    for thread in known:
        free = room(thread.allowance, weight=weight_of_news(news.key), now=ctx.clock.now())
        if thread.sender.channel in ways.channels and (free is None or free > 0):
            await _say_in(ctx, ways, thread, news)
            return thread.sender.channel
    for thread in [*own, *known]:
        channel = ways.channels.get(thread.sender.channel)
        if channel is not None and await _notify(ctx, ways, channel, thread, news):
            return f"{thread.sender.channel}_notice"
    return None


async def _threads(ctx: Context, news: _News) -> tuple[list[Thread], list[Thread]]:
    """The talk's own thread, and others of the same customer; those that the customer has left are none."""
    async with ctx.unit_of_work(read_only=True) as uow:
        thread = await uow.threads.of_conversation(news.conversation.id) if news.conversation else None
        others = await uow.threads.of_customer(news.customer_id) if news.customer_id else ()
    own = [thread] if thread is not None and not thread.gone else []
    known = [
        other
        for other in others
        if not other.gone and other.conversation_id and (not thread or other.id != thread.id)
    ]
    return own, known


async def _said_in(ctx: Context, known: Sequence[Thread], news: _News) -> Thread | None:
    """Where a worker that did not live to say so has told them already."""
    async with ctx.unit_of_work(read_only=True) as uow:
        for thread in known:
            talk = thread.conversation_id or ""
            if await uow.messages.by_client_id(talk, f"tell:{news.key}", author="bot") is not None:
                return thread
    return None


async def _say_in(ctx: Context, ways: Ways, thread: Thread, news: _News) -> None:
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(thread.conversation_id or "")
        parameters = ways.fill(news.parameters, conversation.language)
        await say(ctx, uow, conversation, response=news.response, parameters=parameters, key=news.key)


async def _notify(ctx: Context, ways: Ways, channel: Channel, thread: Thread, news: _News) -> bool:
    language = await _language(ctx, news, thread.conversation_id)
    parameters = ways.fill(news.parameters, language)
    notice_number = str(parameters.get("number", ""))
    notice = Notice(
        response=news.response,
        language=language,
        parameters={name: str(value) for name, value in parameters.items()},
        text=ctx.texts.render(news.response, language, **parameters),
        link=status_link(ctx, notice_number) or ctx.front_url,
    )
    sent = await channel.notify(thread.sender, notice, key=hashlib.sha256(news.key.encode()).hexdigest()[:24])
    return sent.refusal is None


async def _by_mail(ctx: Context, ways: Ways, news: _News, *, quiet: bool) -> str | None:
    """To the address that the shop has of a customer who is known, else to the phone; a guest has neither."""
    if news.customer_id is None or news.response in NOT_MAILED:
        return None
    try:
        customer = await ctx.shop.get_customer(news.customer_id)
    except NotFound:
        return None
    if customer.email and news.preferences.email:
        async with ctx.unit_of_work(read_only=True) as uow:
            given_up = await is_given_up(uow, customer.email)
        if not given_up:
            await _put(ctx, news, to=customer.email)
            return "mail"
    if customer.phone and ways.texts and news.preferences.app and not quiet:
        await _put(ctx, news, to=customer.phone)
        return "text"
    return None


async def _put(ctx: Context, news: _News, *, to: str) -> None:
    payload = {
        "to": to,
        "response": news.response.removeprefix("utter_"),
        "language": await _language(ctx, news, None),
        "parameters": dict(news.parameters),
        "news": True,
        "customer_id": news.customer_id,
    }
    async with ctx.unit_of_work() as uow:
        await uow.outbox.add(kind="mail", key=f"mail:{news.key}", payload=payload, due_at=ctx.clock.now())


async def _language(ctx: Context, news: _News, conversation_id: str | None) -> Language:
    """What the customer has chosen, else what the talk is held in, else what the shop has on record."""
    if news.preferences.language is not None:
        return news.preferences.language
    if conversation_id is not None:
        async with ctx.unit_of_work(read_only=True) as uow:
            return (await uow.conversations.get(conversation_id)).language
    if news.conversation is not None:
        return news.conversation.language
    return (await ctx.shop.get_customer(news.customer_id or "")).language
