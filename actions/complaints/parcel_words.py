"""Saying where the parcel of an order stands."""

from __future__ import annotations

from actions.base import Scene
from aftersales.domain.orders import Order
from aftersales.domain.parcels import ParcelState, Standing
from runtime import formats


def tell_standing(scene: Scene, order: Order, standing: Standing) -> None:
    """What the shop knows, plainly: the parcel's number, when it was sent, when it was or should be there."""
    language, zone, parcel = scene.language, scene.ctx.zone, standing.parcel
    parameters = {"order": order.number, "title": order.lines[0].title.of(language)}
    if parcel is not None:
        parameters |= {"carrier": parcel.carrier, "tracking": parcel.tracking_number}
        if parcel.shipped_at:
            parameters["shipped"] = formats.moment(parcel.shipped_at, language, zone)
        if parcel.delivered_at:
            parameters["delivered"] = formats.moment(parcel.delivered_at, language, zone)
    if standing.due is not None:
        parameters["due"] = _due(scene, standing)
    scene.say(f"utter_complaints_parcel_{standing.state.value}", parameters)


def _due(scene: Scene, standing: Standing) -> str:
    """To the minute where the shop has to send it, else the day."""
    if standing.due is None:
        return ""
    if standing.state in (ParcelState.PREPARING, ParcelState.HELD_UP):
        return formats.moment(standing.due, scene.language, scene.ctx.zone)
    return formats.day(standing.due.astimezone(scene.ctx.zone).date(), scene.language)
