"""What every use case is given: the ports and the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from aftersales.domain.faq import Faq
from aftersales.domain.policy_rules import Policy
from aftersales.ports import Clock, OpenUnitOfWork, Payments, ShopBackend, Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`faq` are the shop's answers and the facts that they and the order status rest on.

    `zone` is the shop's time zone: days are counted in it, times are kept in UTC.

    `promise` is within what time a filed case is answered by a person.
    """

    unit_of_work: OpenUnitOfWork
    shop: ShopBackend
    payments: Payments
    policy: Policy
    faq: Faq
    texts: Texts
    clock: Clock
    zone: ZoneInfo
    promise: timedelta = timedelta(hours=24)

    def today(self) -> date:
        """The day it is in the shop's zone."""
        return self.clock.now().astimezone(self.zone).date()
