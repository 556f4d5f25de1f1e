"""Which department answers what, and how soon; from the section `cases` of returns_policy.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from aftersales.domain.cases import CaseKind, Severity
from aftersales.domain.claims import ComplaintType
from aftersales.domain.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """Within how many business hours it answers first, and resolves (None: by no certain time)."""

    id: str
    name: Text
    hours: int
    resolve_hours: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelTimes:
    """`dispatch_hours` from the order to the dispatch, days from the dispatch on.

    A parcel is usually there after `usual_days`; after `overdue_days` it counts as lost.
    """

    dispatch_hours: int
    usual_days: int
    overdue_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRules:
    """`complaints` and `claims` hold ids of departments. All hours are business hours."""

    departments: Mapping[str, Department]
    complaints: Mapping[ComplaintType, str]
    claims: Mapping[CaseKind, str]
    urgent_hours: int
    parcels: ParcelTimes
    urgent_resolve_hours: int | None = None

    def department(self, kind: CaseKind, reason: str) -> Department:
        """Who answers such a case. Raises KeyError for a kind or type that customers do not file."""
        wanted = self.complaints[ComplaintType(reason)] if kind is CaseKind.COMPLAINT else self.claims[kind]
        return self.departments[wanted]

    def promise(self, department: Department, severity: Severity) -> timedelta:
        """Within what time an answer is promised: sooner where it is urgent, never later."""
        hours = min(department.hours, self.urgent_hours) if severity is Severity.URGENT else department.hours
        return timedelta(hours=hours)

    def resolve(self, department: Department, severity: Severity) -> timedelta | None:
        """Within what time a case is to be resolved, as promise; None where no time is set."""
        wanted = [department.resolve_hours]
        if severity is Severity.URGENT:
            wanted.append(self.urgent_resolve_hours)
        set_hours = [hours for hours in wanted if hours is not None]
        return timedelta(hours=min(set_hours)) if set_hours else None
