"""The topic of complaints: what a message means for the complaint at hand, what to ask next, and filing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from actions.access import NUMBER as ACCESS_NUMBER
from actions.access import known_customer
from actions.base import Scene
from actions.complaints import draft as c
from actions.complaints import words as w
from actions.complaints.common import OFFERS, case_facts, filing_key, orders_at_hand, orders_named, visitor_of
from actions.complaints.draft import Draft, from_feedback, listen
from actions.handoff import call_person
from actions.said import Said
from actions.topic import LEAVING, LOOSE, After, Finished, Topic
from aftersales.domain.cases import Case, CaseKind, Severity
from aftersales.domain.errors import AftersalesError
from aftersales.domain.handovers import HandoverReason
from aftersales.domain.orders import Order
from aftersales.services.complaints import file_customer_case, find_filed_case

SHOWN, NOTED, CALMED = "complaints_shown", "complaints_noted", "complaints_calmed"
EMPTY: dict[str, Any] = {**Draft().slots(), SHOWN: None, NOTED: None, CALMED: None}
# A fault that is told while complaining is what the complaint is about.
_FAULTS = frozenset(
    "report_damaged_item report_wrong_item report_missing_item report_not_delivered report_payment_problem "
    "request_refund exchange_item give_feedback".split()
)


class ComplaintTopic(Topic):
    name = "complaints"
    entry = frozenset({"file_complaint"})
    empty = EMPTY
    calms = False
    open_to_guests = True
    answered_by: ClassVar[Mapping[str, tuple[str, ...]]] = {c.ORDER: ("order_number",)}
    yes_to: ClassVar[Mapping[str, str]] = {c.CONFIRMED: SHOWN}

    def opens(self, said: Said) -> bool:
        """Also a fault that is told as a complaint in so many words."""
        return said.intent in self.entry or (not said.structured and w.declares_complaint(said.text))

    def digressions(self, said: Said, asked: str | None) -> frozenset[str]:
        """Where the customer tells what happened, nearly everything is an answer."""
        usual = super().digressions(said, asked)
        if asked == c.DETAILS:
            return LEAVING | {"change_language", "help", "repeat", "check_complaint_status"}
        if asked in (c.TYPE, c.CONFIRMED, c.PHOTOS, c.ORDER):
            return usual - LOOSE - _FAULTS
        return usual

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        draft = Draft.of(scene.slot)
        if asked is None and not said.text:  # just proven who asks: all is in the slots
            return {}
        if asked == c.CONFIRMED and await self._filed(scene, customer_id) is not None:
            return {c.CONFIRMED: True}
        if asked is None and draft.details:
            draft = from_feedback(draft)
        if asked == c.CONFIRMED and not said.structured and _leaves_it(said.text):
            return {}
        reference = said.first("order_number")
        if not customer_id and reference and draft.order is None:
            draft = listen(draft, said, asked=asked, orders=(), shown=None).draft
            return {**draft.slots(), ACCESS_NUMBER: reference, NOTED: [reference]}
        orders = await orders_at_hand(scene, customer_id, said)
        offered = offered_orders(orders, scene.slot(NOTED)) if asked == c.ORDER else []
        named = orders_named(scene, said, orders, offered=[order.number for order in offered])
        heard = listen(draft, said, asked=asked, orders=named, shown=scene.slot(SHOWN))
        if asked is not None and not heard.understood and not named:
            return {} if asked == c.CONFIRMED and said.intent == "deny" else None
        slots = {**heard.draft.slots(), NOTED: list(named) if len(named) > 1 else None}
        if reference and not named:
            scene.say("utter_returns_order_not_found")
        if heard.draft.severity is not Severity.NORMAL and not scene.slot(CALMED):
            scene.say(f"utter_complaints_calm_{heard.draft.severity.value}")
            slots[CALMED] = True
        return slots

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        draft = Draft.of(lambda name: slots.get(name, scene.slot(name)))
        if draft.order is None and draft.confirmed is not False:
            noted = slots.get(NOTED, scene.slot(NOTED)) or []
            if not customer_id and len(noted) == 1:
                return "access_contact"
            order = await self._order_without_asking(scene, customer_id, noted, missing=draft.missing)
            slots |= {c.ORDER: order} if order is not None else {}
            draft = replace(draft, order=order)
        if draft.confirmed and await self._filed(scene, customer_id) is None and scene.slot(SHOWN) != shown(draft):
            slots[c.CONFIRMED] = None
            return c.CONFIRMED
        return draft.missing

    async def _order_without_asking(
        self, scene: Scene, customer_id: str, noted: Sequence[str], *, missing: str | None
    ) -> str | None:
        """The order that was named before it was proven who asks; none where there is none to choose."""
        orders = await orders_at_hand(scene, customer_id)
        if len(noted) == 1 and any(order.number == scene.slot(ACCESS_NUMBER) for order in orders):
            return str(scene.slot(ACCESS_NUMBER))
        return c.NO_ORDER if customer_id and missing == c.ORDER and not orders else None

    async def finish(self, scene: Scene) -> Finished:
        """Files the complaint once per consenting message; consent does not outlive a failure."""
        draft = Draft.of(scene.slot)
        if draft.confirmed is False:
            scene.say("utter_session_stop")
        if draft.type is None or not draft.details or not draft.confirmed:
            return Finished(slots=EMPTY, after=After.SAME_SESSION)
        try:
            case = await file_customer_case(
                scene.ctx,
                visitor_of(scene, await known_customer(scene)),
                kind=CaseKind.COMPLAINT,
                reason=draft.type.value,
                details=draft.details,
                key=filing_key(scene),
                order_number=draft.order or None,
                severity=draft.severity,
                wish=draft.wish.value if draft.wish else "",
                attachment_ids=draft.photos or (),
            )
        except AftersalesError:
            scene.say("utter_complaints_try_again")
            return Finished(slots={c.CONFIRMED: None, SHOWN: None}, after=After.ONCE_MORE)
        scene.say(_response(case), case_facts(scene, case))
        if case.severity is Severity.URGENT:
            await call_person(scene, HandoverReason.COMPLAINT)
        return Finished(slots=EMPTY)

    async def _filed(self, scene: Scene, customer_id: str) -> Case | None:
        """What this very message has filed already: its turn is run again."""
        return await find_filed_case(scene.ctx, visitor_of(scene, customer_id), key=filing_key(scene))


def _leaves_it(text: str) -> bool:
    """Words beside the summary that change nothing: what comes then, or that there is something to add."""
    return w.asks_how_it_stands(text) or (w.wants_to_add(text) and w.bare_addition(text))


def _response(case: Case) -> str:
    if case.customer_id is None:
        return "utter_complaints_filed_unproven"
    return "utter_complaints_filed_urgent" if case.severity is Severity.URGENT else "utter_complaints_filed"


def offered_orders(orders: Sequence[Order], noted: Sequence[str] | None) -> list[Order]:
    """The orders to choose from: those that the words narrowed it to, else the newest."""
    named = [order for order in orders if order.number in (noted or ())]
    return (named or list(orders))[:OFFERS]


def shown(draft: Draft) -> dict[str, Any]:
    """All that the customer is shown and consents to, as a slot value."""
    return {
        "type": draft.type.value if draft.type else None,
        "order": draft.order or "",
        "details": draft.details,
        "wish": draft.wish.value if draft.wish else "",
        "photos": list(draft.photos or ()),
    }
