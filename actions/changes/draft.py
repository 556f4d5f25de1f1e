"""The change of an order as far as it has been told: what the slots hold. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from actions.changes import words as w
from aftersales.domain.changes import ChangeKind
from aftersales.domain.orders import Address, Order, OrderLine
from aftersales.services.changes import Wish

DRAFT, QUOTED, NOTED = "orders_change", "orders_quoted", "orders_noted"
EMPTY: dict[str, Any] = {DRAFT: None, QUOTED: None, NOTED: None}
# What is asked for.
ORDER, KIND, ITEMS, QUANTITY = "orders_order", "orders_kind", "orders_items", "orders_quantity"
VARIANT, ADDRESS, PERSON, CONFIRMED = "orders_variant", "orders_address", "orders_person", "orders_confirmed"

_LONGEST_NOTES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`items` are line ids; `quantity` units to take out when cancelling, units that are left otherwise.

    `address` holds the parts that were told, `partial` that a street without a place was told once and asked
    about. `notes` is what was said, for a person; `why` is the code of why one is needed, and `person` whether the
    customer wants one. `named` keeps the words that named the goods until the order is known.
    """

    kind: str | None = None
    order: str | None = None
    named: str | None = None
    items: tuple[str, ...] = ()
    quantity: int | None = None
    variant: str | None = None
    address: Mapping[str, Any] | None = None
    partial: bool = False
    country: str | None = None
    notes: tuple[str, ...] = ()
    person: bool | None = None
    confirmed: bool | None = None

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Draft:
        """From the slot."""
        values = (
            {field.name: kept[field.name] for field in fields(cls) if field.name in (kept or {})} if kept else {}
        )
        for name in ("items", "notes"):
            values[name] = tuple(values.get(name) or ())
        return cls(**values)

    def kept(self) -> dict[str, Any]:
        """As a slot value."""
        return {**asdict(self), "items": list(self.items), "notes": list(self.notes)}

    def with_order(self, number: str) -> Draft:
        if number == self.order:
            return self
        return replace(self, order=number, items=(), quantity=None, variant=None)

    def with_kind(self, kind: str) -> Draft:
        if kind == self.kind:
            return self
        return replace(self, kind=kind, quantity=None, variant=None, address=None, partial=False, person=None)

    def with_items(self, items: Sequence[str]) -> Draft:
        if tuple(items) == self.items:
            return self
        return replace(self, items=tuple(items), quantity=None, variant=None)

    def noting(self, text: str) -> Draft:
        """With what was said kept for a person."""
        return replace(self, notes=(*self.notes, text)[-_LONGEST_NOTES:])


def unsent_lines(order: Order) -> list[OrderLine]:
    return [line for line in order.lines if line.unsent]


def units_out(draft: Draft, order: Order) -> dict[str, int]:
    """Line id -> units that a cancellation takes out: what was named, or all that is unsent."""
    lines = (
        [line for line in unsent_lines(order) if line.id in draft.items] if draft.items else unsent_lines(order)
    )
    if len(lines) == 1 and draft.items and draft.quantity:
        return {lines[0].id: draft.quantity}
    return {line.id: line.unsent for line in lines}


def full_address(draft: Draft, order: Order) -> Address | None:
    """The order's address with what was told put into it; None when neither says where to."""
    told, known = draft.address, order.address
    if not told:
        return None
    name = told.get("name") or (known.name if known else order.customer.name)
    phone = told.get("phone") or (known.phone if known else order.customer.phone)
    if not told.get("lines"):
        return replace(known, name=name, phone=phone) if known else None
    placed = bool(told.get("city") or told.get("postcode"))
    return Address(
        name=name,
        phone=phone,
        lines=tuple(told["lines"]),
        city=told.get("city") or ("" if placed or not known else known.city),
        region=told.get("region") or ("" if placed or not known else known.region),
        postcode=told.get("postcode") or ("" if placed or not known else known.postcode),
    )


def wish_of(draft: Draft, order: Order) -> Wish | None:
    """What is asked of the service; None where something is missing or it is for a person."""
    if draft.kind == w.CANCEL:
        return Wish(kind=ChangeKind.CANCEL, units=units_out(draft, order))
    if draft.kind == w.QUANTITY and draft.items and draft.quantity is not None:
        line = order.line(draft.items[0])
        return Wish(kind=ChangeKind.QUANTITY, units={line.id: line.unsent + line.fulfilled - draft.quantity})
    if draft.kind == w.VARIANT and draft.items and draft.variant:
        return Wish(kind=ChangeKind.VARIANT, variant=(draft.items[0], draft.variant))
    if draft.kind == w.ADDRESS and draft.address:
        address = full_address(draft, order)
        return Wish(kind=ChangeKind.ADDRESS, address=address) if address else None
    return None
