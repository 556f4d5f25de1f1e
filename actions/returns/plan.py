"""What a return still lacks, and what can be offered for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from actions.returns import draft as d
from actions.returns.draft import Draft
from aftersales.domain.orders import Order, OrderLine
from aftersales.domain.policy import Decision
from aftersales.domain.reasons import MERCHANT_FAULT, Reason
from aftersales.domain.remedies import Remedy

OFFERS = 3
Noted = Mapping[str, Sequence[str]]


def offered_orders(orders: Sequence[Order], noted: Noted) -> list[Order]:
    """The orders to choose from: those that the words narrowed it to, else those with something to return."""
    skipped = _skipped(noted)
    return _candidates(orders, noted)[skipped : skipped + OFFERS]


def orders_after(orders: Sequence[Order], noted: Noted) -> int | None:
    """How many orders to skip to see those after the offered ones; None where there are no more."""
    following = _skipped(noted) + OFFERS
    return following if len(_candidates(orders, noted)) > following else None


def _skipped(noted: Noted) -> int:
    first = next(iter(noted.get("skip", ())), "")
    return int(first) if first.isdecimal() else 0


def _candidates(orders: Sequence[Order], noted: Noted) -> list[Order]:
    named = [order for order in orders if order.number in noted.get("orders", ())]
    returnable = [order for order in orders if any(line.returnable for line in order.lines)]
    return named or returnable or list(orders)


def offered_lines(order: Order, noted: Noted) -> list[OrderLine]:
    named = [line for line in order.lines if line.id in noted.get("lines", ())]
    returnable = [line for line in order.lines if line.returnable]
    return named or returnable or list(order.lines)


def settle(draft: Draft, orders: Sequence[Order]) -> Draft:
    """Fills in what leaves no choice: the only order with something to return, the only item, the only unit."""
    if draft.order is None:
        candidates = _candidates(orders, {})
        if len(candidates) == 1:
            draft = draft.with_order(candidates[0].number)
    order = d.find(orders, draft.order)
    if order is None:
        return draft
    there = tuple(item for item in draft.items if any(line.id == item for line in order.lines))
    draft = draft.with_items(there)
    if not draft.items and len(offered_lines(order, {})) == 1:
        only = offered_lines(order, {})[0]
        draft = replace(draft, items=(only.id,))
    if len(draft.items) == 1 and draft.quantity is None and order.line(draft.items[0]).returnable <= 1:
        draft = replace(draft, quantity=1)
    return draft


def units(draft: Draft, order: Order) -> list[tuple[str, int]]:
    """(line id, units): the quantity that was said for a single item, all that can go back of several."""
    if len(draft.items) == 1:
        return [(draft.items[0], draft.quantity or 1)]
    return [(item, order.line(item).returnable or order.line(item).quantity) for item in draft.items]


def too_many(draft: Draft, order: Order) -> int | None:
    """How many could be returned at most, when more were asked for."""
    if len(draft.items) != 1 or not draft.quantity:
        return None
    most = order.line(draft.items[0]).returnable
    return most if 0 < most < draft.quantity else None


def goods_missing(draft: Draft) -> str | None:
    """The slot to ask for before the rules can be asked, or None."""
    if draft.order is None:
        return d.ORDER
    if not draft.items:
        return d.ITEMS
    if len(draft.items) == 1 and draft.quantity is None:
        return d.QUANTITY
    if chooses_variants(draft) and any(item not in draft.variants for item in draft.items):
        return d.VARIANT
    if draft.reason is None:
        return d.REASON
    return d.REMEDY if draft.remedy is None else None


def chooses_variants(draft: Draft) -> bool:
    """Whether it is asked what comes instead; what never came is sent again as it was."""
    return draft.remedy is Remedy.EXCHANGE and draft.reason is not Reason.MISSING_ITEM


def is_decided(draft: Draft) -> bool:
    """Whether the remedy was named, and is not to send back what never came."""
    never_came = draft.reason is Reason.MISSING_ITEM
    return draft.remedy is not None and not (never_came and draft.remedy is Remedy.RETURN)


def decided_remedy(draft: Draft, possible: Sequence[Remedy]) -> Remedy | None:
    """What leaves no choice among the possible remedies; None where the customer is asked.

    Who asks for money gets it without sending anything back, if that is possible.
    """
    if is_decided(draft):
        return draft.remedy
    missing = draft.reason is Reason.MISSING_ITEM
    kept = Remedy.REFUND_ONLY if missing or Remedy.REFUND_ONLY in possible else Remedy.RETURN
    if draft.money or len(possible) == 0:
        return kept
    if draft.reason not in MERCHANT_FAULT:
        return Remedy.RETURN
    return possible[0] if len(possible) == 1 else None


def evidence_missing(draft: Draft, decision: Decision) -> str | None:
    """The slot to ask for after the rules were asked, or None when the return is complete and confirmed."""
    if decision.allowed:
        if draft.comment is None and (draft.reason in MERCHANT_FAULT or draft.reason is Reason.OTHER):
            return d.COMMENT
        if draft.photos is None and decision.photo_required:
            return d.PHOTOS
    return None if draft.confirmed and decision.allowed else d.CONFIRMED
