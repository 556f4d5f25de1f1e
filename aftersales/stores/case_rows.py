"""Cases as rows, and what the clocks of domain.case_clocks are in SQL."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, RowMapping, and_, case, null, or_

from aftersales.domain.cases import Case, CaseKind, CaseState, Clock, Severity
from aftersales.stores.schema.returns import cases

_T = cases.c
_ENUMS = ("kind", "state", "severity")
_CLOCK_COLUMNS = ("due", "soon", "warned_at", "breached_at")
_PLAIN = tuple(
    field.name
    for field in fields(Case)
    if field.name not in {*_ENUMS, "first", "resolution", "attachment_ids", "facts"}
)


def case_values(item: Case) -> dict[str, Any]:
    """The columns of a case."""
    return {
        **{name: getattr(item, name) for name in _PLAIN},
        **{name: getattr(item, name).value for name in _ENUMS},
        "attachment_ids": list(item.attachment_ids),
        "facts": dict(item.facts),
        **_clock_values("first", item.first),
        **_clock_values("resolve", item.resolution),
    }


def case_of(row: RowMapping) -> Case:
    return Case(
        **{name: row[name] for name in _PLAIN},
        kind=CaseKind(row["kind"]),
        state=CaseState(row["state"]),
        severity=Severity(row["severity"]),
        first=_clock(row, "first"),
        resolution=_clock(row, "resolve"),
        attachment_ids=tuple(row["attachment_ids"]),
        facts=row["facts"],
    )


def _clock_values(column: str, clock: Clock | None) -> dict[str, Any]:
    return {f"{column}_{part}": clock and getattr(clock, part) for part in _CLOCK_COLUMNS}


def _clock(row: RowMapping, column: str) -> Clock | None:
    parts = {part: row[f"{column}_{part}"] for part in _CLOCK_COLUMNS}
    return Clock(**parts) if parts["due"] is not None else None


def pressing_time(part: Literal["due", "soon"]) -> ColumnElement[Any]:
    """Of the clock that counts just now, for a case that is open; null where none does.

    As domain.case_clocks.due_at: a case of before there were clocks is due by what was promised.
    """
    return case(
        (and_(_T.answered_at.is_(None), _T.first_due.is_not(None)), _T[f"first_{part}"]),
        (and_(_T.paused_since.is_(None), _T.resolve_due.is_not(None)), _T[f"resolve_{part}"]),
        (and_(_T.answered_at.is_(None), _T.paused_since.is_(None)), _T.promised_by),
        else_=null(),
    )


def has_notice(now: datetime) -> ColumnElement[bool]:
    """Whether domain.case_clocks.notices tells something of the case."""
    return and_(
        _T.closed_at.is_(None),
        or_(
            and_(_T.answered_at.is_(None), _unnoted("first", now)),
            and_(_T.paused_since.is_(None), _unnoted("resolve", now)),
        ),
    )


def _unnoted(column: str, now: datetime) -> ColumnElement[bool]:
    breached = _T[f"{column}_breached_at"].is_(None)
    warned = _T[f"{column}_warned_at"].is_(None)
    return and_(breached, or_(_T[f"{column}_due"] <= now, and_(warned, _T[f"{column}_soon"] <= now)))
