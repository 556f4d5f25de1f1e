"""The topic of payments that went wrong: what the shop sees first, then a claim to those who keep the accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from actions.access import NUMBER as ACCESS_NUMBER
from actions.access import known_customer
from actions.base import Scene
from actions.complaints import words as w
from actions.complaints.common import (
    OFFERS,
    case_facts,
    consents,
    extended,
    filing_key,
    orders_at_hand,
    orders_named,
    says_done,
    visitor_of,
    with_photo,
)
from actions.complaints.payment_words import tell_charges
from actions.returns.draft import find
from actions.said import Said
from actions.topic import LOOSE, QUESTIONS, After, Finished, Topic
from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.charges import order_charges
from aftersales.domain.claims import PaymentTrouble
from aftersales.domain.errors import AftersalesError
from aftersales.domain.orders import Order
from aftersales.services.complaints import MOST_PHOTOS, file_customer_case, find_filed_case, find_live_case

TROUBLE, ORDER, FACTS = "complaints_payment", "complaints_charge", "complaints_charge_facts"
SURE, SHOWN, TOLD = "complaints_charge_sure", "complaints_charge_shown", "complaints_charge_told"
WORDS, PICTURES, NOTED = "complaints_charge_words", "complaints_charge_photos", "complaints_charge_noted"
PAYMENT_EMPTY: dict[str, Any] = dict.fromkeys((TROUBLE, ORDER, FACTS, SURE, SHOWN, TOLD, WORDS, PICTURES, NOTED))
NO_ORDER = ""
_WITH_ORDER = frozenset({PaymentTrouble.CHARGED_TWICE, PaymentTrouble.WRONG_AMOUNT})
_SAME = frozenset({"report_payment_problem", "request_refund", "ask_payment", "check_refund_status"})


class PaymentTopic(Topic):
    name = "payment"
    entry = frozenset({"report_payment_problem"})
    empty = PAYMENT_EMPTY
    open_to_guests = True
    yes_to: ClassVar[Mapping[str, str]] = {SURE: SHOWN}
    answered_by: ClassVar[Mapping[str, tuple[str, ...]]] = {
        ORDER: ("order_number",),
        FACTS: ("amount", "date"),
    }

    def opens(self, said: Said) -> bool:
        """Also where the money is asked back with it: "charged twice, refund one of them"."""
        asked_back = said.intent == "request_refund" and not said.structured
        return said.intent in self.entry or (asked_back and w.says_charged_twice(said.text))

    def digressions(self, said: Said, asked: str | None) -> frozenset[str]:
        usual = super().digressions(said, asked)
        if asked == FACTS:
            return usual - LOOSE - QUESTIONS - _SAME
        return usual - LOOSE - _SAME if asked in (TROUBLE, ORDER, SURE) else usual

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        if asked == SURE and await self._filed(scene, customer_id) is not None:
            return {SURE: True}
        if asked == SURE and consents(said, scene.slot(SHOWN)):
            return {SURE: True}
        slots = self._heard(scene, said, asked)
        orders = await orders_at_hand(scene, customer_id, said)
        offered = charged_orders(orders, scene.slot(TROUBLE), scene.slot(NOTED)) if asked == ORDER else []
        named = () if asked == FACTS else orders_named(scene, said, orders, offered=[o.number for o in offered])
        if len(named) == 1:
            slots[ORDER] = named[0]
        elif named:
            slots[NOTED] = list(named)
        elif asked == ORDER and not said.structured and w.says_no_order(said.text):
            slots[ORDER] = NO_ORDER
        elif said.first("order_number") and customer_id and asked != FACTS:
            scene.say("utter_returns_order_not_found")
        elif said.first("order_number") and asked is None:
            slots[ACCESS_NUMBER] = said.first("order_number")
        if asked == FACTS and (said.choice == ("payment", "unknown") or says_done(said)):
            slots[FACTS] = scene.slot(FACTS) or {}
        waits = asked == SURE and (said.intent == "deny" or said.choice is not None)
        return slots if slots or asked is None or waits else None

    def _heard(self, scene: Scene, said: Said, asked: str | None) -> dict[str, Any]:
        """The kind of trouble, the facts and the picture that the message holds."""
        slots: dict[str, Any] = {}
        if said.photo:
            slots[PICTURES] = with_photo(scene.slot(PICTURES), said, most=MOST_PHOTOS)
        if said.choice and said.choice[0] == "payment" and said.choice[1] in set(PaymentTrouble):
            slots[TROUBLE] = said.choice[1]
        if said.structured or not said.text or said.intent in ("affirm", "deny"):
            return slots
        trouble = w.payment_trouble(said.text)
        if trouble and (scene.slot(TROUBLE) is None or asked == TROUBLE):
            slots[TROUBLE] = trouble.value
        facts = told_facts(said)
        if facts or asked == FACTS:
            slots[FACTS] = {**(scene.slot(FACTS) or {}), **facts}
        if asked in (None, FACTS) or (asked == SURE and (facts or w.tells_something(said.text))):
            slots[WORDS] = extended(scene.slot(WORDS), said.text)
        return slots

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        def now(name: str) -> Any:
            return slots.get(name, scene.slot(name))

        if now(TROUBLE) is None:
            return TROUBLE
        trouble = PaymentTrouble(now(TROUBLE))
        if trouble is PaymentTrouble.NOT_GOING_THROUGH:
            return None
        if now(SURE) and await self._filed(scene, customer_id) is not None:
            return None
        if trouble in _WITH_ORDER and not customer_id:
            return "access_contact" if now(ACCESS_NUMBER) else "access_number"
        orders = await orders_at_hand(scene, customer_id)
        if trouble in _WITH_ORDER and now(ORDER) is None:
            slots[ORDER] = self._only(scene, orders, trouble, now(NOTED))
            if slots[ORDER] is None:
                return ORDER if orders else None
        order = find(orders, now(ORDER))
        if order is not None and await self._waiting(scene, customer_id, order) is not None:
            return None
        seen = self._look(scene, order, trouble, orders, slots, now)
        if not seen and now(FACTS) is None:
            return FACTS
        if now(SURE) and now(SHOWN) == shown(now):
            return None
        slots[SURE] = None
        return SURE

    def _look(
        self,
        scene: Scene,
        order: Order | None,
        trouble: PaymentTrouble,
        orders: Sequence[Order],
        slots: dict[str, Any],
        now: Any,
    ) -> bool:
        """Tells once what the shop sees; whether that alone proves the claim."""
        mark = [order.number if order else "", trouble.value]
        if now(TOLD) != mark:
            tell_charges(scene, order, trouble, orders)
            slots[TOLD] = mark
        return order is not None and trouble is PaymentTrouble.CHARGED_TWICE and order_charges(order).twice

    def _only(
        self, scene: Scene, orders: Sequence[Order], trouble: PaymentTrouble, noted: Sequence[str] | None
    ) -> str | None:
        """The order by which it was just proven who asks, or the only one that the trouble can be about."""
        proven = scene.slot(ACCESS_NUMBER)
        if proven and any(order.number == proven for order in orders):
            return str(proven)
        offered = charged_orders(orders, trouble.value, noted)
        return offered[0].number if len(offered) == 1 else None

    async def finish(self, scene: Scene) -> Finished:
        trouble = scene.slot(TROUBLE)
        customer_id = await known_customer(scene) or ""
        if trouble == PaymentTrouble.NOT_GOING_THROUGH:
            scene.say("utter_complaints_payment_advice")
            return Finished(slots=PAYMENT_EMPTY, after=After.SAME_SESSION)
        filed = await self._filed(scene, customer_id)
        order = find(await orders_at_hand(scene, customer_id), scene.slot(ORDER))
        if filed is None and order is not None and (waiting := await self._waiting(scene, customer_id, order)):
            scene.say("utter_complaints_claim_already", {**case_facts(scene, waiting), "order": order.number})
            return Finished(slots=PAYMENT_EMPTY)
        if not scene.slot(SURE):
            scene.say("utter_complaints_no_payments")
            return Finished(slots=PAYMENT_EMPTY, after=After.SAME_SESSION)
        try:
            case = filed or await self._file(scene, customer_id)
        except AftersalesError:
            scene.say("utter_complaints_try_again")
            return Finished(slots={SURE: None, SHOWN: None}, after=After.ONCE_MORE)
        scene.say("utter_complaints_payment_filed", case_facts(scene, case))
        return Finished(slots=PAYMENT_EMPTY)

    async def _file(self, scene: Scene, customer_id: str) -> Case:
        said = scene.slot(WORDS) or scene.title(f"utter_complaints_payment_{scene.slot(TROUBLE)}")
        facts = {name: str(value) for name, value in (scene.slot(FACTS) or {}).items()}
        order = find(await orders_at_hand(scene, customer_id), scene.slot(ORDER))
        if order is not None and (excess := order_charges(order).excess):
            facts["excess"] = f"{excess.decimal()} {excess.currency}"
        return await file_customer_case(
            scene.ctx,
            visitor_of(scene, customer_id),
            kind=CaseKind.PAYMENT,
            reason=scene.slot(TROUBLE),
            details=said,
            key=filing_key(scene),
            order_number=scene.slot(ORDER) or None,
            severity=w.severity(said),
            attachment_ids=scene.slot(PICTURES) or (),
            facts=facts,
        )

    async def _filed(self, scene: Scene, customer_id: str) -> Case | None:
        return await find_filed_case(scene.ctx, visitor_of(scene, customer_id), key=filing_key(scene))

    async def _waiting(self, scene: Scene, customer_id: str, order: Order) -> Case | None:
        return await find_live_case(
            scene.ctx, visitor_of(scene, customer_id), kind=CaseKind.PAYMENT, order_number=order.number
        )


def told_facts(said: Said) -> dict[str, str]:
    """Amount, day, means and the card's last four digits, as far as the message holds them."""
    found = {
        "amount": said.first("amount"),
        "date": said.first("date"),
        "means": w.payment_means(said.text),
        "card": w.card_tail(said.text),
    }
    return {name: value for name, value in found.items() if value}


def charged_orders(orders: Sequence[Order], trouble: str | None, noted: Sequence[str] | None) -> list[Order]:
    """Orders to choose from: those named, else those charged too much by the shop's own books, else those paid."""
    if noted:
        return [order for order in orders if order.number in noted][:OFFERS]
    charged = [order for order in orders if order_charges(order).captured]
    too_much = [order for order in charged if order_charges(order).excess]
    return (too_much or charged)[:OFFERS] if trouble == PaymentTrouble.CHARGED_TWICE else charged[:OFFERS]


def shown(now: Any) -> dict[str, Any]:
    """What the customer consents to."""
    return {
        "trouble": now(TROUBLE),
        "order": now(ORDER) or "",
        "facts": now(FACTS) or {},
        "photos": list(now(PICTURES) or ()),
        "words": now(WORDS),
    }
