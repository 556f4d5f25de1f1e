"""The topic of cancelling and changing an order: what a message means for it, and what to ask next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from actions import consent
from actions.base import Scene
from actions.changes import draft as d
from actions.changes import words as w
from actions.changes.draft import DRAFT, EMPTY, NOTED, QUOTED, Draft, unsent_lines
from actions.changes.finish import finish, is_filed
from actions.changes.listen import listen, parts_told
from actions.changes.plan import offered_lines, offered_orders, shown, stand, variants_of
from actions.changes.status import tell_changes
from actions.returns.draft import find
from actions.returns.listen import pick
from actions.returns.quote import consent_digest, customer_orders
from actions.said import UNSURE, Said
from actions.topic import LEAVING, LOOSE, Finished, Topic
from aftersales.domain.orders import Order
from aftersales.domain.variant_choice import choose
from aftersales.services.change_views import list_changes


class ChangeTopic(Topic):
    name = "orders"
    entry = frozenset({"cancel_order", "modify_order"})
    leaving = frozenset({"stop", "cancel_return"})
    empty = EMPTY
    answered_by: ClassVar[Mapping[str, tuple[str, ...]]] = {
        d.ORDER: ("order_number",),
        d.QUANTITY: ("quantity",),
    }

    yes_to: ClassVar[Mapping[str, str]] = {d.CONFIRMED: QUOTED, d.PERSON: QUOTED}

    def deeds(self, scene: Scene) -> Mapping[str, bool]:
        cancelling = Draft.of(scene.slot(DRAFT)).kind == w.CANCEL
        return {consent.FILE: True, consent.CANCEL if cancelling else consent.CHANGE: True}

    def opens(self, said: Said) -> bool:
        """Also words that cancel an order by the goods in it, which look like a bare choice."""
        vague = said.intent in ("inform", UNSURE) and not said.structured
        return said.intent in self.entry or (vague and w.names_cancelling(said.text))

    def digressions(self, said: Said, asked: str | None) -> frozenset[str]:
        """Where words of any kind are asked for, neighbours are an answer; an address is one, whatever it says."""
        usual = super().digressions(said, asked)
        if asked in (d.ORDER, d.ADDRESS, d.CONFIRMED) and _has_address(said):
            return LEAVING
        if asked == d.KIND:
            return usual - LOOSE - {"exchange_item", "ask_payment", "ask_delivery"}
        if asked in (d.PERSON, d.ADDRESS):
            return usual - LOOSE - {"ask_delivery", "track_order"} if not said.structured else usual
        return usual - {"exchange_item"} if asked == d.VARIANT else usual

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        orders = await self._orders(scene, customer_id, said)
        if not orders:
            scene.say("utter_returns_no_orders")
            return {}
        draft = Draft.of(scene.slot(DRAFT))
        if w.asks_status(said) and await list_changes(scene.ctx, customer_id=customer_id, limit=1):
            if asked is None:
                return {DRAFT: Draft(kind=w.STATUS).kept()}
            await tell_changes(scene, customer_id, order_ids=None)
            return {}
        if asked == d.CONFIRMED and await is_filed(scene, customer_id):
            return {DRAFT: replace(draft, confirmed=True).kept()}
        if asked is None and draft.order is None and (proven := find(orders, scene.slot("access_number"))):
            draft = draft.with_order(proven.number)
        was_shown = scene.slot(QUOTED)
        heard = listen(
            draft,
            said,
            orders=orders,
            asked=asked,
            offered=self._offered(scene, orders, draft, asked),
            zone=scene.ctx.zone,
            digest=consent_digest(was_shown) if was_shown else None,
        )
        settled = await self._variant(scene, _settled(heard.draft, orders), said, orders, asked)
        if asked is not None and not heard.understood and settled == draft:
            return {} if (asked, said.intent) == (d.CONFIRMED, "deny") else None
        if "not_found" in heard.noted:
            scene.say("utter_returns_order_not_found")
        return {DRAFT: settled.kept(), NOTED: heard.noted or None}

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        draft = Draft.of(slots.get(DRAFT, scene.slot(DRAFT)))
        if draft.person is not None or draft.confirmed is False or draft.kind == w.STATUS:
            return None
        if draft.confirmed and await is_filed(scene, customer_id):
            return None
        orders = await self._orders(scene, customer_id)
        order = find(orders, draft.order)
        if order is None:
            return d.ORDER if orders else None
        standing = await stand(scene.ctx, draft, order)
        if standing.problem:
            scene.say(f"utter_orders_problem_{standing.problem}")
            draft = replace(draft, variant=None, quantity=None)
            slots[DRAFT] = draft.kept()
        if standing.end:
            return None
        if standing.why:
            return d.PERSON
        if standing.missing:
            return standing.missing
        if standing.quote and draft.confirmed and scene.slot(QUOTED) == shown(draft, standing.quote):
            return None
        if draft.confirmed:
            scene.say("utter_orders_changed_since")
            slots[DRAFT] = replace(draft, confirmed=None).kept()
        return d.CONFIRMED

    async def finish(self, scene: Scene) -> Finished:
        return await finish(scene)

    async def _orders(self, scene: Scene, customer_id: str, said: Said | None = None) -> Sequence[Order]:
        kept = Draft.of(scene.slot(DRAFT)).order
        return await customer_orders(scene, customer_id, said, chosen=kept)

    async def _variant(
        self, scene: Scene, draft: Draft, said: Said, orders: Sequence[Order], asked: str | None
    ) -> Draft:
        """With the variant that the words mean, said now or before the line was known."""
        order = find(orders, draft.order)
        if order is None or draft.kind not in (w.VARIANT, None) or asked == d.PERSON:
            return draft
        if draft.kind is None and asked is not None:
            return draft
        variants = await variants_of(scene.ctx, draft, order)
        if said.choice and said.choice[0] == "variant":
            known = any(variant.id == said.choice[1] for variant in variants)
            return replace(draft, variant=said.choice[1]) if known else draft
        if not variants or (draft.variant and said.structured):
            return draft
        own = order.line(draft.items[0]).variant_id
        current = next((variant for variant in variants if variant.id == own), None)
        others = [variant.id for variant in variants if variant.id != own and variant.stock]
        picked = pick(said, others) if asked == d.VARIANT else None
        texts = [said.text] if draft.variant else [said.text, *reversed(draft.notes)]
        chosen = (choose(text, variants, current=current).variants for text in texts)
        matches = ([variant.id for variant in meant if variant.id != own] for meant in chosen)
        found = (picked,) if picked else next((ids for ids in matches if ids), ())
        return replace(draft, kind=w.VARIANT, variant=found[0]) if len(found) == 1 else draft

    def _offered(self, scene: Scene, orders: Sequence[Order], draft: Draft, asked: str | None) -> list[str]:
        noted = scene.slot(NOTED) or {}
        order = find(orders, draft.order)
        if asked == d.ORDER:
            return [item.number for item in offered_orders(orders, noted)]
        if asked == d.ITEMS and order:
            return [line.id for line in offered_lines(order, noted)]
        return list(w.KINDS) if asked == d.KIND else []


def _settled(draft: Draft, orders: Sequence[Order]) -> Draft:
    """Fills in what leaves no choice: the only order that can be changed, the only line."""
    if draft.order is None:
        candidates = offered_orders(orders, {})
        if len(candidates) == 1:
            draft = draft.with_order(candidates[0].number)
    order = find(orders, draft.order)
    if order is not None and not draft.items and draft.kind in (w.QUANTITY, w.VARIANT, None):
        lines = unsent_lines(order)
        if len(lines) == 1:
            draft = draft.with_items([lines[0].id])
    return draft


def _has_address(said: Said) -> bool:
    told = parts_told(said.text, country="CN") if not said.structured else {}
    return bool(told.get("lines") or told.get("phone") or told.get("name"))
