"""Making the change that the customer has consented to, or passing it on, and telling what became of it."""

from __future__ import annotations

from actions.access import proven_customer
from actions.base import Scene
from actions.changes.draft import DRAFT, EMPTY, QUOTED, Draft, wish_of
from actions.changes.plan import stand
from actions.changes.status import tell_change, tell_changes
from actions.changes.words import STATUS
from actions.topic import After, Finished
from aftersales.domain.cases import CaseKind
from aftersales.domain.changes import Change, ChangeState
from aftersales.domain.errors import AftersalesError, Conflict, NotFound
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.services.access import access_order, conversation_channel
from aftersales.services.cases import file_case
from aftersales.services.change_views import list_changes, view_change
from aftersales.services.changes import find_change, request_change
from runtime import formats


def filing_key(scene: Scene) -> str:
    """The idempotency key of a change: the message that consents to it."""
    return f"chat:{scene.message_id}"


async def is_filed(scene: Scene, customer_id: str) -> bool:
    """Whether this very message has made the change already: its turn is run again."""
    return await find_change(scene.ctx, key=filing_key(scene), customer_id=customer_id) is not None


async def finish(scene: Scene) -> Finished:
    """Acts once per consenting message; consent does not outlive a failure."""
    draft = Draft.of(scene.slot(DRAFT))
    if draft.kind == STATUS:
        await tell_changes(scene, await proven_customer(scene), order_ids=None)
        return Finished(slots=EMPTY, after=After.SAME_SESSION)
    if draft.order is None:
        return Finished(slots=EMPTY, after=After.SAME_SESSION)  # there was no order to change
    if draft.person is False or draft.confirmed is False:
        scene.say("utter_orders_kept", {"order": draft.order})
        return Finished(slots=EMPTY)
    try:
        customer_id = await proven_customer(scene)
        order = await access_order(scene.ctx, customer_id=customer_id, number=draft.order)
        return await _act(scene, draft, order, customer_id)
    except Conflict as error:
        under_way = error.detail == "change_under_way"
        scene.say("utter_orders_under_way" if under_way else "utter_orders_changed_since")
        return _ended() if under_way else _once_more(draft)
    except AftersalesError:
        scene.say("utter_orders_try_again")
        return _once_more(draft)


async def _act(scene: Scene, draft: Draft, order: Order, customer_id: str) -> Finished:
    if draft.person:
        await _pass_on(scene, draft, order, customer_id)
        return _ended()
    done = await find_change(scene.ctx, key=filing_key(scene), customer_id=customer_id)
    if done is None and draft.confirmed:
        done = await _make(scene, draft, order, customer_id)
    if done is None:
        await _tell_end(scene, draft, order, customer_id)
        return _ended()
    if done.state is ChangeState.REJECTED:  # it was sent in this very moment
        raise Conflict("rejected")
    await tell_change(scene, await view_change(scene.ctx, done), order, just_now=True)
    return _ended()


async def _make(scene: Scene, draft: Draft, order: Order, customer_id: str) -> Change:
    wish, consent = wish_of(draft, order), scene.slot(QUOTED)
    if wish is None or not consent:
        raise NotFound
    return await request_change(
        scene.ctx,
        customer_id=customer_id,
        order_number=order.number,
        wish=wish,
        agreed=Money(int(consent["minor"]), str(consent["currency"])),
        conversation_id=scene.conversation_id,
        channel=await conversation_channel(scene.ctx, conversation_id=scene.conversation_id),
        key=filing_key(scene),
    )


async def _pass_on(scene: Scene, draft: Draft, order: Order, customer_id: str) -> None:
    """A dated case with all that was said."""
    why = (await stand(scene.ctx, draft, order)).why or "other"
    case = await file_case(
        scene.ctx,
        conversation_id=scene.conversation_id,
        customer_id=customer_id,
        kind=CaseKind.HANDOVER,
        reason="cancel_order" if draft.kind == "cancel" else "modify_order",
        summary=f"{order.number} {draft.kind} ({why}): {' / '.join(draft.notes)}",
        key=f"change:{scene.message_id}",
        promise=scene.ctx.promise,
    )
    promised = formats.moment(case.promised_by, scene.language, scene.ctx.zone)
    scene.say("utter_orders_passed_on", {"number": case.number, "order": order.number, "promised": promised})


async def _tell_end(scene: Scene, draft: Draft, order: Order, customer_id: str) -> None:
    """Nothing to change: it was cancelled before, is so already, or has arrived."""
    end = (await stand(scene.ctx, draft, order)).end or "same"
    if end != "cancelled":
        buttons = []
        if end == "delivered":
            buttons = [
                {"title": scene.title("utter_intent_return_item"), "payload": _return_button(order)},
                {"title": scene.title("utter_intent_exchange_item"), "payload": "/exchange_item"},
            ]
        scene.say(f"utter_orders_end_{end}", {"order": order.number}, buttons=buttons)
        return
    scene.say("utter_orders_end_cancelled", {"order": order.number})
    for view in await list_changes(scene.ctx, customer_id=customer_id):
        if view.change.order_id == order.id and view.change.amount:
            await tell_change(scene, view, order)
            return


def _return_button(order: Order) -> str:
    """The payload of a button that opens a return of the order."""
    return f'/return_item{{"order_number":"{order.number}"}}'


def _ended() -> Finished:
    return Finished(slots=EMPTY)


def _once_more(draft: Draft) -> Finished:
    kept = {**draft.kept(), "confirmed": None, "person": None}
    return Finished(slots={DRAFT: kept, QUOTED: None}, after=After.ONCE_MORE)
