"""The section `approvals` of returns_policy.yml: when two people agree, limits of roles, signs of risk."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import yaml

from aftersales.domain.accounts import Role
from aftersales.domain.approvals import ApprovalRules
from aftersales.domain.money import Money
from aftersales.domain.risk import Frequency, Lowering, PhotoRule, Recent, RiskRules
from runtime.policy_reader import Reader

Node = yaml.Node | None
MOST_BITS = 3  # the store finds pictures whose hashes differ in so many bits
_MOST_POINTS = 100
_SIGNALS = ("many_returns", "not_delivered", "new_customer", "other_country", "address_changed", "reused_photo")


def read_approvals(reader: Reader, node: Node) -> ApprovalRules:
    """Notes every problem. Without the section one person is enough for any amount, and nobody looks for signs."""
    if node is None:
        return ApprovalRules()
    found = reader.mapping(node, name="approvals", needed=("second_person",), optional=("limits", "risk"))
    return ApprovalRules(
        second_person=reader.amounts(found.get("second_person"), name="approvals.second_person"),
        limits=_limits(reader, found.get("limits")),
        risk=_risk(reader, found.get("risk")),
    )


def _limits(reader: Reader, node: Node) -> Mapping[Role, Mapping[str, Money]]:
    roles = [role.value for role in Role]
    found = reader.mapping(node, name="approvals.limits", needed=(), optional=roles)
    return {Role(role): reader.amounts(part, name=f"approvals.limits.{role}") for role, part in found.items()}


def _risk(reader: Reader, node: Node) -> RiskRules:
    found = reader.mapping(node, name="approvals.risk", needed=(), optional=(*_SIGNALS, "lowered"))
    country = _numbers(reader, found.get("other_country"), "other_country", points=(0, _MOST_POINTS))
    returns = _frequency(reader, found.get("many_returns"), "many_returns")
    claims = _frequency(reader, found.get("not_delivered"), "not_delivered")
    customer = _recent(reader, found.get("new_customer"), "new_customer")
    address = _recent(reader, found.get("address_changed"), "address_changed")
    return RiskRules(
        many_returns=returns,
        not_delivered=claims,
        new_customer=customer,
        other_country=country["points"] if country else None,
        address_changed=address,
        reused_photo=_photo(reader, found.get("reused_photo")),
        lowered=_lowered(reader, found.get("lowered")),
    )


def _frequency(reader: Reader, node: Node, name: str) -> Frequency | None:
    found = _numbers(reader, node, name, days=(1, 3650), count=(1, 50), points=(0, _MOST_POINTS))
    return Frequency(**found) if found else None


def _recent(reader: Reader, node: Node, name: str) -> Recent | None:
    found = _numbers(reader, node, name, days=(1, 3650), points=(0, _MOST_POINTS))
    return Recent(**found) if found else None


def _photo(reader: Reader, node: Node) -> PhotoRule | None:
    limits = {"bits": (0, MOST_BITS), "days": (1, 3650), "points": (0, _MOST_POINTS)}
    found = _numbers(reader, node, "reused_photo", **limits)
    return PhotoRule(**found) if found else None


def _lowered(reader: Reader, node: Node) -> tuple[Lowering, ...]:
    """Steps with more points each, and less of the amount each."""
    steps: list[Lowering] = []
    for number, part in enumerate(reader.sequence(node, name="approvals.risk.lowered"), start=1):
        found = _numbers(reader, part, f"lowered[{number}]", points=(1, _MOST_POINTS), percent=(0, 100))
        step = Lowering(**found)
        if steps and (step.points <= steps[-1].points or step.percent >= steps[-1].percent):
            reader.note(part, f"approvals.risk.lowered[{number}]: needs more points and fewer percent than before")
        steps.append(step)
    return tuple(steps)


def _numbers(reader: Reader, node: Node, name: str, **limits: tuple[int, int]) -> dict[str, int]:
    """Whole numbers by key, each within its limits; nothing where the node is left out."""
    if node is None:
        return {}
    found = reader.mapping(node, name=f"approvals.risk.{name}", needed=tuple(limits))
    return {
        key: _whole(reader, found.get(key), f"approvals.risk.{name}.{key}", least=least, most=most)
        for key, (least, most) in limits.items()
    }


def _whole(reader: Reader, node: Node, name: str, *, least: int, most: int) -> int:
    number = reader.number(node, name=name, highest=Decimal(most))
    if node is not None and (number != int(number) or number < least):
        reader.note(node, f"{name}: {number} is no whole number from {least} to {most}")
        return least
    return max(least, int(number))
