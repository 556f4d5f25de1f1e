"""A filed return, exchange or refund in words: what the texts about it fill in."""

from __future__ import annotations

from actions.base import Scene
from actions.cards import goods_words, listed
from aftersales.domain.orders import Order
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import ReturnTrigger
from aftersales.domain.texts import Language
from aftersales.services.return_views import ReturnView
from runtime import formats


def status_response(view: ReturnView) -> str:
    """The text that says where it stands, by its remedy."""
    if view.item.remedy is Remedy.EXCHANGE:
        return f"utter_exchanges_status_{view.next_step}"
    if view.item.remedy is Remedy.REFUND_ONLY:
        return f"utter_refunds_status_{view.next_step}"
    return f"utter_returns_status_{view.next_step}"


def status_words(scene: Scene, view: ReturnView, order: Order) -> dict[str, str]:
    """Whatever its remedy and wherever it stands; `amount` is what is to pay, or else what is paid back."""
    language, item = scene.language, view.item
    parcels = [step.detail for step in view.steps if step.trigger == ReturnTrigger.REPLACE]
    return {
        "number": item.number,
        "items": returned_words(scene, view, order),
        "wanted": wanted_words(view, language),
        "amount": formats.money(item.to_pay or view.paid_back, language),
        "due": formats.day(view.due or scene.ctx.today(), language),
        "link": item.payment_link or "",
        "tracking": parcels[-1].get("tracking_number", "") if parcels else "",
    }


def wanted_words(view: ReturnView, language: Language) -> str:
    """What comes in exchange: its options, or its title where it has none."""
    coming = [line.replacement for line in view.item.lines if line.replacement]
    words = [found.options.of(language) or found.title.of(language) for found in coming]
    return listed(words, language)


def returned_words(scene: Scene, view: ReturnView, order: Order) -> str:
    known = {line.id: line for line in order.lines}
    units = [(known[line.line_id], line.quantity) for line in view.item.lines if line.line_id in known]
    return goods_words(units, scene.language) or order.number
