"""Telling where a change of an order stands, when it is made and when it is asked about."""

from __future__ import annotations

from collections.abc import Collection

from actions.base import Scene
from actions.changes.telling import address_words, means_words
from aftersales.domain.changes import Change, ChangeKind, Units, Version
from aftersales.domain.errors import NotFound
from aftersales.domain.orders import Address, Order
from aftersales.services.change_views import ChangeView, list_changes
from runtime import formats

_SHOWN = 2
_MONEYLESS = {ChangeKind.ADDRESS: "address", ChangeKind.VARIANT: "same"}
_OPEN = frozenset({"waiting", "refund_underway", "refund_approval", "refund_trouble"})


async def tell_change(scene: Scene, view: ChangeView, order: Order, *, just_now: bool = False) -> None:
    """One change: what it was, whether it is made, where the money is. `just_now`: it was asked for this turn."""
    change, language = view.change, scene.language
    parameters = {"number": change.number, "order": change.order_number, "what": _what(scene, change, order)}
    if view.step in ("waiting", "rejected", "failed"):
        scene.say(f"utter_orders_status_{view.step}", parameters)
        return
    moneyless = _MONEYLESS.get(change.kind, "done")
    money = scene.ctx.texts.render(
        f"utter_orders_money_{moneyless if view.step == 'done' else view.step}",
        language,
        amount=formats.money(view.paid_back, language),
        means=means_words(scene, order),
        due=formats.day(view.refund_by, language),
    )
    response = "utter_orders_done" if just_now else "utter_orders_status_applied"
    scene.say(response, {**parameters, "money": money})


async def tell_changes(scene: Scene, customer_id: str, *, order_ids: Collection[str] | None) -> bool:
    """The customer's open changes and the last one, of these orders or of all; False where there are none."""
    views = await list_changes(scene.ctx, customer_id=customer_id)
    asked = [view for view in views if order_ids is None or view.change.order_id in order_ids]
    unfinished = [view for view in asked if view.step in _OPEN]
    last = [view for view in asked[:1] if view not in unfinished]
    for view in [*unfinished, *last][:_SHOWN]:
        try:
            order = await scene.ctx.shop.get_order(view.change.order_id)
        except NotFound:
            continue
        await tell_change(scene, view, order)
    return bool(asked)


def _what(scene: Scene, change: Change, order: Order) -> str:
    """What was asked for, as part of a sentence."""
    language = scene.language
    names = {line.id: line.title.of(language) for line in order.lines}
    after = change.rewrite.after
    if isinstance(after, Address):
        parameters = {"items": address_words(after, language)}
    elif isinstance(after, Version):
        parameters = {"items": names.get(after.line_id, "")}
    else:
        gap = "、" if language == "zh" else ", "
        parameters = {"items": gap.join(f"{names.get(line, '')} ×{count}" for line, count in change.taken_out)}
    kind = "cancel_all" if _is_whole(change, order) else change.kind.value
    return scene.ctx.texts.render(f"utter_orders_what_{kind}", language, **parameters)


def _is_whole(change: Change, order: Order) -> bool:
    """Whether the cancellation left nothing of an order of which nothing was sent."""
    after, sent = change.rewrite.after, any(line.fulfilled for line in order.lines)
    if change.kind is not ChangeKind.CANCEL or not isinstance(after, Units):
        return False
    return not sent and not any(count for _, count in after.lines)
