"""The section `refunds` of returns_policy.yml: how money goes back, and what is paid without goods coming back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import yaml

from aftersales.domain.money import Money
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.domain.refund_rules import Compensation, PriceProtection, RefundRules
from aftersales.domain.tender import TenderMode
from runtime.policy_reader import Reader

if TYPE_CHECKING:
    from runtime.policy_sections import Sections

_KEYS = ("tender", "tender_order", "coupons", "compensation", "price_protection")


class RefundSections:
    """Reads by the same means as the other sections."""

    def __init__(self, sections: Sections, reader: Reader) -> None:
        self._sections = sections
        self._reader = reader

    def refunds(self, top: Mapping[str, yaml.Node]) -> RefundRules:
        read, name = self._reader, "refunds"
        part = self._sections.part(top, name, needed=_KEYS)
        tender = read.word(part.get("tender"), name=f"{name}.tender", pattern="|".join(TenderMode))
        coupons = read.word(part.get("coupons"), name=f"{name}.coupons", pattern="returned|kept")
        return RefundRules(
            tender=TenderMode(tender) if tender else TenderMode.PROPORTIONAL,
            tender_order=self._order(part.get("tender_order")),
            returns_coupons=coupons != "kept",
            compensation=self._compensation(part),
            price_protection=self._price_protection(part.get("price_protection")),
        )

    def _order(self, node: yaml.Node | None) -> tuple[PaymentMethod, ...]:
        """Every method once: money of a kind that stands nowhere would go back by chance."""
        name, read = "refunds.tender_order", self._reader
        words = [
            read.word(item, name=name, pattern="|".join(PaymentMethod)) for item in read.sequence(node, name=name)
        ]
        found = [PaymentMethod(word) for word in words if word]
        if node is not None and sorted(found) != sorted(PaymentMethod):
            read.note(node, f"{name}: expected each once: {', '.join(PaymentMethod)}")
        return tuple(dict.fromkeys(found))

    def _compensation(self, part: Mapping[str, yaml.Node]) -> Compensation:
        name, read = "refunds.compensation", self._reader
        found = self._sections.part(part, "compensation", needed=("most", "share", "automatic"))
        most = read.amounts(found.get("most"), name=f"{name}.most")
        automatic = read.amounts(found.get("automatic"), name=f"{name}.automatic")
        for currency, amount in automatic.items():
            if amount > most.get(currency, Money.zero(currency)):
                read.note(found["automatic"], f"{name}.automatic: {currency} is above what may be given at all")
        share = found.get("share")
        return Compensation(
            most=most,
            share=read.number(share, name=f"{name}.share", highest=Decimal(100)) if share else Decimal(0),
            automatic=automatic,
        )

    def _price_protection(self, node: yaml.Node | None) -> PriceProtection:
        read = self._sections
        return read.rule(
            PriceProtection,
            node,
            "refunds.price_protection",
            optional=("excluded", "most"),
            days=read.days,
            refund_days=read.days,
            most=read.amounts,
            excluded=read.words,
        )
