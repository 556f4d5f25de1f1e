"""What the policy says about the goods of a chat: as it was told, or asked again for what is filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from aftersales.domain.conversations import Message
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy import Decision
from aftersales.domain.texts import Language
from aftersales.services.context import Context
from aftersales.services.handoff_views import ChatView
from aftersales.services.returns_in_chat import Asked, Verdict, asked_before, quote_for_customer
from desk.known import Known

Outcome = Literal["yes", "no", "person"]


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A rule that was looked at, in the agent's language with its facts."""

    passed: bool
    required: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictCard:
    """`person`: yes, after a person has looked. `told_at` is when the customer read it, None where nobody has."""

    outcome: Outcome
    rule_id: str
    rule: str
    checks: Sequence[CheckLine]
    goods: Sequence[str]
    remedy: str
    amount: Money
    fee: Money
    to_pay: Money | None
    payer: str
    version: str
    told_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What is wanted, and what the policy says about it just now."""

    asked: Asked
    verdict: Verdict


async def weigh_now(ctx: Context, known: Known, chat: ChatView) -> Weighed | None:
    """For what the bot had filled in; None where that is not enough, or the shop cannot tell.

    Kept for a while: the desk looks every second, the shop need not.
    """
    customer_id = chat.conversation.customer_id
    asked = asked_before(chat.handover.about) if chat.handover else None
    if asked is None or chat.handover is None or customer_id is None:
        return None
    verdict: Verdict | None = await known.read(
        ("verdict", chat.handover.id), lambda: quote_for_customer(ctx, customer_id=customer_id, asked=asked)
    )
    return Weighed(asked=asked, verdict=verdict) if verdict else None


def verdict_card(
    ctx: Context, messages: Sequence[Message], weighed: Weighed | None, orders: Sequence[Order], language: Language
) -> VerdictCard | None:
    """The newest that the customer was told, else what the policy says now."""
    for message in reversed(messages):
        for card in message.cards:
            if card.get("type") == "verdict":
                return _told(ctx, card, message.at, language)
    return _now(weighed, orders, language) if weighed else None


def _told(ctx: Context, card: Mapping[str, Any], at: datetime, language: Language) -> VerdictCard | None:
    """None for a card that is none of ours."""
    try:
        return VerdictCard(
            outcome=_outcome(card["allowed"], review=card["needs_review"]),
            rule_id=card["rule_id"],
            rule=_of(card.get("rule_texts"), language) or _general(ctx, card, language) or card["rule_text"],
            checks=[_check(check, language) for check in card["checks"]],
            goods=[_goods(line["title"], line["options"], line["quantity"]) for line in card["lines"]],
            remedy=card.get("remedy", "return"),
            amount=_money(card["amount"]),
            fee=_money(card["fee"]),
            to_pay=_money(card["to_pay"]) if card.get("to_pay") else None,
            payer=card["shipping_payer"],
            version=card["policy_version"],
            told_at=at,
        )
    except (KeyError, TypeError, ValueError):
        return None


def _now(weighed: Weighed, orders: Sequence[Order], language: Language) -> VerdictCard:
    decision, number = weighed.verdict.quote.decision, weighed.asked.order_number
    lines = {line.id: line for order in orders if order.number == number for line in order.lines}
    named = [(lines[line], units) for line, units in weighed.asked.items if line in lines]
    return VerdictCard(
        outcome=_outcome(decision.allowed, review=_needs_person(decision)),
        rule_id=decision.rule_id,
        rule=decision.rule_text.of(language),
        checks=[CheckLine(check.passed, check.required, check.text.of(language)) for check in decision.checks],
        goods=[_goods(line.title.of(language), line.options.of(language), units) for line, units in named],
        remedy=decision.remedy.value,
        amount=decision.amount,
        fee=decision.fee,
        to_pay=decision.to_pay,
        payer=decision.who_pays_shipping,
        version=decision.version,
        told_at=None,
    )


def _needs_person(decision: Decision) -> bool:
    """Photos that it asks for are not among what is filled in."""
    return decision.needs_human or decision.photo_required


def _outcome(allowed: bool, *, review: bool) -> Outcome:
    if not allowed:
        return "no"
    return "person" if review else "yes"


def _check(check: Mapping[str, Any], language: Language) -> CheckLine:
    words = _of(check.get("texts"), language) or check["text"]
    return CheckLine(check["passed"], check.get("required", True), words)


def _of(texts: Mapping[str, str] | None, language: Language) -> str:
    """Empty for a card from before verdicts were kept in both languages."""
    return texts.get(language, "") if texts else ""


def _general(ctx: Context, card: Mapping[str, Any], language: Language) -> str:
    """The rule's words without its facts, as they read then; empty where it is not known any more."""
    policy = ctx.policy_named(card["policy_version"])
    return next((rule.general().of(language) for rule in policy.rules() if rule.id == card["rule_id"]), "")


def _goods(title: str, options: str, units: int) -> str:
    return f"{units} × {title}{f', {options}' if options else ''}"


def _money(told: Mapping[str, str]) -> Money:
    return Money.parse(told["amount"], told["currency"])
