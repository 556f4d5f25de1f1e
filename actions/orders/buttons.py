"""What fits next after an answer about an order, as buttons that carry the order."""

from __future__ import annotations

from collections.abc import Sequence

from actions.base import Scene
from actions.topic import PARKED
from aftersales.domain.orders import Order

Button = dict[str, str]


def order_buttons(scene: Scene, intents: Sequence[str], order: Order | None) -> list[Button]:
    """One button an intent; none in the middle of a matter, whose own question follows with its own buttons."""
    if scene.tracker.active_loop or scene.slot(PARKED):
        return []
    about = f'{{"order_number":"{order.number}"}}' if order else ""
    return [
        {
            "title": scene.title(f"utter_intent_{intent}"),
            "payload": f"/{intent}" if intent == "talk_to_human" else f"/{intent}{about}",
        }
        for intent in intents
    ]
