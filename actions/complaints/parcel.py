"""The topic of a parcel that never came: where it stands first, then what the shop owes the customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from actions.access import NUMBER as ACCESS_NUMBER
from actions.access import proven_customer
from actions.base import Scene
from actions.complaints import words as w
from actions.complaints.common import (
    OFFERS,
    case_facts,
    consents,
    filing_key,
    orders_at_hand,
    orders_named,
    says_done,
    told,
    visitor_of,
    with_photo,
)
from actions.complaints.parcel_words import tell_standing
from actions.said import Said
from actions.topic import LEAVING, LOOSE, After, Finished, Topic
from aftersales.domain.cases import Case, CaseKind
from aftersales.domain.claims import Wish
from aftersales.domain.errors import AftersalesError, NotFound
from aftersales.domain.orders import Order
from aftersales.domain.parcels import CLAIMABLE, ParcelState, Standing, order_standing
from aftersales.services.access import access_order
from aftersales.services.complaints import MOST_PHOTOS, file_customer_case, find_filed_case, find_live_case
from aftersales.services.parcels import parcel_times, watch_parcel

ORDER, LOOKED, PLAN = "complaints_parcel", "complaints_looked", "complaints_plan"
REMEDY, SURE, SHOWN = "complaints_remedy", "complaints_parcel_sure", "complaints_parcel_shown"
TOLD, NOTED, WORDS, PICTURES = (
    *("complaints_parcel_told", "complaints_parcel_noted"),
    *("complaints_parcel_words", "complaints_parcel_photos"),
)
PARCEL_EMPTY: dict[str, Any] = dict.fromkeys(
    (ORDER, LOOKED, PLAN, REMEDY, SURE, SHOWN, TOLD, NOTED, WORDS, PICTURES)
)
WATCH, CLAIM, WAIT = "watch", "claim", "wait"
_REMEDIES = frozenset({Wish.REFUND, Wish.RESEND})
_STILL = frozenset({"report_not_delivered", "request_refund", "track_order"})
_REMEDY_NAMED = frozenset({"request_refund", "exchange_item"})


class ParcelTopic(Topic):
    name = "parcel"
    entry = frozenset({"report_not_delivered"})
    empty = PARCEL_EMPTY
    yes_to: ClassVar[Mapping[str, str]] = {SURE: SHOWN}
    answered_by: ClassVar[Mapping[str, tuple[str, ...]]] = {ORDER: ("order_number",)}

    def opens(self, said: Said) -> bool:
        """Also where a remedy is named with it: "it never came, refund me"."""
        named = said.intent in _REMEDY_NAMED and not said.structured
        return said.intent in self.entry or (named and w.says_never_came(said.text))

    def digressions(self, said: Said, asked: str | None) -> frozenset[str]:
        """Which remedy is wished sounds like the wish for a refund; that nothing came is said again and again."""
        usual = super().digressions(said, asked)
        if (asked, True) in ((LOOKED, w.looked_in_vain(said.text)), (PLAN, w.will_wait(said.text))):
            return LEAVING
        if asked == REMEDY:
            usual -= {"repeat"}  # "send it again"
        return usual - LOOSE - _STILL if asked in (LOOKED, PLAN, REMEDY, SURE) else usual

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        if asked == SURE and await self._filed(scene, customer_id) is not None:
            return {SURE: True}
        orders = await orders_at_hand(scene, customer_id, said)
        slots = self._evidence(scene, said, asked)
        offered = offered_parcels(scene, orders, scene.slot(WORDS), scene.slot(NOTED)) if asked == ORDER else []
        named = orders_named(scene, said, orders, offered=[order.number for order in offered])
        if said.first("order_number") and not named:
            scene.say("utter_returns_order_not_found")
        if asked is None and not named and any(o.number == scene.slot(ACCESS_NUMBER) for o in orders):
            named = (scene.slot(ACCESS_NUMBER),)  # the order by which it was just proven who they are
        if len(named) == 1 and named[0] != scene.slot(ORDER):
            return {**PARCEL_EMPTY, **slots, ORDER: named[0]}
        if asked is None:
            only = offered_parcels(scene, orders, slots.get(WORDS), named)
            return {**slots, ORDER: only[0].number if len(only) == 1 else None, NOTED: list(named) or None}
        if len(named) > 1 and asked == ORDER:
            return {NOTED: list(named)}
        answer = self._answer(scene, said, asked)
        if answer is None:
            return slots if said.photo or (named and asked != ORDER) else None
        return {**slots, **answer}

    def _evidence(self, scene: Scene, said: Said, asked: str | None) -> dict[str, Any]:
        slots: dict[str, Any] = {}
        if said.photo:
            slots[PICTURES] = with_photo(scene.slot(PICTURES), said, most=MOST_PHOTOS)
        if asked is None and not said.structured and said.text:
            slots[WORDS] = told(said.text)
        wish = w.wished(said.text) if asked in (None, LOOKED, PLAN) and not said.structured else None
        if wish is not None and wish in _REMEDIES:
            slots[REMEDY] = wish.value
        return slots

    def _answer(self, scene: Scene, said: Said, asked: str) -> dict[str, Any] | None:
        kind, value = said.choice or ("", "")
        if asked == LOOKED:
            if (kind, value) == ("looked", "not_yet") or w.will_look(said.text):
                return {PLAN: WAIT}
            if (kind, value) == ("looked", "everywhere") or said.intent in {"affirm", "deny"} | _STILL:
                return {LOOKED: True}
            return {LOOKED: True} if w.looked_in_vain(said.text) else None
        if asked == PLAN:
            return self._plan(said, kind, value)
        if asked == REMEDY:
            wish = Wish(value) if kind == "remedy" and value in _REMEDIES else w.wished(said.text)
            return {REMEDY: wish.value} if wish in _REMEDIES and wish is not None else None
        if asked == SURE:
            return self._sure(scene, said, kind, value)
        return None

    def _plan(self, said: Said, kind: str, value: str) -> dict[str, Any] | None:
        if kind == "parcel" and value in (WATCH, CLAIM, WAIT):
            return {PLAN: value}
        if said.intent == "affirm":
            return {PLAN: WATCH}
        if said.intent == "deny" or says_done(said):
            return {PLAN: WAIT}
        if said.intent in _STILL or w.wished(said.text) in _REMEDIES or w.wants_claim(said.text):
            return {PLAN: CLAIM}
        return {PLAN: WATCH} if w.will_wait(said.text) else None

    def _sure(self, scene: Scene, said: Said, kind: str, value: str) -> dict[str, Any] | None:
        if consents(said, scene.slot(SHOWN)):
            return {SURE: True}
        if (kind, value) == ("parcel", "other_remedy"):
            return {REMEDY: None}
        if (wish := w.wished(said.text)) in _REMEDIES and wish is not None and not said.structured:
            return {REMEDY: wish.value}
        if said.intent == "deny" or kind == "confirm":
            return {}
        if not said.structured and w.tells_something(said.text):
            return {WORDS: told(f"{scene.slot(WORDS) or ''} {said.text}")}
        return None

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        def now(name: str) -> Any:
            return slots.get(name, scene.slot(name))

        if now(ORDER) is None:
            orders = await orders_at_hand(scene, customer_id)
            return ORDER if offered_parcels(scene, orders, now(WORDS), now(NOTED)) else None
        if now(SURE) and await self._filed(scene, customer_id) is not None:
            return None
        order = await access_order(scene.ctx, customer_id=customer_id, number=now(ORDER))
        if await self._waiting(scene, customer_id, order) is not None:
            return None
        standing = standing_of(scene, order)
        if now(TOLD) != [order.number, standing.state.value]:
            tell_standing(scene, order, standing)
            slots[TOLD] = [order.number, standing.state.value]
        return self._step(standing, now, slots, shown=shown(order, now))

    def _step(self, standing: Standing, now: Any, slots: dict[str, Any], *, shown: dict[str, Any]) -> str | None:
        if standing.state in (ParcelState.CANCELLED, ParcelState.UNPAID, ParcelState.PREPARING):
            return None
        if now(PLAN) in (WATCH, WAIT):
            return None
        if standing.state is ParcelState.MOVING or (standing.state not in _SURELY_GONE and now(PLAN) is None):
            return PLAN if now(PLAN) is None else None
        if standing.state is ParcelState.DELIVERED and not now(LOOKED):
            return LOOKED
        if now(REMEDY) is None:
            return REMEDY
        if now(SURE) and now(SHOWN) == shown:
            return None
        slots[SURE] = None
        return SURE

    async def finish(self, scene: Scene) -> Finished:
        customer_id = await proven_customer(scene)
        try:
            return await self._finish(scene, customer_id)
        except NotFound:
            scene.say("utter_error_not_found")
            return Finished(slots=PARCEL_EMPTY)
        except AftersalesError:
            scene.say("utter_complaints_try_again")
            return Finished(slots={SURE: None, SHOWN: None, PLAN: None}, after=After.ONCE_MORE)

    async def _finish(self, scene: Scene, customer_id: str) -> Finished:
        number = scene.slot(ORDER)
        if number is None:
            scene.say("utter_complaints_no_parcels")
            return Finished(slots=PARCEL_EMPTY, after=After.SAME_SESSION)
        order = await access_order(scene.ctx, customer_id=customer_id, number=number)
        filed = await self._filed(scene, customer_id)
        waiting = filed or await self._waiting(scene, customer_id, order)
        if waiting is not None:
            response = "utter_complaints_claim_filed" if filed else "utter_complaints_claim_already"
            scene.say(response, {**case_facts(scene, waiting), "order": order.number})
        elif scene.slot(SURE):
            case = await self._file(scene, customer_id, order)
            scene.say("utter_complaints_claim_filed", {**case_facts(scene, case), "order": order.number})
        elif scene.slot(PLAN) == WATCH:
            standing = standing_of(scene, order)
            await watch_parcel(scene.ctx, visitor_of(scene, customer_id), order=order, due=standing.due)
            scene.say("utter_complaints_watching", {"order": order.number})
        elif scene.slot(PLAN) == CLAIM:
            scene.say("utter_complaints_too_early", {"order": order.number})
        elif scene.slot(PLAN) == WAIT:
            scene.say("utter_complaints_waiting", {"order": order.number})
        return Finished(slots=PARCEL_EMPTY)

    async def _file(self, scene: Scene, customer_id: str, order: Order) -> Case:
        standing, said = standing_of(scene, order), scene.slot(WORDS)
        parcel = standing.parcel
        facts = {"carrier": parcel.carrier, "tracking": parcel.tracking_number} if parcel else {}
        return await file_customer_case(
            scene.ctx,
            visitor_of(scene, customer_id),
            kind=CaseKind.NOT_DELIVERED,
            reason=standing.state.value,
            details=said or order.number,
            key=filing_key(scene),
            order_number=order.number,
            severity=w.severity(said or ""),
            wish=scene.slot(REMEDY) or "",
            attachment_ids=scene.slot(PICTURES) or (),
            facts={**facts, "looked": "yes"} if scene.slot(LOOKED) else facts,
        )

    async def _filed(self, scene: Scene, customer_id: str) -> Case | None:
        return await find_filed_case(scene.ctx, visitor_of(scene, customer_id), key=filing_key(scene))

    async def _waiting(self, scene: Scene, customer_id: str, order: Order) -> Case | None:
        return await find_live_case(
            scene.ctx, visitor_of(scene, customer_id), kind=CaseKind.NOT_DELIVERED, order_number=order.number
        )


_SURELY_GONE = frozenset({ParcelState.OVERDUE, ParcelState.DELIVERED})


def standing_of(scene: Scene, order: Order) -> Standing:
    return order_standing(order, times=parcel_times(scene.ctx, order), now=scene.ctx.clock.now())


def offered_parcels(
    scene: Scene, orders: Sequence[Order], said: str | None, noted: Sequence[str] | None
) -> list[Order]:
    """The orders that may be meant: those named, else what fits the words "marked as delivered" or not.

    What is wrong by the shop's own account comes before what is merely on its way.
    """
    if noted:
        return [order for order in orders if order.number in noted][:OFFERS]
    states = {order.number: standing_of(scene, order).state for order in orders}
    gone = frozenset({ParcelState.CANCELLED, ParcelState.UNPAID})
    if said and w.says_marked_delivered(said):
        return [order for order in orders if states[order.number] is ParcelState.DELIVERED][:OFFERS]
    open_ones = [order for order in orders if states[order.number] not in gone | {ParcelState.DELIVERED}]
    wrong_first = sorted(open_ones, key=lambda order: states[order.number] not in CLAIMABLE)
    return (wrong_first or [order for order in orders if states[order.number] not in gone])[:OFFERS]


def shown(order: Order, now: Any) -> dict[str, Any]:
    """What the customer consents to."""
    return {"order": order.number, "remedy": now(REMEDY), "photos": list(now(PICTURES) or ()), "words": now(WORDS)}
