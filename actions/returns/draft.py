"""The return as far as it has been told: what the slots hold, and what a message changes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from actions.said import UNSURE, Said
from aftersales.domain.money import Money
from aftersales.domain.orders import Order, OrderLine
from aftersales.domain.product_match import counted, match
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Wish

ORDER, ITEMS, QUANTITY, REASON = "returns_order", "returns_items", "returns_quantity", "returns_reason"
REMEDY, WISH, VARIANT = "returns_remedy", "returns_wish", "returns_variant"
NAMED, COMMENT, PHOTOS, CONFIRMED = "returns_named", "returns_comment", "returns_photos", "returns_confirmed"

_REASON_OF_INTENT = {
    "report_damaged_item": Reason.DAMAGED,
    "report_wrong_item": Reason.WRONG_ITEM,
    "report_missing_item": Reason.MISSING_ITEM,
}
_ALL = re.compile(r"全部|全退|都退|都要退|所有|整单|\ball\b|\bboth\b|\beverything\b|whole order", re.IGNORECASE)
_OTHER = re.compile(
    r"另一|另外|别的|不是这|其他那|other one|another|not that|not this|wrong one|different", re.IGNORECASE
)
_NONE = re.compile(
    r"^((我)?没有?(拍)?(照片|图片?|拍)?|无|跳过|不(用|写|说|想写)了?|none|no|nope|skip|nothing"
    r"|(sorry,? )?(i (have|'ve got) )?no (photo|picture)s?"
    r"|(i )?(don't|do not) have (a|any|one)( photo| picture)?s?)\W*$",
    re.IGNORECASE,
)
_NUMERALS = {
    word: n
    for n, words in enumerate(
        (
            "",
            "一 1 １ one",
            "二 两 2 ２ two",
            "三 3 ３ three",
            "四 4 ４ four",
            "五 5 ５ five",
            "六 6 ６ six",
            "七 7 ７ seven",
            "八 8 ８ eight",
            "九 9 ９ nine",
            "十 10 ten",
        )
    )
    for word in words.split()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`items` are line ids of `order` (a number); `photos` None = not asked yet, () = has none.

    `named` keeps the words that named the goods, until the order is known in which to look for them.
    `remedy` None = not said; `money`: money was asked for without saying whether goods go back; `part` is an
    amount (major units) that was asked for while the goods are kept. For an exchange `wanted` are the words that
    name what is wanted instead, and `variants` (line id -> variant id) what they came to.
    """

    order: str | None = None
    named: str | None = None
    items: tuple[str, ...] = ()
    quantity: int | None = None
    reason: Reason | None = None
    remedy: Remedy | None = None
    money: bool = False
    part: str | None = None
    wanted: str | None = None
    variants: Mapping[str, str] = field(default_factory=dict)
    comment: str | None = None
    photos: tuple[str, ...] | None = None
    confirmed: bool | None = None

    @classmethod
    def of(cls, slot: Any) -> Draft:
        """From the tracker's slots; `slot` reads one by name."""
        reason, photos, wish = slot(REASON), slot(PHOTOS), slot(WISH) or {}
        remedy = slot(REMEDY)
        return cls(
            order=slot(ORDER),
            named=slot(NAMED),
            items=tuple(slot(ITEMS) or ()),
            quantity=slot(QUANTITY),
            reason=Reason(reason) if reason else None,
            remedy=Remedy(remedy) if remedy else None,
            money=bool(wish.get("money")),
            part=wish.get("part"),
            wanted=wish.get("wanted"),
            variants=dict(slot(VARIANT) or {}),
            comment=slot(COMMENT),
            photos=tuple(photos) if photos is not None else None,
            confirmed=slot(CONFIRMED),
        )

    def slots(self) -> dict[str, Any]:
        return {
            ORDER: self.order,
            NAMED: self.named,
            ITEMS: list(self.items) or None,
            QUANTITY: self.quantity,
            REASON: self.reason.value if self.reason else None,
            REMEDY: self.remedy.value if self.remedy else None,
            WISH: {"money": self.money, "part": self.part, "wanted": self.wanted} if self._wishes else None,
            VARIANT: dict(self.variants) or None,
            COMMENT: self.comment,
            PHOTOS: list(self.photos) if self.photos is not None else None,
            CONFIRMED: self.confirmed,
        }

    @property
    def _wishes(self) -> bool:
        return self.money or self.part is not None or self.wanted is not None

    def with_order(self, number: str) -> Draft:
        """What was counted before any order was known is counted of this one."""
        if number == self.order:
            return self
        quantity = self.quantity if self.order is None else None
        return replace(self, order=number, items=(), quantity=quantity, variants={})

    def with_items(self, items: Sequence[str]) -> Draft:
        """What was counted before the goods were known is counted of these."""
        if tuple(items) == self.items:
            return self
        quantity = None if self.items else self.quantity
        return replace(self, items=tuple(items), quantity=quantity, variants={})

    def with_remedy(self, remedy: Remedy | None) -> Draft:
        """What was told about another remedy is forgotten; order, goods, reason and photos stay."""
        if remedy is self.remedy:
            return self
        return replace(self, remedy=remedy, money=False, part=None, wanted=None, variants={})

    def wish(self, currency: str) -> Wish:
        """As the services know it; a return where nothing was said."""
        return Wish(
            remedy=self.remedy or Remedy.RETURN,
            variants=self.variants,
            asked=Money.parse(self.part, currency) if self.part is not None else None,
        )


