"""The topic of returns: what a message means for the return at hand, and what to ask next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from actions import consent
from actions.base import Scene
from actions.complaints.words import declares_complaint
from actions.returns import draft as d
from actions.returns.draft import Draft
from actions.returns.exchange import complete
from actions.returns.listen import Heard, listen
from actions.returns.plan import (
    evidence_missing,
    goods_missing,
    offered_lines,
    offered_orders,
    settle,
    too_many,
)
from actions.returns.quote import NOTED, QUOTED, consent_digest, customer_orders, filing_key, quote_draft, shown
from actions.returns.submit import EMPTY, submit
from actions.returns.wish import changes_mind
from actions.said import Said
from actions.topic import LOOSE, QUESTIONS, SOCIAL, Finished, Topic
from aftersales.domain.errors import NotFound
from aftersales.domain.orders import Order
from aftersales.domain.remedies import Remedy
from aftersales.services.return_views import find_filed

FILED = "filed"  # in Scene.known

_DEEDS: Mapping[Remedy, Mapping[str, bool]] = {
    Remedy.RETURN: {consent.RETURN: True, consent.REFUND: False},
    Remedy.EXCHANGE: {consent.EXCHANGE: True},
    Remedy.REFUND_ONLY: {consent.REFUND: True},
}


class ReturnTopic(Topic):
    name = "returns"
    entry = frozenset(
        "return_item exchange_item request_refund "
        "report_damaged_item report_wrong_item report_missing_item".split()
    )
    leaving = frozenset({"stop", "cancel_return"})
    empty = EMPTY
    answered_by: ClassVar[Mapping[str, tuple[str, ...]]] = {d.ORDER: ("order_number",)}
    yes_to: ClassVar[Mapping[str, str]] = {d.CONFIRMED: QUOTED}

    def deeds(self, scene: Scene) -> Mapping[str, bool]:
        """The remedy that was shown; money is what a return comes to, too, but may be meant without one."""
        return {consent.FILE: True, **_DEEDS[Remedy((scene.slot(QUOTED) or {}).get("remedy", Remedy.RETURN))]}

    def digressions(self, said: Said, asked: str | None) -> frozenset[str]:
        """Where words of any kind are asked for, small talk and neighbours are an answer."""
        usual = super().digressions(said, asked)
        if changes_mind(said, asked):
            usual -= {said.intent}
        if not said.structured and declares_complaint(said.text):
            usual |= {said.intent}
        if asked == d.COMMENT:
            return usual - QUESTIONS - LOOSE - SOCIAL | {"change_language"}
        if asked in (d.REASON, d.VARIANT):
            return usual - LOOSE
        return usual

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        orders = await customer_orders(scene, customer_id, said)
        draft = Draft.of(scene.slot)
        if not orders:
            scene.say("utter_returns_no_orders")
            return {}
        if asked == d.CONFIRMED and await self._is_filed(scene, customer_id):
            return {d.CONFIRMED: True}
        if asked is None and draft.order is None and scene.slot("access_number"):
            draft = _named_when_proving(draft, orders, scene.slot("access_number"))
        offered = self._offered(scene, orders, draft, asked)
        was_shown = scene.slot(QUOTED) or {}
        heard = listen(
            draft,
            said,
            orders=orders,
            asked=asked,
            offered=offered,
            zone=scene.ctx.zone,
            digest=consent_digest(was_shown) if was_shown.get("allowed") else None,
        )
        settled = settle(heard.draft, orders)
        order, noted = d.find(orders, settled.order), dict(heard.noted)
        if order is not None:
            settled, more = await complete(scene, settled, order, said, asked)
            noted |= more
        new = bool(noted) or replace(settled, confirmed=None) != replace(draft, confirmed=None)
        if asked is not None and not (heard.understood or new):
            return _waiting(said, asked)
        self._tell(scene, draft, heard)
        return {**self._within_reach(scene, settled, orders).slots(), NOTED: noted or None}

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        if not slots and not await customer_orders(scene, customer_id):
            return None
        draft = Draft.of(lambda name: slots.get(name, scene.slot(name)))
        if draft.confirmed and await self._is_filed(scene, customer_id):
            return None
        missing = goods_missing(draft)
        if missing:
            return missing
        try:
            quote = await quote_draft(scene, draft, customer_id)
        except NotFound:
            if not draft.variants:
                raise
            slots[d.VARIANT] = None  # what was chosen is not on sale any more
            return d.VARIANT
        if draft.confirmed and scene.slot(QUOTED) != shown(quote, draft):
            scene.say("utter_returns_changed_since")
            draft = replace(draft, confirmed=None)
            slots[d.CONFIRMED] = None
        return evidence_missing(draft, quote.decision)

    async def finish(self, scene: Scene) -> Finished:
        return await submit(scene)

    async def _is_filed(self, scene: Scene, customer_id: str) -> bool:
        """Whether this very message has filed the return already: its turn is run again."""
        if FILED not in scene.known:
            found = await find_filed(scene.ctx, key=filing_key(scene), customer_id=customer_id)
            scene.known[FILED] = found is not None
        return bool(scene.known[FILED])

    def _offered(self, scene: Scene, orders: Sequence[Order], draft: Draft, asked: str | None) -> list[str]:
        noted = scene.slot(NOTED) or {}
        order = d.find(orders, draft.order)
        if asked == d.ORDER:
            return [item.number for item in offered_orders(orders, noted)]
        if asked == d.ITEMS and order:
            return [line.id for line in offered_lines(order, noted)]
        return []

    def _tell(self, scene: Scene, before: Draft, heard: Heard) -> None:
        if "not_found" in heard.noted:
            scene.say("utter_returns_order_not_found")
        if before.order and heard.draft.order and heard.draft.order != before.order:
            scene.say("utter_returns_order_switched", {"order": heard.draft.order})
        if heard.draft.photos == () and scene.slot(d.PHOTOS) is None:
            scene.say("utter_returns_photo_missing_noted")

    def _within_reach(self, scene: Scene, draft: Draft, orders: Sequence[Order]) -> Draft:
        order = d.find(orders, draft.order)
        most = too_many(draft, order) if order else None
        if most is None:
            return draft
        scene.say("utter_returns_only_one" if most == 1 else "utter_returns_too_many", {"count": str(most)})
        return replace(draft, quantity=1 if most == 1 else None)


def _waiting(said: Said, asked: str) -> dict[str, Any] | None:
    """A plain no at the end asks what to change; a promise of a photo waits; all else is a miss."""
    return {} if (asked, said.intent) in {(d.CONFIRMED, "deny"), (d.PHOTOS, "affirm")} else None


def _named_when_proving(draft: Draft, orders: Sequence[Order], number: str) -> Draft:
    order = d.find(orders, number)
    return draft.with_order(order.number) if order else draft
