"""What every use case is given: the ports and the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from aftersales.domain.business_time import Hours
from aftersales.domain.faq import Faq
from aftersales.domain.orders import Order
from aftersales.domain.policy_history import PolicyHistory
from aftersales.domain.policy_rules import Policy
from aftersales.domain.signed_links import NO_LINKS, SignedLinks
from aftersales.ports import Clock, OpenUnitOfWork, Payments, PeopleDesk, ShopBackend, Texts
from aftersales.services.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`rules` are the shop's own, which may change at any time: whoever needs the same ones twice keeps them.

    `zone` is the shop's time zone: days are counted in it, times are kept in UTC.

    `promise` is within what time a filed case is answered by a person, counted in `hours`, when people are there.
    `links` lead customers to their cases and returns.

    `desk` is the desk elsewhere at which the shop's people answer; None where they do at ours. `front_url` is our
    own address, for links to it. In `sign_in_apps` a customer can be led to the shop's page of signing in.
    """

    unit_of_work: OpenUnitOfWork
    shop: ShopBackend
    payments: Payments
    rules: Rules
    texts: Texts
    clock: Clock
    zone: ZoneInfo
    promise: timedelta = timedelta(hours=24)
    links: SignedLinks = NO_LINKS
    desk: PeopleDesk | None = None
    front_url: str = ""
    sign_in_apps: frozenset[str] = frozenset()

    @property
    def policy(self) -> Policy:
        """The rules of today. An order is judged by `policy_for`."""
        return self.rules.current.policy

    @property
    def history(self) -> PolicyHistory:
        return self.rules.current.history

    @property
    def faq(self) -> Faq:
        return self.rules.current.faq

    @property
    def hours(self) -> Hours:
        return self.rules.current.hours

    def today(self) -> date:
        """The day it is in the shop's zone."""
        return self.clock.now().astimezone(self.zone).date()

    def policy_for(self, order: Order) -> Policy:
        """The rules by which an order is judged: those in force when it was placed, see PolicyHistory.judging."""
        return self.history.judging(order.placed_at, now=self.clock.now()) or self.policy

    def policy_named(self, version: str) -> Policy:
        """The rules under which something was decided; those of today where they are not known any more."""
        return self.history.named(version) or self.policy
