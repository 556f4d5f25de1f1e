"""Filing the return that the customer has confirmed."""

from __future__ import annotations

from actions.access import known_customer
from actions.base import Events, Scene, ServiceAction
from actions.cards import return_card
from actions.forms import slot_events
from actions.returns.draft import Draft
from actions.returns.plan import units
from actions.returns.quote import NOTED, QUOTED
from aftersales.domain.errors import Conflict, NotFound, Refused
from aftersales.domain.orders import Order
from aftersales.domain.policy_describe import facts
from aftersales.domain.reasons import Reason
from aftersales.domain.returns import Return
from aftersales.services.access import access_order
from aftersales.services.return_views import access_return
from aftersales.services.returns import request_return
from runtime import formats

EMPTY = {**Draft().slots(), NOTED: None, QUOTED: None, "session_opening": None}


class ActionReturnsSubmit(ServiceAction):
    action_name = "action_returns_submit"

    async def act(self, scene: Scene) -> Events:
        draft = Draft.of(scene.slot)
        customer_id = await known_customer(scene)
        if customer_id is None or draft.order is None or not draft.confirmed:
            raise NotFound
        order = await access_order(scene.ctx, customer_id=customer_id, number=draft.order)
        try:
            filed = await self._file(scene, draft, order, customer_id)
        except Refused:
            scene.say("utter_error_refused")
        except Conflict:
            scene.say("utter_returns_conflict")
        else:
            await self._tell(scene, filed, order, customer_id)
        scene.finish_matter()
        return slot_events(EMPTY)

    async def _file(self, scene: Scene, draft: Draft, order: Order, customer_id: str) -> Return:
        return await request_return(
            scene.ctx,
            customer_id=customer_id,
            order_number=order.number,
            items=units(draft, order),
            reason=draft.reason or Reason.OTHER,
            comment=draft.comment or "",
            attachment_ids=draft.photos or (),
            conversation_id=scene.conversation_id,
            channel="web",
            key=f"chat:{scene.tracker.sender_id}",
        )

    async def _tell(self, scene: Scene, filed: Return, order: Order, customer_id: str) -> None:
        language = scene.language
        view = await access_return(scene.ctx, customer_id=customer_id, number=filed.number)
        response = "utter_returns_done_review" if view.next_step == "wait_approval" else "utter_returns_done"
        parameters = {
            "number": filed.number,
            "amount": formats.money(filed.amount, language),
            "refund_days": facts(scene.ctx.policy, language)["refund_days"],
        }
        text = scene.ctx.texts.render(response, language, **parameters)
        scene.say(response, parameters, cards=[return_card(view, order, language, text)])
