"""Filing the return that the customer has consented to."""

from __future__ import annotations

from typing import Any

from actions.access import proven_customer
from actions.base import Scene
from actions.cards import return_card
from actions.returns import draft as d
from actions.returns.draft import Draft
from actions.returns.quote import NOTED, QUOTED, filing_key
from actions.returns.words import status_words
from actions.topic import After, Finished
from aftersales.domain.errors import AftersalesError, Conflict, Refused
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy_describe import day_counts
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import Return
from aftersales.services.access import access_order, conversation_channel
from aftersales.services.return_views import access_return
from aftersales.services.returns import request_return

# What is said of a filed matter: by remedy and by what comes next.
TOLD = {
    (Remedy.RETURN, "wait_approval"): "utter_returns_done_review",
    (Remedy.RETURN, "send_parcel"): "utter_returns_done",
    (Remedy.EXCHANGE, "wait_approval"): "utter_exchanges_done_review",
    (Remedy.EXCHANGE, "send_parcel"): "utter_exchanges_done",
    (Remedy.EXCHANGE, "pay_difference"): "utter_exchanges_done_pay",
    (Remedy.EXCHANGE, "payment_by_person"): "utter_exchanges_done_pay_by_person",
    (Remedy.EXCHANGE, "replacement_underway"): "utter_exchanges_done_resend",
    (Remedy.REFUND_ONLY, "wait_approval"): "utter_refunds_done_review",
    (Remedy.REFUND_ONLY, "refund_approval"): "utter_refunds_done_review",
    (Remedy.REFUND_ONLY, "refund_underway"): "utter_refunds_done",
    (Remedy.REFUND_ONLY, "done"): "utter_refunds_done",
}
_GONE = "sold_out"

EMPTY: dict[str, Any] = {**Draft().slots(), NOTED: None, QUOTED: None}
WITHOUT_CONSENT = {d.CONFIRMED: None, QUOTED: None}
# To choose again: what was told stays.
WITHOUT_VARIANTS = {**WITHOUT_CONSENT, d.VARIANT: None, d.WISH: None}


async def submit(scene: Scene) -> Finished:
    """Files the return once per consenting message; consent does not outlive a failure."""
    draft = Draft.of(scene.slot)
    if draft.order is None or not draft.confirmed or not scene.slot(QUOTED):
        return Finished(slots=EMPTY, after=After.SAME_SESSION)  # there was nothing to return
    gone = False
    try:
        gone = await _file_and_tell(scene, draft)
    except (Refused, Conflict):
        scene.say("utter_returns_conflict")
    except AftersalesError:
        scene.say("utter_returns_try_again")
        return Finished(slots=WITHOUT_CONSENT, after=After.ONCE_MORE)
    return Finished(slots=WITHOUT_VARIANTS, after=After.ONCE_MORE) if gone else Finished(slots=EMPTY)


async def _file_and_tell(scene: Scene, draft: Draft) -> bool:
    """Whether what was wanted in exchange went to somebody else in the last moment."""
    customer_id = await proven_customer(scene)
    order = await access_order(scene.ctx, customer_id=customer_id, number=draft.order or "")
    filed = await _file(scene, draft, order, customer_id)
    return await _tell(scene, filed, order, customer_id)


async def _file(scene: Scene, draft: Draft, order: Order, customer_id: str) -> Return:
    consent = scene.slot(QUOTED)
    return await request_return(
        scene.ctx,
        customer_id=customer_id,
        order_number=order.number,
        items=[(str(line), int(count)) for line, count in consent["goods"]],
        reason=draft.reason or Reason.OTHER,
        wish=draft.wish(order.currency),
        comment=draft.comment or "",
        attachment_ids=draft.photos or (),
        conversation_id=scene.conversation_id,
        channel=await conversation_channel(scene.ctx, conversation_id=scene.conversation_id),
        key=filing_key(scene),
        agreed=Money(int(consent["minor"]), str(consent["currency"])),
        agreed_to_pay=Money(int(consent["to_pay"]), str(consent["currency"])) if consent["to_pay"] else None,
    )


async def _tell(scene: Scene, filed: Return, order: Order, customer_id: str) -> bool:
    view = await access_return(scene.ctx, customer_id=customer_id, number=filed.number)
    if view.next_step == _GONE:
        scene.say("utter_exchanges_just_gone")
        return True
    response = TOLD.get((filed.remedy, view.next_step))
    if response is None:  # the shop said no, or things have moved on since this message was first dealt with
        scene.say("utter_returns_conflict")
        return False
    days = day_counts(scene.ctx.policy_named(filed.policy_version))
    named = ("refund_days", "refund_only_days", "dispatch_days", "payment_days")
    parameters = {**status_words(scene, view, order), **{name: days[name] for name in named}}
    coming = scene.title(f"utter_returns_next_{view.next_step}")
    scene.say(response, parameters, cards=[return_card(view, order, scene.language, coming)])
    return False
