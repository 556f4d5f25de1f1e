"""Refunds as CSV for bookkeeping: RFC 4180, one row per refund, times in the shop's zone."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from aftersales.domain.statements import Deed, Line

BOM = "\ufeff"  # without it Excel takes UTF-8 for the code page of the machine
COLUMNS = (
    "order_number",
    "customer_id",
    "refund_id",
    "cause",
    "cause_number",
    "state",
    "amount",
    "currency",
    "amount_minor",
    "payment_id",
    "payment_method",
    "provider",
    "provider_reference",
    "by_hand",
    "created_at",
    "created_by",
    "approved_at",
    "approved_by",
    "settled_at",
    "settled_by",
    "rule_id",
    "policy_version",
    "reason",
    "failure",
)
# With these a spreadsheet takes a cell for a formula (OWASP, CSV Injection), also in their full-width forms.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_header(*, bom: bool = False) -> str:
    return (BOM if bom else "") + _written([COLUMNS])


def csv_rows(lines: Sequence[Line], *, zone: ZoneInfo) -> str:
    """A row per line, each ended by CRLF; nothing for no lines."""
    return _written([[_harmless(cell) for cell in _cells(line, zone)] for line in lines])


def _written(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _cells(line: Line, zone: ZoneInfo) -> Sequence[str]:
    """In the order of COLUMNS. Several who agreed stand side by side; the time is that of the last one."""
    refund, payment = line.refund, line.payment
    return (
        refund.order_number,
        refund.customer_id,
        refund.id,
        refund.cause_kind.value,
        refund.cause_number,
        refund.state.value,
        refund.amount.decimal(),
        refund.amount.currency,
        str(refund.amount.minor),
        refund.payment_id,
        payment.method.value if payment else "",
        payment.provider if payment else "",
        refund.provider_reference or "",
        "yes" if refund.by_hand else "no",
        _time(line.created, zone),
        line.created.actor,
        _time(line.approved[-1] if line.approved else None, zone),
        " ".join(deed.actor for deed in line.approved),
        _time(line.settled, zone),
        line.settled.actor if line.settled else "",
        line.rule_id or "",
        refund.policy_version or "",
        line.reason,
        refund.failure or "",
    )


def _time(deed: Deed | None, zone: ZoneInfo) -> str:
    """ISO 8601 with the offset of the shop's zone, to the second."""
    return deed.at.astimezone(zone).isoformat(timespec="seconds") if deed else ""
