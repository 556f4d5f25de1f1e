"""Statements: what was paid for an order, what became of every refund of it, who did it and under which rule.

Pure: made from what the shop tells of the payments, from the refunds, and from the journal. An amount counts in
exactly one place, so that of each payment paid = refunded + reserved + forfeited + free.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

from aftersales.domain.errors import Invalid
from aftersales.domain.journal import Entry
from aftersales.domain.money import Money
from aftersales.domain.orders import Order, Payment
from aftersales.domain.refunds import RESERVING, SETTLED, Refund, RefundState, RefundTrigger, may_be_paid
from aftersales.domain.returns import Return

LONGEST_DAYS = 366
PAID_BACK = frozenset({RefundState.SUCCEEDED, RefundState.EXTERNAL})
_HELD = RESERVING - SETTLED
_CONSENTS = frozenset({"consent", RefundTrigger.APPROVE.value})  # "consent" is that of the first of two people


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which refunds are meant: those of which all that is given here holds.

    `since` (included) and `before` (not included) are about the time at which a refund was granted.
    """

    order_number: str | None = None
    customer_id: str | None = None
    since: datetime | None = None
    before: datetime | None = None


def period(first: date, last: date, *, zone: ZoneInfo) -> Scope:
    """Both days wholly, as they are counted in `zone`. Raises Invalid("period") for more than 366 days or none."""
    if not timedelta(0) <= last - first < timedelta(days=LONGEST_DAYS):
        raise Invalid("period")
    try:
        since, before = (
            datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, last + timedelta(days=1))
        )
    except OverflowError:
        raise Invalid("period") from None
    return Scope(since=since, before=before)


@dataclass(frozen=True, slots=True)
class Deed:
    """`actor` as the journal names it."""

    at: datetime
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A refund with its story.

    `payment` is None where the shop does not know it any more. `approved` are all who agreed to it, in their
    order. `settled` is when nothing more was to come of it (refunds.SETTLED). `reason` is the customer's for a
    return, else what the provider was told; `rule_id` is None where no rule for returns has decided.
    """

    refund: Refund
    payment: Payment | None
    rule_id: str | None
    reason: str
    created: Deed
    approved: tuple[Deed, ...]
    settled: Deed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums in one currency.

    `refunded` holds what the shop paid back by itself too. `reserved` is granted and may still be paid. `failed`
    stands beside the others: it was never taken off.
    """

    paid: Money
    refunded: Money
    reserved: Money
    forfeited: Money
    failed: Money

    @property
    def free(self) -> Money:
        """What is left of what was paid; below zero when more was paid back."""
        return self.paid - self.refunded - self.reserved - self.forfeited

    def __add__(self, other: Totals) -> Totals:
        return Totals(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTotals:
    """`payment` is None where the shop does not know it any more: nothing counts as paid by it then.

    `unbooked` is the part of `totals.refunded` that the shop tells and that is not among the refunds yet.
    """

    payment_id: str
    payment: Payment | None
    unbooked: Money
    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Of one order. `payments` in the shop's order, `lines` oldest first."""

    order_number: str
    customer_id: str
    payments: tuple[PaymentTotals, ...]
    lines: tuple[Line, ...]


def make_statement(order: Order, lines: Sequence[Line]) -> Statement:
    """`lines` are all refunds of the order. The order must have been read before them: what is settled in between
    would else look as if the shop had paid it by itself.
    """
    known: dict[str, Payment | None] = {payment.id: payment for payment in order.payments}
    for line in lines:
        known.setdefault(line.refund.payment_id, None)
    refunds = [line.refund for line in lines]
    return Statement(
        order_number=order.number,
        customer_id=order.customer.id,
        payments=tuple(
            _totals_of(payment_id, payment, [r for r in refunds if r.payment_id == payment_id])
            for payment_id, payment in known.items()
        ),
        lines=tuple(lines),
    )


def totals_by_currency(statements: Iterable[Statement]) -> Mapping[str, Totals]:
    """Over all their payments."""
    by_currency: dict[str, list[Totals]] = {}
    for statement in statements:
        for part in statement.payments:
            by_currency.setdefault(part.totals.paid.currency, []).append(part.totals)
    return {currency: reduce(Totals.__add__, parts) for currency, parts in by_currency.items()}


def make_line(refund: Refund, *, payment: Payment | None, item: Return | None, journal: Sequence[Entry]) -> Line:
    """`item` is the return that it is for, if it is for one; `journal` all entries of the refund, oldest first."""
    created = next((_deed(entry) for entry in journal if entry.from_state is None), Deed(refund.created_at, ""))
    ended = next((_deed(entry) for entry in reversed(journal) if entry.to_state == refund.state), None)
    return Line(
        refund=refund,
        payment=payment,
        rule_id=item.rule_id if item else None,
        reason=item.reason.value if item else refund.reason,
        created=created,
        approved=tuple(_deed(entry) for entry in journal if entry.trigger in _CONSENTS),
        settled=ended if refund.state in SETTLED else None,
    )


def _deed(entry: Entry) -> Deed:
    return Deed(entry.at, entry.actor)


def _totals_of(payment_id: str, payment: Payment | None, refunds: Sequence[Refund]) -> PaymentTotals:
    currency = payment.captured.currency if payment else refunds[0].amount.currency
    zero = Money.zero(currency)

    def total(states: Iterable[RefundState]) -> Money:
        return sum((refund.amount for refund in refunds if refund.state in states), zero)

    ours = sum((refund.amount for refund in refunds if may_be_paid(refund)), zero)
    unbooked = max(payment.refunded - ours, zero) if payment else zero
    return PaymentTotals(
        payment_id=payment_id,
        payment=payment,
        unbooked=unbooked,
        totals=Totals(
            paid=payment.captured if payment else zero,
            refunded=total(PAID_BACK) + unbooked,
            reserved=total(_HELD),
            forfeited=total({RefundState.FORFEITED}),
            failed=total({RefundState.FAILED}),
        ),
    )
