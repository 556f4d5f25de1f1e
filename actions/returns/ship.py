"""A customer tells the tracking number of the parcel that is on its way back."""

from __future__ import annotations

from actions.access import known_customer
from actions.base import Scene
from actions.said import Said
from aftersales.domain.returns import ReturnState
from aftersales.services.return_views import list_returns
from aftersales.services.returns import ship_return


async def note_parcel(scene: Scene, said: Said) -> bool:
    """Notes the tracking number on the one return that awaits its parcel; False when there is no such return."""
    tracking = said.first("tracking_number")
    customer_id = await known_customer(scene) if tracking else None
    if tracking is None or customer_id is None:
        return False
    views = await list_returns(scene.ctx, customer_id=customer_id)
    waiting = [view.item for view in views if view.item.state is ReturnState.AWAITING_PARCEL]
    if len(waiting) != 1:
        return False
    number = waiting[0].number
    await ship_return(scene.ctx, customer_id=customer_id, number=number, tracking_number=tracking)
    scene.say("utter_returns_shipped", {"number": number, "tracking": tracking})
    return True
