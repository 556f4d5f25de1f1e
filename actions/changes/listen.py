"""What a message means for the change of an order: which order, what of it, how it shall be, yes or no. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from actions.changes import draft as d
from actions.changes import words as w
from actions.changes.draft import Draft, unsent_lines
from actions.returns import draft as goods
from actions.returns.listen import pick
from actions.said import UNSURE, Said
from aftersales.domain.address_words import read_address
from aftersales.domain.orders import Order
from aftersales.services.phones import take_phone

_OWN = frozenset({"cancel_order", "modify_order"})
_WORDY = frozenset({None, d.ORDER, d.ITEMS, d.CONFIRMED})
_ADDRESSED = frozenset({None, d.KIND, d.ORDER, d.ADDRESS, d.CONFIRMED})
_NOTED = frozenset({None, d.KIND, d.VARIANT, d.QUANTITY, d.ADDRESS, d.PERSON})
_FREE = frozenset({"inform", "modify_order", UNSURE, "chitchat", "out_of_scope", "ask_product"})
_NUMBERED = re.compile(
    r"(?:订单号?|\border\b|\bno\.?)?\s*[#＃]?\s*[A-Za-z]{2}\d{8,}\s*(?:的|上的)?", re.IGNORECASE
)


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
    """`offered` are the order numbers, line ids or kinds that were listed last, in that order.

    `digest` names what was shown for consent last: a yes counts at its own step only, and a button only beside
    what it was shown with. Whatever else is heard takes an earlier consent back.
    """
    noted: dict[str, list[str]] = {}
    draft = replace(draft, confirmed=None)
    after = _kind(draft, said, asked, offered)
    after = _order(after, said, orders, asked, offered, zone, noted)
    order = goods.find(orders, after.order)
    after = _address(after, said, asked, home=(order or orders[0]).country)
    if order is not None:
        after = _items(after, said, order, asked, offered, noted)
        after = _quantity(after, said, order, asked)
    changed = after != draft
    if asked == d.CONFIRMED and not changed:
        after = _consent(after, said, digest)
        changed = after != draft or said.intent == "affirm"
    if asked == d.PERSON and not changed:
        after = _person(after, said)
        changed = after != draft
    wordy = not said.structured and len(said.text.strip()) > 1 and said.intent not in ("affirm", "deny")
    noting = after.noting(said.text.strip()) if wordy and asked in _NOTED else after
    handled = changed or bool(noted) or said.choice is not None or (wordy and asked == d.PERSON)
    return Heard(draft=noting if handled or asked is None else after, understood=handled, noted=noted)


def parts_told(text: str, *, country: str) -> dict[str, Any]:
    """The parts of an address and the phone number in the words; empty when there are none."""
    phone, rest = take_phone(_NUMBERED.sub(" ", text), country=country)
    parts = read_address(rest, country=country)
    told = {
        "name": parts.name,
        "phone": phone,
        "lines": list(parts.lines),
        "city": parts.city,
        "region": parts.region,
        "postcode": parts.postcode,
        "country": parts.country if parts.lines else None,
    }
    return {key: value for key, value in told.items() if value}


def _kind(draft: Draft, said: Said, asked: str | None, offered: Sequence[str]) -> Draft:
    heard = w.kind_heard(said)
    if asked == d.KIND:
        picked = pick(said, offered) if heard is None else None
        free = w.OTHER if not said.structured and said.intent in _FREE and len(said.text.strip()) > 1 else None
        chosen = heard or picked or free
        return draft.with_kind(chosen) if chosen else draft
    named = said.choice is not None and said.choice[0] == "change"
    if heard and (asked is None or named or (said.intent in _OWN and asked != d.ADDRESS)):
        return draft.with_kind(heard)
    return draft


def _order(
    draft: Draft,
    said: Said,
    orders: Sequence[Order],
    asked: str | None,
    offered: Sequence[str],
    zone: ZoneInfo,
    noted: dict[str, list[str]],
) -> Draft:
    kind, value = said.choice or ("", "")
    if kind == "order" and goods.find(orders, value):
        return draft.with_order(value)
    if (kind, value) == ("change", "other_order"):
        return replace(Draft(kind=draft.kind, notes=draft.notes))
    reference = said.first("order_number")
    if reference:
        found = goods.orders_numbered(orders, reference)
        if not found:
            noted["not_found"] = [reference]
    elif draft.order is None and not said.structured and asked != d.ADDRESS:
        picked = pick(said, offered) if asked == d.ORDER else None
        dated = () if draft.kind == w.DELIVERY else said.entities.get("date", ())  # that day is the wish itself
        found = (picked,) if picked else _open_first(goods.orders_of_day(orders, dated, zone), orders)
        named = _open_first(goods.matching_orders(said.text, orders), orders)
        draft = replace(draft, named=said.text) if named else draft
        found = tuple(number for number in found if number in named) or found or named
    else:
        return _other_order(draft, said, orders, asked)
    if len(found) == 1:
        noted["order"] = list(found)
        return draft.with_order(found[0])
    if found:
        noted["orders"] = list(found)
    return draft


def _open_first(numbers: Sequence[str], orders: Sequence[Order]) -> tuple[str, ...]:
    """Those that can still be changed, where there are any among them."""
    unsent = {order.number for order in orders if unsent_lines(order)}
    return tuple(number for number in numbers if number in unsent) or tuple(numbers)


def _other_order(draft: Draft, said: Said, orders: Sequence[Order], asked: str | None) -> Draft:
    """Words that name goods of another open order and none of the one at hand go over to that one."""
    here = goods.find(orders, draft.order)
    if here is None or said.structured or asked not in (d.KIND, d.ITEMS, d.VARIANT, d.QUANTITY, d.CONFIRMED):
        return draft
    others = [order for order in orders if unsent_lines(order) and order is not here]
    found = goods.matching_orders(said.text, others)
    if goods.matching_lines(said.text, here) or len(found) != 1:
        return draft
    return replace(draft.with_order(found[0]), named=said.text)


def _items(
    draft: Draft,
    said: Said,
    order: Order,
    asked: str | None,
    offered: Sequence[str],
    noted: dict[str, list[str]],
) -> Draft:
    """The lines that the words name; the words that found the order count where this message names none."""
    kind, value = said.choice or ("", "")
    if kind == "item" and any(line.id == value for line in order.lines):
        return draft.with_items([value])
    if (kind, value) == ("change", "part"):
        return replace(draft, items=(), quantity=None, named="")
    if (kind, value) == ("change", "whole"):
        return replace(draft, items=(), quantity=None, named=None)
    if draft.kind == w.ADDRESS or asked not in _WORDY:
        return draft
    lines = [line.id for line in unsent_lines(order)] or [line.id for line in order.lines]
    if asked == d.ITEMS and (picked := pick(said, offered)) in lines:
        return draft.with_items([str(picked)])
    text = said.text if not said.structured else draft.named or ""
    if asked == d.ITEMS and goods.wants_all(said):
        return draft.with_items(lines)
    if goods.wants_all(said) and draft.kind == w.CANCEL:
        return replace(draft, items=(), quantity=None, named=None)
    named = [line for line in goods.matching_lines(text, order) if line in lines]
    if len(named) == 1 and (len(lines) > 1 or draft.kind != w.CANCEL):
        return draft.with_items(named)
    if named and len(named) < len(lines) and not draft.items and draft.kind != w.CANCEL:
        noted["lines"] = named
    return draft


def _quantity(draft: Draft, said: Said, order: Order, asked: str | None) -> Draft:
    """Units to take out when cancelling one line, units that are left when the quantity changes."""
    if said.choice and said.choice[0] == "quantity" and said.choice[1].isdecimal():
        return replace(draft, quantity=int(said.choice[1]))
    lines = [line for line in unsent_lines(order) if line.id in draft.items]
    if draft.kind == w.CANCEL and not draft.items and len(unsent_lines(order)) == 1:
        lines = unsent_lines(order)
    if said.structured or asked not in _WORDY | {d.QUANTITY} or len(lines) != 1:
        return draft
    if asked in (d.ORDER, d.ITEMS) and said.first("ordinal"):
        return draft  # a bare 2 in a list is the second one
    [line] = lines
    if draft.kind == w.CANCEL:
        counts = set(said.entities.get("quantity", ()))
        number = int(counts.pop()) if len(counts) == 1 else goods.counted_goods(said.text, line)
        fits = number is not None and 0 < number < line.unsent
        return replace(draft, items=(line.id,), quantity=number) if fits else draft
    if draft.kind != w.QUANTITY:
        return draft
    left = w.units_left(said.text, now=line.unsent + line.fulfilled)
    if left is None and asked == d.QUANTITY:
        left = goods.bare_number(said.text)
    return replace(draft, quantity=left) if left is not None else draft


def _address(draft: Draft, said: Said, asked: str | None, *, home: str) -> Draft:
    """The parts that the words hold, put to those told before; a new street brings its own place along."""
    if said.choice == ("change", "other_address"):
        return replace(draft, address=None, partial=False)
    if said.structured or draft.kind not in (w.ADDRESS, None) or asked not in _ADDRESSED:
        return draft
    if asked == d.CONFIRMED and said.intent in ("affirm", "deny") and len(said.text) < len("13800000000"):
        return draft
    told = parts_told(said.text, country=home)
    if not told:
        return draft
    country = told.pop("country", None)
    placed = bool(told.get("city") or told.get("postcode"))
    if told.get("lines") and not placed and not draft.partial:
        told = {key: value for key, value in told.items() if key != "lines"}
        draft = replace(draft, partial=True)
    known: Mapping[str, Any] = draft.address or {}
    if told.get("lines"):
        known = {key: value for key, value in known.items() if key in ("name", "phone")}
    address = {**known, **told} or None
    return replace(draft, kind=w.ADDRESS, address=address, country=country or draft.country)


def _consent(draft: Draft, said: Said, digest: str | None) -> Draft:
    if said.intent == "affirm" and digest:
        bound = said.choice is None or said.choice == ("confirm", digest)
        return replace(draft, confirmed=True if bound else None)
    if said.intent == "deny" and draft.kind != w.ADDRESS:
        return replace(draft, confirmed=False)
    return draft


def _person(draft: Draft, said: Said) -> Draft:
    if said.intent == "affirm":
        return replace(draft, person=True)
    return replace(draft, person=False) if said.intent == "deny" else draft
