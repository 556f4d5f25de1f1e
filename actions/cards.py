"""Cards that the widget draws: orders, verdicts, returns. Shapes are those of docs/api.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aftersales.domain.money import Money
from aftersales.domain.orders import Order, OrderLine
from aftersales.domain.policy import Quote
from aftersales.domain.remedies import Remedy
from aftersales.domain.texts import Language, Text
from aftersales.services.return_views import ReturnView

Card = dict[str, Any]


def amount(money: Money) -> dict[str, str]:
    return {"amount": money.decimal(), "currency": money.currency}


def texts(words: Text) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def line_title(line: OrderLine, language: Language) -> str:
    """Title and options, as a customer would tell it apart from its sisters."""
    options = line.options.of(language)
    joint = f"（{options}）" if language == "zh" else f" ({options})"
    return line.title.of(language) + (joint if options else "")


def unit_titles(order: Order, line_id: str, language: Language) -> tuple[str, str]:
    """Title and options of a line; its id alone where the shop has taken it out of the order since."""
    line = next((line for line in order.lines if line.id == line_id), None)
    return (line.title.of(language), line.options.of(language)) if line else (line_id, "")


def goods_words(units: list[tuple[OrderLine, int]], language: Language) -> str:
    """Several items in one phrase: 跑鞋（黑）×1、T恤 ×2."""
    gap = "" if language == "zh" else " "
    parts = [f"{line_title(line, language)}{gap}×{quantity}" for line, quantity in units]
    return listed(parts, language)


def listed(words: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(words)


def joint(sentences: Sequence[str], language: Language) -> str:
    """One sentence after the other; Chinese sets no space between."""
    return ("" if language == "zh" else " ").join(sentences)


def order_card(order: Order, language: Language) -> Card:
    return {
        "type": "order",
        "number": order.number,
        "placed_at": order.placed_at.isoformat(),
        "status": order.status,
        "total": amount(order.total),
        "lines": [
            {
                "title": line.title.of(language),
                "options": line.options.of(language),
                "quantity": line.quantity,
                "image": line.image,
            }
            for line in order.lines
        ],
    }


def verdict_card(
    order: Order, quote: Quote, language: Language, *, review: bool, wanted: Mapping[str, str] | None = None
) -> Card:
    """`review`: a person looks before it counts. `wanted`: what comes instead, by line id.

    `texts` are the same words in both languages: an agent may read another one than the customer.
    """
    decision = quote.decision
    return {
        "type": "verdict",
        "allowed": decision.allowed,
        "needs_review": decision.allowed and review,
        "remedy": decision.remedy.value,
        "amount": amount(decision.amount),
        "to_pay": amount(decision.to_pay) if decision.to_pay else None,
        "fee": amount(decision.fee),
        "shipping_payer": decision.who_pays_shipping,
        "refund_by": None,  # no day can be named before the goods are back
        "rule_id": decision.rule_id,
        "rule_text": decision.rule_text.of(language),
        "rule_texts": texts(decision.rule_text),
        "policy_version": decision.version,
        "lines": [
            {
                "title": order.line(line.line_id).title.of(language),
                "options": _swapped(
                    order.line(line.line_id).options.of(language), (wanted or {}).get(line.line_id)
                ),
                "quantity": line.quantity,
                "amount": amount(line.decision.amount) if decision.remedy is not Remedy.EXCHANGE else None,
            }
            for line in quote.lines
        ],
        "checks": [
            {
                "id": check.id,
                "passed": check.passed,
                "required": check.required,
                "text": check.text.of(language),
                "texts": texts(check.text),
            }
            for check in decision.checks
        ],
        "alternatives": [{"id": other.id, "text": other.text.of(language)} for other in decision.alternatives],
    }


def return_card(view: ReturnView, order: Order, language: Language, next_step_text: str) -> Card:
    item = view.item
    return {
        "type": "return",
        "number": item.number,
        "status": item.state.value,
        "remedy": item.remedy.value,
        "amount": amount(view.paid_back),
        "to_pay": amount(item.to_pay) if item.to_pay else None,
        "refund_status": view.refunds[-1].state.value if view.refunds else None,
        "lines": [
            {
                "title": title,
                "options": _swapped(options, line.replacement.options.of(language) if line.replacement else None),
                "quantity": line.quantity,
                "amount": amount(line.amount) if item.remedy is not Remedy.EXCHANGE else None,
            }
            for line in item.lines
            for title, options in [unit_titles(order, line.line_id, language)]
        ],
        "next_step_text": next_step_text,
    }


def _swapped(options: str, wanted: str | None) -> str:
    """What goes back and what comes: "M → L"."""
    return f"{options} → {wanted}" if wanted and wanted != options else options
