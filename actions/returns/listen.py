"""What a message changes in a return: the order, the items, how many, why, the evidence, yes or no. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from actions.returns import draft as d
from actions.returns.draft import Draft
from actions.returns.keeping import parted
from actions.returns.wish import gives_up_swap, with_wish
from actions.said import UNSURE, Said
from aftersales.domain.orders import Order
from aftersales.domain.product_match import bought
from aftersales.domain.reasons import MERCHANT_FAULT, Reason
from aftersales.services.returns import MOST_ATTACHMENTS

_WISHES = frozenset({"return_item", "request_refund", "exchange_item", "affirm", "deny"})
_SENTENCE = 8  # characters that say more of a fault than its bare name
_SHORT = 14  # characters: "11月2号买的", "on 2 November"
# Where goods of another order than the chosen one may be named.
_ELSEWHERE_STEPS = (d.ITEMS, d.QUANTITY, d.REASON, d.CONFIRMED)
_WORDY_STEPS = (None, d.ORDER, d.ITEMS, d.QUANTITY, d.CONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """`noted` narrows what to offer next ("among" these orders or lines) or names what was not found."""

    draft: Draft
    understood: bool
    noted: dict[str, list[str]]


def listen(
    draft: Draft,
    said: Said,
    *,
    orders: Sequence[Order],
    asked: str | None,
    offered: Sequence[str],
    zone: ZoneInfo,
    digest: str | None = None,
) -> Heard:
    """`offered` are the order numbers or line ids that were listed last, in that order.

    `digest` names the verdict that was shown last: consent counts at its own step only, and a button only beside
    the verdict that it was shown with. Whatever else is heard takes an earlier consent back.
    """
    noted: dict[str, list[str]] = {}
    draft = replace(draft, confirmed=None)
    after = with_wish(_buttons(draft, said, orders), said, asked)
    sides = parted(said.text) if not said.structured and asked != d.COMMENT else None
    goods = replace(said, text=sides.off) if sides else said
    looking = d.CONFIRMED if sides and asked is not None else asked  # told apart, goods are named at any step
    after = _order(after, goods, orders, looking, offered, zone, noted)
    after = _items(after, goods, orders, looking, offered, noted)
    after = _without(after, sides.kept, orders) if sides else after
    after = _quantity(after, said, orders, asked)
    after = _reason(after, said, asked)
    if not gives_up_swap(draft, said):
        after = _evidence(after, said, asked)
    changed = after != draft
    if asked == d.CONFIRMED and said.intent == "affirm" and not changed and digest:
        bound = said.choice is None or said.choice == ("confirm", digest)
        return Heard(draft=replace(after, confirmed=True if bound else None), understood=True, noted=noted)
    handled = bool(noted) or said.choice is not None
    return Heard(draft=after, understood=changed or handled, noted=noted)


def _buttons(draft: Draft, said: Said, orders: Sequence[Order]) -> Draft:
    kind, value = said.choice or ("", "")
    order = d.find(orders, draft.order)
    if kind == "order" and d.find(orders, value):
        return draft.with_order(value)
    if kind == "item" and order and any(line.id == value for line in order.lines):
        return draft.with_items([value])
    if (kind, value) == ("returns", "other_order"):
        kept = Draft(reason=draft.reason, comment=draft.comment).with_remedy(draft.remedy)
        return replace(kept, wanted=draft.wanted)
    if (kind, value) == ("returns", "other_items"):
        return replace(draft.with_items(()), named=None)
    if (kind, value) == ("returns", "other_reason"):
        return replace(draft, reason=None, comment=None, photos=None)
    if (kind, value) == ("returns", "other_variant"):
        return replace(draft, variants={}, wanted=None)
    return draft


def pick(said: Said, offered: Sequence[str]) -> str | None:
    """The one of the offered that an ordinal or a bare number names."""
    ordinal = said.first("ordinal")
    place = int(ordinal) if ordinal else d.bare_number(said.text)
    if not place or not 0 < abs(place) <= len(offered):
        return None
    return offered[place - 1] if place > 0 else offered[place]


def _order(
    draft: Draft,
    said: Said,
    orders: Sequence[Order],
    asked: str | None,
    offered: Sequence[str],
    zone: ZoneInfo,
    noted: dict[str, list[str]],
) -> Draft:
    if said.choice and said.choice[0] == "orders":
        noted["skip"] = [said.choice[1]]
        return draft
    reference = said.first("order_number")
    if reference:
        found = d.orders_numbered(orders, reference)
        if not found:
            noted["not_found"] = [reference]
    elif draft.order is None and not said.structured:
        picked = pick(said, offered) if asked == d.ORDER else None
        found = (picked,) if picked else ()
        found = found or d.orders_of_day(orders, said.entities.get("date", ()), zone)
        named = d.matching_orders(said.text, orders)
        draft = replace(draft, named=said.text) if named else draft
        found = tuple(number for number in found if number in named) or found or named
    elif draft.order is not None and not said.structured and asked in _ELSEWHERE_STEPS:
        found = _elsewhere(draft, said, orders, asked, zone)
    else:
        return draft
    if len(found) == 1:
        noted["order"] = list(found)
        return draft.with_order(found[0])
    if found:
        noted["orders"] = list(found)
        return replace(draft.with_items(()), order=None, named=draft.named if draft.order is None else said.text)
    return draft


def _elsewhere(
    draft: Draft, said: Said, orders: Sequence[Order], asked: str | None, zone: ZoneInfo
) -> tuple[str, ...]:
    """Other orders whose goods, or whose day, the words name where the chosen one holds nothing of the kind."""
    order = d.find(orders, draft.order)
    others = [other for other in orders if other is not order and any(line.returnable for line in other.lines)]
    if order is None:
        return ()
    if asked == d.REASON:
        found = d.orders_of_day(others, said.entities.get("date", ()), zone) if _is_a_day(said) else ()
        return found if len(found) == 1 else ()
    if said.intent == "affirm" or d.matching_lines(said.text, order):
        return ()
    return d.orders_with_goods(said.text, others)


def _is_a_day(said: Said) -> bool:
    """Whether a message says hardly more than a day."""
    return bool(said.entities.get("date")) and said.first("reason") is None and len(said.text) <= _SHORT


def _items(
    draft: Draft,
    said: Said,
    orders: Sequence[Order],
    asked: str | None,
    offered: Sequence[str],
    noted: dict[str, list[str]],
) -> Draft:
    order = d.find(orders, draft.order)
    if order is None or asked not in _WORDY_STEPS:
        return draft
    lines = [line.id for line in order.lines if line.returnable] or [line.id for line in order.lines]
    if said.structured and (said.choice or ("",))[0] != "order":
        return draft
    if said.structured:
        before = d.matching_lines(draft.named or "", order)
        return draft.with_items(before) if len(before) == 1 and not draft.items else draft
    if asked == d.ITEMS and (picked := pick(said, offered)) in lines:
        return draft.with_items([str(picked)])
    matched = d.matching_lines(said.text, order)
    named = [line for line in matched if line in lines] or list(matched)
    if asked != d.QUANTITY and d.wants_all(said) and len(named) != 1:
        return draft.with_items(lines)
    if asked == d.CONFIRMED and d.wants_other(said) and not named:
        others = [line for line in lines if line not in draft.items]
        return draft.with_items(others) if len(others) == 1 else replace(draft, items=(), quantity=None)
    if len(named) == 1:
        return draft.with_items(named)
    if named and len(named) < len(lines) and not draft.items:
        noted["lines"] = named
    return draft


def _without(draft: Draft, kept: str, orders: Sequence[Order]) -> Draft:
    """The draft without the goods that shall be kept, where others are left."""
    order = d.find(orders, draft.order)
    named = d.matching_lines(kept, order) if order else ()
    left = [item for item in draft.items if item not in named]
    return draft.with_items(left) if left else draft


def _quantity(draft: Draft, said: Said, orders: Sequence[Order], asked: str | None) -> Draft:
    if said.choice and said.choice[0] == "quantity" and said.choice[1].isdecimal():
        return replace(draft, quantity=int(said.choice[1]))
    if said.structured or asked not in _WORDY_STEPS:
        return draft
    if asked in (d.ORDER, d.ITEMS) and said.first("ordinal"):
        return draft  # a bare 2 in a list is the second one
    order = d.find(orders, draft.order)
    counts = set(said.entities.get("quantity", ()))
    if asked != d.QUANTITY:
        counts -= {str(number) for number in bought(said.text)}
    number = int(counts.pop()) if len(counts) == 1 else None  # "three, two of them back" is asked about
    if number is None and not counts and order and len(draft.items) == 1:
        number = d.counted_goods(said.text, order.line(draft.items[0]))
    if asked == d.QUANTITY:
        number = number or d.bare_number(said.text)
        if number is None and d.wants_all(said) and order and draft.items:
            number = order.line(draft.items[0]).returnable
    return replace(draft, quantity=number) if number else draft


def _reason(draft: Draft, said: Said, asked: str | None) -> Draft:
    explicit = said.choice is not None and said.choice[0] == "reason"
    if not (explicit or asked in (None, d.REASON, d.CONFIRMED, d.ORDER, d.ITEMS)):
        return draft
    reason = d.reason_heard(said)
    wordy = not said.structured and len(said.text) >= 4 and not _is_a_day(said)
    if (
        reason is None
        and asked == d.REASON
        and wordy
        and said.intent in ("inform", UNSURE, "chitchat", "out_of_scope")
    ):
        reason = Reason.OTHER
    if reason is None or reason == draft.reason:
        return draft
    described = said.intent not in _WISHES or (reason in MERCHANT_FAULT and len(said.text) >= _SENTENCE)
    told = said.text if wordy and described else None
    return replace(draft, reason=reason, comment=draft.comment or told)


def _evidence(draft: Draft, said: Said, asked: str | None) -> Draft:
    if said.photo:
        return replace(draft, photos=(*(draft.photos or ()), said.photo)[-MOST_ATTACHMENTS:])
    if asked == d.COMMENT and (said.choice == ("comment", "skip") or d.says_none(said)):
        return replace(draft, comment="")
    if asked == d.COMMENT and not said.structured and said.text.strip():
        return replace(draft, comment=said.text.strip())
    wordy = not said.structured and len(said.text.strip()) >= 3 and said.intent not in ("affirm", "deny")
    if asked == d.PHOTOS and wordy and not draft.comment and not d.says_none(said):
        return replace(draft, comment=said.text.strip())
    if asked == d.PHOTOS and (said.choice == ("photo", "none") or said.intent == "deny" or d.says_none(said)):
        return replace(draft, photos=())
    return draft
