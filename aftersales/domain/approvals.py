"""Who has to agree to a refund: nobody, one person, or two different people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from aftersales.domain.accounts import Account, Right, Role, roles_with
from aftersales.domain.errors import Conflict, Forbidden
from aftersales.domain.money import Money
from aftersales.domain.risk import RiskRules, Signal


class Review(IntEnum):
    """How many people have to agree."""

    AUTOMATIC = 0
    ONE_PERSON = 1
    TWO_PEOPLE = 2


class Step(StrEnum):
    APPROVE = "approve"
    LOWER = "lower"
    SPLIT = "split"
    REJECT = "reject"
    ACCEPT = "accept"
    GIVE_UP = "give_up"
    RECORD = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What somebody decided about a refund. `account` is a sign-in name; `reason` is for colleagues.

    `round` counts how often the refund has come to wait for people; of the last three steps how often its provider
    has told something else than we knew.
    """

    refund_id: str
    round: int
    account: str
    step: Step
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What was known when a refund was granted.

    `raised_by` is the actor who had it paid of their own accord, or filed what it is for in a customer's stead;
    empty where the customer did.
    """

    raised_by: str = ""
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRules:
    """From the section `approvals` of returns_policy.yml; empty where there is none.

    Above `second_person` two people have to agree; None: one is enough for any amount. A role that is not among
    `limits` has none. A currency that is not listed has zero in both.
    """

    second_person: Mapping[str, Money] | None = None
    limits: Mapping[Role, Mapping[str, Money]] = field(default_factory=dict)
    risk: RiskRules = field(default_factory=RiskRules)

    def level(self, amount: Money, *, automatic: Money, signals: Collection[Signal]) -> Review:
        """`automatic` is the amount up to which nobody is asked; signs lower it and `second_person` alike.

        What is left of an amount is rounded down to the minor unit.
        """
        percent = self.risk.percent(signals)
        if self.second_person is not None:
            second = self.second_person.get(amount.currency, Money.zero(amount.currency))
            if amount > _part(second, percent):
                return Review.TWO_PEOPLE
        return Review.ONE_PERSON if amount > _part(automatic, percent) else Review.AUTOMATIC

    def limit(self, account: Account, currency: str) -> Money | None:
        """The highest amount that the account may agree to: its own, else that of its role; None: any."""
        if currency in account.limits:
            return account.limits[currency]
        return self._limit_of_role(account.role, currency)

    def roles_for(self, amount: Money) -> tuple[Role, ...]:
        """The roles whose own limit covers it; an account may have another one."""
        limits = {role: self._limit_of_role(role, amount.currency) for role in roles_with(Right.DECIDE_REFUNDS)}
        return tuple(role for role, limit in limits.items() if limit is None or amount <= limit)

    def _limit_of_role(self, role: Role, currency: str) -> Money | None:
        by_role = self.limits.get(role)
        return None if by_role is None else by_role.get(currency, Money.zero(currency))


def is_agreed(level: Review, *, approvers: Collection[str], raised_by: str) -> bool:
    """Whether enough different people have agreed, one of them not the one who raised it (all as actors)."""
    people = set(approvers)
    return len(people) >= max(level, Review.ONE_PERSON) and bool(people - {raised_by})


class Decided(Conflict):
    """Somebody was faster; `last` is what they did, None where the refund went on by itself."""

    def __init__(self, last: Approval | None) -> None:
        super().__init__("decided")
        self.last = last


class NeedsAnother(Conflict):
    """The person has agreed already; now somebody else has to."""

    def __init__(self) -> None:
        super().__init__("needs_another")


class FiledByApprover(Conflict):
    """Who filed it on the customer's behalf does not let it go ahead as well: another person has to."""

    def __init__(self) -> None:
        super().__init__("filed_by_approver")


class OverLimit(Forbidden):
    """The amount is above `limit`, which is what the account may agree to."""

    def __init__(self, limit: Money) -> None:
        super().__init__("over_limit")
        self.limit = limit


def _part(amount: Money, percent: int) -> Money:
    return Money(amount.minor * percent // 100, amount.currency)
