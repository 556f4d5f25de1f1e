"""All questions that the form asks by itself, in the call that found out what is missing.

Rasa would call the action server once more for each question: a second reading of the orders, and a second
journey of the session.
"""

from __future__ import annotations

from collections.abc import Mapping

from actions.access import AskAccessCode
from actions.base import Events, Question, Scene, refusals_told
from actions.changes.ask import (
    AskOrdersAddress,
    AskOrdersConfirmed,
    AskOrdersItems,
    AskOrdersKind,
    AskOrdersOrder,
    AskOrdersPerson,
    AskOrdersQuantity,
    AskOrdersVariant,
)
from actions.complaints.ask import AskComplaintsConfirmed, AskComplaintsOrder, AskComplaintsType
from actions.complaints.follow import AskComplaintsAddition, AskComplaintsCase, AskComplaintsSure
from actions.complaints.parcel_ask import AskComplaintsParcel, AskComplaintsParcelSure, AskComplaintsPlan
from actions.complaints.payment_ask import AskComplaintsCharge, AskComplaintsChargeSure, AskComplaintsPayment
from actions.orders.price_told import AskPriceConfirmed, AskPriceOrder
from actions.returns.ask import AskReturnsItems, AskReturnsOrder, AskReturnsQuantity
from actions.returns.ask_remedy import AskReturnsRemedy, AskReturnsVariant
from actions.returns.verdict import AskReturnsConfirmed
from actions.returns.withdraw import AskWithdrawConfirmed, AskWithdrawNumber

_ACCESS = (AskAccessCode(),)
_RETURNS = (
    AskReturnsOrder(),
    AskReturnsItems(),
    AskReturnsQuantity(),
    AskReturnsVariant(),
    AskReturnsRemedy(),
    AskReturnsConfirmed(),
    AskWithdrawNumber(),
    AskWithdrawConfirmed(),
)
_PRICE = (AskPriceOrder(), AskPriceConfirmed())
_ORDERS = (
    AskOrdersOrder(),
    AskOrdersKind(),
    AskOrdersItems(),
    AskOrdersQuantity(),
    AskOrdersVariant(),
    AskOrdersAddress(),
    AskOrdersPerson(),
    AskOrdersConfirmed(),
)
_COMPLAINTS = (
    AskComplaintsType(),
    AskComplaintsOrder(),
    AskComplaintsConfirmed(),
    AskComplaintsCase(),
    AskComplaintsAddition(),
    AskComplaintsSure(),
    AskComplaintsParcel(),
    AskComplaintsPlan(),
    AskComplaintsParcelSure(),
    AskComplaintsPayment(),
    AskComplaintsCharge(),
    AskComplaintsChargeSure(),
)
QUESTIONS: Mapping[str, Question] = {
    question.slot: question for question in (*_ACCESS, *_RETURNS, *_PRICE, *_ORDERS, *_COMPLAINTS)
}


async def ask_next(scene: Scene, events: Events) -> Events:
    """Asks for the slot that these events request, as after them; gives what asking changes.

    Nothing where no slot is requested, or its question is a response that the bot says by itself.
    """
    slots = {event["name"]: event["value"] for event in events if event.get("event") == "slot"}
    question = QUESTIONS.get(slots.get("requested_slot") or "")
    if question is None:
        return []
    return await refusals_told(question.ask, scene.after(slots), doing=question.slot)
