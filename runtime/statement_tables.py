"""Statements as tables for a terminal, in the words of the desk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from aftersales.domain.money import Money
from aftersales.domain.statements import Deed, Line, PaymentTotals, Statement, totals_by_currency
from desk.rendering import Texts
from runtime import formats

_SUMS = ("paid", "refunded", "reserved", "forfeited", "free", "failed")


class Tables:
    """Adds up the refunds that it has shown, for `summary`."""

    def __init__(self, texts: Texts, zone: ZoneInfo) -> None:
        self._t, self._zone = texts, zone
        self._sums: Counter[tuple[str, str]] = Counter()  # (state, currency) -> minor units

    def statement(self, told: Statement) -> Iterator[Table]:
        """What came of each payment and of all of them, then each refund."""
        title = f"{told.order_number} · {self._t('customer')} {told.customer_id}"
        table = Table(self._t("payment"), title=title)
        for name in _SUMS:
            table.add_column(self._t(f"sum_{name}"), justify="right")
        for part in told.payments:
            table.add_row(self._means(part), *(self._money(getattr(part.totals, name)) for name in _SUMS))
        table.add_section()
        for totals in totals_by_currency([told]).values():
            table.add_row(self._t("sum_all"), *(self._money(getattr(totals, name)) for name in _SUMS))
        yield table
        if told.lines:
            yield self.lines(told.lines)

    def lines(self, lines: Sequence[Line], *, with_order: bool = False) -> Table:
        """A row per refund."""
        names = ("refunds_one", "payment", "done_by", "verdict")
        table = Table(*(self._t(name) for name in names), show_lines=True)
        for line in lines:
            refund = line.refund
            self._sums[refund.state.value, refund.amount.currency] += refund.amount.minor
            table.add_row(
                self._refund(line, with_order=with_order),
                self._paid_out(line),
                self._deeds(line),
                self._rule(line),
            )
        return table

    def summary(self) -> Table:
        """How much of what was shown is in which state."""
        table = Table(self._t("state"), self._t("total_of_state"), title=self._t("refunds_one"))
        for (state, currency), minor in sorted(self._sums.items()):
            table.add_row(self._t.coded("refund", state), self._money(Money(minor, currency)))
        return table

    def _money(self, amount: Money) -> str:
        return formats.money(amount, self._t.language)

    def _means(self, part: PaymentTotals) -> Text:
        """A payment that the shop does not know any more has no kind."""
        kind = self._t(f"method_{part.payment.method.value}") if part.payment else "—"
        unbooked = [self._t("unbooked", amount=self._money(part.unbooked))] if part.unbooked else []
        return Text("\n".join([kind, part.payment_id, *unbooked]))

    def _refund(self, line: Line, *, with_order: bool) -> Text:
        refund = line.refund
        cause = f"{self._t.coded('cause', refund.cause_kind.value)} {refund.cause_number}"
        state = self._t.coded("refund", refund.state.value)
        order = [f"{self._t('order')} {refund.order_number}"] if with_order else []
        return Text("\n".join([f"{self._money(refund.amount)} {state}", cause, *order, refund.id]))

    def _paid_out(self, line: Line) -> Text:
        refund, payment = line.refund, line.payment
        kind = [f"{self._t(f'method_{payment.method.value}')} ({payment.provider})"] if payment else []
        by_hand = [self._t("by_hand")] if refund.by_hand else []
        reference = [refund.provider_reference] if refund.provider_reference else []
        return Text("\n".join([*kind, refund.payment_id, *by_hand, *reference]))

    def _deeds(self, line: Line) -> Text:
        deeds = [("deed_created", line.created), *(("deed_approved", deed) for deed in line.approved)]
        deeds += [("deed_settled", line.settled)] if line.settled else []
        return Text("\n".join(self._deed(name, deed) for name, deed in deeds))

    def _deed(self, name: str, deed: Deed) -> str:
        return f"{self._t(name)} {formats.stamp(deed.at, self._zone)} {deed.actor}".rstrip()

    def _rule(self, line: Line) -> Text:
        version = line.refund.policy_version
        told = [line.rule_id, f"{self._t('policy_version')} {version}" if version else None]
        return Text("\n".join([word for word in told if word] + [self._t.coded("reason", line.reason)]))
