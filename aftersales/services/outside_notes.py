"""What the people of a desk elsewhere get to read with a talk: why it comes, what is known, what was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aftersales.domain.cases import Case
from aftersales.domain.conversations import Conversation, Message
from aftersales.domain.errors import AftersalesError
from aftersales.domain.handovers import Handover, HandoverReason
from aftersales.domain.outside import OutsidePacket, OutsideTalk
from aftersales.services.context import Context

_MOST_MESSAGES = 60
_LONGEST_MESSAGE = 500
_REASONS = {
    HandoverReason.REQUESTED: "utter_handoff_note_requested",
    HandoverReason.UNSURE: "utter_handoff_note_unsure",
    HandoverReason.ANGER: "utter_handoff_note_anger",
    HandoverReason.EXCEPTION: "utter_handoff_note_exception",
    HandoverReason.LIMIT: "utter_handoff_note_exception",
    HandoverReason.COMPLAINT: "utter_handoff_note_complaint",
    HandoverReason.BOT_FAILURE: "utter_handoff_note_failure",
    HandoverReason.SHOP_FAILURE: "utter_handoff_note_failure",
    HandoverReason.AGENT: "utter_handoff_note_requested",
}
_WHO = {
    "customer": "utter_handoff_note_customer",
    "bot": "utter_handoff_note_assistant",
    "agent": "utter_handoff_note_colleague",
    "system": "utter_handoff_note_assistant",
}


async def packet(ctx: Context, talk: OutsideTalk, handover: Handover) -> OutsidePacket:
    """In the talk's language. A customer has a name there only if a verified session tells who it is.

    No address, e-mail or telephone number is passed on: the desk would write to them past the talk.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(talk.conversation_id)
        begin = max(0, talk.sent_seq - _MOST_MESSAGES)
        said = await uow.messages.after(conversation.id, begin, limit=_MOST_MESSAGES)
        cases = await uow.cases.of(conversation_id=conversation.id, customer_id=conversation.customer_id)
    said = [message for message in said if message.seq <= talk.sent_seq]
    return OutsidePacket(
        conversation_id=conversation.id,
        name=await _name(ctx, conversation),
        language=conversation.language,
        note=_note(ctx, conversation, handover, said=said, cases=cases),
    )


async def _name(ctx: Context, conversation: Conversation) -> str:
    """ "" also where the shop cannot tell just now: nobody waits for that."""
    if conversation.customer_id is None:
        return ""
    try:
        return (await ctx.shop.get_customer(conversation.customer_id)).name
    except AftersalesError:
        return ""


def _note(
    ctx: Context, conversation: Conversation, handover: Handover, *, said: Sequence[Message], cases: Sequence[Case]
) -> str:
    language = conversation.language

    def word(name: str) -> str:
        return ctx.texts.render(name, language)

    filled: dict[str, Any] = handover.about.get("filled") or {}
    links = [f"{ctx.front_url}/desk/cases/{case.number}" for case in cases]
    if number := str(filled.get("access_number") or ""):
        links.append(f"{ctx.front_url}/desk/orders/{number}/statement")
    transcript = "\n".join(f"{word(_WHO[message.author])}: {_words(message)}" for message in said)
    return ctx.texts.render(
        "utter_handoff_note",
        language,
        reason=word(_REASONS[handover.reason]),
        understood=_listed(handover.about.get("understood") or []),
        filled=_listed(sorted(filled.items())),
        links="\n".join(links) or "-",
        transcript=transcript or "-",
    )


def _words(message: Message) -> str:
    return f"{message.text[:_LONGEST_MESSAGE]}{' [+]' * bool(message.attachment_ids)}"


def _listed(pairs: Sequence[Any]) -> str:
    """Pairs of a name and a value, as the assistant keeps them."""
    return ", ".join(f"{name}={value}" for name, value in pairs) or "-"
