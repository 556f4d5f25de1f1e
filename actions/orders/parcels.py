"""Parcels in words: where each is, by when the next thing happens, and what can be done now."""

from __future__ import annotations

from collections.abc import Sequence

from actions.base import Scene
from actions.cards import goods_words
from actions.orders.buttons import Button, order_buttons
from aftersales.domain.deliveries import DeliveryStage, Parcel, most_urgent, parcels
from aftersales.domain.orders import Order
from runtime import formats

LISTED = 5
_TAIL = 5  # the digits of an order's number that customers know it by
_NEXT = {
    DeliveryStage.NOT_SENT: ("modify_order", "cancel_order"),
    DeliveryStage.NOT_SENT_LATE: ("cancel_order", "talk_to_human"),
    DeliveryStage.ON_THE_WAY: ("modify_order", "list_orders"),
    DeliveryStage.LATE: ("report_not_delivered", "talk_to_human"),
    DeliveryStage.DELIVERED: ("return_item", "report_not_delivered"),
}


def tell_parcels(scene: Scene, orders: Sequence[Order], *, any_orders: bool) -> None:
    """One order parcel by parcel; several in a short list to choose from."""
    found = [(order, _parcels(scene, order)) for order in orders]
    if not orders:
        scene.say("utter_orders_nothing_moving" if any_orders else "utter_orders_none")
    elif len(found) == 1:
        _tell_one(scene, *found[0])
    else:
        _tell_several(scene, found[:LISTED])


def _parcels(scene: Scene, order: Order) -> tuple[Parcel, ...]:
    ctx = scene.ctx
    return parcels(order, delivery=ctx.faq.shop.delivery, today=ctx.today(), zone=ctx.zone)


def _tell_one(scene: Scene, order: Order, found: Sequence[Parcel]) -> None:
    if not found:
        scene.say("utter_orders_nothing_comes", {"order": order.number})
        return
    buttons = order_buttons(scene, _NEXT[most_urgent(found).stage], order)
    for parcel in found:
        last = parcel is found[-1]
        scene.say(f"utter_orders_parcel_{parcel.stage}", _words(scene, parcel), buttons=buttons if last else [])


def _tell_several(scene: Scene, found: Sequence[tuple[Order, Sequence[Parcel]]]) -> None:
    urgent = [most_urgent(known) for _, known in found if known]
    render, language = scene.ctx.texts.render, scene.language
    lines = [render(f"utter_orders_line_{p.stage}", language, **_words(scene, p)) for p in urgent]
    buttons = [_choice(scene, parcel.order) for parcel in urgent]
    parameters = {"count": str(len(urgent)), "list": "\n".join(lines)}
    quiet = not order_buttons(scene, ("list_orders",), None)
    scene.say("utter_orders_several", parameters, buttons=[] if quiet else buttons)


def _choice(scene: Scene, order: Order) -> Button:
    title = f"{order.lines[0].title.of(scene.language)} · {order.number[-_TAIL:]}"
    return {"title": title, "payload": f'/track_order{{"order_number":"{order.number}"}}'}


def _words(scene: Scene, parcel: Parcel) -> dict[str, str]:
    order, fulfilment, language = parcel.order, parcel.fulfilment, scene.language
    units = [(order.line(line), count) for line, count in parcel.lines if _knows(order, line)]
    shipped = fulfilment.shipped_at if fulfilment else None
    return {
        "order": order.number,
        "items": goods_words(units, language) or order.number,
        "carrier": fulfilment.carrier if fulfilment else "",
        "tracking": fulfilment.tracking_number if fulfilment else "",
        "shipped": formats.day(shipped.astimezone(scene.ctx.zone).date(), language) if shipped else "",
        "due": formats.day(parcel.due, language),
    }


def _knows(order: Order, line_id: str) -> bool:
    return any(line.id == line_id for line in order.lines)
