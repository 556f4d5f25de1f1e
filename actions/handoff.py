"""Passing a matter to a person: at once where somebody is at the desk, else as a case with a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from actions.access import known_customer
from actions.base import Events, Scene, ServiceAction
from actions.cards import line_title, listed
from actions.returns.draft import Draft
from actions.returns.plan import units
from actions.said import Said
from actions.topic import TOPIC
from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.errors import AftersalesError
from aftersales.domain.handovers import HandoverReason
from aftersales.domain.orders import Order
from aftersales.services.access import access_order
from aftersales.services.cases import file_case
from aftersales.services.handoff import is_staffed
from aftersales.services.overview import open_cases_of
from runtime import formats
from runtime.current import current

VIP = "vip"  # as shops call the segment of their important customers
_LIKELIEST = 3
_WORTH_TELLING = 0.05
_LONGEST_VALUE = 500


class ActionHandoffFile(ServiceAction):
    """One request for a person is enough: somebody takes over, or the case is filed at once, and told again."""

    action_name = "action_handoff_file"

    async def act(self, scene: Scene) -> Events:
        if await call_person(scene, HandoverReason.REQUESTED):
            return []
        waiting = await self._waiting(scene)
        case = waiting or await self._file(scene)
        promised = formats.deadline(case.promised_by, scene.language, scene.ctx.zone)
        response = "utter_handoff_filed_already" if waiting else "utter_handoff_filed"
        scene.say(response, {"number": case.number, "promised": promised})
        scene.finish_matter()
        return []

    async def _waiting(self, scene: Scene) -> Case | None:
        """An open hand-over of this conversation that was filed in another turn."""
        waiting = await open_cases_of(scene.ctx, conversation_id=scene.conversation_id)
        handed_over = [case for case in waiting if case.kind is CaseKind.HANDOVER]
        return next((case for case in handed_over if case.key != _key(scene)), None)

    async def _file(self, scene: Scene) -> Case:
        return await file_case(
            scene.ctx,
            conversation_id=scene.conversation_id,
            customer_id=await known_customer(scene),
            kind=CaseKind.HANDOVER,
            reason="talk_to_human",
            summary=scene.said.text,
            key=_key(scene),
            promise=timedelta(hours=current().settings.promise_hours),
        )


async def call_person(scene: Scene, reason: HandoverReason) -> bool:
    """Whether somebody is at the desk; they are asked to take over then, with what is known so far."""
    topic = str(scene.slot(TOPIC) or "")
    if not await is_staffed(scene.ctx, language=scene.language, topic=topic):
        return False
    scene.want_person(reason, topic=topic, vip=await _is_vip(scene), about=await _known(scene))
    return True


async def _is_vip(scene: Scene) -> bool:
    """False also where the shop cannot tell just now: nobody waits for that."""
    customer_id = await known_customer(scene)
    if customer_id is None:
        return False
    try:
        return VIP in (await scene.ctx.shop.get_customer(customer_id)).segments
    except AftersalesError:
        return False


async def _known(scene: Scene) -> Mapping[str, Any]:
    """What the message was understood as, and what is filled in by name of its slot, goods by their titles.

    `lines` are the same goods as (line id, units), by which the policy can be asked again.
    """
    said: Said = scene.said
    likely = [pair for pair in said.ranking[:_LIKELIEST] if pair[1] >= _WORTH_TELLING]
    filled = {name: str(scene.slot(name))[:_LONGEST_VALUE] for name in _FILLED if scene.slot(name)}
    order = await _order(scene)
    goods = _titles(scene, order) if order else ""
    return {
        "understood": [[name, round(confidence, 3)] for name, confidence in likely],
        "asked": scene.slot("requested_slot") or "",
        "filled": filled | ({_GOODS: goods} if goods else {}),
        "lines": [list(pair) for pair in units(Draft.of(scene.slot), order)] if goods and order else [],
    }


async def _order(scene: Scene) -> Order | None:
    """The order of which goods are to be returned; None where that is not known, or the shop cannot tell now."""
    number = scene.slot("returns_order")
    if not scene.slot(_GOODS) or not number:
        return None
    try:
        return await access_order(scene.ctx, customer_id=await known_customer(scene), number=number)
    except AftersalesError:
        return None


def _titles(scene: Scene, order: Order) -> str:
    """What the customer wants to return, in words; empty where the order has none of it."""
    lines = [line for line in order.lines if line.id in scene.slot(_GOODS)]
    return listed([line_title(line, scene.language) for line in lines], scene.language)


_GOODS = "returns_items"
# What people at the desk can read; the other slots are the bot's own notes.
_FILLED = (
    "access_number",
    "returns_order",
    "returns_quantity",
    "returns_reason",
    "returns_remedy",
    "returns_wish",
    "returns_comment",
    "withdraw_number",
    "complaints_type",
    "complaints_order",
    "complaints_details",
    "complaints_wish",
    "complaints_parcel",
    "complaints_payment",
)


def _key(scene: Scene) -> str:
    return f"handoff:{scene.message_id}"
