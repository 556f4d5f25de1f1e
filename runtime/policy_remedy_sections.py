"""The section `remedies` of returns_policy.yml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import yaml

from aftersales.domain import policy_remedy_rules as rules
from aftersales.domain.policy_rule import AutomaticLimit, RefundTime, Rule
from aftersales.domain.policy_windows import Window

if TYPE_CHECKING:
    from runtime.policy_sections import Sections

_EXCHANGE = ("reasons", "window", "stock", "difference", "payment", "dispatch", "resend")
_REFUND_ONLY = ("missing", "returnless", "otherwise", "part", "refund")


class RemedySections:
    """Reads by the same means as the other sections."""

    def __init__(self, sections: Sections) -> None:
        self._sections = sections

    def remedies(self, top: Mapping[str, yaml.Node]) -> rules.Remedies:
        part = self._sections.part(top, "remedies", needed=("return", "exchange", "refund_only"))
        return rules.Remedies(
            goods_back=self._for_reasons(part.get("return"), "remedies.return"),
            exchange=self._exchange(part),
            refund_only=self._refund_only(part),
        )

    def _exchange(self, remedies: Mapping[str, yaml.Node]) -> rules.ExchangeRules:
        read, name = self._sections, "remedies.exchange"
        part = read.part(remedies, "exchange", needed=_EXCHANGE, optional=("excluded",))
        return rules.ExchangeRules(
            reasons=self._for_reasons(part.get("reasons"), f"{name}.reasons"),
            window=read.rule(Window, part.get("window"), f"{name}.window", days=read.days),
            excluded=read.each(part, "excluded", self._not_exchanged, within=name),
            stock=read.rule(rules.InStock, part.get("stock"), f"{name}.stock"),
            difference=read.rule(rules.Difference, part.get("difference"), f"{name}.difference"),
            payment=read.rule(RefundTime, part.get("payment"), f"{name}.payment", days=read.days),
            dispatch=read.rule(RefundTime, part.get("dispatch"), f"{name}.dispatch", days=read.days),
            resend=read.rule(AutomaticLimit, part.get("resend"), f"{name}.resend", amounts=read.amounts),
        )

    def _refund_only(self, remedies: Mapping[str, yaml.Node]) -> rules.RefundOnlyRules:
        read, name = self._sections, "remedies.refund_only"
        part = read.part(remedies, "refund_only", needed=_REFUND_ONLY, optional=("donations",))
        return rules.RefundOnlyRules(
            missing=self._for_reasons(part.get("missing"), f"{name}.missing"),
            returnless=read.rule(
                rules.Returnless,
                part.get("returnless"),
                f"{name}.returnless",
                reasons=read.reasons,
                amounts=read.amounts,
                when=read.when,
                optional=("when",),
            ),
            donations=read.each(part, "donations", self._donation, within=name),
            otherwise=read.rule(Rule, part.get("otherwise"), f"{name}.otherwise"),
            part=read.rule(rules.PartOfPrice, part.get("part"), f"{name}.part"),
            refund=read.rule(RefundTime, part.get("refund"), f"{name}.refund", days=read.days),
        )

    def _for_reasons(self, node: yaml.Node | None, name: str) -> rules.ForReasons:
        return self._sections.rule(rules.ForReasons, node, name, reasons=self._sections.reasons)

    def _not_exchanged(self, node: yaml.Node, name: str) -> rules.NotExchanged:
        return self._sections.rule(rules.NotExchanged, node, name, when=self._sections.when)

    def _donation(self, node: yaml.Node, name: str) -> rules.Donation:
        read = self._sections
        return read.rule(rules.Donation, node, name, when=read.when, amounts=read.amounts)
