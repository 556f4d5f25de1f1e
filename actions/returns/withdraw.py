"""Withdrawing a return that has not been received yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rasa_sdk.events import SlotSet

from actions.access import proven_customer
from actions.base import Events, Question, Scene, inform
from actions.consent import CANCEL, WITHDRAW
from actions.returns.filed import means_latest, shall_stay, speaks_of_filed
from actions.returns.listen import pick
from actions.returns.plan import OFFERS
from actions.returns.words import status_words
from actions.said import Said
from actions.topic import Finished, Topic
from aftersales.domain.errors import AftersalesError, Conflict
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import RETURN_MACHINE, ReturnTrigger
from aftersales.services.access import conversation_channel
from aftersales.services.return_views import ReturnView, list_returns
from aftersales.services.returns import cancel_return

_CONFIRM = {
    Remedy.RETURN: "utter_returns_confirm_withdraw",
    Remedy.EXCHANGE: "utter_exchanges_confirm_withdraw",
    Remedy.REFUND_ONLY: "utter_refunds_confirm_withdraw",
}
NUMBER, SHOWN, CONFIRMED = "withdraw_number", "withdraw_shown", "withdraw_confirmed"
WITHDRAW_EMPTY: dict[str, Any] = {NUMBER: None, SHOWN: None, CONFIRMED: None}


async def withdrawable(scene: Scene, customer_id: str) -> list[ReturnView]:
    """The customer's returns that can still be withdrawn, newest first."""
    views = await list_returns(scene.ctx, customer_id=customer_id)
    return [view for view in views if (view.item.state, ReturnTrigger.CANCEL) in RETURN_MACHINE]


class WithdrawTopic(Topic):
    name = "withdrawal"
    entry = frozenset({"cancel_return"})
    empty = WITHDRAW_EMPTY
    yes_to: ClassVar[Mapping[str, str]] = {CONFIRMED: SHOWN}

    def deeds(self, scene: Scene) -> Mapping[str, bool]:
        return {WITHDRAW: True, CANCEL: True}

    def digressions(self, said: Said, asked: str | None) -> frozenset[str]:
        """Asked whether to withdraw, whoever leaves it does not want to."""
        usual = super().digressions(said, asked)
        return usual - {"stop", said.intent if shall_stay(said.text) else "stop"} if asked == CONFIRMED else usual

    async def means_earlier(self, scene: Scene, said: Said, *, customer_id: str | None) -> bool:
        if said.structured or not speaks_of_filed(said.text):
            return False
        return bool(customer_id and await withdrawable(scene, customer_id))

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        views = await withdrawable(scene, customer_id)
        if asked == CONFIRMED:
            return self._answer(scene, said)
        number = self._named(said, views, asked)
        if number:
            return {**WITHDRAW_EMPTY, NUMBER: number}
        if asked:
            return None
        only = len(views) == 1 or (views and means_latest(said.text))
        return {**WITHDRAW_EMPTY, NUMBER: views[0].item.number if only else None}

    def _answer(self, scene: Scene, said: Said) -> dict[str, Any] | None:
        if said.intent in ("deny", "stop") or (not said.structured and shall_stay(said.text)):
            return {CONFIRMED: False}
        if said.intent == "affirm":
            number = scene.slot(NUMBER)
            return {CONFIRMED: True} if number and scene.slot(SHOWN) == number else {}
        return None

    def _named(self, said: Said, views: Sequence[ReturnView], asked: str | None) -> str | None:
        numbers = [view.item.number for view in views]
        if said.choice and said.choice[0] == "return":
            return said.choice[1] if said.choice[1] in numbers else None
        for number in numbers:
            if number in said.text.upper():
                return number
        return pick(said, numbers[:OFFERS]) if asked == NUMBER else None

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        if not await withdrawable(scene, customer_id):
            return None
        if slots.get(NUMBER, scene.slot(NUMBER)) is None:
            return NUMBER
        return CONFIRMED if slots.get(CONFIRMED, scene.slot(CONFIRMED)) is None else None

    async def finish(self, scene: Scene) -> Finished:
        number, confirmed = scene.slot(NUMBER), scene.slot(CONFIRMED)
        if number is None:
            scene.say("utter_returns_none_to_withdraw")
        elif confirmed:
            await self._withdraw(scene, number)
        else:
            scene.say("utter_returns_withdraw_kept", {"number": number})
        return Finished(slots=WITHDRAW_EMPTY)

    async def _withdraw(self, scene: Scene, number: str) -> None:
        customer_id = await proven_customer(scene)
        try:
            channel = await conversation_channel(scene.ctx, conversation_id=scene.conversation_id)
            await cancel_return(
                scene.ctx, customer_id=customer_id, number=number, actor=f"customer:{customer_id}", channel=channel
            )
        except Conflict:
            scene.say("utter_returns_withdraw_too_late", {"number": number})
        except AftersalesError:
            scene.say("utter_error_error")
        else:
            scene.say("utter_returns_withdrawn", {"number": number})


class AskWithdrawNumber(Question):
    slot = "withdraw_number"

    async def ask(self, scene: Scene) -> Events:
        views = await withdrawable(scene, await proven_customer(scene))
        buttons = [
            {
                "title": f"{view.item.number} · {scene.title(f'utter_returns_remedy_{view.item.remedy.value}')}",
                "payload": inform("return", view.item.number),
            }
            for view in views[:OFFERS]
        ]
        scene.say("utter_returns_choose_withdraw", buttons=buttons)
        return []


class AskWithdrawConfirmed(Question):
    slot = "withdraw_confirmed"

    async def ask(self, scene: Scene) -> Events:
        views = await withdrawable(scene, await proven_customer(scene))
        view = next((v for v in views if v.item.number == scene.slot(NUMBER)), None)
        if view is None:
            raise Conflict
        order = await scene.ctx.shop.get_order(view.item.order_id)
        scene.say(_CONFIRM[view.item.remedy], status_words(scene, view, order))
        return [SlotSet(SHOWN, view.item.number)]