def find(orders: Sequence[Order], number: str | None) -> Order | None:
    return next((order for order in orders if order.number == number), None)


def bare_number(text: str) -> int | None:
    """The number of a message that is hardly more than one: 2, 两件, "two please", 第二个."""
    short = re.sub(r"[\s。.!！,，]|please|pls|第|件|个|双|条|只|盒|the", "", text.lower())
    return _NUMERALS.get(short)


def _titles(lines: Sequence[OrderLine]) -> Mapping[str, tuple[str, ...]]:
    return {line.id: (line.title.zh, line.title.en, line.options.zh, line.options.en) for line in lines}


def counted_goods(text: str, line: OrderLine) -> int | None:
    """How many units of the line the words count; None when they do not, or count more than were bought."""
    number = counted(text, _titles([line])[line.id])
    return number if number and number <= line.quantity else None


def matching_lines(text: str, order: Order) -> tuple[str, ...]:
    return match(text, _titles(order.lines))


def orders_with_goods(text: str, orders: Sequence[Order]) -> tuple[str, ...]:
    """As matching_orders, by the names of goods alone: colours and sizes are said of what is wanted, too."""
    titles = {o.number: tuple(word for line in o.lines for word in (line.title.zh, line.title.en)) for o in orders}
    return match(text, titles)


def matching_orders(text: str, orders: Sequence[Order]) -> tuple[str, ...]:
    """Numbers of the orders that hold what the words name best."""
    titles = {o.number: tuple(word for words in _titles(o.lines).values() for word in words) for o in orders}
    return match(text, titles)


def orders_of_day(orders: Sequence[Order], days: Sequence[str], zone: ZoneInfo) -> tuple[str, ...]:
    """Numbers of the orders placed or delivered on one of these days (YYYY-MM-DD, shop's zone)."""
    wanted = {date.fromisoformat(day) for day in days}

    def known(order: Order) -> set[date]:
        times = [order.placed_at, *(f.delivered_at for f in order.fulfilments if f.delivered_at)]
        return {time.astimezone(zone).date() for time in times}

    return tuple(order.number for order in orders if known(order) & wanted)


def orders_numbered(orders: Sequence[Order], reference: str) -> tuple[str, ...]:
    """Numbers that are the reference, or else end with it."""
    exact = tuple(order.number for order in orders if order.number == reference)
    return exact or tuple(
        order.number for order in orders if len(reference) >= 3 and order.number.endswith(reference)
    )


def reason_heard(said: Said) -> Reason | None:
    """The reason that a message gives, by its words or by what it reports."""
    value = said.choice[1] if said.choice and said.choice[0] == "reason" else said.first("reason")
    if value is not None and value in set(Reason):
        return Reason(value)
    return _REASON_OF_INTENT.get(said.intent if said.intent != UNSURE else said.likely)


def wants_all(said: Said) -> bool:
    return bool(_ALL.search(said.text)) and not said.structured


def wants_other(said: Said) -> bool:
    return bool(_OTHER.search(said.text)) and not said.structured


def says_none(said: Said) -> bool:
    return bool(_NONE.match(said.text.strip()))
