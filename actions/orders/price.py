"""The topic of a price that fell: the customer's order, what the shop's own prices say, a yes, and the refund."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from actions.access import proven_customer
from actions.base import Scene
from actions.consent import FILE, REFUND
from actions.orders.choose import named_orders
from actions.orders.price_told import CONFIRMED, ORDER, QUOTED, offered, tell_filed, tell_nothing
from actions.orders.price_words import claims
from actions.returns.draft import find, orders_numbered
from actions.returns.listen import pick
from actions.returns.quote import consent_digest, customer_orders
from actions.said import Said
from actions.topic import After, Finished, Topic
from aftersales.domain.errors import AftersalesError, Conflict
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.services.access import conversation_channel
from aftersales.services.price_protection import check_price_drops, claim_price_drops

EMPTY: dict[str, Any] = {ORDER: None, QUOTED: None, CONFIRMED: None}


class PriceTopic(Topic):
    name = "price"
    empty = EMPTY
    answered_by: ClassVar[Mapping[str, tuple[str, ...]]] = {ORDER: ("order_number",)}
    yes_to: ClassVar[Mapping[str, str]] = {CONFIRMED: QUOTED}

    def deeds(self, scene: Scene) -> Mapping[str, bool]:
        return {FILE: True, REFUND: True}

    def opens(self, said: Said) -> bool:
        return claims(said)

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        if asked == CONFIRMED:
            return self._answer(scene, said)
        orders = await customer_orders(scene, customer_id, said, chosen=scene.slot(ORDER))
        if not orders:
            scene.say("utter_returns_no_orders")
            return {}
        number = self._named(scene, said, orders, asked)
        if number:
            return {**EMPTY, ORDER: number}
        if said.first("order_number"):
            scene.say("utter_returns_order_not_found")
            return dict(EMPTY)
        if asked:
            return None
        counting = offered(scene, orders)
        return {**EMPTY, ORDER: counting[0].number if len(counting) == 1 else None}

    def _answer(self, scene: Scene, said: Said) -> dict[str, Any] | None:
        if said.intent in ("deny", "stop"):
            return {CONFIRMED: False}
        was_shown = scene.slot(QUOTED)
        if said.intent != "affirm" or not was_shown:
            return None
        if said.choice and said.choice != ("confirm", consent_digest(was_shown)):
            return {}  # a button beside something else than was shown last
        return {CONFIRMED: True}

    def _named(self, scene: Scene, said: Said, orders: Sequence[Order], asked: str | None) -> str | None:
        if said.choice and said.choice[0] == "order":
            chosen = find(orders, said.choice[1])
            return chosen.number if chosen else None
        reference = said.first("order_number")
        if reference:
            numbers = orders_numbered(orders, reference)
            return numbers[0] if len(numbers) == 1 else None
        if said.structured:
            return None
        if asked == ORDER and (picked := pick(said, [order.number for order in offered(scene, orders)])):
            return picked
        named = named_orders(orders, reference=None, words=said.text) or []
        return named[0].number if len(named) == 1 else None

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        number = slots.get(ORDER, scene.slot(ORDER))
        if number is None:
            return ORDER if await customer_orders(scene, customer_id) else None
        confirmed = slots.get(CONFIRMED, scene.slot(CONFIRMED))
        if confirmed is not None:
            return None
        check = await check_price_drops(scene.ctx, customer_id=customer_id, order_number=number)
        return CONFIRMED if check.drops else None

    async def finish(self, scene: Scene) -> Finished:
        number, confirmed = scene.slot(ORDER), scene.slot(CONFIRMED)
        if number is None:
            return Finished(slots=EMPTY, after=After.SAME_SESSION)  # there was no order to look at
        if confirmed is False:
            scene.say("utter_price_kept")
            return Finished(slots=EMPTY)
        customer_id = await proven_customer(scene)
        if confirmed:
            return await self._file(scene, number, customer_id)
        await tell_nothing(scene, await check_price_drops(scene.ctx, customer_id=customer_id, order_number=number))
        return Finished(slots=EMPTY)

    async def _file(self, scene: Scene, number: str, customer_id: str) -> Finished:
        """Acts on what was shown, and on nothing else; a turn that is run again tells it once more."""
        consent = scene.slot(QUOTED) or {}
        again = Finished(slots={ORDER: number, QUOTED: None, CONFIRMED: None}, after=After.ONCE_MORE)
        try:
            filed = await claim_price_drops(
                scene.ctx,
                customer_id=customer_id,
                order_number=number,
                agreed=Money(int(consent["minor"]), str(consent["currency"])),
                conversation_id=scene.conversation_id,
                channel=await conversation_channel(scene.ctx, conversation_id=scene.conversation_id),
            )
        except Conflict:
            scene.say("utter_price_changed")
            return again
        except AftersalesError:
            scene.say("utter_price_try_again")
            return again
        await tell_filed(scene, filed)
        return Finished(slots=EMPTY)
