"""The section `cases` of returns_policy.yml: departments, promised times, and when a parcel counts as lost."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

import yaml

from aftersales.domain.case_rules import CaseRules, Department, ParcelTimes
from aftersales.domain.cases import CLAIMS, CaseKind
from aftersales.domain.claims import ComplaintType
from runtime.policy_reader import Reader

Node = yaml.Node | None
K = TypeVar("K", bound=StrEnum)
_KEYS = ("departments", "complaints", "claims", "urgent_hours", "parcels")
_NOT_NEEDED = ("urgent_resolve_hours",)


def read_cases(reader: Reader, node: Node) -> CaseRules:
    """Notes every problem: an unknown department, a type or a claim without one, times that make no sense."""
    found = reader.mapping(node, name="cases", needed=_KEYS, optional=_NOT_NEEDED)
    departments = _departments(reader, found.get("departments"))
    urgent_hours = reader.hours(found.get("urgent_hours"), name="cases.urgent_hours")
    claims = _assigned(reader, found.get("claims"), sorted(CLAIMS), departments, name="cases.claims")
    return CaseRules(
        departments=departments,
        complaints=_assigned(
            reader, found.get("complaints"), list(ComplaintType), departments, name="cases.complaints"
        ),
        claims={CaseKind(kind): department for kind, department in claims.items()},
        urgent_hours=urgent_hours,
        parcels=_parcels(reader, found.get("parcels")),
        urgent_resolve_hours=_resolve_hours(
            reader, found.get("urgent_resolve_hours"), name="cases.urgent_resolve_hours", least=urgent_hours
        ),
    )


def _departments(reader: Reader, node: Node) -> Mapping[str, Department]:
    found = reader.mapping(node, name="cases.departments")
    if isinstance(node, yaml.MappingNode) and not found:
        reader.note(node, "cases.departments: there is none")
    return {name: _department(reader, name, part) for name, part in found.items()}


def _department(reader: Reader, department: str, node: yaml.Node) -> Department:
    name = f"cases.departments.{department}"
    found = reader.mapping(node, name=name, needed=("hours", "name"), optional=("resolve_hours",))
    hours = reader.hours(found.get("hours"), name=f"{name}.hours")
    return Department(
        id=department,
        name=reader.text(found.get("name"), name=f"{name}.name"),
        hours=hours,
        resolve_hours=_resolve_hours(
            reader, found.get("resolve_hours"), name=f"{name}.resolve_hours", least=hours
        ),
    )


def _resolve_hours(reader: Reader, node: Node, *, name: str, least: int) -> int | None:
    """None where the file has none, as files of before there were such times."""
    if node is None:
        return None
    hours = reader.hours(node, name=name)
    if hours < least:
        reader.note(node, f"{name}: nothing is resolved before it is answered ({least} hours)")
    return hours


def _assigned(
    reader: Reader, node: Node, wanted: list[K], departments: Mapping[str, Department], *, name: str
) -> dict[K, str]:
    found = reader.mapping(node, name=name, needed=[item.value for item in wanted])
    assigned = {}
    for item in wanted:
        department = reader.word(found.get(item.value), name=f"{name}.{item.value}")
        if department and department not in departments:
            reader.note(found[item.value], f"{name}.{item.value}: there is no department '{department}'")
        assigned[item] = department
    return assigned


def _parcels(reader: Reader, node: Node) -> ParcelTimes:
    name = "cases.parcels"
    found = reader.mapping(node, name=name, needed=("dispatch_hours", "usual_days", "overdue_days"))
    times = ParcelTimes(
        dispatch_hours=reader.hours(found.get("dispatch_hours"), name=f"{name}.dispatch_hours"),
        usual_days=reader.days(found.get("usual_days"), name=f"{name}.usual_days"),
        overdue_days=reader.days(found.get("overdue_days"), name=f"{name}.overdue_days"),
    )
    if node is not None and times.overdue_days < times.usual_days:
        reader.note(node, f"{name}: a parcel cannot count as lost before the usual days are over")
    return times
