"""The verdict in words: what the rules say about the wish at hand, the buttons beside it, and the explicit yes."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import Events, Question, Scene, inform
from actions.cards import goods_words, joint, listed, verdict_card
from actions.orders.split import tell_split
from actions.returns.ask_remedy import order_at_hand, remedy_buttons, remedy_title
from actions.returns.draft import Draft
from actions.returns.exchange import possible
from actions.returns.plan import units
from actions.returns.quote import QUOTED, consent_digest, quote_draft, shown
from aftersales.domain.orders import Order
from aftersales.domain.policy import Decision, Quote
from aftersales.domain.policy_describe import day_counts
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy
from aftersales.services.exchange_choice import list_choices, own_variant
from runtime import formats

_CONFIRM = {
    Remedy.RETURN: "utter_returns_button_confirm",
    Remedy.EXCHANGE: "utter_exchanges_button_confirm",
    Remedy.REFUND_ONLY: "utter_refunds_button_confirm",
}
_REFUSED = {
    Remedy.RETURN: "utter_returns_verdict_refused",
    Remedy.EXCHANGE: "utter_exchanges_verdict_refused",
    Remedy.REFUND_ONLY: "utter_refunds_verdict_refused",
}
_AGAIN = {
    Remedy.RETURN: "utter_returns_confirm_again",
    Remedy.EXCHANGE: "utter_exchanges_confirm_again",
    Remedy.REFUND_ONLY: "utter_refunds_confirm_again",
}


class AskReturnsConfirmed(Question):
    """Tells the verdict and asks for an explicit yes; what was shown is remembered: nothing else is filed."""

    slot = "returns_confirmed"

    async def ask(self, scene: Scene) -> Events:
        draft = Draft.of(scene.slot)
        order = await order_at_hand(scene, draft)
        quote = await quote_draft(scene, draft, order.customer.id)
        now = shown(quote, draft)
        if scene.slot(QUOTED) == now:
            await self._tell_again(scene, draft, order, quote.decision, now)
            return []
        await self._tell(scene, draft, order, quote, now)
        return [SlotSet(QUOTED, now)]

    async def _tell_again(
        self, scene: Scene, draft: Draft, order: Order, decision: Decision, now: dict[str, Any]
    ) -> None:
        """The whole verdict stands above already."""
        if not decision.allowed:
            scene.say("utter_returns_refused_again", buttons=await _other_ways(scene, draft, order, decision))
        elif scene.said.intent == "deny":
            scene.say("utter_returns_not_yet")
        else:
            amount = formats.money(decision.amount, scene.language)
            scene.say(_AGAIN[decision.remedy], {"amount": amount}, buttons=_yes_or_no(scene, draft, decision, now))

    async def _tell(self, scene: Scene, draft: Draft, order: Order, quote: Quote, now: dict[str, Any]) -> None:
        decision, language = quote.decision, scene.language
        goods = goods_words([(order.line(item), count) for item, count in units(draft, order)], language)
        named = {"items": goods, "rule": decision.rule_text.of(language)}
        wanted = await wanted_options(scene, draft, order)
        card = verdict_card(order, quote, language, review=now["review"], wanted=wanted)
        if not decision.allowed:
            instead = await _instead(scene, draft, order, decision)
            buttons = await _other_ways(scene, draft, order, decision)
            scene.say(_REFUSED[decision.remedy], {**named, "instead": instead}, cards=[card], buttons=buttons)
            return
        response = _allowed(decision, draft, review=now["review"])
        parameters = {**named, **_terms(scene, decision), "wanted": listed(list(wanted.values()), language)}
        if decision.amount:
            await tell_split(scene, order, decision.amount)
        scene.say(response, parameters, cards=[card], buttons=_yes_or_no(scene, draft, decision, now))


async def wanted_options(scene: Scene, draft: Draft, order: Order) -> dict[str, str]:
    """What is wanted instead, by line id, in the words of the catalogue."""
    found = {}
    for line_id, variant_id in draft.variants.items():
        line = order.line(line_id)
        choices = await list_choices(scene.ctx, order=order, line=line)
        variants = {variant.id: variant for variant in (own_variant(line, choices), *choices)}
        if variant_id in variants:
            variant = variants[variant_id]
            name = variant.options.of(scene.language) or variant.title.of(scene.language)
            found[line_id] = scene.title("utter_exchanges_same_new") if variant_id == line.variant_id else name
    return found


def _allowed(decision: Decision, draft: Draft, *, review: bool) -> str:
    if decision.remedy is Remedy.REFUND_ONLY:
        if draft.part is not None:
            return "utter_refunds_verdict_part"
        return "utter_refunds_verdict_review" if review else "utter_refunds_verdict"
    if decision.remedy is Remedy.EXCHANGE and draft.reason is Reason.MISSING_ITEM:
        return "utter_exchanges_verdict_resend_review" if review else "utter_exchanges_verdict_resend"
    if decision.remedy is Remedy.EXCHANGE:
        return "utter_exchanges_verdict_review" if review else "utter_exchanges_verdict"
    return "utter_returns_verdict_review" if review else "utter_returns_verdict"


def _terms(scene: Scene, decision: Decision) -> dict[str, str]:
    """The numbers and days that the texts of the verdicts fill in."""
    language, days = scene.language, day_counts(scene.ctx.policy_named(decision.version))
    fee = (
        scene.ctx.texts.render("utter_returns_fee", language, fee=formats.money(decision.fee, language))
        if decision.fee
        else scene.title("utter_returns_no_fee")
    )
    return {
        "amount": formats.money(decision.amount, language),
        "fee": fee,
        "payer": scene.title(f"utter_returns_payer_{decision.who_pays_shipping}"),
        "difference": difference_words(scene, decision),
        "refund_days": days["refund_days"],
        "refund_only_days": days["refund_only_days"],
        "dispatch_days": days["dispatch_days"],
    }


def difference_words(scene: Scene, decision: Decision) -> str:
    language, days = scene.language, day_counts(scene.ctx.policy_named(decision.version))
    render = scene.ctx.texts.render
    if decision.to_pay:
        amount = formats.money(decision.to_pay, language)
        return render("utter_exchanges_to_pay", language, amount=amount, payment_days=days["payment_days"])
    if decision.amount:
        amount = formats.money(decision.amount, language)
        return render("utter_exchanges_back", language, amount=amount, refund_days=days["refund_days"])
    return scene.title("utter_exchanges_even")


def _yes_or_no(scene: Scene, draft: Draft, decision: Decision, now: dict[str, Any]) -> list[dict[str, str]]:
    changes = (
        "utter_exchanges_button_change" if decision.remedy is Remedy.EXCHANGE else "utter_returns_button_change"
    )
    change = "other_variant" if decision.remedy is Remedy.EXCHANGE else "other_items"
    if draft.reason is Reason.MISSING_ITEM:
        changes, change = "utter_returns_button_change", "other_items"
    payloads = {
        _CONFIRM[decision.remedy]: f'/affirm{{"choice":"confirm:{consent_digest(now)}"}}',
        changes: inform("returns", change),
        "utter_returns_button_not_now": "/stop",
    }
    return [{"title": scene.title(name), "payload": payload} for name, payload in payloads.items()]


async def _others(scene: Scene, draft: Draft, order: Order, decision: Decision) -> tuple[Remedy, ...]:
    return tuple(remedy for remedy in await possible(scene, draft, order) if remedy is not decision.remedy)


async def _instead(scene: Scene, draft: Draft, order: Order, decision: Decision) -> str:
    """What would be possible in the policy's words, and remedies that it does not name; else a person."""
    told = [text.of(scene.language) for text in decision.instead]
    named = {alternative.remedy for alternative in decision.alternatives}
    others = [remedy for remedy in await _others(scene, draft, order, decision) if remedy not in named]
    if others:
        ways = listed([remedy_title(scene, draft, remedy) for remedy in others], scene.language)
        told.append(scene.ctx.texts.render("utter_returns_instead", scene.language, ways=ways))
    return joint(told or [scene.title("utter_returns_instead_person")], scene.language)


async def _other_ways(scene: Scene, draft: Draft, order: Order, decision: Decision) -> list[dict[str, str]]:
    others = remedy_buttons(scene, draft, await _others(scene, draft, order, decision))
    if decision.remedy is Remedy.EXCHANGE and await _has_choice(scene, draft, order):
        title = scene.title("utter_exchanges_button_change")
        others.append({"title": title, "payload": inform("returns", "other_variant")})
    usual = {
        "utter_returns_button_person": "/talk_to_human",
        "utter_returns_button_other_goods": inform("returns", "other_order"),
        "utter_returns_button_other_reason": inform("returns", "other_reason"),
        "utter_returns_button_leave": "/stop",
    }
    return [*others, *({"title": scene.title(name), "payload": payload} for name, payload in usual.items())]


async def _has_choice(scene: Scene, draft: Draft, order: Order) -> bool:
    """Whether any of the goods comes in more than one kind."""
    lines = [order.line(line_id) for line_id in draft.variants]
    choices = [await list_choices(scene.ctx, order=order, line=line) for line in lines]
    return any(len(variants) > 1 for variants in choices)
